// Three nodes in one process: real TLS between them, real databases in directories of their own, HTTP on
// ephemeral loopback ports.
#include "node/node.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "crypto/first_start.h"
#include "node/checkpointer.h"
#include "storage/ledger/verify.h"
#include "tests/ledger/law_chain.h"
#include "tests/storage/disk.h"

namespace anta::test {
namespace {

using Clock = std::chrono::steady_clock;

// A port that nobody has now.
std::uint16_t free_port() {
  const int s = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(s, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(s, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ::close(s);
  return ntohs(address.sin_port);
}

struct Reply {
  unsigned status = 0;
  std::string body = {};
};

// One request on a connection of its own.
Reply request(std::uint16_t port, const std::string& head, ByteView body = {}) {
  const int s = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Reply reply;
  if (::connect(s, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const timeval limit = {.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::string text = head + "Host: x\r\nConnection: close\r\n";
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n" + std::string(as_text(body));
    EXPECT_EQ(::send(s, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    std::string all;
    char buffer[16'384];
    ssize_t n = 0;
    while ((n = ::recv(s, buffer, sizeof buffer, 0)) > 0)
      all.append(buffer, static_cast<std::size_t>(n));
    const std::size_t end = all.find("\r\n\r\n");
    if (end != std::string::npos)
      reply = {.status = static_cast<unsigned>(std::stoul(all.substr(9, 3))), .body = all.substr(end + 4)};
  }
  ::close(s);
  return reply;
}

struct Trio {
  struct Member {
    Config config = {};
    std::unique_ptr<Log> log = {};
    std::unique_ptr<Node> node = {};
  };

  explicit Trio(Genesis g) : genesis(std::move(g)) {
    genesis.nodes.clear();
    genesis.origin = "anta.example/trio";
    std::vector<Secret32> seeds;
    for (const char* name : {"n1", "n2", "n3"}) {
      seeds.push_back(*Secret32::random());
      const NodeKeys keys = derive_node_keys(seeds.back());
      genesis.nodes.push_back({.id = NodeId{name},
                               .organisation = PartyId{std::string("org-") + name},
                               .keys = {.log = keys.log.public_key(),
                                        .cosigner = keys.cosigner.public_key(),
                                        .tls = keys.tls.public_key()},
                               .address = "127.0.0.1:" + std::to_string(free_port())});
    }
    bind_origin(genesis);
    write_whole(home.path() + "/genesis.cbor", encode_genesis(genesis));
    for (std::size_t i = 0; i < 3; ++i) {
      Member& m = members[i];
      const std::filesystem::path directory = home.path() + "/" + genesis.nodes[i].id.value;
      std::filesystem::create_directory(directory);
      EXPECT_TRUE(write_new_seed(directory / "node.seed", seeds[i]));
      const auto config =
          parse_config("network: ../genesis.cbor\nnode: " + genesis.nodes[i].id.value +
                           "\ndata: data\nseed: node.seed\nlimits: {verifiers: 1, memory_bytes: 33554432}\n",
                       directory);
      EXPECT_TRUE(config) << config.error().message;
      m.config = *config;
      m.log = *Log::open(LogLevel::debug, LogFormat::logfmt, (directory / "antad.log").string());
      start(i);
    }
  }

  void start(std::size_t i) {
    auto node = Node::start(members[i].config, *members[i].log,
                            [](const Error& error) { ADD_FAILURE() << error.message; });
    ASSERT_TRUE(node) << node.error().message;
    members[i].node = std::move(*node);
  }
  void stop(std::size_t i) { members[i].node.reset(); }
  std::uint16_t port(std::size_t i) const { return members[i].node->http_port(); }
  Reply get(std::size_t i, const std::string& path, const std::string& accept = "application/json") const {
    return request(port(i), "GET " + path + " HTTP/1.1\r\nAccept: " + accept + "\r\n");
  }
  Reply post(std::size_t i, const Bytes& statement, const std::string& wait = "committed") const {
    return request(port(i),
                   "POST /v1/statements?wait=" + wait + " HTTP/1.1\r\nContent-Type: application/cose\r\n",
                   statement);
  }
  // Asks again until it is so; the asking takes the time.
  bool until(const std::function<bool()>& condition) const {
    const auto end = Clock::now() + std::chrono::seconds(30);
    while (Clock::now() < end) {
      if (condition()) return true;
    }
    return false;
  }
  bool ready(std::size_t i) const {
    return until([&] { return get(i, "/readyz").status == 200; });
  }
  // Every statement of the world, to the nodes in turn.
  void play(const World& world, std::vector<std::size_t> nodes) const {
    for (std::size_t i = 0; i < world.log.size(); ++i) {
      const Reply reply = post(nodes[i % nodes.size()], world.log[i].bytes);
      const bool accepted = world.log[i].outcome == "accepted";
      ASSERT_EQ(reply.status, accepted ? 201u : 422u) << i << reply.body;
      if (!accepted) {
        EXPECT_NE(reply.body.find("\"" + world.log[i].outcome + "\""), std::string::npos) << reply.body;
      }
    }
  }

  TempDirectory home = {};
  Genesis genesis = {};
  std::array<Member, 3> members = {};
};

World certified() {
  World world({{"event_age_max_days", std::int64_t{3650}}});
  concentrate(world, "L-1", "K-1");
  EXPECT_EQ(world.submit("miner", world.dispatch("D-late", {"L-1"})), "not_holder");
  auto certificate = world.certificate("C-1", "K-1", CocModel::segregated, "smelter");
  certificate.valid_until = Millis{4'000'000'000'000};
  world.must("plant", certificate);
  return world;
}

TEST(Node, ThreeNodesRecordAgreeAndProve) {
  // Goal: statements sent to any node have the law's outcome on all, roots are equal, a cosigned certificate
  // verifies offline, one node may go and come back, and the same bytes keep their outcome elsewhere.
  const World world = certified();
  Trio trio(world.genesis);
  for (std::size_t i = 0; i < 3; ++i)
    ASSERT_TRUE(trio.ready(i));
  trio.play(world, {0, 1, 2});
  const Reply again = trio.post(2, world.log.front().bytes, "cosigned");
  EXPECT_EQ(again.status, 200u) << again.body;
  EXPECT_NE(again.body.find("\"cosigned\": true"), std::string::npos) << again.body;

  const std::string ledger = trio.get(0, "/v1/ledger?fresh=1").body;
  EXPECT_EQ(trio.get(1, "/v1/ledger?fresh=1").body, ledger);
  EXPECT_EQ(trio.get(2, "/v1/ledger?fresh=1").body, ledger);
  Trust trust;
  trust.policy = *network_policy(trio.genesis);
  for (std::size_t i = 0; i < 3; ++i) {
    Reply file;
    ASSERT_TRUE(trio.until([&] { return (file = trio.get(i, "/v1/certificates/C-1", "*/*")).status == 200; }))
        << file.body;
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const Report report = verify_certificate(as_bytes(file.body), trust, Millis{now.count()});
    EXPECT_NE(report.verdict, CertificateVerdict::not_valid)
        << report.reasons[0].code << report.reasons[0].message;
    EXPECT_NE(report.verdict, CertificateVerdict::cannot_evaluate) << report.reasons[0].code;
  }

  // Two of three go on; commits need no third, certificates answer from the last checkpoint.
  trio.stop(0);
  World more = certified();
  more.now += day;
  const Bytes lot = more.sign("miner", more.lot("L-2"));
  ASSERT_TRUE(trio.ready(1));
  Reply recorded;
  ASSERT_TRUE(trio.until([&] { return (recorded = trio.post(1, lot)).status < 300; })) << recorded.body;
  EXPECT_EQ(trio.get(2, "/v1/certificates/C-1", "*/*").status, 200u);
  trio.start(0);
  ASSERT_TRUE(trio.ready(0));
  EXPECT_EQ(trio.get(0, "/v1/lots/L-2?fresh=1").status, 200u);
  const Reply elsewhere = trio.post(0, lot, "cosigned");
  EXPECT_EQ(elsewhere.status, 200u) << elsewhere.body;
  EXPECT_EQ(trio.get(0, "/v1/ledger?fresh=1").body, trio.get(1, "/v1/ledger?fresh=1").body);
}

TEST(Node, AWipedNodeDoesNotBeginAnew) {
  // Goal: a node whose directory is gone, empty or misspelt refuses (a fresh voter would break promises and
  // could lose what is committed), makes nothing, and goes on when its directory is back.
  namespace fs = std::filesystem;
  const World world;
  Trio trio(world.genesis);
  ASSERT_TRUE(trio.ready(0));
  trio.stop(0);
  Config config = trio.members[0].config;
  const fs::path kept = config.data.string() + ".kept";
  const auto refusal = [&] {
    const auto node = Node::start(config, *trio.members[0].log, nullptr);
    return node ? Error{} : node.error();
  };
  config.data = trio.home.path() + "/n1/dta";
  EXPECT_EQ(refusal().rule, "store.missing");
  EXPECT_FALSE(fs::exists(config.data));
  config = trio.members[0].config;
  fs::rename(config.data, kept);
  const Error gone = refusal();
  EXPECT_EQ(gone.rule, "store.missing");
  EXPECT_NE(gone.message.find("under a new incarnation"), std::string::npos) << gone.message;
  EXPECT_FALSE(fs::exists(config.data));
  fs::create_directory(config.data);
  fs::permissions(config.data, fs::perms::owner_all);
  EXPECT_EQ(refusal().rule, "store.missing");
  fs::remove_all(config.data);
  fs::rename(kept, config.data);
  trio.start(0);
  EXPECT_TRUE(trio.ready(0));
}

TEST(Node, ACrashBeforeThePermissionIsRemovedEndsItAtTheNextStart) {
  // Goal: with a database and the permission both there the node goes on from the database, and the
  // permission is gone before it could be used for another directory.
  const World world;
  Trio trio(world.genesis);
  ASSERT_TRUE(trio.ready(0));
  trio.stop(0);
  const Config& config = trio.members[0].config;
  EXPECT_FALSE(*may_begin(config.seed));
  write_whole(first_start_file(config.seed).string(), as_bytes("as if its removal had not reached the disk"));
  trio.start(0);
  EXPECT_FALSE(*may_begin(config.seed));
  ASSERT_TRUE(trio.ready(0));
}

TEST(Node, BelowTheDiskReserveItTakesNothingAndSaysSo) {
  // Goal: a follower without room keeps what it has, acknowledges nothing more and is not ready, in words;
  // the others go on; with room it comes back.
  const World world = certified();
  Trio trio(world.genesis);
  trio.stop(0);
  trio.members[0].config.limits.disk_reserve_bytes = std::int64_t{1} << 60;
  ASSERT_TRUE(trio.ready(1));
  ASSERT_TRUE(trio.ready(2));
  trio.start(0);
  Reply ready;
  ASSERT_TRUE(
      trio.until([&] { return trio.get(0, "/v1/status").body.find("\"leader\": \"") != std::string::npos; }));
  trio.play(world, {1, 2});
  ready = trio.get(0, "/readyz");
  EXPECT_EQ(ready.status, 503u);
  EXPECT_NE(ready.body.find("less than its reserve"), std::string::npos) << ready.body;
  const std::string metrics = trio.get(0, "/metrics", "*/*").body;
  EXPECT_NE(metrics.find("anta_disk_reserve_bytes 1.15"), std::string::npos) << metrics;
  EXPECT_EQ(metrics.find("anta_appends_dropped_disk_total 0\n"), std::string::npos) << metrics;
  EXPECT_NE(trio.get(0, "/v1/ledger").body, trio.get(1, "/v1/ledger").body);
  trio.stop(0);
  trio.members[0].config.limits.disk_reserve_bytes = 0;
  trio.start(0);
  ASSERT_TRUE(trio.ready(0));
  EXPECT_EQ(trio.get(0, "/v1/ledger?fresh=1").body, trio.get(1, "/v1/ledger?fresh=1").body);
}

TEST(Node, AStopAnswersWhatIsUndecided) {
  // Goal: a request that no quorum decides is answered when the drain time ends, not cut off.
  const World world = certified();
  Trio trio(world.genesis);
  trio.stop(0);
  trio.members[0].config.timeouts.drain_ms = 300;
  trio.start(0);
  ASSERT_TRUE(trio.ready(0));
  trio.stop(1);
  trio.stop(2);
  Reply reply;
  const std::uint16_t port = trio.port(0);
  std::thread sender([&] {
    reply = request(port, "POST /v1/statements?wait=committed HTTP/1.1\r\nContent-Type: application/cose\r\n",
                    world.log.front().bytes);
  });
  EXPECT_TRUE(trio.until([&] {
    return trio.get(0, "/metrics", "*/*").body.find("anta_pending_statements 1\n") != std::string::npos;
  }));
  trio.stop(0);
  sender.join();
  EXPECT_TRUE(reply.status == 503 || reply.status == 504) << reply.status << reply.body;
}

TEST(Node, RefusesToStartWhereItDoesNotBelong) {
  // Goal: a directory in use, of another network, a foreign seed and a taken port are each named.
  const World world;
  Trio trio(world.genesis);
  Config config = trio.members[0].config;
  auto in_use = Node::start(config, *trio.members[0].log, nullptr);
  ASSERT_FALSE(in_use);
  EXPECT_EQ(in_use.error().rule, "store.in_use") << in_use.error().message;
  const std::uint16_t taken = trio.port(1);
  trio.stop(0);
  config.http.port = taken;
  auto port = Node::start(config, *trio.members[0].log, nullptr);
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().rule, "http.port_taken") << port.error().message;
  config = trio.members[0].config;
  config.seed = trio.members[1].config.seed;
  auto seed = Node::start(config, *trio.members[0].log, nullptr);
  ASSERT_FALSE(seed);
  EXPECT_EQ(seed.error().code, Code::malformed);
  config = trio.members[0].config;
  Genesis other = trio.genesis;
  other.created.value += 1;
  other.origin = "anta.example/other";
  bind_origin(other);
  config.network = trio.home.path() + "/other.cbor";
  write_whole(config.network.string(), encode_genesis(other));
  auto network = Node::start(config, *trio.members[0].log, nullptr);
  ASSERT_FALSE(network);
  EXPECT_EQ(network.error().rule, "store.other_network") << network.error().message;
}

}  // namespace
}  // namespace anta::test
