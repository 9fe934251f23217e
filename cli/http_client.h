// The command line's HTTP client: a few nodes, any of which answers.
//
// Requests go to the first node; when it cannot be reached, is silent for its share of the time, or says busy
// or uncertain, to the next, in order, until one answers or the deadline passes. Answers are bounded in size.
// Blocking; one thread per client.
//
// https asks for TLS 1.2 or newer and a certificate for that address from an authority that is trusted: the
// system's, or those of one file instead. A node that shows another one hears no request.
// libcurl lives in http_client.cc only.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

// The largest certificate file is 128 MiB.
inline constexpr std::size_t http_answer_bytes_max = std::size_t{130} << 20;

struct HttpAnswer {
  int status = 0;
  std::string content_type = {};
  std::string node = {};  // the base URL that answered
  Bytes body = {};
};

class HttpClient {
 public:
  // Base URLs ("http://127.0.0.1:8080"), at least one; `authorities` is a PEM file, or empty for the
  // system's; the deadline is for one call, all its tries together.
  explicit HttpClient(std::vector<std::string> nodes, std::string authorities = {},
                      std::chrono::milliseconds deadline = std::chrono::seconds(30));
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // An answer of any status is an answer; Code::uncertain is no answer at all ("unreachable",
  // "tls.handshake"), or one that is not read to its end ("answer_too_large"). "tls.untrusted": the
  // certificate is not to be trusted, and another try changes nothing (told also when other nodes were merely
  // unreachable); "tls.ca": the authorities cannot be read.
  // More than `bytes_max` is answer_too_large, before memory is taken for it; an error's page is cut there.
  Result<HttpAnswer> get(const std::string& path, const std::string& accept = "application/json",
                         std::size_t bytes_max = http_answer_bytes_max);
  Result<HttpAnswer> post(const std::string& path, const std::string& content_type, ByteView body);

  // The same, of one node only (which of nodes() by position).
  Result<HttpAnswer> get_from(std::size_t node, const std::string& path,
                              const std::string& accept = "application/json");
  Result<HttpAnswer> post_to(std::size_t node, const std::string& path, const std::string& content_type,
                             ByteView body);

  const std::vector<std::string>& nodes() const { return nodes_; }

 private:
  struct Request;
  Result<HttpAnswer> once(std::size_t node, const Request& request, std::chrono::milliseconds left,
                          std::chrono::milliseconds silence);
  Result<HttpAnswer> anywhere(const Request& request);

  struct Handle;
  std::unique_ptr<Handle> handle_;
  std::vector<std::string> nodes_;
  std::string authorities_;
  std::chrono::milliseconds deadline_;
};

// A path segment or query value with everything but unreserved characters escaped (RFC 3986 section 2.3).
std::string url_escaped(std::string_view text);

}  // namespace anta
