// A listener for tests, and clients that say exactly what a test wants: over TCP, and over TLS.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "crypto/text.h"
#include "node/http_server.h"

namespace anta::test {

// A client that says exactly what the test wants, and reads until the server closes or the answer is whole.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const timeval limit = {.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Client() { ::close(socket_); }
  bool connected() const { return connected_; }
  int socket() const { return socket_; }
  void say(const std::string& text) {
    EXPECT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // Until the other side closes.
  std::string rest() {
    std::string out;
    char buffer[4'096];
    ssize_t n = 0;
    while ((n = ::recv(socket_, buffer, sizeof buffer, 0)) > 0)
      out.append(buffer, static_cast<std::size_t>(n));
    return out;
  }
  // Until this much of the stream has come.
  std::string until(std::string_view end) {
    std::string out;
    char c = 0;
    while (!out.ends_with(end) && ::recv(socket_, &c, 1, 0) == 1)
      out.push_back(c);
    return out;
  }

 private:
  int socket_ = -1;
  bool connected_ = false;
};

// The same over TLS; takes any certificate and says which one it was shown.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, int version_max = TLS1_3_VERSION)
      : client_(port), context_(SSL_CTX_new(TLS_client_method())) {
    std::signal(SIGPIPE, SIG_IGN);            // OpenSSL writes to whom has closed already
    SSL_CTX_set_security_level(context_, 0);  // old versions are the server's to refuse
    SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_, version_max);
    connection_ = SSL_new(context_);
    SSL_set_fd(connection_, client_.socket());
    secure_ = SSL_connect(connection_) == 1;
  }
  ~TlsClient() {
    SSL_free(connection_);
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool secure() const { return secure_; }
  std::string version() const { return SSL_get_version(connection_); }
  std::string fingerprint() const {
    X509* shown = SSL_get0_peer_certificate(connection_);
    unsigned char digest[EVP_MAX_MD_SIZE] = {};
    unsigned size = 0;
    return shown && X509_digest(shown, EVP_sha256(), digest, &size) == 1 ? to_hex(ByteView(digest, size))
                                                                         : "";
  }
  void say(const std::string& text) {
    EXPECT_EQ(SSL_write(connection_, text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }
  // Until the other side says that nothing follows; what it only cut off is not the whole.
  std::string rest() {
    std::string out;
    char buffer[4'096];
    int n = 0;
    while ((n = SSL_read(connection_, buffer, sizeof buffer)) > 0)
      out.append(buffer, static_cast<std::size_t>(n));
    EXPECT_EQ(SSL_get_error(connection_, n), SSL_ERROR_ZERO_RETURN) << out;
    return out;
  }
  std::string until(std::string_view end) {
    std::string out;
    char c = 0;
    while (!out.ends_with(end) && SSL_read(connection_, &c, 1) == 1)
      out.push_back(c);
    return out;
  }

 private:
  Client client_;
  SSL_CTX* context_ = nullptr;
  SSL* connection_ = nullptr;
  bool secure_ = false;
};

inline HttpResponse plain_problem(unsigned status, const std::string& rule, const std::string&) {
  return {.status = status, .body = rule};
}

inline std::unique_ptr<HttpServer> serve(HttpServerOptions options, HttpHandler handler = nullptr) {
  if (!handler) {
    handler = [](const HttpRequest& request, const HttpReply& reply) {
      reply({.status = 200,
             .content_type = "text/plain",
             .body = request.path_text() + ":" + std::to_string(request.body->size())});
    };
  }
  auto server = HttpServer::start(std::move(options), std::move(handler), plain_problem);
  EXPECT_TRUE(server) << server.error().message;
  return std::move(*server);
}

}  // namespace anta::test
