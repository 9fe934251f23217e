// Whole nodes: what three of them do together, and what one refuses at its start.
#include "node/node.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "crypto/first_start.h"
#include "node/checkpointer.h"
#include "storage/ledger/verify.h"
#include "tests/node/trio.h"

namespace anta::test {
namespace {

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
  std::string metrics;
  // The leader may still have been finding out where this node stands while the others decided everything.
  EXPECT_TRUE(trio.until([&] {
    metrics = trio.get(0, "/metrics", "*/*").body;
    return metrics.find("anta_appends_dropped_disk_total 0\n") == std::string::npos;
  })) << metrics;
  EXPECT_NE(metrics.find("anta_disk_reserve_bytes 1.15"), std::string::npos) << metrics;
  EXPECT_NE(trio.get(0, "/v1/ledger").body, trio.get(1, "/v1/ledger").body);
  trio.stop(0);
  trio.members[0].config.limits.disk_reserve_bytes = 0;
  trio.start(0);
  ASSERT_TRUE(trio.ready(0));
  EXPECT_EQ(trio.get(0, "/v1/ledger?fresh=1").body, trio.get(1, "/v1/ledger?fresh=1").body);
}

TEST(Node, OneKeyPastItsLimitWaitsAndNobodyElseDoes) {
  // Goal: the configured limit holds at the node that a key sends to: its next request is 429, a dry run too,
  // what is decided keeps its answer; other keys and other nodes go on, and forwarding is not limited.
  World world = certified();
  Trio trio(world.genesis);
  trio.stop(0);
  trio.members[0].config.limits.key_statements_per_second = 1;
  trio.members[0].config.limits.key_statements_burst = 1;
  trio.start(0);
  ASSERT_TRUE(trio.ready(0) && trio.ready(1) && trio.ready(2));
  Bytes sequence;
  Bytes first;
  for (int i = 0; i < 100; ++i) {  // a debt of a minute and a half
    payload::Party party = world.party_payload("p-" + std::to_string(i));
    party.keys = {world.key(party.id.value).public_key()};
    const Bytes one = world.sign("registrar", party);
    if (i == 0) first = one;
    sequence.insert(sequence.end(), one.begin(), one.end());
  }
  const std::string head =
      "POST /v1/statements?wait=committed HTTP/1.1\r\nContent-Type: application/cbor-seq\r\n";
  const Reply all = request(trio.port(0), head, sequence);
  ASSERT_EQ(all.status, 200u) << all.body;
  EXPECT_EQ(all.body.find("undecided"), std::string::npos) << all.body;
  const Bytes next = world.sign("registrar", world.party_payload("newcomer"));
  const Reply refused = trio.post(0, next);
  EXPECT_EQ(refused.status, 429u);
  EXPECT_NE(refused.body.find("\"key_statements_per_second\""), std::string::npos) << refused.body;
  EXPECT_EQ(request(trio.port(0),
                    "POST /v1/statements?dry_run=1 HTTP/1.1\r\nContent-Type: application/cose\r\n", next)
                .status,
            429u);
  EXPECT_NE(trio.get(0, "/metrics", "*/*").body.find("anta_requests_refused_key_limit_total 2\n"),
            std::string::npos);
  EXPECT_EQ(trio.post(0, first).status, 200u);
  EXPECT_EQ(trio.post(0, world.sign("p-1", world.lot("L-9"))).status, 422u);
  for (const std::size_t other : {1u, 2u})
    EXPECT_LT(trio.post(other, next).status, 300u);
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
