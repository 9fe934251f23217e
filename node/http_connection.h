// One HTTP connection's life, written over an abstract socket so that its rules are tested without a network.
//
// A request is admitted, or refused, when its header is whole: before anything of its body is kept. Bytes
// come in through received(), time through expired(), answers through the handler's callback; what to
// do next comes out as calls on HttpSocket. The server (http_server.cc) is the socket. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "node/http_budget.h"
#include "node/http_message.h"
#include "node/http_parser.h"

namespace anta {

// What a connection may ask of its socket. Each write or read ends in exactly one call back, unless the
// socket was closed.
class HttpSocket {
 public:
  virtual ~HttpSocket() = default;
  virtual void read() = 0;                                                      // -> received(), or ended()
  virtual void write(std::string head, std::shared_ptr<const Bytes> file) = 0;  // -> written()
  virtual void deadline(std::uint64_t number, std::uint32_t ms) = 0;  // -> expired(number); replaces the last
  virtual void linger() = 0;  // no more writes; discard input for a while, then close
  virtual void close() = 0;
};

struct HttpConnectionOptions {
  // Who sends a body of announced length or takes an answer has, beside the deadline of what is small, the
  // time that it takes at 64 kB a second: 16 MiB have some four minutes and a half more.
  static constexpr std::size_t slowest_bytes_per_ms = 64;

  HttpParserLimits parser = {};
  std::uint32_t header_deadline_ms = 10'000;
  std::uint32_t body_deadline_ms = 30'000;
  std::uint32_t idle_deadline_ms = 60'000;
  std::uint32_t write_deadline_ms = 30'000;
  std::uint32_t answer_deadline_ms = 120'000;  // above any request's own deadline
};

class HttpConnection {
 public:
  struct Hooks {
    // A request; its number comes back with the answer, so that a late one is not taken for another's.
    std::function<void(HttpRequest, std::uint64_t number)> request = {};
    std::function<bool()> allowed = {};  // within its address's rate; asked when a header is whole
    std::function<HttpResponse(unsigned, const std::string&, const std::string&)> problem = {};
    std::string remote = {};
    HttpBudget* budget = nullptr;  // of bodies and answers; null: none. Outlives the connection
  };
  HttpConnection(HttpSocket& socket, HttpConnectionOptions options, Hooks hooks);

  void start();
  void received(std::span<const char> bytes);
  void ended();  // the client sends no more
  void written();
  // A deadline has passed. One that was replaced may still be heard (its handler was queued already): it is
  // told by its number, and nothing happens.
  void expired(std::uint64_t deadline);
  void answer(std::uint64_t number, HttpResponse response);
  void set_body_bytes_max(std::size_t bytes);  // from the next request on
  void drain();                                // close when what is in flight has been answered

 private:
  enum class Phase : std::uint8_t { reading, handling, writing, closing };
  void step();
  bool admit();
  bool hold_body();
  void refuse_for_memory(std::size_t bytes);
  void refuse(unsigned status, const std::string& rule, const std::string& message);
  void send(HttpResponse response, bool keep_alive);
  void read_more();
  void set_deadline(std::uint32_t ms);
  std::uint32_t body_deadline_ms() const;

  HttpSocket& socket_;
  HttpConnectionOptions options_ = {};
  Hooks hooks_ = {};
  HttpParser parser_;
  HttpShare share_;
  Phase phase_ = Phase::reading;
  HttpParser::State timed_ = HttpParser::State::refused;  // which state the running deadline is for
  std::uint64_t number_ = 0;
  std::uint64_t deadline_ = 0;  // the running one's number
  bool admitted_ = false;       // the request whose header is whole
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool continued_ = false;  // 100 Continue was sent for this request
  bool linger_after_ = false;
  bool draining_ = false;
};

}  // namespace anta
