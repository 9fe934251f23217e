// An HTTP request and its answer as plain values: all that the API knows of HTTP.
//
// The server (http_server.h) makes requests with the strict parser (http_parser.h) and sends answers; the API
// (http_api.h) maps one to the other. A target is split and percent-decoded here, once: a path or query that
// is not valid percent-encoded UTF-8, or that holds a control character, never reaches the API. Pure, any
// thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = {};        // "GET", as sent
  std::vector<std::string> path;  // decoded segments: /v1/lots/L-1 -> {"v1", "lots", "L-1"}
  HttpFields query = {};          // decoded pairs in order, no name twice
  HttpFields headers = {};        // names in lower case
  std::shared_ptr<const Bytes> body = std::make_shared<const Bytes>();  // never null; shared, not copied
  std::string remote = {};  // the peer's address, for limits and logs

  // The header's value, empty when absent. `name` in lower case.
  std::string_view header(std::string_view name) const;
  // The query's value; nothing when the name is absent ("?fresh" is present and empty).
  std::optional<std::string_view> value(std::string_view name) const;
  std::string path_text() const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  HttpFields headers = {};
  std::string body = {};
  std::shared_ptr<const Bytes> file = {};  // sent instead of `body` when set: immutable bytes, not copied
};

// Answers a request once, now or later, from any thread. Answering twice is ignored.
using HttpReply = std::function<void(HttpResponse)>;

// Splits "/v1/lots/L%2D1?fresh&limit=5". malformed: http.target.
struct HttpTarget {
  std::vector<std::string> path = {};
  HttpFields query = {};
};
Result<HttpTarget> parse_target(std::string_view target);

// The reason phrase of the statuses that Anta answers with.
std::string_view http_reason(unsigned status);

// Status line and header fields of an answer, with Content-Length and the fields that every answer carries.
std::string http_head(const HttpResponse& response, bool keep_alive);

}  // namespace anta
