#include "consensus/replica.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <thread>

#include "consensus/disk_worker.h"
#include "tests/consensus/cluster.h"

namespace anta {
namespace {

using test::Cluster;

std::size_t other_than(std::size_t node, std::size_t nodes) { return (node + 1) % nodes; }

// Goal: three nodes elect one leader, and what it takes is applied by all, once and in one order.
TEST(Replica, ElectsAndCommits) {
  Cluster cluster(3);
  cluster.start_all();
  std::vector<std::string> texts;
  for (int i = 0; i < 20; ++i) {
    texts.push_back("block " + std::to_string(i));
    cluster.commit(texts.back(), i * 1000);
  }
  ASSERT_TRUE(cluster.all_have(texts));
  const std::size_t leader = cluster.leader();
  for (std::size_t i = 0; i < 3; ++i) {
    const ReplicaMetrics metrics = cluster.at(i).replica->metrics();
    EXPECT_EQ(metrics.blocks_applied, 20u);
    EXPECT_GE(metrics.syncs, 1u);
    if (i != leader) {
      EXPECT_GE(cluster.at(i).entries_seen, 20u);
    }
  }
  const auto refused = cluster.propose(other_than(leader, 3), "elsewhere");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::not_leader);
}

// Goal: a cluster of one commits by its own disk, and has it after a restart.
TEST(Replica, AloneAndAgain) {
  Cluster cluster(1);
  cluster.start_all();
  cluster.commit("first");
  cluster.stop(0);
  cluster.start(0);
  ASSERT_TRUE(cluster.all_have({"first"}));
  cluster.commit("second");
  EXPECT_TRUE(cluster.all_have({"first", "second"}));
}

// Goal: the only voter whose log was found damaged goes on, says so and is an amnesiac no more, so that it
// can be a majority with another one later (it led, and stayed one for ever).
TEST(Replica, AloneAndAmnesiac) {
  Cluster cluster(2, {}, 1);
  cluster.start(0);
  cluster.commit("first");
  cluster.stop(0);
  const std::string note = cluster.at(0).directory + "/" + Database::amnesia_file;
  std::ofstream(note) << "said to be one\n";
  cluster.start(0);
  cluster.commit("second");
  EXPECT_TRUE(cluster.until([&] { return !cluster.at(0).status().amnesiac && !std::ifstream(note); }));
}

// Goal: everything queued behind a sync shares the next one.
TEST(Replica, GroupCommit) {
  Cluster cluster(3, [](ReplicaOptions& options) { options.election = std::chrono::milliseconds(2000); });
  cluster.start_all();
  const std::size_t leader = cluster.leader();
  constexpr int blocks = 2000;
  std::atomic<int> placed = 0;
  for (int i = 0; i < blocks; ++i) {
    cluster.at(leader).replica->propose(std::make_shared<const Bytes>(Bytes(500, 1)), Millis{1},
                                        [&placed](Result<raft::Proposed> got) { placed += got ? 1 : 0; });
  }
  ASSERT_TRUE(cluster.until([&] { return cluster.at(leader).machine->blocks().size() == blocks; }));
  EXPECT_EQ(placed, blocks);
  const ReplicaMetrics metrics = cluster.at(leader).replica->metrics();
  EXPECT_GE(metrics.entries_written, static_cast<std::uint64_t>(blocks));
  EXPECT_LT(metrics.syncs * 5, metrics.entries_written);
}

// Goal: the leader stops without a word; another takes over and nothing acknowledged is lost; the old one,
// started again, catches up.
TEST(Replica, SurvivesLeaderStopAndRestart) {
  Cluster cluster(3);
  cluster.start_all();
  cluster.commit("one");
  cluster.commit("two");
  const std::size_t old = cluster.leader();
  const Term term = cluster.at(old).status().term;
  cluster.stop(old);
  cluster.commit("three");
  EXPECT_GT(cluster.at(cluster.leader()).status().term, term);
  cluster.start(old);
  cluster.commit("four");
  EXPECT_TRUE(cluster.all_have({"one", "two", "three", "four"}));
}

// Goal: a leader that stops with a hand-over leaves another in its place before it is gone.
TEST(Replica, HandsOverBeforeStopping) {
  Cluster cluster(3);
  cluster.start_all();
  cluster.commit("one");
  const std::size_t old = cluster.leader();
  cluster.stop(old, true);
  std::size_t leaders = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    if (i != old && cluster.at(i).status().role == raft::Role::leader) ++leaders;
  }
  EXPECT_EQ(leaders, 1u);
  cluster.commit("two");
  EXPECT_TRUE(cluster.all_have({"one", "two"}));
}

