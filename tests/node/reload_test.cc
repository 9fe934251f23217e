#include <fstream>
#include <iterator>

#include "node/recovery_file.h"
#include "tests/node/certificates.h"
#include "tests/node/http_clients.h"
#include "tests/node/trio.h"

namespace anta::test {
namespace {

std::string log_of(const Trio& trio, std::size_t i) {
  std::ifstream in(trio.home.path() + "/" + trio.genesis.nodes[i].id.value + "/antad.log");
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Reload, LimitsAreMetByWhatComesNextAndTheRestIsNamed) {
  // Goal: every kind of limit changes in a running node, what needs a restart is named in the answer and in
  // the log, and doing it again changes nothing.
  const World world = certified();
  Trio trio(world.genesis);
  ASSERT_TRUE(trio.ready(0));
  Node& node = *trio.members[0].node;
  Config next = trio.members[0].config;
  next.limits.disk_reserve_bytes = std::int64_t{1} << 60;
  next.limits.memory_bytes = std::int64_t{16} << 20;
  next.limits.verifiers = 3;
  next.limits.scrub_bytes_per_second = 0;
  next.limits.join_bytes_per_second = 1'024;
  next.limits.join_entries_min = 7;
  next.limits.http_requests_per_second = 1'000'000;
  next.log_level = LogLevel::warning;
  next.http.port = 1;
  next.timeouts.drain_ms = 1;
  const auto change = node.reload(next);
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_EQ(change->applied,
            (std::vector<std::string>{"log.level", "limits.http_requests_per_second", "limits.verifiers",
                                      "limits.scrub_bytes_per_second", "limits.join_bytes_per_second",
                                      "limits.disk_reserve_bytes"}));
  EXPECT_EQ(change->restart, (std::vector<std::string>{"http.listen", "limits.memory_bytes",
                                                       "limits.join_entries_min", "timeouts.drain_ms"}));
  EXPECT_NE(log_of(trio, 0).find("event=reload_needs_restart keys=http.listen,limits.memory_bytes,"
                                 "limits.join_entries_min,timeouts.drain_ms"),
            std::string::npos);
  EXPECT_EQ(log_of(trio, 0).find("event=reloaded"), std::string::npos);  // below the new level
  const Reply full = trio.get(0, "/readyz");
  EXPECT_EQ(full.status, 503u);
  EXPECT_NE(full.body.find("less than its reserve"), std::string::npos) << full.body;
  const auto again = node.reload(next);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->applied.empty());
  EXPECT_EQ(again->restart, change->restart);
  const auto back = node.reload(trio.members[0].config);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->applied, change->applied);
  EXPECT_TRUE(back->restart.empty());
  EXPECT_NE(log_of(trio, 0).find("event=reloaded changed=log.level,limits.http_requests_per_second"),
            std::string::npos);
  ASSERT_TRUE(trio.ready(0));
  trio.play(world, {0, 1, 2});
}

TEST(Reload, RequestsAreCountedByTheNewRateAtOnce) {
  // Goal: a rate of one request per second is met by the second request, and gone again after another reload.
  const World world;
  Trio trio(world.genesis);
  Config next = trio.members[0].config;
  next.limits.http_requests_per_second = 1;
  ASSERT_TRUE(trio.members[0].node->reload(next));
  ASSERT_TRUE(trio.until([&] { return trio.get(0, "/healthz").status == 429; }));
  ASSERT_TRUE(trio.members[0].node->reload(trio.members[0].config));
  ASSERT_TRUE(trio.until([&] { return trio.get(0, "/healthz").status == 200; }));
}

TEST(Reload, ASignersKeyMeetsItsNewLimit) {
  // Goal: after a reload to one statement at once the key's second statement waits, after another it goes.
  World world = certified();
  Trio trio(world.genesis);
  ASSERT_TRUE(trio.ready(0));
  trio.play(world, {0, 1, 2});
  world.now += day;
  Config next = trio.members[0].config;
  next.limits.key_statements_per_second = 1;
  next.limits.key_statements_burst = 1;
  ASSERT_TRUE(trio.members[0].node->reload(next));
  Reply reply;
  int sent = 0;
  ASSERT_TRUE(trio.until([&] {
    reply = trio.post(0, world.sign("miner", world.lot("L-new-" + std::to_string(++sent))));
    return reply.status == 429;
  }));
  EXPECT_NE(reply.body.find("\"key_statements_per_second\""), std::string::npos) << reply.body;
  const auto change = trio.members[0].node->reload(trio.members[0].config);
  EXPECT_EQ(change->applied,
            (std::vector<std::string>{"limits.key_statements_per_second", "limits.key_statements_burst"}));
  ASSERT_TRUE(trio.until([&] {
    return trio.post(0, world.sign("miner", world.lot("L-new-" + std::to_string(++sent)))).status == 201;
  }));
}

