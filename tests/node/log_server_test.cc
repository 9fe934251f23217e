// What a node gives its peers of its log.
#include "node/log_server.h"

#include <gtest/gtest.h>

#include "storage/log_record.h"
#include "tests/node/manual_executor.h"
#include "tests/storage/disk.h"

namespace anta::test {
namespace {

constexpr std::uint64_t entries_there = 300;
constexpr std::uint64_t applied = entries_there - 1;

struct LogServerRig {
  explicit LogServerRig(LogServerOptions options = {.answer_bytes_max = 200'000}) {
    entries = chain(entries_there, Term{1}, nullptr, std::string(40'000, 'x').append(1, '-'));
    LogStore::LogWrite write;
    write.entries = entries;
    write.hard_state = LogStore::HardState{Term{1}, {}, {}};
    EXPECT_TRUE(log->write(std::span(&write, 1)));
    LogServerPorts ports;
    ports.applied = [] { return LogIndex{applied}; };
    ports.send = [this](const NodeId&, PeerKind kind, Bytes bytes) {
      sent.emplace_back(kind, std::move(bytes));
    };
    server = std::make_unique<LogServer>(options, std::move(ports), *log, executor);
  }
  void fetch(std::uint64_t from, std::uint64_t to) {
    server->on_peer_message(NodeId{"n2"}, PeerKind::log_fetch,
                            encode_log_fetch({LogIndex{from}, LogIndex{to}}));
  }
  JoinOffer offer(std::uint64_t index) {
    sent.clear();
    server->on_peer_message(NodeId{"n2"}, PeerKind::join_ask, encode_join_ask({LogIndex{index}}));
    executor.run();
    EXPECT_EQ(sent.size(), 1u);
    const auto offer = decode_join_offer(sent.at(0).second);
    EXPECT_TRUE(offer);
    return offer.value_or(JoinOffer{});
  }

  TempDirectory directory = {};
  std::unique_ptr<Database> database = std::move(*Database::open(options_for(directory.path())));
  std::unique_ptr<LogStore> log = std::move(*LogStore::open(*database));
  std::vector<LogEntry> entries = {};
  std::vector<std::pair<PeerKind, Bytes>> sent = {};
  ManualExecutor executor = {};
  std::unique_ptr<LogServer> server = {};
};

TEST(LogServer, ItServesOnlyWhatIsAppliedAndWhole) {
  // Goal: what is not applied, and what is damaged here, is answered with nothing, so that the other asks
  // elsewhere; a malformed request is not answered; many at once are dropped, not queued.
  LogServerRig node;
  node.fetch(1, entries_there);
  node.executor.run();
  ASSERT_EQ(node.sent.size(), 1u);
  EXPECT_TRUE(decode_log_entries(node.sent[0].second)->entries.empty());
  node.sent.clear();
  node.server->on_peer_message(NodeId{"n2"}, PeerKind::log_fetch, Bytes{0x80});
  node.executor.run();
  EXPECT_TRUE(node.sent.empty());
  for (int i = 0; i < 40; ++i)
    node.fetch(200, applied);
  node.executor.advance(10'000);
  EXPECT_EQ(node.sent.size(), 16u);
  const auto answer = decode_log_entries(node.sent[0].second);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->entries.back().index, LogIndex{applied});
  EXPECT_EQ(answer->entries.size(), 5u);  // 200 000 bytes of 40 000 each
  node.sent.clear();
  Batch rot = node.database->batch();
  rot.put(Family::log, log_key(LogIndex{30}), Bytes(50, 7));
  ASSERT_TRUE(node.database->write(rot, Sync::yes));
  node.fetch(1, 30);
  node.executor.advance(1'000);
  ASSERT_EQ(node.sent.size(), 1u);
  EXPECT_TRUE(decode_log_entries(node.sent[0].second)->entries.empty());
}

TEST(LogServer, ItsRateHoldsForAllWhoAsk) {
  // Goal: over ten seconds no more leaves than the rate says, however many ask; another rate counts at once.
  LogServerRig node({.bytes_per_second = 400'000});
  const auto bytes_in = [&node](int seconds) {
    const std::uint64_t before = node.server->bytes_served();
    for (int i = 0; i < seconds * 10; ++i) {
      node.fetch(1, applied);
      node.executor.advance(100);
    }
    return static_cast<double>(node.server->bytes_served() - before);
  };
  EXPECT_NEAR(bytes_in(10), 4e6, 8e5);
  node.server->set_rate(1'600'000);
  EXPECT_NEAR(bytes_in(10), 16e6, 2.5e6);
}

TEST(LogServer, ItSaysHowFarItIsAndWhatHashAnEntryHas) {
  // Goal: 0 asks for the newest that is applied; an entry beyond it is not told of.
  LogServerRig node;
  const JoinOffer newest = node.offer(0);
  EXPECT_EQ(newest.index, LogIndex{applied});
  EXPECT_EQ(newest.hash, node.entries[applied - 1].hash);
  const JoinOffer other = node.offer(17);
  EXPECT_EQ(other.asked, LogIndex{17});
  EXPECT_EQ(other.hash, node.entries[16].hash);
  EXPECT_EQ(node.offer(entries_there).index, LogIndex{0});
  node.sent.clear();
  node.server->on_peer_message(NodeId{"n2"}, PeerKind::join_ask, Bytes{0x81});
  node.executor.run();
  EXPECT_TRUE(node.sent.empty());
}

}  // namespace
}  // namespace anta::test
