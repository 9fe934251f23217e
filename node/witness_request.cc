#include "node/witness_request.h"

#include "crypto/text.h"

namespace anta {
namespace {

constexpr std::string_view old_word = "old ";

tl::unexpected<Error> refused(std::string rule, std::string message) {
  return fail(Code::malformed, "witness." + std::move(rule), std::move(message));
}

}  // namespace

Result<WitnessRequest> parse_witness_request(std::string_view body) {
  if (body.size() > witness_request_bytes_max)
    return refused("too_large", "the body is longer than any that can be good");
  const auto take_line = [&body]() -> Result<std::string_view> {
    const std::size_t end = body.find('\n');
    if (end == std::string_view::npos)
      return refused("lines", "the body ends before the empty line that comes before the checkpoint");
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(end + 1);
    return line;
  };
  Result<std::string_view> line = take_line();
  if (!line) return pass(line);
  if (!line->starts_with(old_word))
    return refused("old_size", "the first line is not: old, a space, a tree size");
  const Result<std::uint64_t> size = decimal(line->substr(old_word.size()));
  if (!size) return refused("old_size", "the old size: " + size.error().message);
  WitnessRequest request{.old_size = *size};
  while (true) {
    line = take_line();
    if (!line) return pass(line);
    if (line->empty()) break;
    if (request.proof.size() == witness_proof_max)
      return refused("proof", "more than " + std::to_string(witness_proof_max) + " lines of proof");
    const Result<Digest> hash = digest_from_base64(*line);
    if (!hash) return refused("proof", "a line of the proof: " + hash.error().message);
    request.proof.push_back(*hash);
  }
  request.note = body;
  return request;
}

std::string encode_witness_request(const WitnessRequest& request) {
  ANTA_INVARIANT(request.proof.size() <= witness_proof_max);
  std::string body(old_word);
  body.append(std::to_string(request.old_size)).append("\n");
  for (const Digest& hash : request.proof)
    body.append(to_base64(hash.view())).append("\n");
  return body.append("\n").append(request.note);
}

}  // namespace anta
