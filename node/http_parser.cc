#include "node/http_parser.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/vector_body.hpp>

#include "node/http_chunks.h"

namespace anta {
namespace {

namespace http = boost::beast::http;
using BeastParser = http::request_parser<http::vector_body<std::uint8_t>>;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

HttpParser::Refusal refuse(unsigned status, std::string rule, std::string message) {
  return {.status = status, .rule = "http." + std::move(rule), .message = std::move(message)};
}

bool has_bare_lf(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('\n', from); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') return true;
  }
  return false;
}

// What the raw header may look like, before Beast sees it. `header` ends in its empty line.
std::optional<HttpParser::Refusal> check_header_lines(std::string_view header,
                                                      const HttpParserLimits& limits) {
  std::size_t lines = 0;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const char c = header[i];
    if (c == '\0') return refuse(400, "control", "the header holds a zero byte");
    if (c == '\n' && (i == 0 || header[i - 1] != '\r')) {
      return refuse(400, "bare_lf", "a header line ends in a line feed without carriage return");
    }
    if (c == '\r' && (i + 1 == header.size() || header[i + 1] != '\n')) {
      return refuse(400, "bare_cr", "the header holds a carriage return without line feed");
    }
    if (c != '\n') continue;
    ++lines;
    if (i + 1 < header.size() && (header[i + 1] == ' ' || header[i + 1] == '\t')) {
      return refuse(400, "obs_fold", "a header line is folded");
    }
  }
  // The request line and the empty line are not fields.
  if (lines > limits.fields_max + 2) return refuse(431, "fields_max", "too many header fields");
  return std::nullopt;
}

template <typename Fields>
std::optional<HttpParser::Refusal> check_framing(const Fields& message) {
  const bool http11 = message.version() == 11;
  const std::size_t hosts = message.count(http::field::host);
  if (hosts > 1 || (http11 && hosts == 0)) return refuse(400, "host", "exactly one Host field is needed");
  const std::size_t lengths = message.count(http::field::content_length);
  const std::size_t codings = message.count(http::field::transfer_encoding);
  if (lengths > 1) return refuse(400, "content_length", "Content-Length stands twice");
  if (lengths > 0) {
    const std::string_view text = message[http::field::content_length];
    const bool digits =
        !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return refuse(400, "content_length", "Content-Length is not one decimal number");
  }
  if (codings > 0) {
    if (lengths > 0) return refuse(400, "framing", "Content-Length and Transfer-Encoding in one request");
    if (codings > 1 || lower(message[http::field::transfer_encoding]) != "chunked") {
      return refuse(501, "transfer_encoding", "the only transfer coding is chunked");
    }
    if (!http11) return refuse(400, "transfer_encoding", "chunked in a request that is not HTTP/1.1");
  }
  const bool has_body = codings > 0 || (lengths > 0 && message[http::field::content_length] != "0");
  if (has_body && (message.method() == http::verb::get || message.method() == http::verb::head)) {
    return refuse(400, "body", "a GET or HEAD with a body");
  }
  const std::string_view expect = message[http::field::expect];
  if (!expect.empty() && lower(expect) != "100-continue") {
    return refuse(417, "expect", "the only expectation is 100-continue");
  }
  if (!message[http::field::upgrade].empty() && message.method() != http::verb::get) {
    return refuse(400, "upgrade", "no protocol upgrade here");
  }
  return std::nullopt;
}

HttpParser::Refusal from_beast(const boost::beast::error_code& error) {
  if (error == http::error::body_limit) return refuse(413, "body_bytes_max", "the body is too large");
  if (error == http::error::header_limit) return refuse(431, "header_bytes_max", "the header is too large");
  if (error == http::error::bad_version)
    return refuse(505, "version", "only HTTP/1.1 and HTTP/1.0 are spoken");
  return refuse(400, "syntax", "not an HTTP request: " + error.message());
}

}  // namespace

struct HttpParser::Parts {
  explicit Parts(HttpParserLimits l) : limits(l) {}

