#include "cli/http_client.h"

#include <curl/curl.h>

#include <array>
#include <mutex>
#include <optional>

namespace anta {
namespace {

using Clock = std::chrono::steady_clock;

struct Collected {
  CURL* curl = nullptr;
  std::size_t bytes_max = http_answer_bytes_max;
  Bytes body = {};
  bool too_large = false;
};

std::size_t collect(char* data, std::size_t size, std::size_t count, void* into) {
  auto* collected = static_cast<Collected*>(into);
  const std::size_t bytes = size * count;
  if (bytes > collected->bytes_max - collected->body.size()) {
    long status = 0;
    curl_easy_getinfo(collected->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 300) return bytes;  // an error is one however long its page is
    collected->too_large = true;
    return 0;
  }
  collected->body.insert(collected->body.end(), data, data + bytes);
  return bytes;
}

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

// Another node may do better: the call has no effect yet, or repeating it is safe (statements are idempotent
// by digest).
bool worth_another(const HttpAnswer& answer) { return answer.status == 503 || answer.status == 504; }

// What kept a call from having an answer; `detail` is curl's longer text, where it has one.
Error call_error(CURLcode code, const std::string& node, const std::string& authorities, const char* detail) {
  const std::string said = node + ": " + (*detail ? detail : curl_easy_strerror(code));
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION: return Error{Code::not_authorised, "tls.untrusted", said};
    case CURLE_SSL_CACERT_BADFILE:
      return Error{Code::malformed, "tls.ca",
                   authorities.empty() ? "the system's trusted authorities cannot be read"
                                       : authorities + " is no readable file of PEM certificates"};
    case CURLE_SSL_CONNECT_ERROR: return Error{Code::uncertain, "tls.handshake", said};
    default: return Error{Code::uncertain, "unreachable", node + ": " + curl_easy_strerror(code)};
  }
}

// Nobody is trusted but these authorities: not the system's file, nor its directory, which curl would add.
void trust(CURL* curl, const std::string& authorities) {
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (authorities.empty()) return;
  curl_easy_setopt(curl, CURLOPT_CAINFO, authorities.c_str());
  curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
}

}  // namespace

struct HttpClient::Handle {
  CURL* curl = nullptr;
  Handle() : curl((start_curl(), curl_easy_init())) { ANTA_INVARIANT(curl != nullptr); }
  ~Handle() { curl_easy_cleanup(curl); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
};

struct HttpClient::Request {
  std::string path = {};
  std::string header = {};
  bool is_post = false;
  ByteView body = {};
  std::size_t bytes_max = http_answer_bytes_max;
};

HttpClient::HttpClient(std::vector<std::string> nodes, std::string authorities,
                       std::chrono::milliseconds deadline)
    : handle_(std::make_unique<Handle>()),
      nodes_(std::move(nodes)),
      authorities_(std::move(authorities)),
      deadline_(deadline) {
  ANTA_INVARIANT(!nodes_.empty());
  for (std::string& node : nodes_) {
    while (!node.empty() && node.back() == '/')
      node.pop_back();
  }
}

HttpClient::~HttpClient() = default;

// `silence`: one that takes the connection and says nothing leaves the others their share of the time. A
// whole that comes slowly has all that is left.
Result<HttpAnswer> HttpClient::once(std::size_t node, const Request& request, std::chrono::milliseconds left,
                                    std::chrono::milliseconds silence) {
  CURL* curl = handle_->curl;
  curl_easy_reset(curl);  // keeps connections alive
  Collected collected{.curl = curl, .bytes_max = request.bytes_max};
  std::array<char, CURL_ERROR_SIZE> detail = {};
  const std::string url = nodes_[node] + request.path;
  curl_slist* headers = curl_slist_append(nullptr, request.header.c_str());
  headers = curl_slist_append(headers, "Expect:");
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
  trust(curl, authorities_);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::min<std::int64_t>(left.count(), 5000)));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  if (silence < left) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(silence).count();
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(seconds));
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &collected);
  if (request.is_post) {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, reinterpret_cast<const char*>(request.body.data()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  const CURLcode code = curl_easy_perform(curl);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);  // it does not outlive this call
  curl_slist_free_all(headers);
  if (collected.too_large) {
    return tl::unexpected(
        Error{Code::uncertain, "answer_too_large", nodes_[node] + " answered with too many bytes"});
  }
  if (code != CURLE_OK) return tl::unexpected(call_error(code, nodes_[node], authorities_, detail.data()));
  HttpAnswer answer;
  long status = 0;
  const char* type = nullptr;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
  answer.status = static_cast<int>(status);
  answer.content_type = type ? type : "";
  answer.node = nodes_[node];
  answer.body = std::move(collected.body);
  return answer;
}

Result<HttpAnswer> HttpClient::anywhere(const Request& request) {
  const auto until = Clock::now() + deadline_;
  Result<HttpAnswer> last = tl::unexpected(Error{Code::uncertain, "unreachable", "no node answered in time"});
  std::optional<Error> untrusted;
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    if (left.count() <= 0) break;
    const bool is_last = node + 1 == nodes_.size();
    last = once(node, request, left, is_last ? left : left / static_cast<std::int64_t>(nodes_.size() - node));
    if (last && !worth_another(*last)) return last;
    if (!last && last.error().rule == "tls.untrusted") untrusted = last.error();
  }
  if (!last && untrusted) return tl::unexpected<Error>(std::move(*untrusted));
  return last;
}

Result<HttpAnswer> HttpClient::get(const std::string& path, const std::string& accept,
                                   std::size_t bytes_max) {
  return anywhere(Request{path, "Accept: " + accept, false, {}, bytes_max});
}

Result<HttpAnswer> HttpClient::post(const std::string& path, const std::string& content_type, ByteView body) {
  return anywhere(Request{path, "Content-Type: " + content_type, true, body});
}

Result<HttpAnswer> HttpClient::get_from(std::size_t node, const std::string& path,
                                        const std::string& accept) {
  return once(node, Request{path, "Accept: " + accept, false, {}}, deadline_, deadline_);
}

Result<HttpAnswer> HttpClient::post_to(std::size_t node, const std::string& path,
                                       const std::string& content_type, ByteView body) {
  return once(node, Request{path, "Content-Type: " + content_type, true, body}, deadline_, deadline_);
}

std::string url_escaped(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                            c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

}  // namespace anta
