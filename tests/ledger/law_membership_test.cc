// Nodes: joining, promotion, removal, new keys, and a node that begins anew.
#include "storage/ledger/standing.h"
#include "tests/ledger/law_network.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

std::string propose(World& w, NodeAction action, const std::string& node, const std::string& organisation,
                    const std::string& keys_of = {}) {
  return w.submit("plant", node_change(w, "P-1", action, node, organisation, keys_of));
}

// All founders but the plant leave.
void leave_one(World& w) {
  EXPECT_EQ(decide(w, node_change(w, "R-1", NodeAction::remove, "n-owner", "owner")), "accepted");
  EXPECT_EQ(decide(w, node_change(w, "R-2", NodeAction::remove, "n-smelter", "smelter")), "accepted");
}

const LawTable memberships(
    __FILE__,
    {
        {"role_missing", inside, standard, "an_operator_joins",
         [](World& w) {
           let_operate(w, "lab");
           return propose(w, NodeAction::learner, "n-lab", "lab");
         }},
        {"role_missing", inside, standard, "a_founder_needs_no_role",
         [](World& w) { return propose(w, NodeAction::learner, "n-plant-2", "plant"); }},
        {"role_missing", outside, standard, "a_party_that_is_no_operator",
         [](World& w) { return propose(w, NodeAction::learner, "n-lab", "lab"); }},
        {"role_missing", outside, standard, "a_founder_that_left_is_as_any_other",
         [](World& w) {
           EXPECT_EQ(decide(w, node_change(w, "R-1", NodeAction::remove, "n-owner", "owner")), "accepted");
           return propose(w, NodeAction::learner, "n-owner", "owner");
         }},
        {"unknown_reference", outside, standard, "an_organisation_that_is_no_party",
         [](World& w) { return propose(w, NodeAction::learner, "n-x", "nobody"); }},
        {"unknown_reference", outside, standard, "promotion_of_no_node",
         [](World& w) { return propose(w, NodeAction::promote, "n-x", "plant"); }},
        {"unknown_reference", outside, standard, "removal_in_another_organisations_name",
         [](World& w) { return propose(w, NodeAction::remove, "n-owner", "smelter"); }},
        {"duplicate_id", outside, standard, "a_node_id_of_another_organisation",
         [](World& w) { return propose(w, NodeAction::learner, "n-owner", "smelter"); }},
        {"duplicate_id", outside, standard, "a_log_key_of_another_node",
         [](World& w) { return propose(w, NodeAction::learner, "n-plant-2", "plant", "n-owner"); }},
        {"duplicate_id", outside, standard, "a_key_of_a_removed_node",
         [](World& w) {
           EXPECT_EQ(decide(w, node_change(w, "R-1", NodeAction::remove, "n-owner", "owner")), "accepted");
           return propose(w, NodeAction::keys, "n-plant", "plant", "n-owner");
         }},
        {"duplicate_id", outside, standard, "one_key_for_two_roles",
         [](World& w) {
           payload::Node p = node_change(w, "P-1", NodeAction::learner, "n-plant-2", "plant");
           p.keys->tls = p.keys->log;
           return w.submit("plant", p);
         }},
        {"duplicate_id", outside, standard, "a_partys_key",
         [](World& w) {
           payload::Node p = node_change(w, "P-1", NodeAction::keys, "n-plant", "plant", "other");
           p.keys->cosigner = w.key("plant").public_key();
           return w.submit("plant", p);
         }},
        {"wrong_state", outside, standard, "promotion_of_a_voter",
         [](World& w) { return propose(w, NodeAction::promote, "n-owner", "owner"); }},
        {"wrong_state", outside, standard, "removal_of_what_was_removed",
         [](World& w) {
           EXPECT_EQ(decide(w, node_change(w, "R-1", NodeAction::remove, "n-owner", "owner")), "accepted");
           return propose(w, NodeAction::remove, "n-owner", "owner");
         }},
        {"wrong_state", outside, standard, "keys_that_are_the_same",
         [](World& w) { return propose(w, NodeAction::keys, "n-owner", "owner"); }},
        {"wrong_state", outside, standard, "keys_of_a_removed_node",
         [](World& w) {
           EXPECT_EQ(decide(w, node_change(w, "R-1", NodeAction::remove, "n-owner", "owner")), "accepted");
           return propose(w, NodeAction::keys, "n-owner", "owner", "other");
         }},
        {"last_voter", inside, standard, "one_of_two_goes",
         [](World& w) {
           EXPECT_EQ(decide(w, node_change(w, "R-1", NodeAction::remove, "n-owner", "owner")), "accepted");
           return decide(w, node_change(w, "P-1", NodeAction::remove, "n-smelter", "smelter"));
         }},
        {"last_voter", outside, standard, "the_last_one_is_removed",
         [](World& w) {
           leave_one(w);
           return propose(w, NodeAction::remove, "n-plant", "plant");
         }},
        {"last_voter", outside, standard, "the_last_one_begins_anew",
         [](World& w) {
           leave_one(w);
           return propose(w, NodeAction::learner, "n-plant", "plant");
         }},
        {"second_voter", inside, standard, "the_one_before_was_removed",
         [](World& w) {
           EXPECT_EQ(decide(w, node_change(w, "R-1", NodeAction::learner, "n-owner-2", "owner")), "accepted");
           EXPECT_EQ(decide(w, node_change(w, "R-2", NodeAction::remove, "n-owner", "owner")), "accepted");
           return propose(w, NodeAction::promote, "n-owner-2", "owner");
         }},
        {"second_voter", outside, standard, "one_cosigner_per_organisation",
         [](World& w) {
           EXPECT_EQ(decide(w, node_change(w, "R-1", NodeAction::learner, "n-owner-2", "owner")), "accepted");
           return propose(w, NodeAction::promote, "n-owner-2", "owner");
         }},
        {"out_of_scope", outside, standard, "more_nodes_than_a_network_has",
         [](World& w) {
           leave_one(w);
           for (std::size_t i = 1; i < network_members_max; ++i) {
             const std::string id = std::to_string(i);
             w.must("plant", node_change(w, "L-" + id, NodeAction::learner, "n-" + id, "plant"));
           }
           return propose(w, NodeAction::learner, "n-more", "plant");
         }},
        {"role_missing", inside, standard, "a_witness_of_an_operator",
         [](World& w) {
           let_operate(w, "lab");
           return w.submit("plant", witness_change(w, "P-1", "lab", "lab"));
         }},
        {"role_missing", outside, standard, "a_witness_of_no_operator",
         [](World& w) { return w.submit("plant", witness_change(w, "P-1", "lab", "lab")); }},
        {"unknown_reference", outside, standard, "a_witness_of_nobody",
         [](World& w) { return w.submit("plant", witness_change(w, "P-1", "nobody", "k")); }},
        {"unknown_reference", outside, standard, "the_end_of_no_witness",
         [](World& w) { return w.submit("plant", witness_change(w, "P-1", "lab", "")); }},
        {"duplicate_id", outside, standard, "a_witness_named_as_a_node",
         [](World& w) {
           EXPECT_EQ(decide(w, node_change(w, "R-1", NodeAction::learner, "lab", "plant")), "accepted");
           let_operate(w, "lab");
           return w.submit("plant", witness_change(w, "P-1", "lab", "k"));
         }},
        {"duplicate_id", outside, standard, "a_witness_with_a_nodes_key",
         [](World& w) {
           let_operate(w, "lab");
           return w.submit("plant", witness_change(w, "P-1", "lab", "n-owner"));
         }},
        {"duplicate_id", outside, standard, "a_witness_with_a_key_of_one_before",
         [](World& w) {
           add_witness(w, "lab");
           EXPECT_EQ(decide(w, witness_change(w, "R-1", "lab", "")), "accepted");
           return w.submit("plant", witness_change(w, "P-1", "lab", "lab"));
         }},
        {"wrong_state", outside, standard, "a_witness_that_has_this_key",
         [](World& w) {
           add_witness(w, "lab");
           return w.submit("plant", witness_change(w, "P-1", "lab", "lab"));
         }},
        {"second_voter", inside, standard, "a_witness_whose_node_has_no_vote",
         [](World& w) {
           EXPECT_EQ(decide(w, node_change(w, "R-1", NodeAction::learner, "n-owner", "owner")), "accepted");
           return w.submit("plant", witness_change(w, "P-1", "owner", "k"));
         }},
        {"second_voter", outside, standard, "a_witness_of_a_voters_organisation",
         [](World& w) { return w.submit("plant", witness_change(w, "P-1", "owner", "k")); }},
        {"second_voter", outside, standard, "promotion_at_a_witness",
         [](World& w) {
           add_witness(w, "lab");
           EXPECT_EQ(decide(w, node_change(w, "R-1", NodeAction::learner, "n-lab", "lab")), "accepted");
           return propose(w, NodeAction::promote, "n-lab", "lab");
         }},
        {"out_of_scope", outside, standard, "more_witnesses_than_a_note_has_room_for",
         [](World& w) {
           for (std::size_t i = 3; i < genesis_cosigners_max; ++i) {
             const std::string id = "w-" + std::to_string(i);
             w.party(id, {Role::node_operator});
             EXPECT_EQ(decide(w, witness_change(w, "J-" + id, id, id)), "accepted");
           }
           let_operate(w, "lab");
           return w.submit("plant", witness_change(w, "P-1", "lab", "lab"));
         }},
    });

