#include "node/http_message.h"

#include "crypto/text.h"

namespace anta {
namespace {

constexpr std::size_t segments_max = 16;
constexpr std::size_t query_pairs_max = 32;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

tl::unexpected<Error> bad_target(std::string why) {
  return fail(Code::malformed, "http.target", "the request's target " + std::move(why));
}

Result<std::string> decode(std::string_view text, bool query) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
      if (low < 0) return bad_target("holds a percent sign that starts no escape");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (query && c == '+') {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return bad_target("holds a control character");
    out.push_back(c);
  }
  if (!is_utf8(out)) return bad_target("is not UTF-8");
  return out;
}

Result<void> parse_query(std::string_view text, HttpFields& out) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    Result<std::string> key = decode(pair.substr(0, equals), true);
    if (!key) return pass(key);
    Result<std::string> value = decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!value) return pass(value);
    for (const auto& [known, ignored] : out) {
      if (known == *key) return bad_target("says \"" + *key + "\" twice");
    }
    if (out.size() == query_pairs_max) return bad_target("has too many query parameters");
    out.emplace_back(std::move(*key), std::move(*value));
  }
  return {};
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [key, text] : headers) {
    if (key == name) return text;
  }
  return {};
}

std::optional<std::string_view> HttpRequest::value(std::string_view name) const {
  for (const auto& [key, text] : query) {
    if (key == name) return text;
  }
  return std::nullopt;
}

std::string HttpRequest::path_text() const {
  std::string out;
  for (const std::string& segment : path)
    out += "/" + segment;
  return out.empty() ? "/" : out;
}

Result<HttpTarget> parse_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return bad_target("does not begin with /");
  if (target.find('#') != std::string_view::npos) return bad_target("holds a fragment");
  HttpTarget out;
  const std::size_t question = std::min(target.find('?'), target.size());
  std::string_view path = target.substr(1, question - 1);
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    Result<std::string> segment = decode(path.substr(0, slash), false);
    if (!segment) return pass(segment);
    if (segment->empty() || *segment == "." || *segment == "..")
      return bad_target("has an empty or dotted segment");
    if (out.path.size() == segments_max) return bad_target("has too many segments");
    out.path.push_back(std::move(*segment));
    if (slash == path.size()) break;
    path.remove_prefix(slash + 1);
    if (path.empty()) return bad_target("ends in a slash");
  }
  if (question < target.size()) {
    if (auto query = parse_query(target.substr(question + 1), out.query); !query) return pass(query);
  }
  return out;
}

std::string_view http_reason(unsigned status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Unsupported Transfer Coding";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

std::string http_head(const HttpResponse& response, bool keep_alive) {
  const std::size_t size = response.file ? response.file->size() : response.body.size();
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     std::string(http_reason(response.status)) + "\r\n";
  if (response.status != 304) {
    head += "Content-Type: " + response.content_type + "\r\n";
    head += "Content-Length: " + std::to_string(size) + "\r\n";
  }
  head += keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
  head += "X-Content-Type-Options: nosniff\r\n";
  for (const auto& [key, text] : response.headers)
    head += key + ": " + text + "\r\n";
  return head + "\r\n";
}

}  // namespace anta
