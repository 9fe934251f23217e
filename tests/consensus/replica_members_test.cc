// A replica that starts over a log with configurations in it.
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
  options.configuration.voters = {{NodeId{"n0"}, 1}};
  const auto alone = [](asio::io_context&) -> Result<std::unique_ptr<Transport>> {
    return std::unique_ptr<Transport>();
  };
  const auto started = Replica(options, **log, machine, alone, {}).start((*log)->recover());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::corrupt);
  EXPECT_EQ(started.error().rule, "replica.configuration");
}

}  // namespace
}  // namespace anta