// Goal: a node's whole way: learner, voter, removed, and back as a new incarnation.
TEST(LawMembership, ANodesLife) {
  World w;
  join(w, "n-lab", "lab");
  state::Node node = w.get<state::Node>("n-lab");
  EXPECT_EQ(node.standing, NodeStanding::voter);
  EXPECT_EQ(node.incarnation, 1u);
  EXPECT_EQ(node.address, "n-lab.example:7101");
  EXPECT_EQ(node.organisation, PartyId{"lab"});
  EXPECT_EQ(network_nodes(w.view).size(), 4u);
  EXPECT_EQ(decide(w, node_change(w, "P-1", NodeAction::remove, "n-lab", "lab")), "accepted");
  EXPECT_EQ(standing(w, "n-lab"), NodeStanding::removed);
  EXPECT_EQ(network_nodes(w.view).size(), 3u);
  EXPECT_EQ(known_nodes(w.view).size(), 4u);
  EXPECT_EQ(decide(w, node_change(w, "P-2", NodeAction::learner, "n-lab", "lab", "fresh")), "accepted");
  node = w.get<state::Node>("n-lab");
  EXPECT_EQ(node.standing, NodeStanding::learner);
  EXPECT_EQ(node.incarnation, 2u);
  EXPECT_EQ(node.keys.tls, node_keys("fresh").tls);
}

