// The policy in force, proven: what the state's nodes and witnesses make of it, under a checkpoint.
#include "storage/ledger/policy_proof.h"

#include "storage/ledger/cosigners.h"
#include "storage/ledger/network.h"
#include "tests/ledger/ledger_builder.h"

namespace anta::test {
namespace {

// A world whose state names three voters and a removed node, with a ledger over it.
struct PolicyProofs : testing::Test {
  PolicyProofs() {
    state::Network network;
    for (const char* id : {"n1", "n2", "n3", "n4"}) {
      state::Node node;
      node.id = NodeId{id};
      node.organisation = PartyId{"org-" + std::string(id)};
      node.keys = node_keys(id);
      node.address = "127.0.0.1:7101";
      node.standing = std::string(id) == "n4" ? NodeStanding::removed : NodeStanding::voter;
      network.nodes.push_back(node.id);
      nodes.push_back(node);
      ledger.alter({Kind::node, id}, std::make_shared<const Bytes>(state::encode_record(node)));
    }
    network.witnesses.push_back({NodeId{"w1"}, node_keys("w1").cosigner});
    witnesses = network.witnesses;
    ledger.alter({Kind::network, std::string(network_record_id)},
                 std::make_shared<const Bytes>(state::encode_record(network)));
    ledger.empty_block();
  }
  PolicyProof proof() const {
    return {.note = ledger.note(),
            .state = ledger.state({{Kind::network, std::string(network_record_id)},
                                   {Kind::node, "n1"},
                                   {Kind::node, "n2"},
                                   {Kind::node, "n3"},
                                   {Kind::node, "n4"}})};
  }
  Checkpoint checkpoint() const { return {ledger.genesis().origin, ledger.size(), ledger.root()}; }

  World world;
  LedgerBuilder ledger{world};
  std::vector<state::Node> nodes = {};
  WitnessList witnesses = {};
};

}  // namespace

// Goal: a proof survives its encoding and gives the policy of the voters and witnesses, without the removed.
TEST_F(PolicyProofs, GiveThePolicyOfTheState) {
  const auto read = decode_policy_proof(encode_policy_proof(proof()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(encode_policy_proof(*read), encode_policy_proof(proof()));
  const auto policy = proven_policy(*read, checkpoint());
  ASSERT_TRUE(policy) << policy.error().message;
  const std::vector<state::Node> voters(nodes.begin(), nodes.begin() + 3);
  const auto expected = cosigner_set(ledger.genesis().origin, TreeSize{ledger.size()}, voters, witnesses);
  EXPECT_EQ(encode_policy(*policy), encode_policy(expected->policy));
  EXPECT_NE(encode_policy(*policy).find("group cosigners 3"), std::string::npos) << encode_policy(*policy);
}

// Goal: without any one record, with an altered one, or under another tree there is no policy.
TEST_F(PolicyProofs, AreRefusedWhenAnythingIsMissingOrChanged) {
  const PolicyProof good = proof();
  for (std::size_t i = 0; i < good.state.records.size(); ++i) {
    PolicyProof less = good;
    less.state.records.erase(less.state.records.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(proven_policy(less, checkpoint()).error().rule, "policy.incomplete") << i;
    PolicyProof other = good;
    Bytes record = *other.state.records[i].record;
    record.back() ^= 1;
    other.state.records[i].record = std::make_shared<const Bytes>(record);
    EXPECT_FALSE(proven_policy(other, checkpoint())) << i;
  }
  Checkpoint elsewhere = checkpoint();
  elsewhere.root.bytes[0] ^= 1;
  EXPECT_EQ(proven_policy(good, elsewhere).error().rule, "state_seal");
}

// Goal: bytes that are no proof are refused with the rule of what is wrong.
TEST_F(PolicyProofs, BadBytes) {
  const Bytes good = encode_policy_proof(proof());
  EXPECT_EQ(decode_policy_proof({}).error().code, Code::malformed);
  for (std::size_t size = 1; size < good.size(); size += 17)
    EXPECT_FALSE(decode_policy_proof(ByteView(good).first(size))) << size;
  cbor::Writer short_map;
  short_map.map(1).integer(1).integer(1);
  EXPECT_EQ(decode_policy_proof(short_map.take()).error().rule, "certificate.missing");
  cbor::Writer unknown;
  unknown.map(1).integer(9).integer(1);
  EXPECT_EQ(decode_policy_proof(unknown.take()).error().rule, "certificate.field");
}

}  // namespace anta::test
