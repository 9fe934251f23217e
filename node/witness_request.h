// The body of C2SP tlog-witness's add-checkpoint, both ways.
//
//     old <size> LF
//     <base64 of 32 bytes> LF      the consistency proof, at most witness_proof_max lines
//     LF
//     <checkpoint note>
//
// A witness parses it, a node that asks one writes it. Parsing is strict and verifies nothing: a size is
// decimal without a leading zero, every line ends in LF. Errors are `malformed`. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/note.h"

namespace anta {

inline constexpr std::size_t witness_proof_max = 63;  // C2SP tlog-witness: enough for 2^63 leaves
inline constexpr std::string_view witness_path = "/add-checkpoint";
inline constexpr std::string_view witness_size_type = "text/x.tlog.size";  // of the 409 that names a size

// The longest body that parses: the size line, the proof's lines, the empty one, and a note.
inline constexpr std::size_t witness_request_bytes_max = 32 + witness_proof_max * 45 + 1 + note_bytes_max;

struct WitnessRequest {
  std::uint64_t old_size = 0;  // of the checkpoint that the witness cosigned last, as the sender knows it
  std::vector<Digest> proof = {};
  std::string note = {};

  bool operator==(const WitnessRequest&) const = default;
};

Result<WitnessRequest> parse_witness_request(std::string_view body);
std::string encode_witness_request(const WitnessRequest& request);

}  // namespace anta
