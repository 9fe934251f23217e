// Members of a running network change: three whole nodes, their votes, and a fourth.
#include <gtest/gtest.h>

#include "tests/node/governed.h"

namespace anta::test {
namespace {

TEST(Members, ADeadNodeOfThreeIsReplacedAlthoughAllThreeHadToCosign) {
  // Goal: n3 is dead and no checkpoint has its quorum of three. The other two vote it out: two cosign. They
  // admit n4, which gets the ledger, is promoted, and cosigns: three again.
  Governed net;
  Trio& trio = net.trio;
  ASSERT_TRUE(net.certifies(0));
  trio.stop(2);
  payload::Node remove = node_change(net.world, "P-remove", NodeAction::remove, "n3", "owner");
  net.decide(remove);
  EXPECT_TRUE(net.says(0, "/v1/status", R"("committed":true,"voters":["n1","n2"],"outgoing":[])"));
  EXPECT_TRUE(net.certifies(0)) << "two of two have to be enough";
  EXPECT_TRUE(net.certifies(1));

  const Secret32 seed = *Secret32::random();
  const state::Node n4 = net.admit("n4", 1, seed);
  EXPECT_TRUE(net.says(1, "/v1/status", R"("learners":["n4"])"));
  EXPECT_TRUE(net.certifies(0)) << "a learner does not cosign, and is not waited for";

  write_whole(trio.home.path() + "/members.json",
              as_bytes(members_file(trio.genesis, n4, net.number(0, "leaves"))));
  trio.members.resize(4);
  trio.settle(trio.members[3], "n4", seed, "members: ../members.json\n");
  trio.start(3);
  ASSERT_TRUE(trio.ready(3)) << trio.get(3, "/readyz").body;
  net.decide(node_change(net.world, "P-promote", NodeAction::promote, "n4", "owner"));
  EXPECT_TRUE(net.says(3, "/v1/status", R"("committed":true,"voters":["n1","n2","n4"],"outgoing":[])"));
  EXPECT_TRUE(net.certifies(0) && net.certifies(3));
  EXPECT_NE(trio.get(1, "/v1/policy", "*/*").body.find("owner/anta"), std::string::npos);
  EXPECT_EQ(trio.get(3, "/v1/ledger?fresh=1").body, trio.get(0, "/v1/ledger?fresh=1").body);

  // What it was told by the file it now knows by its ledger; and it is a node like the others after a start.
  trio.stop(3);
  trio.start(3);
  EXPECT_TRUE(trio.ready(3));
  trio.stop(0);
  EXPECT_TRUE(trio.ready(1) && trio.ready(3));
}

TEST(Members, ANodeThatJoinsFetchesTheHistoryJudgesItAndVotesThen) {
  // Goal: n4 gets the whole log from its peers before it has a replica, comes to the roots that they have, is
  // promoted and cosigns; it starts again like any other. (The test before has the leader send the log: it is
  // shorter than what is fetched by the standard.)
  Governed net;
  Trio& trio = net.trio;
  const Secret32 seed = *Secret32::random();
  const state::Node n4 = net.admit("n4", 1, seed);
  EXPECT_TRUE(net.says(1, "/v1/status", R"("learners":["n4"])"));
  write_whole(trio.home.path() + "/members.json",
              as_bytes(members_file(trio.genesis, n4, net.number(0, "leaves"))));
  trio.members.resize(4);
  trio.settle(trio.members[3], "n4", seed, "members: ../members.json\n");
  trio.members[3].config.limits.join_entries_min = 5;
  trio.start(3);
  ASSERT_TRUE(trio.ready(3)) << trio.get(3, "/readyz").body;
  EXPECT_TRUE(net.says(3, "/v1/status", R"("joining":null)"));
  const std::string log = std::string(as_text(read_whole(trio.home.path() + "/n4/antad.log")));
  EXPECT_NE(log.find("event=join_begun"), std::string::npos);
  EXPECT_NE(log.find("event=join_fetched"), std::string::npos);
  EXPECT_EQ(trio.get(3, "/v1/ledger?fresh=1").body, trio.get(0, "/v1/ledger?fresh=1").body);
  net.decide(node_change(net.world, "P-remove", NodeAction::remove, "n3", "owner"));  // which has one voter
  net.decide(node_change(net.world, "P-promote", NodeAction::promote, "n4", "owner"));
  EXPECT_TRUE(net.says(3, "/v1/status", R"("committed":true,"voters":["n1","n2","n4"],"outgoing":[])"));
  EXPECT_TRUE(net.certifies(0) && net.certifies(3));
  trio.stop(3);
  trio.start(3);
  EXPECT_TRUE(trio.ready(3));
}

TEST(Members, AWipedNodeComesBackAsAnotherIncarnation) {
  // Goal: n3 lost its disk and its seed. The others admit it anew under its name: the old one is no member
  // any more, the new one gets the ledger, is promoted and cosigns; with the wrong number it is told which is
  // right.
  Governed net;
  Trio& trio = net.trio;
  trio.stop(2);
  const Secret32 seed = *Secret32::random();
  const state::Node again = net.admit("n3", 2, seed);
  EXPECT_TRUE(net.says(0, "/v1/status", R"("voters":["n1","n2"],"outgoing":[])"));
  EXPECT_TRUE(net.says(0, "/v1/status", R"("learners":["n3"])"));
  EXPECT_TRUE(net.certifies(0));
  Genesis others = trio.genesis;
  others.nodes.pop_back();
  write_whole(trio.home.path() + "/members.json",
              as_bytes(members_file(others, again, net.number(0, "leaves"))));
  std::filesystem::rename(trio.home.path() + "/n3", trio.home.path() + "/n3.lost");
  trio.settle(trio.members[2], "n3", seed, "incarnation: 3\nmembers: ../members.json\n");
  const auto refused = Node::start(trio.members[2].config, *trio.members[2].log, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().rule, "config.incarnation");
  std::filesystem::remove_all(trio.home.path() + "/n3");
  trio.settle(trio.members[2], "n3", seed, "incarnation: 2\nmembers: ../members.json\n");
  trio.start(2);
  ASSERT_TRUE(trio.ready(2)) << trio.get(2, "/readyz").body;
  net.decide(node_change(net.world, "P-promote", NodeAction::promote, "n3", "owner"));
  EXPECT_TRUE(net.says(2, "/v1/status", R"("committed":true,"voters":["n1","n2","n3"],"outgoing":[])"));
  EXPECT_TRUE(net.certifies(0) && net.certifies(2));
  EXPECT_EQ(trio.get(2, "/v1/ledger?fresh=1").body, trio.get(0, "/v1/ledger?fresh=1").body);
}

TEST(Members, ARemovedNodeSaysSo) {
  // Goal: a node that is voted out while it runs hears of it, serves nobody any more, and says why; a new
  // incarnation of it cannot be started over its old directory.
  Governed net;
  net.decide(node_change(net.world, "P-remove", NodeAction::remove, "n3", "owner"));
  EXPECT_TRUE(net.says(2, "/readyz", "removedfromthenetwork"));
  EXPECT_TRUE(net.says(0, "/v1/status", R"("committed":true,"voters":["n1","n2"],"outgoing":[])"));
  EXPECT_TRUE(net.trio.ready(0) && net.trio.ready(1));
  EXPECT_TRUE(net.certifies(0));
  net.trio.stop(2);
  Config again = net.trio.members[2].config;
  again.incarnation = 2;
  const auto refused = Node::start(again, *net.trio.members[2].log, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().rule, "store.other_incarnation");
}

}  // namespace
}  // namespace anta::test
