#include "node/http_connection.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace anta {
namespace {

constexpr const char* memory_rule = "http.memory_bytes";
constexpr const char* memory_message =
    "the node holds as many bytes of requests and answers as it may; try again";
constexpr const char* never_rule = "http.larger_than_memory";
constexpr const char* never_message =
    "this is more than the node may hold of requests and answers at all (limits.http_memory_bytes): trying "
    "again does not help; ask for less, or ask another node";

std::size_t size_of(const HttpResponse& response) {
  return response.file ? response.file->size() : response.body.size();
}

// What is large takes a slow link longer than what is small, and is given the time for it.
std::uint32_t deadline_of(std::uint32_t ms, std::size_t bytes) {
  const std::size_t more = bytes / HttpConnectionOptions::slowest_bytes_per_ms;
  return ms + static_cast<std::uint32_t>(std::min<std::size_t>(more, UINT32_MAX - ms));
}

}  // namespace

HttpConnection::HttpConnection(HttpSocket& socket, HttpConnectionOptions options, Hooks hooks)
    : socket_(socket),
      options_(options),
      hooks_(std::move(hooks)),
      parser_(options.parser),
      share_(hooks_.budget) {}

void HttpConnection::start() { read_more(); }

// The deadline runs from the moment a state begins, not from the last byte: a client that sends one byte a
// second gets no further than one that sends none.
void HttpConnection::read_more() {
  phase_ = Phase::reading;
  if (timed_ != parser_.state()) {
    timed_ = parser_.state();
    set_deadline(timed_ == HttpParser::State::idle     ? options_.idle_deadline_ms
                 : timed_ == HttpParser::State::header ? options_.header_deadline_ms
                                                       : body_deadline_ms());
  }
  socket_.read();
}

// Of chunks it is not known how many come: they have what a small body has.
std::uint32_t HttpConnection::body_deadline_ms() const {
  return deadline_of(options_.body_deadline_ms, parser_.body_announced().value_or(0));
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
      if (!admit() || !hold_body()) return;
      HttpParser::Taken taken = parser_.take();
      keep_alive_ = taken.keep_alive;
      admitted_ = false;  // what the parser shows from here on is the next one
      continued_ = false;
      taken.request.remote = hooks_.remote;
      phase_ = Phase::handling;
      timed_ = HttpParser::State::refused;
      set_deadline(options_.answer_deadline_ms);
      hooks_.request(std::move(taken.request), ++number_);
      return;
    }
    case HttpParser::State::body:
      if (!admit() || !hold_body()) return;
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

// The limits that need nothing of the body, once per request. False: it was refused.
bool HttpConnection::admit() {
  if (admitted_) return true;
  admitted_ = true;
  head_only_ = parser_.method() == "HEAD";
  if (!hooks_.allowed()) {
    refuse(429, "http.requests_per_second", "too many requests from this address; slow down");
    return false;
  }
  const std::size_t announced = parser_.body_announced().value_or(0);
  if (share_.could_hold(announced)) return true;
  refuse_for_memory(announced);
  return false;
}

// Room for what has come of the body, rounded up, but never for more than was announced. False: refused.
bool HttpConnection::hold_body() {
  constexpr std::size_t step = HttpBudget::small_bytes;
  const std::optional<std::size_t> announced = parser_.body_announced();
  const std::size_t rounded = std::max<std::size_t>((parser_.body_held() + step - 1) / step, 1) * step;
  const std::size_t wanted = std::min(rounded, announced.value_or(rounded));
  if (share_.hold(wanted)) return true;
  refuse_for_memory(wanted);
  return false;
}

void HttpConnection::refuse_for_memory(std::size_t bytes) {
  share_.could_ever_hold(bytes) ? refuse(503, memory_rule, memory_message)
                                : refuse(413, never_rule, never_message);
}

void HttpConnection::refuse(unsigned status, const std::string& rule, const std::string& message) {
  linger_after_ = true;
  send(hooks_.problem(status, rule, message), false);
  parser_ = HttpParser(options_.parser);  // nothing of this connection is read any more: let go of the body
}

void HttpConnection::answer(std::uint64_t number, HttpResponse response) {
  if (phase_ != Phase::handling || number != number_) return;
  send(std::move(response), keep_alive_ && !draining_);
}

void HttpConnection::send(HttpResponse response, bool keep_alive) {
  phase_ = Phase::writing;
  keep_alive_ = keep_alive;
  timed_ = HttpParser::State::refused;
  share_.release();  // the request's
  const bool head_only = head_only_ || response.status == 304;
  if (!head_only && size_of(response) > HttpBudget::small_bytes && !share_.hold(size_of(response)))
    response = share_.could_ever_hold(size_of(response)) ? hooks_.problem(503, memory_rule, memory_message)
                                                         : hooks_.problem(413, never_rule, never_message);
  std::string head = http_head(response, keep_alive);
  set_deadline(deadline_of(options_.write_deadline_ms, head_only ? 0 : size_of(response)));
  if (head_only) return socket_.write(std::move(head), nullptr);
  share_.hold_anyway(size_of(response));
  if (!response.file) head += response.body;
  socket_.write(std::move(head), std::move(response.file));
}

void HttpConnection::written() {
  if (phase_ != Phase::writing) return;
  if (!linger_after_ && continued_ && parser_.state() == HttpParser::State::body) return read_more();
  share_.release();    // the answer's
  head_only_ = false;  // of the request that was answered, not of what comes next
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

void HttpConnection::set_body_bytes_max(std::size_t bytes) {
  options_.parser.body_bytes_max = bytes;
  parser_.set_body_bytes_max(bytes);
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
