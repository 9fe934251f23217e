#include "crypto/tlog_proof.h"

#include "crypto/text.h"

namespace anta {
namespace {

constexpr std::string_view header = "c2sp.org/tlog-proof@v1";
constexpr std::string_view index_word = "index ";
constexpr std::string_view extra_word = "extra ";
constexpr std::size_t path_max = 64;
constexpr std::size_t proof_bytes_max = std::size_t{128} << 10;

// The next line without its end; `text` goes on behind it. A line without an end is none.
Result<std::string_view> take_line(std::string_view& text, const char* rule, const char* what) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos)
    return fail(Code::malformed, rule, std::string("the proof ends before ") + what);
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

Result<void> skip_extra(std::string_view& text) {
  if (!text.starts_with(extra_word)) return {};
  const auto line = take_line(text, "tlog_proof.extra", "its extra data do");
  if (!line) return pass(line);
  const auto data = from_base64(line->substr(extra_word.size()));
  if (!data) return fail(Code::malformed, "tlog_proof.extra", "the extra data are not base64");
  return {};
}

}  // namespace

std::string encode_tlog_proof(const TlogProof& proof) {
  std::string text =
      std::string(header) + "\n" + std::string(index_word) + std::to_string(proof.index) + "\n";
  for (const Digest& hash : proof.path)
    text += to_base64(hash.view()) + "\n";
  return text + "\n" + proof.note;
}

Result<TlogProof> parse_tlog_proof(std::string_view text) {
  if (text.size() > proof_bytes_max)
    return fail(Code::malformed, "tlog_proof.header", "a proof has at most 128 KiB");
  const auto first = take_line(text, "tlog_proof.header", "its first line does");
  if (!first || *first != header)
    return fail(Code::malformed, "tlog_proof.header", "not a c2sp.org/tlog-proof@v1");
  if (auto extra = skip_extra(text); !extra) return pass(extra);
  const auto index = take_line(text, "tlog_proof.index", "its index line does");
  if (!index || !index->starts_with(index_word))
    return fail(Code::malformed, "tlog_proof.index", "the index line is missing");
  const auto number = decimal(index->substr(index_word.size()));
  if (!number) return fail(Code::malformed, "tlog_proof.index", "the index is not a decimal number");
  TlogProof proof{.index = *number};
  while (true) {
    const auto line = take_line(text, "tlog_proof.path", "its checkpoint");
    if (!line) return pass(line);
    if (line->empty()) break;
    if (proof.path.size() == path_max)
      return fail(Code::malformed, "tlog_proof.path", "the path has more than 64 hashes");
    const auto hash = digest_from_base64(*line);
    if (!hash)
      return fail(Code::malformed, "tlog_proof.path", "a line of the path is not 32 bytes in base64");
    proof.path.push_back(*hash);
  }
  if (text.empty()) return fail(Code::malformed, "tlog_proof.note", "the checkpoint is missing");
  proof.note = std::string(text);
  return proof;
}

}  // namespace anta
