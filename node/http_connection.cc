#include "node/http_connection.h"

#include <utility>

namespace anta {

HttpConnection::HttpConnection(HttpSocket& socket, HttpConnectionOptions options, Hooks hooks)
    : socket_(socket), options_(options), hooks_(std::move(hooks)), parser_(options.parser) {}

void HttpConnection::start() { read_more(); }

// The deadline runs from the moment a state begins, not from the last byte: a client that sends one byte a
// second gets no further than one that sends none.
void HttpConnection::read_more() {
  phase_ = Phase::reading;
  if (timed_ != parser_.state()) {
    timed_ = parser_.state();
    set_deadline(timed_ == HttpParser::State::idle     ? options_.idle_deadline_ms
                 : timed_ == HttpParser::State::header ? options_.header_deadline_ms
                                                       : options_.body_deadline_ms);
  }
  socket_.read();
}

void HttpConnection::received(std::span<const char> bytes) {
  if (phase_ != Phase::reading) return;
  parser_.feed(bytes);
  step();
}

void HttpConnection::step() {
  switch (parser_.state()) {
    case HttpParser::State::refused:
      return refuse(parser_.refusal().status, parser_.refusal().rule, parser_.refusal().message);
    case HttpParser::State::request: {
      HttpParser::Taken taken = parser_.take();
      keep_alive_ = taken.keep_alive;
      head_only_ = taken.request.method == "HEAD";
      continued_ = false;
      taken.request.remote = hooks_.remote;
      if (!hooks_.allowed()) {
        return refuse(429, "http.requests_per_second", "too many requests from this address; slow down");
      }
      phase_ = Phase::handling;
      timed_ = HttpParser::State::refused;
      set_deadline(options_.answer_deadline_ms);
      hooks_.request(std::move(taken.request), ++number_);
      return;
    }
    case HttpParser::State::body:
      if (parser_.expects_continue() && !continued_) {
        continued_ = true;
        phase_ = Phase::writing;
        linger_after_ = false;
        return socket_.write("HTTP/1.1 100 Continue\r\n\r\n", nullptr);
      }
      return read_more();
    default: return read_more();
  }
}

void HttpConnection::refuse(unsigned status, const std::string& rule, const std::string& message) {
  linger_after_ = true;
  send(hooks_.problem(status, rule, message), false);
}

void HttpConnection::answer(std::uint64_t number, HttpResponse response) {
  if (phase_ != Phase::handling || number != number_) return;
  send(std::move(response), keep_alive_ && !draining_);
}

void HttpConnection::send(HttpResponse response, bool keep_alive) {
  phase_ = Phase::writing;
  keep_alive_ = keep_alive;
  timed_ = HttpParser::State::refused;
  set_deadline(options_.write_deadline_ms);
  std::string head = http_head(response, keep_alive);
  if (head_only_ || response.status == 304) return socket_.write(std::move(head), nullptr);
  if (!response.file) head += response.body;
  socket_.write(std::move(head), std::move(response.file));
}

void HttpConnection::written() {
  if (phase_ != Phase::writing) return;
  head_only_ = false;  // of the request that was answered, not of what comes next
  if (!linger_after_ && continued_ && parser_.state() == HttpParser::State::body) return read_more();
  if (!linger_after_ && keep_alive_) return step();
  phase_ = Phase::closing;
  linger_after_ ? socket_.linger() : socket_.close();
}

void HttpConnection::ended() {
  if (phase_ != Phase::reading) return;
  phase_ = Phase::closing;
  socket_.close();
}

void HttpConnection::set_deadline(std::uint32_t ms) { socket_.deadline(++deadline_, ms); }

void HttpConnection::expired(std::uint64_t deadline) {
  if (deadline != deadline_) return;
  if (phase_ == Phase::reading && parser_.state() != HttpParser::State::idle) {
    return refuse(408, "http.deadline", "the request did not arrive in time");
  }
  phase_ = Phase::closing;
  socket_.close();
}

void HttpConnection::drain() {
  draining_ = true;
  if (phase_ == Phase::reading && parser_.state() == HttpParser::State::idle) {
    phase_ = Phase::closing;
    socket_.close();
  } else if (phase_ == Phase::writing) {
    keep_alive_ = false;
  }
}

}  // namespace anta