// Goal: a wiped voter begins anew as a learner with its own keys, and has no vote until it is promoted.
TEST(LawMembership, AWipedVoterBeginsAnew) {
  World w;
  EXPECT_EQ(decide(w, node_change(w, "P-1", NodeAction::learner, "n-plant", "plant")), "accepted");
  EXPECT_EQ(standing(w, "n-plant"), NodeStanding::learner);
  EXPECT_EQ(w.get<state::Node>("n-plant").incarnation, 2u);
  EXPECT_FALSE(has_vote(w.view, PartyId{"plant"}));
  EXPECT_EQ(w.submit("plant", node_change(w, "P-2", NodeAction::promote, "n-plant", "plant")), "no_vote");
  EXPECT_EQ(decide(w, node_change(w, "P-3", NodeAction::promote, "n-plant", "plant")), "accepted");
  EXPECT_TRUE(has_vote(w.view, PartyId{"plant"}));
  EXPECT_EQ(w.get<state::Node>("n-plant").incarnation, 2u);
}

// Goal: of two open proposals to admit a wiped node anew one takes effect: the other would make it begin a
// third time, under everybody's feet. And a replaced key comes back neither by an old proposal nor at another
// node.
TEST(LawMembership, AProposalIsAboutTheNodeAsItWas) {
  World w;
  w.must("plant", node_change(w, "P-1", NodeAction::learner, "n-owner", "owner", "k1"));
  w.must("smelter", node_change(w, "P-2", NodeAction::learner, "n-owner", "owner", "k2"));
  EXPECT_EQ(w.submit("owner", vote(w, "P-1")), "accepted");
  EXPECT_EQ(w.get<state::Node>("n-owner").incarnation, 2u);
  EXPECT_EQ(w.submit("plant", vote(w, "P-2")), "wrong_state");
  EXPECT_EQ(w.get<state::Node>("n-owner").incarnation, 2u);
  EXPECT_EQ(w.get<state::Node>("n-owner").keys.tls, node_keys("k1").tls);
  EXPECT_EQ(w.get<state::Node>("n-owner").retired.size(), 3u);
  EXPECT_EQ(decide(w, node_change(w, "P-3", NodeAction::keys, "n-owner", "owner", "n-owner")),
            "duplicate_id");
  let_operate(w, "lab");
  EXPECT_EQ(decide(w, node_change(w, "P-4", NodeAction::learner, "n-lab", "lab", "n-owner")), "duplicate_id");
  EXPECT_EQ(decide(w, node_change(w, "P-5", NodeAction::learner, "n-lab", "lab", "k2")), "accepted");
}

