// A witness over real sockets, and the client by which nodes ask it.
#include "node/witness_server.h"

#include <atomic>
#include <future>
#include <thread>

#include "node/witness_client.h"
#include "node/witness_notes.h"
#include "tests/node/http_clients.h"
#include "tests/node/witness_rig.h"

namespace anta::test {
namespace {

struct ServerRig {
  explicit ServerRig(std::function<void(const Checkpoint&)> seam = {}) {
    logger = *Log::open(LogLevel::debug, LogFormat::logfmt, home.directory.path() + "/witness.log");
    auto started = WitnessServer::start(
        home.config, *logger, [](const Error& error) { ADD_FAILURE() << error.message; }, std::move(seam));
    EXPECT_TRUE(started) << started.error().message;
    server = std::move(*started);
    url = *parse_witness_url("http://127.0.0.1:" + std::to_string(server->port()));
  }
  std::future<Result<WitnessReply>> post_later(const std::string& body,
                                               const std::string& path = "/add-checkpoint") {
    auto promise = std::make_shared<std::promise<Result<WitnessReply>>>();
    auto future = promise->get_future();
    client.post(url, path, body, 20'000,
                [promise](Result<WitnessReply> r) { promise->set_value(std::move(r)); });
    return future;
  }
  WitnessReply post(const std::string& body, const std::string& path = "/add-checkpoint") {
    const Result<WitnessReply> reply = post_later(body, path).get();
    EXPECT_TRUE(reply) << reply.error().message;
    return reply ? *reply : WitnessReply{};
  }

