// HTTP/1.1 requests from a byte stream, strictly: whoever stands between a client and us must read the same
// request as we do.
//
// The only file that knows Boost.Beast's parser; it feeds the parser and refuses beforehand or on top what
// Beast lets pass (chunks it takes apart itself, http_chunks.h) (RFC 9112 sections 2.2, 5.2, 6.3, 7.1):
// folded header lines, line feeds without carriage return, more than one Host or none in HTTP/1.1,
// Content-Length beside Transfer-Encoding or twice, any transfer coding but a single "chunked", chunked in
// HTTP/1.0, trailers, a body on GET or HEAD, header fields beyond fields_max, lines of chunk framing beyond
// chunk_line_max. Sizes are checked before memory is taken.
//
// One parser per connection, on one thread. Bytes that follow a request stay in it for the next one
// (pipelining); at most one refusal is ever returned, and then the connection must end.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "node/http_message.h"

namespace anta {

struct HttpParserLimits {
  std::size_t header_bytes_max = std::size_t{16} << 10;  // request line and header fields
  std::size_t fields_max = 64;
  std::size_t body_bytes_max = std::size_t{4} << 20;
  std::string large_path = {};  // a POST to exactly this path may have a larger body; empty: none
  std::size_t large_body_bytes_max = 0;
  std::size_t chunk_line_max = 256;  // a chunk's size line with its extensions
};

class HttpParser {
 public:
  explicit HttpParser(HttpParserLimits limits = {});
  ~HttpParser();
  HttpParser(HttpParser&&) noexcept;
  HttpParser& operator=(HttpParser&&) noexcept;

  // What must be answered before the connection is closed.
  struct Refusal {
    unsigned status = 400;  // 400, 413, 417, 431, 501 or 505
    std::string rule = {};  // "http.obs_fold"
    std::string message = {};
  };

  enum class State : std::uint8_t {
    idle,     // between requests: nothing of the next one has arrived
    header,   // some of a header
    body,     // the header is whole, some of the body is missing
    request,  // a request is ready: take() it
    refused,
  };

  // Takes more bytes of the stream; not in state request or refused. Beside the body it holds at most
  // header_bytes_max bytes and what one feed gave.
  State feed(std::span<const char> bytes);
  State state() const;

  // Another body_bytes_max, from the next header on.
  void set_body_bytes_max(std::size_t bytes);

  // The header asked to be told before it sends its body (RFC 9110 section 10.1.1).
  bool expects_continue() const;

  // From the moment the header is whole (states body and request), for limits that are asked before the body
  // is there: the method, the body's announced length (0: none; nothing: it comes in chunks), and how much of
  // it is here.
  std::string_view method() const;
  std::optional<std::size_t> body_announced() const;
  std::size_t body_held() const;

  // State request: the request, and whether the connection may carry another one. The parser goes on with
  // bytes that it holds already, so that the state afterwards may be request again.
  struct Taken {
    HttpRequest request = {};
    bool keep_alive = false;
  };
  Taken take();

  const Refusal& refusal() const;  // state refused

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace anta