// Goal: new keys leave standing and incarnation as they are; the address goes along where it is given.
TEST(LawMembership, KeysAndAddressChange) {
  World w;
  payload::Node p = node_change(w, "P-1", NodeAction::keys, "n-plant", "plant");
  p.keys->tls = node_keys("other").tls;  // one of three is enough
  EXPECT_EQ(decide(w, p), "accepted");
  EXPECT_EQ(w.get<state::Node>("n-plant").keys.tls, node_keys("other").tls);
  EXPECT_EQ(w.get<state::Node>("n-plant").keys.log, node_keys("n-plant").log);
  EXPECT_EQ(w.get<state::Node>("n-plant").address, "127.0.0.1:7101");
  p = node_change(w, "P-2", NodeAction::keys, "n-plant", "plant", "third");
  p.address = "[2001:db8::1]:7200";
  EXPECT_EQ(decide(w, p), "accepted");
  EXPECT_EQ(w.get<state::Node>("n-plant").address, "[2001:db8::1]:7200");
  EXPECT_EQ(standing(w, "n-plant"), NodeStanding::voter);
  EXPECT_EQ(w.get<state::Node>("n-plant").incarnation, 1u);
}

// Goal: a checkpoint's note has room for 15 cosigners, and no promotion goes beyond.
TEST(LawMembership, ACheckpointHasRoomForItsCosigners) {
  World w;
  std::string outcome = "accepted";
  for (std::size_t i = electorate(w.view).size(); i <= genesis_cosigners_max && outcome == "accepted"; ++i) {
    const std::string party = "op-" + std::to_string(i);
    w.party(party, {Role::node_operator});
    EXPECT_EQ(decide(w, node_change(w, "J-" + party, NodeAction::learner, "n-" + party, party)), "accepted");
    outcome = decide(w, node_change(w, "V-" + party, NodeAction::promote, "n-" + party, party));
  }
  EXPECT_EQ(outcome, "out_of_scope");
  EXPECT_EQ(electorate(w.view).size(), genesis_cosigners_max);
}

// Goal: witnesses of the genesis cosign too: they take room, and their names and keys are theirs.
TEST(LawMembership, WitnessesOfTheGenesisCount) {
  World w;
  auto network = w.get<state::Network>(std::string(network_record_id));
  for (std::size_t i = 0; i < genesis_cosigners_max - 3; ++i) {
    const std::string id = "w-" + std::to_string(10 + i);
    network.witnesses.push_back({NodeId{id}, node_keys(id).cosigner});
  }
  w.view.write({Kind::network, std::string(network_record_id)},
               std::make_shared<const Bytes>(state::encode_record(network)));
  let_operate(w, "lab");
  EXPECT_EQ(decide(w, node_change(w, "P-1", NodeAction::learner, "w-10", "lab", "k")), "duplicate_id");
  EXPECT_EQ(decide(w, node_change(w, "P-2", NodeAction::learner, "n-lab", "lab", "w-10")), "duplicate_id");
  EXPECT_EQ(decide(w, node_change(w, "P-3", NodeAction::learner, "n-lab", "lab")), "accepted");
  EXPECT_EQ(decide(w, node_change(w, "P-4", NodeAction::promote, "n-lab", "lab")), "out_of_scope");
}

std::vector<std::string> witnesses(const World& w) {
  std::vector<std::string> ids;
  for (const auto& witness : w.get<state::Network>(std::string(network_record_id)).witnesses)
    ids.push_back(witness.id.value);
  return ids;
}