  GrownLog log{200};
  WitnessHome home{log};
  std::unique_ptr<Log> logger = {};
  std::unique_ptr<WitnessServer> server = {};
  WitnessUrl url = {};
  WitnessClient client = {};
};

TEST(WitnessServer, AnswersOverHttp) {
  // Goal: the answers of tlog-witness through the real listener and the real client, with their types.
  ServerRig rig;
  WitnessReply reply = rig.post(rig.log.body(0, 9));
  EXPECT_EQ(reply.status, 200u);
  const auto line = parse_signature_line(reply.body);
  ASSERT_TRUE(line);
  EXPECT_TRUE(is_by(*line, rig.home.verifier()));
  reply = rig.post(rig.log.body(5, 20));
  EXPECT_EQ(reply.status, 409u);
  EXPECT_EQ(reply.content_type, "text/x.tlog.size");
  EXPECT_EQ(reply.body, "9\n");
  EXPECT_EQ(rig.post("nonsense").status, 400u);
  EXPECT_EQ(rig.post(GrownLog(20, 1).body(9, 20)).status, 422u);
  EXPECT_EQ(rig.post(GrownLog(20, 0, "other.example/x").body(9, 20)).status, 404u);
  EXPECT_EQ(rig.post(rig.log.body(9, 20), "/elsewhere").status, 404u);
  EXPECT_EQ(rig.post("", "/healthz").status, 405u);
  Client get(rig.server->port());
  get.say("GET /add-checkpoint HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(get.rest().starts_with("HTTP/1.1 405"));
}

TEST(WitnessServer, ShowsItsNewestCheckpointByTheOriginsHash) {
  // Goal: the path as C2SP tlog-witness writes it, the hash in lower case; GET alone.
  ServerRig rig;
  const std::string hash = origin_hash(rig.log.origin);
  const auto get = [&](const std::string& path, const std::string& method = "GET") {
    Client client(rig.server->port());
    client.say(method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return client.rest();
  };
  EXPECT_TRUE(get("/" + hash + "/checkpoint").starts_with("HTTP/1.1 404"));
  EXPECT_EQ(rig.post(rig.log.body(0, 9)).status, 200u);
  const std::string shown = get("/" + hash + "/checkpoint");
  EXPECT_TRUE(shown.starts_with("HTTP/1.1 200")) << shown;
  EXPECT_NE(shown.find("Content-Type: text/plain; charset=utf-8"), std::string::npos) << shown;
  const auto note = parse_note(shown.substr(shown.find("\r\n\r\n") + 4));
  ASSERT_TRUE(note) << shown;
  EXPECT_EQ(*parse_checkpoint(note->text), rig.log.at(9));
  std::string upper = hash;
  for (char& c : upper)
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  for (const std::string& path : {"/" + upper + "/checkpoint", "/" + hash,
                                  "/" + hash.substr(2) + "/checkpoint", "/x/" + hash + "/checkpoint"})
    EXPECT_TRUE(get(path).starts_with("HTTP/1.1 404")) << path;
  EXPECT_TRUE(get("/" + hash + "/checkpoint", "DELETE").starts_with("HTTP/1.1 405"));
}

// A witness that has cosigned size 9 and whose one thread is in the answer for size 20 until it is let go.
struct HeldServer {
  HeldServer() {
    EXPECT_EQ(rig.post(rig.log.body(0, 9)).status, 200u);
    held = rig.post_later(rig.log.body(9, 20));
    in_flight.get_future().wait();
  }
  // Asks for what it shows; the answer is read by rest().
  std::unique_ptr<Client> watch() {
    auto client = std::make_unique<Client>(rig.server->port());
    client->say("GET /" + origin_hash(rig.log.origin) +
                "/checkpoint HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return client;
  }
  std::promise<void> in_flight = {};
  std::promise<void> go_on = {};
  std::shared_future<void> let_go = go_on.get_future().share();
  ServerRig rig{[this](const Checkpoint& checkpoint) {
    if (checkpoint.size != 20) return;
    in_flight.set_value();
    let_go.wait();
  }};
  std::future<Result<WitnessReply>> held = {};
};

TEST(WitnessServer, WhoWatchesIsAnsweredWhileEveryPlaceIsTaken) {
  // Goal: as many checkpoints under way as may be, and one more, which is told 503: GET is 200 all the same.
  HeldServer held;
  std::atomic<int> busy = 0;
  std::atomic<int> answered = 0;
  const auto refused = std::make_shared<std::promise<void>>();
  const auto all = std::make_shared<std::promise<void>>();
  constexpr int more = static_cast<int>(WitnessServer::waiting_max);  // one is being answered
  for (int i = 0; i < more; ++i) {
    held.rig.client.post(held.rig.url, "/add-checkpoint", held.rig.log.body(9, 21), 20'000,
                         [&busy, &answered, refused, all](const Result<WitnessReply>& reply) {
                           if (reply && reply->status == 503 && ++busy == 1) refused->set_value();
                           if (++answered == more) all->set_value();
                         });
  }
  refused->get_future().wait();
  EXPECT_TRUE(held.watch()->rest().starts_with("HTTP/1.1 200"));
  held.go_on.set_value();
  EXPECT_EQ(held.held.get()->status, 200u);
  all->get_future().wait();
  EXPECT_EQ(busy, 1);
}

TEST(WitnessServer, WhoWatchesTakesNoLogsPlace) {
  // Goal: more GETs than there are places are answered while a checkpoint is, and the next is taken (it was
  // 503: they waited in the same line).
  HeldServer held;
  std::vector<std::unique_ptr<Client>> watching;
  for (std::size_t i = 0; i < WitnessServer::waiting_max + 8; ++i)
    watching.push_back(held.watch());
  for (const auto& client : watching)
    EXPECT_TRUE(client->rest().starts_with("HTTP/1.1 200"));
  auto next = held.rig.post_later(held.rig.log.body(20, 31));
  held.go_on.set_value();
  EXPECT_EQ(held.held.get()->status, 200u);
  EXPECT_EQ(next.get()->status, 200u);
}

TEST(WitnessServer, ABodyThatIsTooLongIsRefusedBeforeItIsRead) {
  // Goal: 413 from the announced length alone, and by chunks; the witness goes on.
  ServerRig rig;
  Client announced(rig.server->port());
  announced.say("POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n");
  EXPECT_TRUE(announced.until("\r\n").starts_with("HTTP/1.1 413"));
  Client chunked(rig.server->port());
  chunked.say("POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n");
  EXPECT_TRUE(chunked.until("\r\n").starts_with("HTTP/1.1 413"));
  EXPECT_EQ(rig.post(rig.log.body(0, 9)).status, 200u);
}

// What a new connection from 127.0.0.<last> is answered.
std::string answered_to(std::uint16_t port, std::uint8_t last) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in from = {};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl((std::uint32_t{127} << 24) + last);
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&from), sizeof from), 0);
  sockaddr_in to = from;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  const std::string request = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  ::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
  std::string answer(4'096, '\0');
  const ssize_t got = ::recv(socket, answer.data(), answer.size(), MSG_WAITALL);
  ::close(socket);
  answer.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return answer;
}

TEST(WitnessServer, OneAddressDoesNotTakeAllConnections) {
  // Goal: three quarters of them are for one address, and then another is still answered; behind a proxy,
  // from which all come, there is no such limit. (There was none at all.)
  ServerRig rig;
  constexpr std::size_t each = WitnessServer::connections_max * 3 / 4;
  std::vector<std::unique_ptr<Client>> held;
  for (std::size_t i = 0; i < each; ++i)
    held.push_back(std::make_unique<Client>(rig.server->port()));
  EXPECT_NE(answered_to(rig.server->port(), 1).find("http.connections_per_address"), std::string::npos);
  EXPECT_TRUE(answered_to(rig.server->port(), 2).starts_with("HTTP/1.1 200"));
  held.clear();
  rig.server.reset();
  WitnessConfig proxied = rig.home.config;
  proxied.behind_proxy = true;
  const auto behind = WitnessServer::start(proxied, *rig.logger, [](const Error&) {});
  ASSERT_TRUE(behind) << behind.error().message;
  for (std::size_t i = 0; i < each; ++i)
    held.push_back(std::make_unique<Client>((*behind)->port()));
  EXPECT_TRUE(answered_to((*behind)->port(), 1).starts_with("HTTP/1.1 200"));
}

TEST(WitnessServer, ManyAtOnceEndInOneOrder) {
  // Goal: requests with different sizes race from the same old size: exactly one is cosigned, the others are
  // told its size, and it is what is remembered.
  ServerRig rig;
  std::uint64_t size = 0;
  for (std::uint64_t round = 1; round <= 10; ++round) {
    std::vector<std::pair<std::uint64_t, std::future<Result<WitnessReply>>>> racing;
    for (std::uint64_t i = 1; i <= 6; ++i)
      racing.emplace_back(size + i, rig.post_later(rig.log.body(size, size + i)));
    std::vector<std::uint64_t> cosigned;
    std::vector<std::string> told;
    for (auto& [to, future] : racing) {
      const Result<WitnessReply> reply = future.get();
      ASSERT_TRUE(reply) << reply.error().message;
      if (reply->status == 200) cosigned.push_back(to);
      if (reply->status == 409) told.push_back(reply->body);
    }
    ASSERT_EQ(cosigned.size(), 1u) << round;
    ASSERT_EQ(told.size(), 5u) << round;
    size = cosigned[0];
    for (const std::string& body : told)
      EXPECT_EQ(body, std::to_string(size) + "\n");
  }
}

TEST(WitnessServer, GoesOnAfterARestartAndStopsWithARequestInFlight) {
  // Goal: stop waits for the answer that is being made; the next run knows its size.
  std::promise<void> in_flight;
  std::promise<void> go_on;
  auto held = go_on.get_future().share();
  ServerRig rig([&](const Checkpoint&) {
    in_flight.set_value();
    held.wait();
  });
  auto reply = rig.post_later(rig.log.body(0, 9));
  in_flight.get_future().wait();
  std::thread stopping([&] { rig.server->stop(); });
  go_on.set_value();
  stopping.join();
  EXPECT_EQ(reply.get()->status, 200u);
  rig.server.reset();
  auto again = WitnessServer::start(rig.home.config, *rig.logger, [](const Error&) {});
  ASSERT_TRUE(again) << again.error().message;
  rig.url = *parse_witness_url("http://127.0.0.1:" + std::to_string((*again)->port()));
  EXPECT_EQ(rig.post(rig.log.body(0, 20)).body, "9\n");
}

TEST(WitnessServer, AReloadTakesOverThePolicy) {
  // Goal: a new node's log key counts once the file is read again; another id needs a restart and changes
  // nothing.
  ServerRig rig;
  const VerifierKey old_log = rig.log.verifier();
  rig.log.key = key_of(2);
  EXPECT_EQ(rig.post(rig.log.body(0, 9)).status, 403u);
  const Policy both = *quorum_policy({old_log, rig.log.verifier()}, {rig.home.verifier()}, 1);
  write_whole(rig.home.directory.path() + "/policy.txt", as_bytes(encode_policy(both)));
  const auto reloaded = rig.server->reload(rig.home.config);
  EXPECT_TRUE(reloaded) << reloaded.error().message;
  EXPECT_EQ(rig.post(rig.log.body(0, 9)).status, 200u);
  WitnessConfig other = rig.home.config;
  other.id = "w2";
  EXPECT_EQ(rig.server->reload(other).error().rule, "config.restart");
}

TEST(WitnessServer, ACheckRefusesAnAddressThatAStartRefuses) {
  // Goal: --check of a name where an address is needed says so, as the start does.
  ServerRig rig;
  EXPECT_TRUE(WitnessServer::check(rig.home.config));
  WitnessConfig named = rig.home.config;
  named.http.host = "localhost";
  const auto checked = WitnessServer::check(named);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().rule, "http.address");
}

TEST(WitnessClient, Urls) {
  // Goal: what is one, with its parts, and what is none.
  const WitnessUrl url = *parse_witness_url("https://witness.example/anta/");
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.host, "witness.example");
  EXPECT_EQ(url.port, 443);
  EXPECT_EQ(url.prefix, "/anta");
  EXPECT_EQ(parse_witness_url("http://[::1]:8009")->host, "::1");
  EXPECT_EQ(parse_witness_url("http://[::1]")->port, 80);
  EXPECT_EQ(parse_witness_url("http://127.0.0.1:8009/")->prefix, "");
  for (const char* bad :
       {"", "witness.example", "ftp://x", "http://", "http:///x", "https://u@x", "https://x?y", "https://x#y",
        "https://x y", "https://x:0", "https://x:70000", "https://x\r\ny"})
    EXPECT_FALSE(parse_witness_url(bad)) << bad;
}

