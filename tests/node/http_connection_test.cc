#include "node/http_connection.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace anta {
namespace {

// A socket that writes down what it was asked.
struct RecordedSocket final : HttpSocket {
  std::vector<std::string> calls = {};
  std::string sent = {};
  std::uint64_t running = 0;  // the newest deadline
  void read() override { calls.emplace_back("read"); }
  void write(std::string head, std::shared_ptr<const Bytes> file) override {
    sent += head;
    if (file) sent.append(file->begin(), file->end());
    calls.emplace_back("write");
  }
  void deadline(std::uint64_t number, std::uint32_t ms) override {
    running = number;
    calls.push_back("deadline " + std::to_string(ms));
  }
  void linger() override { calls.emplace_back("linger"); }
  void close() override { calls.emplace_back("close"); }
  std::string last() const { return calls.empty() ? "" : calls.back(); }
};

struct Rig {
  RecordedSocket socket = {};
  std::vector<HttpRequest> requests = {};
  std::uint64_t number = 0;
  bool allowed = true;
  HttpConnection connection{
      socket,
      {.header_deadline_ms = 10, .body_deadline_ms = 20, .idle_deadline_ms = 30, .write_deadline_ms = 40},
      {.request =
           [this](HttpRequest r, std::uint64_t n) {
             requests.push_back(std::move(r));
             number = n;
           },
       .allowed = [this] { return allowed; },
       .problem = [](unsigned status, const std::string& rule,
                     const std::string&) { return HttpResponse{.status = status, .body = rule}; }}};
  void receive(std::string_view text) { connection.received(text); }
};

TEST(HttpConnection, AnswersInOrderAndStaysOpen) {
  // Goal: a pipelined second request waits for the first answer, and the connection is kept.
  Rig rig;
  rig.connection.start();
  rig.receive("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_EQ(rig.requests.size(), 1u);
  rig.connection.answer(rig.number, {.body = "one"});
  EXPECT_EQ(rig.requests.size(), 1u);
  rig.connection.written();
  ASSERT_EQ(rig.requests.size(), 2u);
  rig.connection.answer(1, {.body = "late"});  // the first request's number
  EXPECT_EQ(rig.socket.sent.find("late"), std::string::npos);
  rig.connection.answer(rig.number, {.body = "two"});
  rig.connection.written();
  EXPECT_EQ(rig.socket.last(), "read");
  EXPECT_NE(rig.socket.sent.find("Connection: keep-alive"), std::string::npos);
}

TEST(HttpConnection, ASlowClientIsToldAndCut) {
  // Goal: the header's deadline is not renewed by further bytes, and ends in 408 and a lingering close.
  Rig rig;
  rig.connection.start();
  EXPECT_EQ(rig.socket.calls, (std::vector<std::string>{"deadline 30", "read"}));
  rig.receive("GET / HT");
  rig.receive("TP/1.1\r\n");
  EXPECT_EQ(std::count(rig.socket.calls.begin(), rig.socket.calls.end(), "deadline 10"), 1);
  rig.connection.expired(rig.socket.running);
  EXPECT_NE(rig.socket.sent.find("HTTP/1.1 408"), std::string::npos);
  rig.connection.written();
  EXPECT_EQ(rig.socket.last(), "linger");
}

TEST(HttpConnection, AStaleExpiryDoesNotCloseAConnectionThatJustReceivedItsRequest) {
  // Goal: an expiry that was queued before its deadline was replaced is not taken for the new deadline's.
  Rig rig;
  rig.connection.start();
  const std::uint64_t idle = rig.socket.running;
  rig.receive("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  rig.connection.expired(idle);
  EXPECT_EQ(std::count(rig.socket.calls.begin(), rig.socket.calls.end(), "close"), 0);
  rig.connection.answer(rig.number, {.body = "one"});
  EXPECT_NE(rig.socket.sent.find("one"), std::string::npos);
  rig.connection.expired(rig.socket.running);
  EXPECT_EQ(rig.socket.last(), "close");
}

TEST(HttpConnection, HeadOnlyDoesNotSurviveIntoTheNextRefusal) {
  // Goal: the answer to HEAD has no body; the refusal of what follows on the connection has its own.
  Rig rig;
  rig.connection.start();
  rig.receive("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
  rig.connection.answer(rig.number, {.body = "the body"});
  EXPECT_EQ(rig.socket.sent.find("the body"), std::string::npos);
  rig.connection.written();
  rig.receive("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(rig.socket.sent.ends_with("http.host")) << rig.socket.sent;
}

TEST(HttpConnection, ExpectationIsAnsweredOnce) {
  // Goal: 100 Continue goes out before the body, and the request follows it.
  Rig rig;
  rig.connection.start();
  rig.receive("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(rig.socket.sent, "HTTP/1.1 100 Continue\r\n\r\n");
  rig.connection.written();
  EXPECT_EQ(rig.socket.last(), "read");
  rig.receive("a");
  rig.receive("b");
  ASSERT_EQ(rig.requests.size(), 1u);
  EXPECT_EQ(rig.requests[0].body.size(), 2u);
}

TEST(HttpConnection, LimitsAndRefusalsCloseAfterTheirAnswer) {
  // Goal: a request above its address's rate gets 429, a bad one its refusal, and neither is handled.
  Rig rig;
  rig.allowed = false;
  rig.connection.start();
  rig.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(rig.socket.sent.find("HTTP/1.1 429"), std::string::npos);
  rig.connection.written();
  EXPECT_EQ(rig.socket.last(), "linger");
  Rig bad;
  bad.connection.start();
  bad.receive("GET / HTTP/1.1\r\n\r\n");
  EXPECT_NE(bad.socket.sent.find("http.host"), std::string::npos);
  EXPECT_TRUE(rig.requests.empty() && bad.requests.empty());
}

TEST(HttpConnection, DrainingClosesIdleAtOnceAndBusyAfterItsAnswer) {
  // Goal: shutdown cuts no answer short.
  Rig idle;
  idle.connection.start();
  idle.connection.drain();
  EXPECT_EQ(idle.socket.last(), "close");
  Rig busy;
  busy.connection.start();
  busy.receive("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  busy.connection.drain();
  EXPECT_NE(busy.socket.last(), "close");
  busy.connection.answer(busy.number, {.body = "done"});
  EXPECT_NE(busy.socket.sent.find("Connection: close"), std::string::npos);
  busy.connection.written();
  EXPECT_EQ(busy.socket.last(), "close");
}

}  // namespace
}  // namespace anta