// Goal: a witness's whole way by votes: it comes, gets another key, goes, and comes back with a third one; it
// has no vote, and no key that it had is anybody's again.
TEST(LawMembership, AWitnesssLife) {
  World w;
  add_witness(w, "lab");
  EXPECT_EQ(witnesses(w), std::vector<std::string>{"lab"});
  EXPECT_FALSE(has_vote(w.view, PartyId{"lab"}));
  EXPECT_EQ(network_nodes(w.view).size(), 3u);
  EXPECT_EQ(decide(w, witness_change(w, "P-1", "lab", "k1")), "accepted");
  EXPECT_EQ(w.get<state::Network>(std::string(network_record_id)).witnesses[0].key, node_keys("k1").cosigner);
  EXPECT_EQ(decide(w, witness_change(w, "P-2", "lab", "")), "accepted");
  EXPECT_TRUE(witnesses(w).empty());
  for (const char* spent : {"lab", "k1"}) {
    EXPECT_EQ(w.submit("plant", witness_change(w, "P-3", "lab", spent)), "duplicate_id") << spent;
    payload::Node node = node_change(w, "P-3", NodeAction::keys, "n-plant", "plant", "other");
    node.keys->tls = node_keys(spent).cosigner;
    EXPECT_EQ(w.submit("plant", node), "duplicate_id") << spent;
  }
  EXPECT_EQ(decide(w, witness_change(w, "P-4", "lab", "k2")), "accepted");
  EXPECT_EQ(w.get<state::Network>(std::string(network_record_id)).retired->size(), 2u);
}

// Goal: witnesses stand in order of id, beside the genesis's.
TEST(LawMembership, WitnessesStandInOrder) {
  World w;
  for (const char* id : {"lab", "body", "trader-x"}) {
    if (!party_exists(w.view, PartyId{id})) w.party(id, {Role::trader});
    add_witness(w, id);
  }
  EXPECT_EQ(witnesses(w), (std::vector<std::string>{"body", "lab", "trader-x"}));
}

// Goal: of two open proposals about one witness's key one takes effect; the other was about the network as it
// was.
TEST(LawMembership, AProposalIsAboutTheWitnessAsItWas) {
  World w;
  add_witness(w, "lab");
  w.must("plant", witness_change(w, "P-1", "lab", "k1"));
  w.must("smelter", witness_change(w, "P-2", "lab", "k2"));
  EXPECT_EQ(w.submit("owner", vote(w, "P-1")), "accepted");
  EXPECT_EQ(w.submit("plant", vote(w, "P-2")), "wrong_state");
  EXPECT_EQ(w.get<state::Network>(std::string(network_record_id)).witnesses[0].key, node_keys("k1").cosigner);
}

// Goal: the genesis writes its nodes as voters of the first incarnation, and names all that the law must
// find.
TEST(LawMembership, TheGenesisNamesItsNodes) {
  World w;
  const auto network = w.get<state::Network>(std::string(network_record_id));
  EXPECT_EQ(network.nodes, (std::vector<NodeId>{{"n-owner"}, {"n-plant"}, {"n-smelter"}}));
  for (const state::Node& node : network_nodes(w.view)) {
    EXPECT_EQ(node.standing, NodeStanding::voter);
    EXPECT_EQ(node.incarnation, 1u);
    EXPECT_EQ(node.keys.log, node_keys(node.id.value).log);
  }
  EXPECT_EQ(electorate(w.view), (std::vector<PartyId>{{"owner"}, {"plant"}, {"smelter"}}));
  Genesis genesis = w.genesis;
  genesis.witnesses = {{NodeId{"w-2"}, node_keys("w-2").log}, {NodeId{"w-1"}, node_keys("w-1").log}};
  MemoryView view;
  const Result<Effects> effects = genesis_effects(genesis);
  ASSERT_TRUE(effects.has_value());
  for (const StateChange& change : effects->changes)
    view.write(change.key, change.value);
  const auto witnesses = state::find<state::Network>(view, network_record_id)->witnesses;
  ASSERT_EQ(witnesses.size(), 2u);
  EXPECT_EQ(witnesses[0].id, NodeId{"w-1"});
}

}  // namespace
}  // namespace anta::test
