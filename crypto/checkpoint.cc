#include "crypto/checkpoint.h"

#include <algorithm>

#include "crypto/note.h"
#include "crypto/text.h"

namespace anta {

namespace {

constexpr std::string_view cosignature_header = "cosignature/v1";

tl::unexpected<Error> bad_checkpoint(std::string rule, std::string message) {
  return fail(Code::malformed, "checkpoint." + std::move(rule), std::move(message));
}

// Takes one line, without its LF, off the front of `text`.
Result<std::string_view> take_line(std::string_view& text, std::string_view what) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    return bad_checkpoint("lines", "the checkpoint's " + std::string(what) + " has no line ending in LF");
  }
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

bool is_origin(std::string_view origin) { return is_key_name(origin) && origin != cosignature_header; }

std::string encode_checkpoint(const Checkpoint& checkpoint) {
  ANTA_INVARIANT(is_origin(checkpoint.origin));
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
         to_base64(checkpoint.root.view()) + "\n";
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  auto origin = take_line(text, "origin");
  if (!origin) return pass(origin);
  if (*origin == cosignature_header) {
    return bad_checkpoint("origin", "cosignature/v1 is no origin: cosigned messages start with it");
  }
  if (!is_origin(*origin))
    return bad_checkpoint("origin", "the origin is empty or has a forbidden character");
  auto size_line = take_line(text, "size");
  if (!size_line) return pass(size_line);
  auto size = decimal(*size_line);
  if (!size) return bad_checkpoint("size", "the tree size: " + size.error().message);
  auto root_line = take_line(text, "root");
  if (!root_line) return pass(root_line);
  auto root = from_base64(*root_line);
  if (!root) return bad_checkpoint("root", "the root: " + root.error().message);
  if (root->size() != Digest::size) {
    return bad_checkpoint("root", "the root is " + std::to_string(root->size()) + " bytes, not 32");
  }
  if (!text.empty()) return bad_checkpoint("extension", "the checkpoint has an extension line");
  Checkpoint checkpoint{.origin = std::string(*origin), .size = *size};
  std::copy(root->begin(), root->end(), checkpoint.root.bytes.begin());
  return checkpoint;
}

}  // namespace anta
