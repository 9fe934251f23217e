// What became of a statement: the answer that every node gives for its digest, for ever.
//
// Kept in the family `index` under the digest, for accepted and for rejected statements alike. Statements
// that were refused before they reached the log have none. Deterministic CBOR, an array; encode and decode
// are the only places that know its order. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/ids.h"

namespace anta {

struct Outcome {
  Digest statement = {};  // SHA-256 of its bytes
  bool accepted = false;
  std::string rule = {};     // rejected: the law's word; empty when accepted
  std::string message = {};  // rejected: this node's sentence about it; not part of any root
  LeafIndex leaf = {};       // accepted: its leaf; otherwise 0
  Millis block_time = {};
  LogIndex block = {};         // the log entry that holds its bytes
  std::uint32_t position = 0;  // in that block, from 0
  std::vector<std::string> flags = {};

  bool operator==(const Outcome&) const = default;
};

Bytes encode_outcome(const Outcome& outcome);  // without the digest, which is the key
Result<Outcome> decode_outcome(const Digest& statement, ByteView bytes);

}  // namespace anta
