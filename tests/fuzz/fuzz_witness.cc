// Fuzz target: what a witness is asked, and what it answers. No input may crash them.
//
// The first byte chooses: 'r' a reply, anything else a request. Invariants: a request that parses prints back
// as it was; a reply is the same however it is cut in two, and never more than was there.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "node/witness_client.h"
#include "node/witness_request.h"

namespace {

using namespace anta;

void request(std::string_view text) {
  const auto parsed = parse_witness_request(text);
  if (!parsed) return;
  ANTA_INVARIANT(parsed->proof.size() <= witness_proof_max);
  ANTA_INVARIANT(encode_witness_request(*parsed) == text);
}

void reply(std::string_view text) {
  const auto ended = parse_witness_reply(text, true);
  const auto open = parse_witness_reply(text, false);
  ANTA_INVARIANT(!ended || ended->has_value());  // at its end an answer is whole, or none
  if (!open || !*open) return;
  ANTA_INVARIANT(ended && (*ended)->body == (*open)->body && (*ended)->status == (*open)->status);
  ANTA_INVARIANT((*open)->body.size() <= text.size());
  if (text.size() > 1) (void)parse_witness_reply(text.substr(0, text.size() / 2), false);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  data[0] == 'r' ? reply(text) : request(text);
  return 0;
}
