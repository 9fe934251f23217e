// A C2SP tlog-proof (v1): one leaf's inclusion in a log, with the log's checkpoint, as text that other
// programs verify offline.
//
//     c2sp.org/tlog-proof@v1 LF
//     [extra SP base64 LF]            opaque; ours have none
//     index SP decimal LF
//     base64 of 32 bytes LF ...       the inclusion path, from the leaf up
//     LF
//     the checkpoint, a signed note, verbatim
//
// The entry itself is not in it: a verifier hashes what it was given (ours: the SHA-256 of a statement) and
// follows the path to the note's root. parse checks form and bounds; whether the note is to be believed is
// policy.h's business. Errors are malformed, rule tlog_proof.header, .extra, .index, .path, .note. Pure, any
// thread. Source: C2SP tlog-proof.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

struct TlogProof {
  std::uint64_t index = 0;
  std::vector<Digest> path = {};
  std::string note = {};

  bool operator==(const TlogProof&) const = default;
};

std::string encode_tlog_proof(const TlogProof& proof);
Result<TlogProof> parse_tlog_proof(std::string_view text);

}  // namespace anta
