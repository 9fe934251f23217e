// Members of a running network change: three whole nodes, their votes, and a fourth.
#include <gtest/gtest.h>

#include "crypto/text.h"
#include "storage/ledger/cosigners.h"
#include "tests/ledger/law_network.h"
#include "tests/node/trio.h"

namespace anta::test {
namespace {

// A network that has played a world, and what its organisations decide of its nodes.
struct Governed {
  Governed() : world(certified()), trio(world.genesis) {
    EXPECT_TRUE(trio.ready(0) && trio.ready(1) && trio.ready(2));
    trio.play(world, {0, 1, 2});
  }

  // Opened by the first node's organisation, approved by the second's; both told to the first node.
  void decide(const payload::Node& change) {
    const auto sign = [&](std::size_t i, const payload::Payload& p) {
      return world.sign(trio.genesis.nodes[i].organisation.value, p);
    };
    const Reply opened = trio.post(0, sign(0, change));
    ASSERT_EQ(opened.status, 201u) << opened.body;
    const Reply approved = trio.post(0, sign(1, vote(world, change.proposal.value)));
    ASSERT_EQ(approved.status, 201u) << approved.body;
  }
  // Votes in a learner of `owner` with the keys of this seed; answers what the ledger then has of it.
  state::Node admit(const std::string& name, std::uint64_t incarnation, const Secret32& seed) {
    const NodeKeys keys = derive_node_keys(seed);
    state::Node node;
    node.id = NodeId{name};
    node.organisation = PartyId{"owner"};
    node.keys = payload::NodeKeySet{
        .log = keys.log.public_key(), .cosigner = keys.cosigner.public_key(), .tls = keys.tls.public_key()};
    node.address = "127.0.0.1:" + std::to_string(free_port());
    node.standing = NodeStanding::learner;
    node.incarnation = incarnation;
    payload::RoleGrant role;
    role.common = world.common();
    role.party = node.organisation;
    role.role = Role::node_operator;
    role.from = Millis{world.now};
    const Reply granted = trio.post(0, world.sign("registrar", role));
    EXPECT_EQ(granted.status, 201u) << granted.body;
    payload::Node add = node_change(world, "P-add", NodeAction::learner, name, "owner");
    add.keys = node.keys;
    add.address = node.address;
    decide(add);
    return node;
  }
  bool says(std::size_t node, const std::string& path, const std::string& text) const {
    return trio.until([&] {
      std::string body = trio.get(node, path).body;
      std::erase_if(body, [](char c) { return c == ' ' || c == '\n'; });
      return body.find(text) != std::string::npos;
    });
  }
  std::uint64_t number(std::size_t node, const std::string& key) const {
    const std::string status = trio.get(node, "/v1/status").body;
    const std::size_t at = status.find("\"" + key + "\": ");
    return at == std::string::npos ? 0 : std::stoull(status.substr(at + key.size() + 4));
  }
  // The newest checkpoint that this node serves covers all it has applied.
  bool certifies(std::size_t node) const {
    return trio.until([&] {
      const std::uint64_t leaves = number(node, "leaves");
      return leaves > 0 && number(node, "size") == leaves;
    });
  }

  World world;
  Trio trio;
};

std::string members_file(const Genesis& genesis, const state::Node& also, std::uint64_t size) {
  std::string text = "{\"size\": " + std::to_string(size) + ", \"nodes\": [";
  std::vector<state::Node> nodes = founding_nodes(genesis);
  nodes.push_back(also);
  for (const state::Node& node : nodes) {
    text += std::string(text.back() == '[' ? "" : ",") + "{\"id\": \"" + node.id.value +
            "\", \"organisation\": \"" + node.organisation.value + "\", \"address\": \"" + node.address +
            "\", \"incarnation\": " + std::to_string(node.incarnation) + ", \"standing\": \"" +
            std::string(word(node.standing)) + "\", \"keys\": {\"log\": \"" + to_hex(node.keys.log.view()) +
            "\", \"cosigner\": \"" + to_hex(node.keys.cosigner.view()) + "\", \"tls\": \"" +
            to_hex(node.keys.tls.view()) + "\"}}";
  }
  return text + "]}";
}

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
