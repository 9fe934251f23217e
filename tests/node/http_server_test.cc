#include <gtest/gtest.h>

#include <thread>

#include "tests/node/http_clients.h"

namespace anta::test {
namespace {

TEST(HttpServer, AnswersKeepsAliveAndCloses) {
  // Goal: two requests on one connection, the second from another thread, then a close that the client asked
  // for.
  std::vector<std::thread> threads;
  auto server = serve({}, [&](const HttpRequest& request, const HttpReply& reply) {
    threads.emplace_back(
        [reply, path = request.path_text()] { reply({.content_type = "text/plain", .body = path}); });
  });
  Client client(server->port());
  client.say("GET /one HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(client.until("/one").find("HTTP/1.1 200 OK"), std::string::npos);
  client.say("GET /two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.rest().ends_with("/two"));
  server->stop(1'000);
  for (std::thread& thread : threads)
    thread.join();
}

TEST(HttpServer, SmugglingIsRefusedAndTheConnectionEnds) {
  // Goal: after an ambiguous request nothing behind it is read as a request.
  auto server = serve({});
  for (const std::string framing :
       {"Content-Length: 4\r\nTransfer-Encoding: chunked", "Content-Length: 4\r\nContent-Length: 5",
        "Transfer-Encoding: xchunked", "Transfer-Encoding:\r\n chunked"}) {
    Client client(server->port());
    client.say("POST / HTTP/1.1\r\nHost: x\r\n" + framing +
               "\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string answer = client.rest();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.1 501"))
        << framing << answer;
    EXPECT_EQ(answer.find("/smuggled"), std::string::npos) << framing;
  }
}

TEST(HttpServer, AnEarly413IsReadByAClientThatStillSends) {
  // Goal: the server lingers, so the client gets the answer and no reset.
  auto server = serve({.parser = {.body_bytes_max = 1'000}});
  Client client(server->port());
  client.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n");
  client.say(std::string(400'000, 'a'));
  EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 413"));
}

TEST(HttpServer, AConnectionAboveTheLimitIsTold) {
  // Goal: a connection above the limit gets 503 with the limit's name, and the one below it its answer. (What
  // a header that never ends gets is HttpConnection.ASlowClientIsToldAndCut's, whose clock is the test's.)
  auto server = serve({.header_deadline_ms = 600'000, .linger_ms = 100, .connections_max = 1});
  Client slow(server->port());
  slow.say("GET /slow HTTP/1.1\r\n");
  Client second(server->port());
  ASSERT_TRUE(second.connected());
  const std::string answer = second.rest();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503") && answer.ends_with("http.connections_max")) << answer;
  slow.say("Host: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(slow.rest().ends_with("/slow:0"));
}

TEST(HttpServer, OneAddressDoesNotTakeAllConnections) {
  // Goal: past its own limit an address is told so, although the server has room; what it closes it may open
  // again.
  auto server = serve({.linger_ms = 100, .connections_max = 100, .connections_per_address = 2});
  Client first(server->port());
  {
    Client second(server->port());
    second.say("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_NE(second.until("/b:0").find("200 OK"), std::string::npos);
    Client third(server->port());
    EXPECT_TRUE(third.rest().ends_with("http.connections_per_address"));
    second.say("GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    second.rest();
  }
  std::string answer;
  while (!answer.ends_with("/c:0")) {  // until the server has noticed the close
    Client fourth(server->port());
    fourth.say("GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    answer = fourth.rest();
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200"));
}

TEST(HttpServer, ATakenPortIsNamedWithTheNextStep) {
  // Goal: the error says which port and what to do.
  auto server = serve({});
  const auto second =
      HttpServer::start({.port = server->port()}, [](const HttpRequest&, const HttpReply&) {}, plain_problem);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().rule, "http.port_taken");
  EXPECT_NE(second.error().message.find(std::to_string(server->port())), std::string::npos);
}

TEST(HttpServer, StoppingLetsWhatIsInFlightBeAnswered) {
  // Goal: a request that is being handled is answered while the server drains.
  HttpReply pending;
  std::atomic<bool> arrived = false;
  auto server = serve({}, [&](const HttpRequest&, const HttpReply& reply) {
    pending = reply;
    arrived = true;
    arrived.notify_all();
  });
  Client client(server->port());
  client.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  arrived.wait(false);
  std::thread stopper([&] { server->stop(5'000); });
  pending({.content_type = "text/plain", .body = "done"});
  EXPECT_TRUE(client.rest().ends_with("done"));
  stopper.join();
}

TEST(HttpServer, OtherLimitsHoldForWhatComesAndCutNothing) {
  // Goal: open connections and a request in flight outlive smaller limits; newcomers and next requests meet
  // them.
  HttpReply pending;
  std::atomic<bool> arrived = false;
  HttpServerOptions options{.linger_ms = 100, .connections_max = 8};
  auto server = serve(options, [&](const HttpRequest& request, const HttpReply& reply) {
    if (request.path_text() != "/slow") return reply({.content_type = "text/plain", .body = "quick"});
    pending = reply;
    arrived = true;
    arrived.notify_all();
  });
  Client first(server->port());
  first.say("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123456789");
  arrived.wait(false);
  Client second(server->port());
  second.say("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n");
  second.until("quick");
  options.connections_max = 1;
  options.parser.body_bytes_max = 4;
  server->set_limits(options);
  std::atomic<bool> taken = false;
  server->post([&] {
    taken = true;
    taken.notify_all();
  });
  taken.wait(false);
  EXPECT_EQ(server->connections(), 2u);
  Client third(server->port());
  EXPECT_TRUE(third.rest().ends_with("http.connections_max"));
  pending({.content_type = "text/plain", .body = "slow"});
  EXPECT_TRUE(first.until("slow").starts_with("HTTP/1.1 200"));
  first.say("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345");
  EXPECT_TRUE(first.rest().starts_with("HTTP/1.1 413"));
  second.say("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(second.until("quick").starts_with("HTTP/1.1 200"));
}

}  // namespace
}  // namespace anta::test
