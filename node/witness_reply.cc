// What a witness answers, as bytes: pure, apart from the sockets of witness_client.cc, so that the fuzzer
// needs none.
#include <utility>

#include "crypto/digest.h"
#include "crypto/text.h"
#include "node/http_chunks.h"
#include "node/witness_client.h"

namespace anta {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

tl::unexpected<Error> no_answer(std::string why) {
  return fail(Code::malformed, "witness.answer", "the answer is no HTTP answer: " + std::move(why));
}

// The fields of an answer's head that say how its body is to be read.
struct Head {
  WitnessReply reply = {};
  std::optional<std::uint64_t> length = {};
  bool chunked = false;
};

Result<Head> parse_head(std::string_view head) {
  if (head.size() < 12 || !head.starts_with("HTTP/1.")) return no_answer("it has no status line");
  const Result<std::uint64_t> status = decimal(head.substr(9, 3));
  if (head[8] != ' ' || !status || *status < 100) return no_answer("it has no status");
  Head out;
  out.reply.status = static_cast<unsigned>(*status);
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;) {
    const std::size_t next = head.find("\r\n", at + 2);
    const std::string_view line = head.substr(at + 2, next == std::string_view::npos ? next : next - at - 2);
    at = next;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return no_answer("a header field has no colon");
    const std::string name = lower(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (name == "content-type") out.reply.content_type = value;
    if (name == "transfer-encoding") out.chunked = lower(value) == "chunked";
    if (name != "content-length") continue;
    const Result<std::uint64_t> length = decimal(value);
    if (!length) return no_answer("its length is no number");
    out.length = *length;
  }
  return out;
}

}  // namespace

Result<std::optional<WitnessReply>> parse_witness_reply(std::string_view text, bool ended) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (ended) return no_answer("it ends in its head");
    return std::optional<WitnessReply>();
  }
  Result<Head> head = parse_head(text.substr(0, end));
  if (!head) return pass(head);
  const std::string_view body = text.substr(end + 4);
  const auto whole = [&](std::string_view bytes) {
    head->reply.body = bytes;
    return std::optional(std::move(head->reply));
  };
  if (head->chunked) {
    ChunkedBody chunks({.body_bytes_max = WitnessClient::answer_bytes_max, .line_max = 256});
    Bytes out;
    chunks.feed(body, out);
    if (chunks.state() == ChunkedBody::State::done) return whole(as_text(out));
    if (ended || chunks.state() != ChunkedBody::State::more) return no_answer("its chunks do not end");
    return std::optional<WitnessReply>();
  }
  if (head->length && body.size() >= *head->length)
    return whole(body.substr(0, static_cast<std::size_t>(*head->length)));
  if (!ended) return std::optional<WitnessReply>();
  if (head->length) return no_answer("it is shorter than it says");
  return whole(body);
}

}  // namespace anta