// Goal: all nodes stop and start again; the log is replayed into the state machine, in order.
TEST(Replica, RestartOfAllReplaysTheLog) {
  Cluster cluster(3);
  cluster.start_all();
  std::vector<std::string> texts;
  for (int i = 0; i < 10; ++i) {
    texts.push_back("block " + std::to_string(i));
    cluster.commit(texts.back());
  }
  for (std::size_t i = 0; i < 3; ++i)
    cluster.stop(i);
  cluster.start_all();
  texts.push_back("after");
  cluster.commit("after");
  EXPECT_TRUE(cluster.all_have(texts));
}

// Goal: a follower that was away for more than leaders keep in memory is served from the leader's log.
TEST(Replica, CatchesUpBeyondTheMemory) {
  Cluster cluster(3, [](ReplicaOptions& options) { options.tail_bytes_max = 20'000; });
  cluster.start_all();
  cluster.commit("start");
  const std::size_t away = other_than(cluster.leader(), 3);
  cluster.stop(away);
  std::vector<std::string> texts = {"start"};
  for (int i = 0; i < 60; ++i) {
    texts.push_back("block " + std::to_string(i));
    cluster.commit(texts.back(), 5000);
  }
  cluster.start(away);
  ASSERT_TRUE(cluster.all_have(texts));
  const Replica& leader = *cluster.at(cluster.leader()).replica;
  EXPECT_TRUE(cluster.until([&] { return leader.metrics().loads >= 1; }));  // shown at the next tick
}

// Goal: a read on any node, also after the leader changed, sees everything acknowledged before it was asked.
TEST(Replica, ReadsAreLinearizableAfterALeaderChange) {
  Cluster cluster(3);
  cluster.start_all();
  cluster.commit("one");
  cluster.stop(cluster.leader());
  cluster.commit("two");
  for (std::size_t i = 0; i < 3; ++i) {
    if (!cluster.at(i).runs()) continue;
    ASSERT_TRUE(cluster.until([&] {
      const auto index = cluster.read(i);
      if (!index) return false;  // not_leader while nothing is known
      const auto blocks = cluster.at(i).machine->blocks();
      EXPECT_EQ(blocks.size(), 2u);
      EXPECT_GE(*index, blocks.back().index);
      return true;
    }));
  }
}

// Goal: without a quorum a read is refused, never answered from what this node happens to know.
TEST(Replica, NoReadWithoutAQuorum) {
  Cluster cluster(3, [](ReplicaOptions& options) { options.read_timeout = std::chrono::milliseconds(500); });
  cluster.start_all();
  cluster.commit("one");
  const std::size_t leader = cluster.leader();
  for (std::size_t i = 0; i < 3; ++i) {
    if (i != leader) cluster.stop(i);
  }
  const auto read = cluster.read(leader);
  ASSERT_FALSE(read);
  EXPECT_TRUE(read.error().code == Code::busy || read.error().code == Code::not_leader);
}

// Goal: a failed sync is told once and is the end: the node proposes, acknowledges and sends nothing more,
// while the others go on.
TEST(Replica, PersistFailureIsFinal) {
  Cluster cluster(3);
  cluster.start_all();
  cluster.commit("one");
  const std::size_t broken = cluster.leader();
  cluster.at(broken).disk.failing = true;
  const auto last = cluster.propose(broken, "lost");
  ASSERT_TRUE(cluster.until([&] { return cluster.at(broken).fatal == 1; }));
  EXPECT_TRUE(cluster.at(broken).status().stopped);
  const auto after = cluster.propose(broken, "after");
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, Code::io);
  EXPECT_FALSE(cluster.read(broken));
  EXPECT_FALSE(cluster.mark(broken, Bytes{1}));
  const auto sent = cluster.at(broken).replica->metrics().transport.frames_sent;
  const auto batches = cluster.at(broken).replica->metrics().batches;

  ASSERT_TRUE(cluster.until([&] {
    for (std::size_t i = 0; i < 3; ++i) {
      if (i != broken && cluster.at(i).status().in_office) return true;
    }
    return false;
  }));
  EXPECT_EQ(cluster.at(broken).replica->metrics().transport.frames_sent, sent);
  EXPECT_EQ(cluster.at(broken).replica->metrics().batches, batches);
  EXPECT_EQ(cluster.at(broken).fatal, 1u);
  EXPECT_FALSE(cluster.at(broken).machine->has("lost"));
  cluster.stop(broken);
  cluster.at(broken).disk.failing = false;
  cluster.commit("two");
}

// Goal: a database that fails in the background stops its node though nothing is written there: an idle node
// would go on promising what it can no longer keep.
TEST(Replica, ADatabaseThatDiedWhileIdleStopsTheNode) {
  Cluster cluster(3);
  cluster.start_all();
  cluster.commit("one");
  ASSERT_TRUE(cluster.all_have({"one"}));
  const std::size_t broken = other_than(cluster.leader(), 3);
  cluster.at(broken).disk.failing = true;
  // Not through the replica: as RocksDB's own threads would.
  ASSERT_FALSE(cluster.at(broken).database->replace_file("flushed", as_bytes("x"), Sync::yes));
  ASSERT_TRUE(cluster.until([&] { return cluster.at(broken).fatal == 1; }));
  EXPECT_TRUE(cluster.at(broken).status().stopped);
  cluster.stop(broken);
  cluster.at(broken).disk.failing = false;
  cluster.commit("two");
}

// Goal: below the disk reserve a follower acknowledges nothing, a leader answers busy, and both go on when
// there is room again; nothing that was acknowledged is lost.
TEST(Replica, BelowTheDiskReserveNothingIsTaken) {
  std::map<std::string, std::atomic<bool>> low;
  for (const char* name : {"n0", "n1", "n2"})
    low[name] = false;
  Cluster cluster(3, [&low](ReplicaOptions& options) {
    options.disk_low = [&is = low[options.self.id.value]] { return is.load(); };
  });
  cluster.start_all();
  cluster.commit("one");
  ASSERT_TRUE(cluster.all_have({"one"}));
  const std::size_t leader = cluster.leader();
  const std::size_t full = other_than(leader, 3);
  low[cluster.at(full).id.value] = true;
  cluster.commit("two");  // by the other two
  ASSERT_TRUE(cluster.until([&] { return cluster.at(full).replica->metrics().appends_dropped_disk > 0; }));
  EXPECT_FALSE(cluster.at(full).machine->has("two"));
  // It knows how far behind its leader it is, although it has none of it.
  EXPECT_TRUE(cluster.until([&] {
    const ReplicaStatus status = cluster.at(full).replica->status();
    return status.leader_commit > status.last;
  }));
  ASSERT_TRUE(cluster.until([&] {
    const std::size_t now = cluster.leader();
    low[cluster.at(now).id.value] = true;
    const auto refused = cluster.propose(now, "refused");
    return !refused && refused.error() == disk_reserve_error();
  }));
  for (auto& [name, is] : low)
    is = false;
  cluster.commit("three");
  EXPECT_TRUE(cluster.all_have({"one", "two", "three"}));
}

// Goal: a state machine that fails stops its node alone, and what it did not apply is not skipped.
TEST(Replica, ApplyFailureIsFinal) {
  Cluster cluster(3);
  cluster.start_all();
  cluster.commit("one");
  ASSERT_TRUE(cluster.all_have({"one"}));
  const std::size_t broken = other_than(cluster.leader(), 3);
  cluster.at(broken).machine->fails = true;
  cluster.commit("two");
  ASSERT_TRUE(cluster.until([&] { return cluster.at(broken).fatal == 1; }));
  cluster.at(broken).machine->fails = false;
  cluster.commit("three");
  EXPECT_EQ(cluster.at(broken).machine->blocks().size(), 1u);
  cluster.stop(broken);
  cluster.start(broken);
  EXPECT_TRUE(cluster.all_have({"one", "two", "three"}));
}

// Applies blocks and, in the middle of the first, asks for a mark.
struct Interrupted final : StateMachine {
  Result<void> apply(const LogEntry&) override {
    if (blocks++ == 0) worker->mark(Bytes{7});
    return {};
  }
  LogIndex applied() const override { return {}; }
  bool knows(const Digest&) const override { return false; }
  unsigned blocks = 0;
  DiskWorker* worker = nullptr;
};

// Goal: blocks that are read from the log share the disk thread's time too: a write that comes during the
// first of fifty is made after it, and not after all of them.
TEST(DiskWorker, ApplyingFromTheLogKeepsItsTimeSlice) {
  Cluster cluster(1);
  cluster.start_all();
  std::vector<std::string> texts;
  for (int i = 0; i < 50; ++i) {
    texts.push_back("block " + std::to_string(i));
    cluster.commit(texts.back());
  }
  ASSERT_TRUE(cluster.all_have(texts));
  cluster.stop(0);
  DatabaseOptions options;
  options.directory = cluster.at(0).directory;
  options.network = sha256(as_bytes("a test's network"));
  options.node = cluster.at(0).id;
  auto database = Database::open(options);
  ASSERT_TRUE(database) << database.error().message;
  auto log = LogStore::open(**database);
  ASSERT_TRUE(log) << log.error().message;
  const LogIndex last = (*log)->recover().last;

  Interrupted machine;
  std::promise<void> done;
  unsigned blocks_at_mark = 0;  // both are the disk thread's until `done`
  DiskWorker worker(
      **log, machine,
      [&](const DiskReport& report) {
        if (report.marks_written > 0) blocks_at_mark = machine.blocks;
        if (report.applied == last || report.failed) done.set_value();
      },
      {}, std::chrono::milliseconds{0});
  machine.worker = &worker;
  worker.start();
  worker.apply({LogIndex{1}, last, {}});
  done.get_future().wait();
  worker.stop();
  EXPECT_EQ(machine.blocks, 50u);
  EXPECT_EQ(blocks_at_mark, 1u);
}

// Goal: a leader whose clock runs ahead is refused by the others, steps aside, and its block never commits;
// within the limit it leads on.
TEST(Replica, AWrongClockGivesWay) {
  Cluster cluster(3);
  cluster.start_all();
  const std::size_t wrong = cluster.leader();
  cluster.at(wrong).clock_ahead = 9'000;
  cluster.commit("within");
  EXPECT_EQ(cluster.leader(), wrong);
  cluster.at(wrong).clock_ahead = 3'600'000;
  const auto placed = cluster.propose(wrong, "poison");
  ASSERT_TRUE(placed);
  ASSERT_TRUE(cluster.until([&] {
    for (std::size_t i = 0; i < 3; ++i) {
      if (i != wrong && cluster.at(i).status().in_office) return true;
    }
    return false;
  }));
  std::uint64_t dropped = 0;
  for (std::size_t i = 0; i < 3; ++i)
    dropped += cluster.at(i).replica->metrics().appends_dropped_clock;
  EXPECT_GE(dropped, 2u);
  EXPECT_TRUE(cluster.at(wrong).status().clock_refused);
  EXPECT_NE(cluster.leader(), wrong);
  cluster.commit("after");
  EXPECT_TRUE(cluster.all_have({"within", "after"}));
}

// Goal: a cosigning mark is on the disk when its callback runs, also while nothing else is written.
TEST(Replica, MarksAreDurable) {
  Cluster cluster(3);
  cluster.start_all();
  cluster.commit("one");
  ASSERT_TRUE(cluster.all_have({"one"}));
  const std::size_t node = cluster.leader();
  for (const Bytes& mark : {Bytes{1, 2}, Bytes{3, 4, 5}}) {
    const auto marked = cluster.mark(node, mark);
    ASSERT_TRUE(marked) << marked.error().message;
  }
  cluster.stop(node);
  DatabaseOptions options;
  options.directory = cluster.at(node).directory;
  options.network = sha256(as_bytes("a test's network"));
  options.node = cluster.at(node).id;
  auto database = Database::open(options);
  ASSERT_TRUE(database) << database.error().message;
  auto log = LogStore::open(**database);
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ((*log)->recover().cosigning_mark, (Bytes{3, 4, 5}));
}

// Goal: the node's own messages reach the peer's hook; to an unknown peer they are answered not_found.
TEST(Replica, CarriesTheNodesMessages) {
  Cluster cluster(2);
  cluster.start_all();
  cluster.leader();
  cluster.at(0).replica->send_app(NodeId{"n1"}, 4, Bytes(70'000));
  EXPECT_TRUE(cluster.until([&] { return cluster.at(1).app_bytes == 70'000u; }));
  std::atomic<int> code = 0;
  cluster.at(0).replica->send_app(NodeId{"n9"}, 4, Bytes(1), [&code](Result<void> sent) {
    code = sent ? -1 : static_cast<int>(sent.error().code);
  });
  EXPECT_TRUE(cluster.until([&] { return code != 0; }));
  EXPECT_EQ(code, static_cast<int>(Code::not_found));
}

// Goal: every callback is answered, also those that a stop overtakes.
TEST(Replica, AStopAnswersEveryone) {
  Cluster cluster(3);
  cluster.start_all();
  cluster.commit("one");
  const std::size_t leader = cluster.leader();
  std::atomic<int> answered = 0;
  for (int i = 0; i < 300; ++i) {
    cluster.at(leader).replica->propose(std::make_shared<const Bytes>(Bytes(10)), Millis{1},
                                        [&answered](Result<raft::Proposed>) { ++answered; });
    cluster.at(leader).replica->read_index([&answered](Result<LogIndex>) { ++answered; });
    cluster.at(leader).replica->persist_mark(Bytes{1}, [&answered](Result<void>) { ++answered; });
  }
  cluster.stop(leader);
  EXPECT_EQ(answered, 900);
}

// Goal: what is asked while the node stops, from any thread and at any moment, is answered exactly once.
TEST(Replica, AStopOvertakesNobodyWhoAsksAtThatMoment) {
  Cluster cluster(1);
  cluster.start_all();
  cluster.commit("one");
  std::atomic<int> asked = 0;
  std::atomic<int> answered = 0;
  std::atomic<bool> stopped = false;
  std::vector<std::thread> askers;
  for (int i = 0; i < 3; ++i) {
    askers.emplace_back([&] {
      while (!stopped) {
        ++asked;
        cluster.at(0).replica->read_index([&answered](Result<LogIndex>) { ++answered; });
      }
    });
  }
  ASSERT_TRUE(cluster.until([&] { return answered > 100; }));
  cluster.at(0).replica->stop(false);
  stopped = true;
  for (std::thread& asker : askers)
    asker.join();
  EXPECT_EQ(answered, asked);
}

// Goal: times that cannot work and a node outside its configuration are refused at start.
TEST(Replica, RefusesUnusableOptions) {
  Cluster cluster(1);
  cluster.start_all();
  cluster.stop(0);
  DatabaseOptions database;
  database.directory = cluster.at(0).directory;
  database.network = sha256(as_bytes("a test's network"));
  database.node = NodeId{"n0"};
  auto opened = Database::open(database);
  ASSERT_TRUE(opened);
  auto log = LogStore::open(**opened);
  ASSERT_TRUE(log);
  test::Memory machine;
  ReplicaOptions options;
  options.self = {NodeId{"n0"}, 1};
  options.plan.wanted.voters = options.configuration.voters = {{NodeId{"n0"}, 1}};
  options.heartbeat = options.election;
  const auto start = [&] {
    const auto none = [](asio::io_context&) -> Result<std::unique_ptr<Transport>> {
      return fail(Code::io, "test.transport", "none");
    };
    return Replica(options, **log, machine, none, {}).start((*log)->recover()).error().rule;
  };
  EXPECT_EQ(start(), "replica.times");
  options.heartbeat = std::chrono::milliseconds(50);
  options.configuration = {};
  EXPECT_EQ(start(), "replica.configuration");
  options.configuration = std::exchange(options.plan.wanted, {});
  EXPECT_EQ(start(), "replica.plan");
  options.plan.wanted = options.configuration;
  EXPECT_EQ(start(), "test.transport");
}

}  // namespace
}  // namespace anta
