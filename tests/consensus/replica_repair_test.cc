// What a replica does while its log has a gap that is being filled.
#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "tests/consensus/cluster.h"

namespace anta {
namespace {

using test::Cluster;

TEST(ReplicaRepair, WhoRepairsItsLogNeitherVotesNorLeads) {
  // Goal: a node whose log has a gap gives no vote and does not campaign, and as a leader answers busy; once
  // the gap is filled it does all of it again.
  std::map<std::string, std::atomic<bool>> repairing;
  for (const char* name : {"n0", "n1", "n2"})
    repairing[name] = false;
  Cluster cluster(3, [&repairing](ReplicaOptions& options) {
    options.log_repairing = [&is = repairing[options.self.id.value]] { return is.load(); };
  });
  cluster.start_all();
  cluster.commit("one");
  ASSERT_TRUE(cluster.all_have({"one"}));
  const std::size_t leader = cluster.leader();
  const std::size_t gap = (leader + 1) % 3;
  const std::size_t whole = 3 - leader - gap;
  repairing[cluster.at(gap).id.value] = true;
  cluster.commit("two");  // it takes what it is sent
  ASSERT_TRUE(cluster.all_have({"one", "two"}));
  cluster.stop(leader);
  // The one that is whole asks for votes again and again: what it asks of the dead one is dropped.
  ASSERT_TRUE(cluster.until([&] { return !cluster.at(whole).status().leader; }));
  const auto dropped = [&] { return cluster.at(whole).replica->metrics().transport.messages_dropped; };
  const std::uint64_t before = dropped();
  ASSERT_TRUE(cluster.until([&] { return dropped() >= before + 6; }));
  EXPECT_FALSE(cluster.at(whole).status().in_office);
  EXPECT_FALSE(cluster.at(gap).status().in_office);
  repairing[cluster.at(gap).id.value] = false;
  const std::size_t next = cluster.leader();
  cluster.commit("three");
  repairing[cluster.at(next).id.value] = true;
  const auto refused = cluster.propose(next, "refused");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), log_repairing_error());
  repairing[cluster.at(next).id.value] = false;
  cluster.start(leader);
  cluster.commit("four");
  EXPECT_TRUE(cluster.all_have({"one", "two", "three", "four"}));
}

}  // namespace
}  // namespace anta
