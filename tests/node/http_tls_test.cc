#include "node/http_tls.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/node/certificates.h"
#include "tests/node/http_clients.h"

namespace anta::test {
namespace {

std::shared_ptr<const HttpTls> load(const CertificateFiles& files) {
  auto loaded = HttpTls::load(files.certificate, files.key);
  EXPECT_TRUE(loaded) << loaded.error().message;
  return loaded ? *loaded : nullptr;
}

// Returns when the server has done what was posted before.
void settle(HttpServer& server) {
  std::atomic<bool> done = false;
  server.post([&] {
    done = true;
    done.notify_all();
  });
  done.wait(false);
}

TEST(HttpTls, TwoFilesThatBelongTogetherAreTaken) {
  // Goal: ECDSA and RSA, alone or with a chain behind; the first certificate is the node's, the first to end
  // counts.
  for (const char* kind : {"EC", "RSA"})
    EXPECT_EQ(load(CertificateFiles(make_certificate(3'600, kind)))->fingerprint().size(), 64u) << kind;
  const MadeCertificate own = make_certificate(90'000);
  const MadeCertificate authority = make_certificate(5'000);
  const auto alone = load(CertificateFiles(own));
  const auto chain =
      load(CertificateFiles({.certificate = own.certificate + authority.certificate, .key = own.key}));
  EXPECT_EQ(alone->fingerprint(), chain->fingerprint());
  EXPECT_EQ(alone->expires().value - chain->expires().value, 85'000'000);
}

TEST(HttpTls, WhatCannotBeServedIsNamed) {
  // Goal: each mistake of an operator with the two files has words of its own, and none gets as far as a
  // client.
  const MadeCertificate good = make_certificate();
  const MadeCertificate other = make_certificate();
  const auto refusal = [](const MadeCertificate& made, mode_t mode = 0600) {
    const CertificateFiles files;
    files.write(made, mode);
    const auto loaded = HttpTls::load(files.certificate, files.key);
    if (loaded) return std::string("accepted");
    EXPECT_EQ(loaded.error().code, Code::malformed);
    EXPECT_EQ(loaded.error().rule, "config.tls");
    return loaded.error().message;
  };
  const std::pair<std::string, std::string> cases[] = {
      {refusal({good.certificate, other.key}), "does not belong to the first certificate"},
      {refusal({other.certificate + good.certificate, good.key}), "does not belong to the first certificate"},
      {refusal(good, 0640), "chmod 600"},
      {refusal(good, 0604), "chmod 600"},
      {refusal(make_certificate(3'600, "EC", "secret")), "without a passphrase"},
      {refusal(make_certificate(3'600, "Ed25519")), "browsers refuse"},
      {refusal({good.key, good.key}), "holds no certificate"},
      {refusal({"", good.key}), "holds no certificate"},
      {refusal({good.certificate, good.certificate}), "no private key"},
      {refusal({good.certificate, ""}), "no private key"},
      {refusal({good.certificate.substr(0, 200) + "*" + good.certificate.substr(201), good.key}), "damaged"},
      {refusal({good.certificate + other.certificate.substr(0, 300), good.key}), "damaged"},
      {refusal({good.certificate + std::string(std::size_t{256} << 10, ' '), good.key}), "too large"},
  };
  for (const auto& [said, wanted] : cases)
    EXPECT_NE(said.find(wanted), std::string::npos) << wanted << ": " << said;
  const CertificateFiles files;
  EXPECT_NE(HttpTls::load(files.home.path(), files.key).error().message.find("cannot read"),
            std::string::npos);
  EXPECT_NE(HttpTls::load(files.certificate, files.key + ".none").error().message.find("there is no file"),
            std::string::npos);
}

TEST(HttpTls, AnEndIsTold30DaysAhead) {
  // Goal: nothing above thirty days, the days below, and the end itself.
  const Millis end{1'800'000'000'000};
  const auto at = [&](std::int64_t days_before) {
    return expiry_warning(end, Millis{end.value - days_before * 24 * 3'600 * 1'000}).value_or("");
  };
  EXPECT_EQ(at(30), "");
  EXPECT_NE(at(29).find("ends on 2027-01-15T08:00:00Z, in 29 days; renew it and send SIGHUP"),
            std::string::npos);
  EXPECT_NE(at(0).find("ended on"), std::string::npos);
  EXPECT_NE(at(-5).find("ended on"), std::string::npos);
}

TEST(HttpsServer, AnswersKeepsAliveAndSaysItsEnd) {
  // Goal: TLS 1.3 and 1.2 carry requests one after the other and an answer of many records, and a close is
  // told; older versions are refused.
  const CertificateFiles files;
  const auto file = std::make_shared<const Bytes>(3 << 20, 'x');
  auto server = serve({.tls = load(files)}, [&](const HttpRequest& request, const HttpReply& reply) {
    if (request.path_text() == "/file") return reply({.content_type = "text/plain", .file = file});
    reply({.content_type = "text/plain", .body = request.path_text()});
  });
  for (const auto& [version, name] :
       {std::pair(TLS1_3_VERSION, "TLSv1.3"), std::pair(TLS1_2_VERSION, "TLSv1.2")}) {
    TlsClient client(server->port(), version);
    ASSERT_TRUE(client.secure());
    EXPECT_EQ(client.version(), name);
    EXPECT_EQ(client.fingerprint(), load(files)->fingerprint());
    client.say("GET /one HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client.until("/one").starts_with("HTTP/1.1 200 OK"));
    client.say("GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_GT(client.rest().size(), file->size());
  }
  EXPECT_FALSE(TlsClient(server->port(), TLS1_1_VERSION).secure());
  settle(*server);
  EXPECT_EQ(server->handshakes_failed(), 1u);
}

TEST(HttpsServer, WhoSpeaksPlainHttpIsToldAndWhoSpeaksNoiseIsCut) {
  // Goal: http:// on this port reads why it does not work; anything else that is no handshake ends the
  // connection; both count as failed.
  const CertificateFiles files;
  auto server = serve({.tls = load(files)});
  Client plain(server->port());
  plain.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string told = plain.rest();
  EXPECT_TRUE(told.starts_with("HTTP/1.1 421 Misdirected Request") && told.ends_with("http.tls_required"))
      << told;
  Client noise(server->port());
  noise.say(std::string(100, '\x7f'));
  EXPECT_EQ(noise.rest().find("HTTP"), std::string::npos);
  settle(*server);
  EXPECT_EQ(server->handshakes_failed(), 2u);
}

TEST(HttpsServer, ASilentClientHoldsAConnectionOnlyUntilTheHandshakesDeadline) {
  // Goal: without a handshake a connection counts, and ends at the header's deadline and makes room; a slow
  // handshake too; one that is made in time does not. (Each on a server of its own: no machine owes a client
  // a handshake within 50 ms.)
  const CertificateFiles files;
  auto server =
      serve({.tls = load(files), .header_deadline_ms = 50, .linger_ms = 2'000, .connections_max = 2});
  Client silent(server->port());
  Client slow(server->port());
  slow.say(std::string("\x16\x03\x01\x02", 4));
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(slow.rest(), "");
  settle(*server);
  EXPECT_EQ(server->connections(), 0u);
  auto patient = serve({.tls = load(files), .header_deadline_ms = 600'000, .connections_max = 1});
  TlsClient next(patient->port());
  ASSERT_TRUE(next.secure());
  next.say("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(next.rest().ends_with("/a:0"));
}

TEST(HttpsServer, HandshakesAreCountedByTheRateOfTheirAddress) {
  // Goal: of fifty handshakes at once those within the rate succeed, the others are closed before any of it
  // (the rate was asked at a request's header only: who sent none could have handshakes without end).
  const CertificateFiles files;
  auto server = serve({.tls = load(files), .requests_per_second = 5});
  const auto begin = std::chrono::steady_clock::now();
  std::atomic<int> secure = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 50; ++i)
    clients.emplace_back([&] { secure += TlsClient(server->port()).secure() ? 1 : 0; });
  for (std::thread& client : clients)
    client.join();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(secure, 5);
  EXPECT_LE(secure, 6 + 5 * seconds.count());  // what has been filled up meanwhile
  settle(*server);
  EXPECT_EQ(server->handshakes_failed(), 0u);
}

TEST(HttpsServer, AConnectionsFirstRequestIsNotCountedAgain) {
  // Goal: with one request a second a connection and its first request are one; those behind it are counted.
  const CertificateFiles files;
  auto server = serve({.tls = load(files), .requests_per_second = 1});
  TlsClient client(server->port());
  ASSERT_TRUE(client.secure());
  const std::string request = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
  std::string many;
  for (int i = 0; i < 100; ++i)
    many += request;
  client.say(many);
  const std::string answers = client.rest();
  EXPECT_TRUE(answers.starts_with("HTTP/1.1 200")) << answers;
  EXPECT_TRUE(answers.ends_with("http.requests_per_second")) << answers;
}

TEST(HttpsServer, LimitsAreToldInWords) {
  // Goal: above the connections' limit, and with a body that is too large, the client reads the answer over
  // TLS although it still sends.
  const CertificateFiles files;
  auto server = serve({.tls = load(files), .parser = {.body_bytes_max = 1'000}, .connections_max = 1});
  {
    TlsClient first(server->port());
    ASSERT_TRUE(first.secure());
    TlsClient second(server->port());
    ASSERT_TRUE(second.secure());
    EXPECT_TRUE(second.rest().ends_with("http.connections_max"));
    first.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + std::string(100'000, 'a'));
    EXPECT_TRUE(first.rest().starts_with("HTTP/1.1 413"));
  }
}

TEST(HttpsServer, ARenewedCertificateIsShownToNewConnectionsOnly) {
  // Goal: after the swap a new connection sees the new certificate, an old one and its request in flight go
  // on with the old.
  const CertificateFiles files;
  const auto before = load(files);
  HttpReply pending;
  std::atomic<bool> arrived = false;
  auto server = serve({.tls = before}, [&](const HttpRequest&, const HttpReply& reply) {
    if (arrived) return reply({.content_type = "text/plain", .body = "next"});
    pending = reply;
    arrived = true;
    arrived.notify_all();
  });
  TlsClient old(server->port());
  old.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  arrived.wait(false);
  files.write(make_certificate());
  const auto after = load(files);
  EXPECT_NE(before->fingerprint(), after->fingerprint());
  server->set_tls(after);
  settle(*server);
  TlsClient renewed(server->port());
  EXPECT_EQ(renewed.fingerprint(), after->fingerprint());
  renewed.say("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(renewed.rest().ends_with("next"));
  pending({.content_type = "text/plain", .body = "held"});
  EXPECT_TRUE(old.until("held").starts_with("HTTP/1.1 200"));
  EXPECT_EQ(old.fingerprint(), before->fingerprint());
  old.say("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(old.rest().ends_with("next"));
}

TEST(HttpsServer, AStopAnswersWhatIsInFlightAndCutsHandshakes) {
  // Goal: draining waits for the answer of a request over TLS, and for no one who has not finished a
  // handshake.
  const CertificateFiles files;
  HttpReply pending;
  std::atomic<bool> arrived = false;
  auto server = serve({.tls = load(files)}, [&](const HttpRequest&, const HttpReply& reply) {
    pending = reply;
    arrived = true;
    arrived.notify_all();
  });
  Client silent(server->port());
  TlsClient client(server->port());
  client.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  arrived.wait(false);
  std::thread stopper([&] { server->stop(60'000); });
  EXPECT_EQ(silent.rest(), "");
  pending({.content_type = "text/plain", .body = "done"});
  EXPECT_TRUE(client.rest().ends_with("done"));
  stopper.join();
}

}  // namespace
}  // namespace anta::test