TEST(WitnessClient, Answers) {
  // Goal: an answer by length, by its end and by chunks, whole only when it is, whatever the cut; no HTTP is
  // told so.
  const std::vector<std::string> good = {
      "HTTP/1.1 409 Conflict\r\ncontent-TYPE:  text/x.tlog.size \r\nContent-Length: 2\r\n\r\n9\n",
      "HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nTransfer-Encoding: "
      "chunked\r\n\r\n2\r\n9\n\r\n0\r\n\r\n",
      "HTTP/1.0 409 Conflict\r\nContent-Type: text/x.tlog.size\r\n\r\n9\n"};
  for (const std::string& text : good) {
    const bool by_end = text.find("HTTP/1.0") == 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto part = parse_witness_reply(text.substr(0, i), false);
      EXPECT_TRUE(part && !*part) << i << text;
      if (by_end) continue;
      EXPECT_FALSE(parse_witness_reply(text.substr(0, i), true)) << i << text;
    }
    const auto whole = parse_witness_reply(text, by_end);
    ASSERT_TRUE(whole && *whole) << text;
    EXPECT_EQ((*whole)->status, 409u);
    EXPECT_EQ((*whole)->content_type, "text/x.tlog.size");
    EXPECT_EQ((*whole)->body, "9\n");
  }
  for (const char* bad :
       {"SSH-2.0-x\r\n\r\n", "HTTP/1.1 4x9 No\r\n\r\n", "HTTP/1.1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"})
    EXPECT_FALSE(parse_witness_reply(bad, true)) << bad;
}

TEST(WitnessClient, SaysWhyThereIsNoAnswer) {
  // Goal: a port where nobody listens, one that says nothing, and TLS where there is none.
  WitnessClient client;
  const auto outcome = [&](const std::string& url, std::uint32_t deadline_ms) {
    std::promise<Result<WitnessReply>> promise;
    client.post(*parse_witness_url(url), "/x", "body", deadline_ms,
                [&](Result<WitnessReply> reply) { promise.set_value(std::move(reply)); });
    const Result<WitnessReply> reply = promise.get_future().get();
    return reply ? std::string("answered") : reply.error().message;
  };
  EXPECT_NE(outcome("http://127.0.0.1:1", 20'000).find("cannot be reached"), std::string::npos);
  const int silent = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(silent, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(silent, 4), 0);
  ASSERT_EQ(::getsockname(silent, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  EXPECT_NE(outcome("http://127.0.0.1:" + port, 50).find("in time"), std::string::npos);
  ::close(silent);
  ServerRig rig;
  EXPECT_NE(outcome("https://127.0.0.1:" + std::to_string(rig.server->port()), 20'000).find("TLS failed"),
            std::string::npos);
}

}  // namespace
}  // namespace anta::test
