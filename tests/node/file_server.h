// An HTTP server on loopback that gives out a map of bodies by path, for commands of `anta` that ask a node.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <string>
#include <thread>

#include "crypto/digest.h"

namespace anta::test {

// One connection for each request, one after the other; 404 for what is not in the map. Stopped with it.
class FileServer {
 public:
  explicit FileServer(std::map<std::string, Bytes> files) : files_(std::move(files)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 16), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~FileServer() {
    ::shutdown(socket_, SHUT_RDWR);  // accept() is let go
    thread_.join();
    ::close(socket_);
  }
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;

  std::string url = {};

 private:
  void serve() const {
    while (true) {
      const int connection = ::accept(socket_, nullptr, nullptr);
      if (connection < 0) return;
      answer(connection);
      ::close(connection);
    }
  }
  void answer(int connection) const {
    std::string request;
    char some[4'096];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t n = ::recv(connection, some, sizeof some, 0);
      if (n <= 0) return;
      request.append(some, static_cast<std::size_t>(n));
    }
    const std::size_t begin = request.find(' ') + 1;
    const auto found = files_.find(request.substr(begin, request.find_first_of(" ?", begin) - begin));
    const bool there = found != files_.end();
    std::string reply =
        std::string(there ? "HTTP/1.1 200 OK" : "HTTP/1.1 404 Not Found") +
        "\r\nConnection: close\r\nContent-Length: " + std::to_string(there ? found->second.size() : 0) +
        "\r\n\r\n";
    if (there) reply.append(as_text(found->second));
    for (std::size_t sent = 0; sent < reply.size();) {
      const ssize_t n = ::send(connection, reply.data() + sent, reply.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return;
      sent += static_cast<std::size_t>(n);
    }
  }

  const std::map<std::string, Bytes> files_;
  const int socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
  std::thread thread_ = {};
};

}  // namespace anta::test