TEST(Reload, WhatTheNodeWouldNotStartWithChangesNothing) {
  // Goal: a genesis that is not there, a peer that nobody knows and another node's seed are refused as
  // --check refuses them, and the limits beside them do not apply.
  const World world;
  Trio trio(world.genesis);
  Node& node = *trio.members[0].node;
  Config good = trio.members[0].config;
  good.limits.http_requests_per_second = 1;
  Config next = good;
  next.network = trio.home.path() + "/none.cbor";
  EXPECT_EQ(node.reload(next).error().rule, "config.network");
  next = good;
  next.peers.emplace("n9", Endpoint{.host = "127.0.0.1", .port = 1});
  EXPECT_EQ(node.reload(next).error().rule, "config.peers");
  next = good;
  next.seed = trio.members[1].config.seed;
  EXPECT_EQ(node.reload(next).error().rule, "config.seed");
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(trio.get(0, "/healthz").status, 200u);
  EXPECT_EQ(log_of(trio, 0).find("event=reload"), std::string::npos);
}

TEST(Reload, ACheckRefusesWhatAStartRefuses) {
  // Goal: a recovery that is not there, that is none or that is another network's, and a listener at a name,
  // pass neither --check nor SIGHUP (they did, and the next start ended with exit 2).
  const World world;
  Trio trio(world.genesis);
  Node& node = *trio.members[0].node;
  const Config good = trio.members[0].config;
  EXPECT_TRUE(Node::check(good));
  const auto rule = [&](const Config& next) {
    const auto checked = Node::check(next);
    EXPECT_FALSE(checked);
    if (checked) return std::string("accepted");
    EXPECT_EQ(checked.error().code, Code::malformed);
    EXPECT_EQ(node.reload(next).error().rule, checked.error().rule);
    return checked.error().rule;
  };
  Config next = good;
  next.http.host = "localhost";
  EXPECT_EQ(rule(next), "http.address");
  next = good;
  const std::filesystem::path file = trio.home.path() + "/recovery-1.yaml";
  next.recoveries = {file};
  EXPECT_EQ(rule(next), "config.file");
  write_whole(file.string(), as_bytes("epoch: 0\n"));
  EXPECT_NE(rule(next), "accepted");
  const Recovery recovery{.epoch = 1,
                          .network = sha256(as_bytes("another network")),
                          .base = LogIndex{4},
                          .base_term = Term{1},
                          .base_hash = sha256(as_bytes("base")),
                          .voters = {{NodeId{"n1"}, 1}}};
  write_whole(file.string(), as_bytes(recovery_text(recovery)));
  EXPECT_NE(rule(next), "accepted");
  Recovery own = recovery;
  own.network = sha256(encode_genesis(trio.genesis));
  write_whole(file.string(), as_bytes(recovery_text(own)));
  EXPECT_TRUE(Node::check(next));
}

TEST(Reload, CertificatesAreReadAgainAndTlsItselfIsNot) {
  // Goal: renewed files of the same names are served without any key having changed; files that do not
  // belong together change nothing, limits beside them included; leaving TLS needs a restart.
  const World world;
  Trio trio(world.genesis);
  const CertificateFiles files;
  trio.stop(0);
  Config& config = trio.members[0].config;
  const Config plain = config;
  config.http_tls = {.certificate = files.certificate, .key = files.key};
  trio.start(0);
  Node& node = *trio.members[0].node;
  const auto shown = [&] { return TlsClient(trio.port(0)).fingerprint(); };
  const auto on_disk = [&] { return (*HttpTls::load(files.certificate, files.key))->fingerprint(); };
  const std::string first = shown();
  EXPECT_EQ(first, on_disk());
  const MadeCertificate renewed = make_certificate();
  files.write({.certificate = renewed.certificate, .key = make_certificate().key});
  Config next = config;
  next.limits.http_requests_per_second = 1;
  EXPECT_EQ(node.reload(next).error().rule, "config.tls");
  EXPECT_EQ(Node::check(next).error().rule, "config.tls");
  EXPECT_EQ(shown(), first);
  files.write(renewed);
  const auto change = node.reload(config);
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_TRUE(change->applied.empty() && change->restart.empty());
  EXPECT_NE(first, on_disk());
  EXPECT_EQ(shown(), on_disk());
  EXPECT_NE(log_of(trio, 0).find("event=http_certificate sha256=" + on_disk()), std::string::npos);
  const auto gone = node.reload(plain);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->restart, (std::vector<std::string>{"http.tls.certificate", "http.tls.key"}));
  EXPECT_EQ(shown(), on_disk());
}

}  // namespace
}  // namespace anta::test
