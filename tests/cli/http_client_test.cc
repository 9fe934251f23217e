#include "cli/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "cli/mirror.h"

namespace anta::test {
namespace {

// A listening socket on loopback. The kernel takes connections to it, whatever its owner does.
struct Listener {
  int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  std::string url = {};
  Listener() {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket, 4), 0);
    EXPECT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~Listener() { ::close(socket); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void answer_one(const std::string& status = "200 OK", const std::string& body = "ok") const {
    const int connection = ::accept(socket, nullptr, nullptr);
    char request[4'096];
    EXPECT_GT(::recv(connection, request, sizeof request, 0), 0);
    const std::string answer = "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
                               "\r\nConnection: close\r\n\r\n" + body;
    EXPECT_EQ(::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(answer.size()));
    ::close(connection);
  }
};

TEST(HttpClient, ASilentNodeLeavesTheOthersTheirShare) {
  // Goal: a node that hangs takes connections and says nothing; the next one is asked within the deadline (it
  // had all of it, and the others were never asked).
  const Listener silent, good;
  std::thread server([&] { good.answer_one(); });
  HttpClient client({silent.url, good.url}, {}, std::chrono::seconds(6));
  const auto answer = client.get("/v1/status");
  if (!answer) ::shutdown(good.socket, SHUT_RDWR);  // nobody came: accept() is let go
  server.join();
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->node, good.url);
  EXPECT_EQ(as_text(answer->body), "ok");
}

TEST(HttpClient, AnAnswerIsBoundedByWhatIsAskedFor) {
  // Goal: a mirror's file of 256 bytes took up to 130 MiB of memory before its size was compared, in each of
  // an audit's lanes. An error's page may be longer, and is still that error.
  const Listener node;
  const auto read = [&](const std::string& status, std::size_t bytes) {
    std::thread server([&] { node.answer_one(status, std::string(bytes, 'x')); });
    auto mirror = open_mirror(Invocation{}, node.url);
    auto got = (*mirror)->read("seals/1", 256);
    server.join();
    return got;
  };
  EXPECT_EQ(read("200 OK", 256)->size(), 256u);
  EXPECT_EQ(read("200 OK", 257).error().rule, "audit.too_large");
  EXPECT_EQ(read("200 OK", 100'000).error().rule, "audit.too_large");
  EXPECT_EQ(read("404 Not Found", 100'000).error().rule, "audit.missing");
  std::thread server([&] { node.answer_one("200 OK", std::string(100'000, 'x')); });
  HttpClient client({node.url});
  const auto answer = client.get("/", "*/*", 1'000);
  server.join();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().rule, "answer_too_large");
}

}  // namespace
}  // namespace anta::test
