// The HTTP listener: connections, deadlines and limits around the parser; what a request means is its
// handler's.
//
// One thread of its own runs an event loop for all connections. The handler is called on that thread and must
// not block it for long; it may answer from any thread, later. Limits (house.md rule 9): past
// connections_max, or connections_per_address of its address, a newcomer gets 503 and is closed; past
// requests_per_second of one address 429, and past memory_bytes of all connections 503, both when the header
// is whole and before the body is read; too large, or more than memory_bytes could ever hold, 413, or 431;
// too slow 408. After an early answer the connection lingers, discarding what the client still sends, so that
// the client reads the answer instead of a reset (RFC 9112 section 9.6).
//
// With a certificate (http_tls.h) it speaks HTTPS: a connection counts from the moment it is accepted, and as
// a request of its address (its first request is then counted already; past the rate it is closed at once).
// Its handshake has the header's deadline, and who is too slow for that, or speaks something else, is closed
// (who speaks plain HTTP is told so). Without one it speaks plain HTTP, on loopback only unless the
// configuration says that a proxy stands before it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "crypto/error.h"
#include "node/http_message.h"
#include "node/http_parser.h"
#include "node/http_tls.h"

namespace anta {

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                   // 0: one that is free; port() tells
  std::shared_ptr<const HttpTls> tls = {};  // null: plain HTTP
  HttpParserLimits parser = {};
  std::uint32_t header_deadline_ms =
      10'000;  // of a handshake; from a request's first byte to its last header field
  // From there to the body's end, and of one answer; both longer for what is large (http_connection.h).
  std::uint32_t body_deadline_ms = 30'000;
  std::uint32_t idle_deadline_ms = 60'000;  // between requests
  std::uint32_t write_deadline_ms = 30'000;
  std::uint32_t linger_ms = 2'000;
  std::size_t connections_max = 1'024;
  std::size_t connections_per_address = 0;  // 0: no limit (behind a proxy all come from one)
  // Bodies and answers of all connections together (http_budget.h). Beside it a connection takes at most
  // parser.header_bytes_max and a read buffer of 16 KiB; under TLS some 80 KiB more.
  std::size_t memory_bytes = std::size_t{128} << 20;
  std::uint32_t requests_per_second = 50'000;  // of one address; as many may come at once
};

using HttpHandler = std::function<void(HttpRequest, HttpReply)>;
// A problem that the server itself answers (limits, bad syntax), as a response.
using HttpProblem =
    std::function<HttpResponse(unsigned status, const std::string& rule, const std::string& message)>;

class HttpServer {
 public:
  // What a start asks of an address before it takes it. malformed, rule http.address: it is no IP address.
  static Result<void> check_address(const std::string& address);

  // Listens and starts. The above; io, rule http.port_taken: another program listens there.
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, HttpHandler handler,
                                                   HttpProblem problem);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  std::size_t connections() const;  // open now
  std::uint64_t handshakes_failed() const;

  // Takes over what these options limit (body_bytes_max, connections, memory, requests), for new connections
  // and requests; nothing that is open or in flight is cut. Any thread; it holds for what is posted after.
  void set_limits(const HttpServerOptions& options);

  // New connections are served with this certificate; a server without one stays without. Any thread; as
  // above.
  void set_tls(std::shared_ptr<const HttpTls> tls);

  // Runs `work` on the server's thread. Any thread; the server outlives every HttpReply and every post.
  void post(std::function<void()> work);

  // Takes no more connections, lets requests in flight be answered for at most drain_ms, closes. Blocks; not
  // from the server's own thread.
  void stop(std::uint32_t drain_ms);

  struct Loop;  // http_server.cc's own

 private:
  explicit HttpServer(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace anta
