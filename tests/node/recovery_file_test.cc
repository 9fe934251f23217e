// A network that lost most of its nodes for good: the document, and whole nodes that go on by it.
#include "node/recovery_file.h"

#include <gtest/gtest.h>

#include "tests/node/governed.h"

namespace anta::test {
namespace {

TEST(RecoveryFile, SaysWhatItSays) {
  const Recovery recovery{1,       sha256(as_bytes("network")), LogIndex{4711},
                          Term{7}, sha256(as_bytes("base")),    {{NodeId{"n1"}, 2}, {NodeId{"n2"}, 1}}};
  const auto read = parse_recovery(recovery_text(recovery));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, recovery);
}

TEST(RecoveryFile, RefusesWhatIsNoDocument) {
  const std::string good = recovery_text({1,
                                          sha256(as_bytes("network")),
                                          LogIndex{4711},
                                          Term{7},
                                          sha256(as_bytes("base")),
                                          {{NodeId{"n1"}, 1}}});
  const std::pair<std::string, std::string> changes[] = {
      {"epoch: 1", "epoch: 0"},
      {"epoch: 1", "epoch: x"},
      {"index: 4711", "index: -1"},
      {"term: 7", "term: 0"},
      {"hash: ", "hash: 0"},
      {"network: ", "network: zz"},
      {"voters: [n1]", "voters: n1"},
      {"voters: [n1]", "voters: [\"n1#0\"]"},
      {"voters: [n1]", "voters: [N 1]"},
      {"voters: [n1]", "voters: [n1]\nmore: 1"},
      {"voters: [n1]\n", ""},
      {"base: {index: 4711, ", "base: {"},
  };
  for (const auto& [from, to] : changes) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    const auto read = parse_recovery(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Code::malformed) << text;
  }
}

// The operators' part: the document of this node, under the name that all write into their node.yaml.
std::filesystem::path decided(Trio& trio, std::size_t i) {
  const auto document = propose_recovery(trio.members[i].config);
  EXPECT_TRUE(document) << document.error().message;
  const std::filesystem::path file = trio.home.path() + "/recovery-1.yaml";
  write_whole(file.string(), as_bytes(*document));
  return file;
}

TEST(Recovered, TwoOfThreeAreGoneForGoodAndTheThirdGoesOn) {
  // Goal: what was acknowledged is there, new statements are taken, and the organisations admit a new n3 in
  // place of the old one, which votes and cosigns like any other.
  Governed net;
  Trio& trio = net.trio;
  ASSERT_TRUE(net.certifies(0));
  const std::string before = trio.get(0, "/v1/ledger?fresh=1").body;
  for (std::size_t i = 0; i < 3; ++i)
    trio.stop(i);
  for (const char* gone : {"/n2", "/n3"})
    std::filesystem::rename(trio.home.path() + gone, trio.home.path() + gone + ".gone");
  trio.members[0].config.recoveries = {decided(trio, 0)};
  trio.start(0);
  ASSERT_TRUE(trio.ready(0)) << trio.get(0, "/readyz").body;
  EXPECT_EQ(trio.get(0, "/v1/ledger?fresh=1").body, before);
  EXPECT_TRUE(net.says(0, "/v1/status", R"("recovery_epoch":1)"));
  EXPECT_TRUE(net.says(0, "/v1/status", R"("voters":["n1"])"));

  const Secret32 seed = *Secret32::random();
  const state::Node again = net.admit("n3", 2, seed);
  Genesis others = trio.genesis;
  others.nodes.pop_back();
  write_whole(trio.home.path() + "/members.json",
              as_bytes(members_file(others, again, net.number(0, "leaves"))));
  trio.settle(trio.members[2], "n3", seed,
              "incarnation: 2\nmembers: ../members.json\nrecoveries: [../recovery-1.yaml]\n");
  trio.start(2);
  ASSERT_TRUE(trio.ready(2)) << trio.get(2, "/readyz").body;
  net.decide(node_change(net.world, "P-promote", NodeAction::promote, "n3", "owner"));
  const std::string smelter = trio.genesis.nodes[1].organisation.value;
  net.decide(node_change(net.world, "P-remove", NodeAction::remove, "n2", smelter));
  EXPECT_TRUE(net.says(2, "/v1/status", R"("committed":true,"voters":["n1","n3"],"outgoing":[])"));
  EXPECT_TRUE(net.certifies(0) && net.certifies(2));
  EXPECT_EQ(trio.get(2, "/v1/ledger?fresh=1").body, trio.get(0, "/v1/ledger?fresh=1").body);

  // The document stays in node.yaml: a start without it is refused, with it nothing is done twice.
  trio.stop(0);
  Config forgetful = trio.members[0].config;
  forgetful.recoveries.clear();
  const auto refused = Node::start(forgetful, *trio.members[0].log, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().rule, "recovery.document_missing");
  trio.start(0);
  EXPECT_TRUE(trio.ready(0) && trio.ready(2));
}

TEST(Recovered, WhoWasAwayIsTakenInAgain) {
  // Goal: n3 was away and n2 is gone. n1 goes on alone. n3 under the old epoch hears nothing that counts, and
  // its log says why; with the document it becomes a voter again without anybody's vote, because the ledger
  // still has it.
  Governed net;
  Trio& trio = net.trio;
  ASSERT_TRUE(net.certifies(0));
  trio.stop(2);
  net.let_operate();
  trio.stop(0);
  trio.stop(1);
  trio.members[0].config.recoveries = {decided(trio, 0)};
  trio.start(0);
  ASSERT_TRUE(trio.ready(0));
  trio.start(2);
  const std::string log = trio.home.path() + "/n3/antad.log";
  EXPECT_TRUE(trio.until([&] {
    trio.get(2, "/healthz");
    const Bytes text = read_whole(log);
    return as_text(text).find("other_recovery_epoch") != std::string_view::npos;
  }));
  EXPECT_NE(trio.get(2, "/readyz").status, 200u);
  trio.stop(2);
  trio.members[2].config.recoveries = trio.members[0].config.recoveries;
  trio.start(2);
  EXPECT_TRUE(net.says(2, "/v1/status", R"("committed":true,"voters":["n1","n3"],"outgoing":[])"));
  EXPECT_TRUE(trio.ready(2));
  EXPECT_EQ(trio.get(2, "/v1/ledger?fresh=1").body, trio.get(0, "/v1/ledger?fresh=1").body);
}

TEST(Recovered, ABaseBehindWhatWasCommittedIsRefused) {
  // Goal: the operators chose the node that was away; the one that has more says so and keeps what it has.
  Governed net;
  Trio& trio = net.trio;
  ASSERT_TRUE(net.certifies(2));
  trio.stop(2);
  net.let_operate();
  const std::string before = trio.get(0, "/v1/ledger?fresh=1").body;
  Config wrong = trio.members[0].config;
  wrong.recoveries = {decided(trio, 2)};
  trio.stop(0);
  const auto refused = Node::start(wrong, *trio.members[0].log, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().rule, "recovery.committed_beyond");
  EXPECT_NE(refused.error().message.find("Next step"), std::string::npos);
  trio.start(0);
  ASSERT_TRUE(trio.ready(0));
  EXPECT_EQ(trio.get(0, "/v1/ledger?fresh=1").body, before);
}

}  // namespace
}  // namespace anta::test
