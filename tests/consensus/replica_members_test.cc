// Members that change while replicas run, and a replica that starts over a log with configurations in it.
#include <gtest/gtest.h>

#include "consensus/raft/configuration.h"
#include "storage/database.h"
#include "storage/log_store.h"
#include "tests/consensus/cluster.h"

namespace anta {
namespace {

using test::Cluster;

raft::ConfigurationRecord with_learner(std::uint64_t number) {
  const raft::Member learner{NodeId{"learner-" + std::to_string(number)}, 1};
  return {{.voters = {{NodeId{"n0"}, 1}}, .outgoing = {}, .learners = {learner}}, {}};
}

// Appends entries of kind configuration to the log of a node that does not run.
void append_configurations(Cluster& cluster, const std::vector<Bytes>& payloads) {
  DatabaseOptions options;
  options.directory = cluster.at(0).directory;
  options.network = sha256(as_bytes("a test's network"));
  options.node = NodeId{"n0"};
  auto database = Database::open(options);
  ASSERT_TRUE(database) << database.error().message;
  auto log = LogStore::open(**database);
  ASSERT_TRUE(log) << log.error().message;
  const LogStore::Restored restored = (*log)->recover();
  LogStore::LogWrite write{.must_sync = true};
  LogIndex index = restored.last;
  Digest before = restored.last_hash;
  for (const Bytes& payload : payloads) {
    index = index.next();
    write.entries.push_back(make_entry(index,
                                       {restored.hard_state.term, EntryKind::configuration, before, Millis{}},
                                       std::make_shared<const Bytes>(payload)));
    before = write.entries.back().hash;
  }
  ASSERT_TRUE((*log)->write(std::span(&write, 1)));
}

TEST(ReplicaMembers, StartsOverMoreConfigurationsThanItIsHanded) {
  // Goal: four configurations after the genesis', of which the store hands back three: the node counts by the
  // newest, leads, commits, and does so again after another start.
  Cluster cluster(1);
  cluster.start_all();
  cluster.commit("first");
  cluster.stop(0);
  std::vector<Bytes> payloads;
  for (std::uint64_t i = 1; i <= 4; ++i)
    payloads.push_back(raft::encode_configuration(with_learner(i)));
  append_configurations(cluster, payloads);
  for (const char* text : {"second", "third"}) {
    cluster.start(0);
    cluster.commit(text);
    cluster.stop(0);
  }
  cluster.start(0);
  EXPECT_TRUE(cluster.all_have({"first", "second", "third"}));
}

TEST(ReplicaMembers, AConfigurationThatIsNoneStopsTheStart) {
  // Goal: a damaged one is named at the start and nothing is counted by it.
  Cluster cluster(1);
  cluster.start_all();
  cluster.commit("first");
  cluster.stop(0);
  append_configurations(cluster, {Bytes{0xa0}});
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
  const auto alone = [](asio::io_context&) -> Result<std::unique_ptr<Transport>> {
    return std::unique_ptr<Transport>();
  };
  const auto started = Replica(options, **log, machine, alone, {}).start((*log)->recover());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::corrupt);
  EXPECT_EQ(started.error().rule, "replica.configuration");
}

Digest statement(const char* what) { return sha256(as_bytes(what)); }

TEST(ReplicaMembers, ADeadNodeOfThreeIsReplaced) {
  // Goal: the ledger says that n2 goes and that n3 comes; the members follow, n3 gets the log from its first
  // entry, counts once it has it, and the cluster then survives the loss of another.
  Cluster cluster(4, {}, 3);
  for (const std::size_t i : {2, 1, 0})
    cluster.start(i);
  cluster.commit("one");
  cluster.stop(2);
  const Digest removes = statement("remove n2"), adds = statement("add n3");
  cluster.commit(test::asking(removes));
  cluster.want({0, 1}, {}, {{NodeId{"n2"}, removes}});
  ASSERT_TRUE(cluster.settled({0, 1}));
  cluster.start(3);
  cluster.commit(test::asking(adds));
  cluster.want({0, 1, 3}, {}, {{NodeId{"n2"}, removes}, {NodeId{"n3"}, adds}});
  ASSERT_TRUE(cluster.settled({0, 1, 3}));
  cluster.commit("two");
  const std::vector<std::string> all = {"one", test::asking(removes), test::asking(adds), "two"};
  EXPECT_TRUE(cluster.all_have(all));
  cluster.stop(cluster.leader());
  cluster.commit("three");
}

TEST(ReplicaMembers, ALearnerThatHasNotAppliedTheLedgerIsNoVoterYet) {
  // Goal: n3 has every entry and, being of a release that does not say so, none that is known to be applied:
  // it stays a learner while the others go on, and becomes a voter once it says that it has applied them.
  Cluster cluster(4, [](ReplicaOptions& options) { options.unapplied_entries_max = 4; }, 3);
  for (const std::size_t i : {2, 1, 0})
    cluster.start(i);
  const Digest adds = statement("add n3"), promotes = statement("promote n3");
  cluster.at(3).protocol_max = 1;
  cluster.start(3);
  cluster.commit(test::asking(adds));
  cluster.want({0, 1, 2}, {3}, {{NodeId{"n3"}, adds}});
  ASSERT_TRUE(cluster.settled({0, 1, 2}, {3}));
  cluster.commit(test::asking(promotes));
  for (int i = 0; i < 10; ++i)
    cluster.commit("more " + std::to_string(i));
  const auto has_all = [&] {
    const ReplicaStatus now = cluster.at(cluster.leader()).status();
    return std::any_of(now.peers.begin(), now.peers.end(), [&](const ReplicaPeer& peer) {
      return peer.id == NodeId{"n3"} && peer.match == now.last;
    });
  };
  ASSERT_TRUE(cluster.until(has_all));
  cluster.want({0, 1, 2, 3}, {}, {{NodeId{"n3"}, promotes}});
  for (int i = 0; i < 10; ++i)
    cluster.commit("meanwhile " + std::to_string(i));
  EXPECT_TRUE(cluster.until(has_all));
  EXPECT_TRUE(cluster.settled({0, 1, 2}, {3}));
  cluster.stop(3);
  cluster.at(3).protocol_max = peer_protocol_max;
  cluster.start(3);
  EXPECT_TRUE(cluster.settled({0, 1, 2, 3}));
}

TEST(ReplicaMembers, AConfigurationThatNoStatementAsksForIsNotTaken) {
  // Goal: a leader that makes members of its own accord stands alone: the others drop its appends, count
  // them, and another leader undoes it.
  Cluster cluster(4, {}, 3);
  for (const std::size_t i : {2, 1, 0})
    cluster.start(i);
  cluster.commit("one");
  const std::size_t leader = cluster.leader();
  cluster.want({0, 1, 2}, {3}, {{NodeId{"n3"}, statement("nobody said so")}});
  ASSERT_TRUE(cluster.until([&] { return cluster.at(leader).status().configuration.index > LogIndex{}; }));
  const std::size_t other = (leader + 1) % 3;
  ASSERT_TRUE(
      cluster.until([&] { return cluster.at(other).replica->metrics().appends_dropped_members > 0; }));
  EXPECT_EQ(cluster.at(other).status().configuration.index, LogIndex{});
  cluster.want({0, 1, 2}, {}, {});
  cluster.stop(leader);
  cluster.commit("two");
  cluster.start(leader);
  EXPECT_TRUE(cluster.all_have({"one", "two"}));
  EXPECT_TRUE(cluster.until([&] { return cluster.at(leader).status().configuration.index == LogIndex{}; }));
}

TEST(ReplicaMembers, ARemovedLeaderHandsOverAndIsLetGo) {
  // Goal: the leader's own removal is committed under it; another leads, and nobody is connected to it any
  // more once it knows.
  Cluster cluster(3);
  cluster.start_all();
  cluster.commit("one");
  const std::size_t leader = cluster.leader();
  std::vector<std::size_t> stay;
  for (std::size_t i = 0; i < 3; ++i) {
    if (i != leader) stay.push_back(i);
  }
  const Digest removes = statement("remove the leader");
  cluster.commit(test::asking(removes));
  cluster.want(stay, {}, {{cluster.at(leader).id, removes}});
  ASSERT_TRUE(cluster.settled(stay));
  EXPECT_TRUE(cluster.until([&] {
    const auto peers = cluster.at(stay[0]).status().peers;
    return cluster.at(leader).status().role == raft::Role::follower && peers.size() == 1;
  }));
  EXPECT_FALSE(cluster.at(leader).status().configuration.configuration.contains(cluster.at(leader).id));
  cluster.stop(leader);
  cluster.commit("two");
  EXPECT_TRUE(cluster.all_have({"one", test::asking(removes), "two"}));
}

// Goal: a cluster is upgraded node by node: one of an older release takes part, and says what it lacks once
// it is of the newer one.
TEST(Replica, TwoProtocolVersionsInOneCluster) {
  Cluster cluster(3);
  cluster.at(2).protocol_max = 1;
  cluster.start_all();
  cluster.commit("one");
  cluster.stop(2);  // so that another leads
  cluster.commit("while it is away");
  cluster.start(2);
  ASSERT_NE(cluster.leader(), 2u);
  const auto applied = [&](std::size_t of) {
    for (const ReplicaPeer& peer : cluster.at(cluster.leader()).status().peers) {
      if (peer.id == cluster.at(of).id) return peer.applied;
    }
    return LogIndex{};
  };
  const auto all_say = [&](bool old_too) {
    return cluster.until([&] {
      const std::size_t leader = cluster.leader();
      for (std::size_t i = 0; i < 3; ++i) {
        if (i != leader && (i != 2 || old_too) && applied(i).value == 0) return false;
      }
      return true;
    });
  };
  EXPECT_TRUE(all_say(false));
  EXPECT_EQ(applied(2).value, 0u);
  cluster.stop(2);
  cluster.at(2).protocol_max = peer_protocol_max;
  cluster.start(2);
  cluster.commit("two");
  EXPECT_TRUE(all_say(true));
  EXPECT_TRUE(cluster.all_have({"one", "while it is away", "two"}));
}

}  // namespace
}  // namespace anta