  HttpParserLimits limits = {};
  State state = State::idle;
  std::string held = {};    // bytes not consumed yet
  std::size_t scanned = 0;  // of `held`, while looking for the header's end
  std::optional<BeastParser> beast = {};
  HttpRequest request = {};          // filled when the header is whole
  std::size_t body_bytes_max = 0;    // of this request
  bool empty_line_forgiven = false;  // since the last request; only while idle
  bool keep_alive = false;
  bool expects_continue = false;
  bool chunked = false;
  std::optional<ChunkedBody> chunks = {};  // while such a body comes
  std::size_t announced = 0;               // the body's length when it is not chunked
  Refusal refusal = {};

  State refused(Refusal why) {
    refusal = std::move(why);
    held.clear();
    return state = State::refused;
  }

  State run();
  bool is_large(std::string_view header) const;
  bool run_header();
  bool take_fields();
  bool run_announced();
  bool run_chunked();
  bool run_body();
};

// Whether the request line, as spelt, is of the path with large bodies.
bool HttpParser::Parts::is_large(std::string_view header) const {
  const std::string line = "POST " + limits.large_path;
  return !limits.large_path.empty() && header.starts_with(line) && header.size() > line.size() &&
         (header[line.size()] == ' ' || header[line.size()] == '?');
}

// True when the header is whole and good.
bool HttpParser::Parts::run_header() {
  if (state == State::idle) {
    // An empty line before a request is forgiven (RFC 9112 section 2.2), one only, however the bytes are cut.
    if (!empty_line_forgiven && held == "\r") return false;
    if (!empty_line_forgiven && held.starts_with("\r\n")) {
      held.erase(0, 2);
      empty_line_forgiven = true;
    }
    if (held.empty()) return false;
    empty_line_forgiven = false;
    state = State::header;
    scanned = 0;
  }
  const std::size_t from = scanned > 3 ? scanned - 3 : 0;
  const std::size_t end = held.find("\r\n\r\n", from);
  if (end == std::string::npos || end + 4 > limits.header_bytes_max) {
    const std::size_t seen = end == std::string::npos ? held.size() : end + 4;
    if (seen > limits.header_bytes_max) {
      refused(refuse(431, "header_bytes_max", "the header is too large"));
    } else if (has_bare_lf(held, from)) {
      refused(refuse(400, "bare_lf", "a header line ends in a line feed without carriage return"));
    }
    scanned = held.size();
    return false;
  }
  const std::string_view header(held.data(), end + 4);
  if (auto refusal_found = check_header_lines(header, limits)) {
    refused(std::move(*refusal_found));
    return false;
  }
  beast.emplace();
  beast->header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
  body_bytes_max =
      is_large(header) ? std::max(limits.large_body_bytes_max, limits.body_bytes_max) : limits.body_bytes_max;
  beast->body_limit(body_bytes_max);
  boost::beast::error_code error;
  const std::size_t used = beast->put(boost::asio::const_buffer(header.data(), header.size()), error);
  if (error && error != http::error::need_more) {
    refused(from_beast(error));
    return false;
  }
  if (!beast->is_header_done()) {
    refused(refuse(400, "syntax", "not an HTTP request"));
    return false;
  }
  if (!take_fields()) return false;
  held.erase(0, used);
  return true;
}

bool HttpParser::Parts::take_fields() {
  const auto& message = beast->get();
  if (auto refusal_found = check_framing(message)) {
    refused(std::move(*refusal_found));
    return false;
  }
  const std::string_view target(message.target().data(), message.target().size());
  Result<HttpTarget> parsed = parse_target(target);
  if (!parsed) {
    refused(refuse(400, "target", parsed.error().message));
    return false;
  }
  request = HttpRequest{};
  request.method = std::string(message.method_string());
  request.path = std::move(parsed->path);
  request.query = std::move(parsed->query);
  for (const auto& field : message) {
    request.headers.emplace_back(lower(field.name_string()), std::string(field.value()));
  }
  keep_alive = message.keep_alive();
  chunked = beast->chunked();
  if (chunked) {
    chunks.emplace(ChunkedBody::Limits{.body_bytes_max = body_bytes_max, .line_max = limits.chunk_line_max});
  }
  expects_continue = lower(message[http::field::expect]) == "100-continue" && !beast->is_done();
  announced = 0;
  if (const auto length = beast->content_length()) {
    if (*length > body_bytes_max) {
      refused(refuse(413, "body_bytes_max", "the body is too large"));
      return false;
    }
    announced = static_cast<std::size_t>(*length);
  }
  state = State::body;
  return true;
}

// What Beast reads: a body of announced length, or none.
bool HttpParser::Parts::run_announced() {
  beast->eager(true);
  while (!beast->is_done() && !held.empty()) {
    boost::beast::error_code error;
    const std::size_t used = beast->put(boost::asio::const_buffer(held.data(), held.size()), error);
    held.erase(0, used);
    if (error && error != http::error::need_more) {
      refused(from_beast(error));
      return false;
    }
    if (used == 0) break;
  }
  return beast->is_done();
}

bool HttpParser::Parts::run_chunked() {
  using enum ChunkedBody::State;
  held.erase(0, chunks->feed(held, beast->get().body()));
  switch (chunks->state()) {
    case more: return false;
    case done: return true;
    case syntax: refused(refuse(400, "syntax", "the chunks of the body are not well formed")); break;
    case line_too_long: refused(refuse(400, "chunk_line_max", "a chunk's size line is too long")); break;
    case body_too_large: refused(refuse(413, "body_bytes_max", "the body is too large")); break;
    case trailer: refused(refuse(400, "trailer", "trailers are not taken")); break;
  }
  return false;
}

// True when the request is whole.
bool HttpParser::Parts::run_body() {
  if (!(chunked ? run_chunked() : run_announced())) return false;
  Bytes body = std::move(beast->get().body());
  body.shrink_to_fit();  // grown chunk by chunk; it may be kept for long
  request.body = std::make_shared<const Bytes>(std::move(body));
  beast.reset();
  chunks.reset();
  expects_continue = false;
  state = State::request;
  return true;
}

HttpParser::State HttpParser::Parts::run() {
  if (state == State::idle || state == State::header) {
    if (!run_header()) return state;
  }
  if (state == State::body) run_body();
  return state;
}

HttpParser::HttpParser(HttpParserLimits limits) : parts_(std::make_unique<Parts>(limits)) {}
HttpParser::~HttpParser() = default;
HttpParser::HttpParser(HttpParser&&) noexcept = default;
HttpParser& HttpParser::operator=(HttpParser&&) noexcept = default;

HttpParser::State HttpParser::feed(std::span<const char> bytes) {
  Parts& p = *parts_;
  ANTA_INVARIANT(p.state != State::request && p.state != State::refused);
  p.held.append(bytes.data(), bytes.size());
  return p.run();
}

HttpParser::State HttpParser::state() const { return parts_->state; }
void HttpParser::set_body_bytes_max(std::size_t bytes) { parts_->limits.body_bytes_max = bytes; }
bool HttpParser::expects_continue() const { return parts_->expects_continue; }
std::string_view HttpParser::method() const { return parts_->request.method; }
std::optional<std::size_t> HttpParser::body_announced() const {
  return parts_->chunked ? std::nullopt : std::optional(parts_->announced);
}
std::size_t HttpParser::body_held() const {
  return parts_->beast ? parts_->beast->get().body().size() : parts_->request.body->size();
}
const HttpParser::Refusal& HttpParser::refusal() const { return parts_->refusal; }

HttpParser::Taken HttpParser::take() {
  Parts& p = *parts_;
  ANTA_INVARIANT(p.state == State::request);
  Taken taken{.request = std::move(p.request), .keep_alive = p.keep_alive};
  p.request = HttpRequest{};
  p.state = State::idle;
  p.run();
  return taken;
}

}  // namespace anta
