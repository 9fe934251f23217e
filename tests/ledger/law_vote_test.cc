// Votes: who has one, what a majority is, and when what was proposed takes effect.
#include <algorithm>
#include <map>
#include <random>

#include "tests/ledger/law_network.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

payload::ParameterProposal some_proposal(const World& w, const std::string& id = "P-1") {
  return amendment(w, id, "transit_flag_hours", 48);
}

const LawTable votes(
    __FILE__,
    {
        {"no_vote", inside, standard, "a_founder_proposes",
         [](World& w) { return w.submit("plant", some_proposal(w)); }},
        {"no_vote", outside, standard, "a_stranger_proposes_a_parameter",
         [](World& w) { return w.submit("miner", some_proposal(w)); }},
        {"no_vote", outside, standard, "the_registrar_proposes_a_node",
         [](World& w) {
           return w.submit("registrar", node_change(w, "P-1", NodeAction::remove, "n-plant", "plant"));
         }},
        {"no_vote", outside, standard, "a_stranger_votes",
         [](World& w) {
           w.must("plant", some_proposal(w));
           return w.submit("miner", vote(w, "P-1"));
         }},
        {"no_vote", outside, standard, "a_learner_is_no_voter",
         [](World& w) {
           let_operate(w, "lab");
           EXPECT_EQ(decide(w, node_change(w, "P-0", NodeAction::learner, "n-lab", "lab")), "accepted");
           w.must("plant", some_proposal(w));
           return w.submit("lab", vote(w, "P-1"));
         }},
        {"no_vote", outside, standard, "the_node_was_removed",
         [](World& w) {
           w.must("owner", some_proposal(w));
           EXPECT_EQ(decide(w, node_change(w, "P-0", NodeAction::remove, "n-plant", "plant")), "accepted");
           return w.submit("plant", vote(w, "P-1"));
         }},
        {"already_voted", inside, standard, "each_organisation_once",
         [](World& w) {
           w.must("plant", some_proposal(w));
           return w.submit("owner", vote(w, "P-1"));
         }},
        {"already_voted", outside, standard, "who_opened_it_has_approved_it",
         [](World& w) {
           w.must("plant", some_proposal(w));
           return w.submit("plant", vote(w, "P-1"));
         }},
        {"already_voted", outside, standard, "nobody_changes_its_mind",
         [](World& w) {
           join(w, "n-lab", "lab");
           w.must("plant", some_proposal(w));
           w.must("owner", vote(w, "P-1", false));
           return w.submit("owner", vote(w, "P-1", true));
         }},
        {"unknown_reference", outside, standard, "no_such_proposal",
         [](World& w) { return w.submit("plant", vote(w, "P-1")); }},
        {"duplicate_id", outside, standard, "the_proposals_id_is_taken",
         [](World& w) {
           w.must("plant", some_proposal(w));
           return w.submit("owner", node_change(w, "P-1", NodeAction::remove, "n-plant", "plant"));
         }},
        {"event_order", outside, standard, "a_vote_before_its_proposal",
         [](World& w) {
           w.must("plant", some_proposal(w));
           payload::Vote p = vote(w, "P-1");
           p.common.event_time.value -= 1;
           return w.submit("owner", p);
         }},
        {"wrong_state", outside, standard, "a_vote_on_what_is_decided",
         [](World& w) {
           EXPECT_EQ(decide(w, some_proposal(w)), "accepted");
           return w.submit("smelter", vote(w, "P-1"));
         }},
    });

// Goal: a majority is of all who may vote: one of three is none, two are one, and nothing happens before.
TEST(LawVote, AMajorityIsOfTheElectorate) {
  World w;
  w.must("plant", some_proposal(w));
  EXPECT_EQ(status(w, "P-1"), ProposalStatus::open);
  EXPECT_EQ(w.get<state::Parameter>("transit_flag_hours").entries.size(), 1u);
  w.must("owner", vote(w, "P-1"));
  EXPECT_EQ(status(w, "P-1"), ProposalStatus::approved);
  EXPECT_EQ(w.get<state::Parameter>("transit_flag_hours").entries.size(), 2u);
}

// Goal: half is no majority: two of four leave it open, and two refusals of four end it.
TEST(LawVote, HalfIsNoMajority) {
  World w;
  join(w, "n-lab", "lab");
  ASSERT_EQ(electorate(w.view).size(), 4u);
  w.must("plant", some_proposal(w));
  w.must("owner", vote(w, "P-1"));
  EXPECT_EQ(status(w, "P-1"), ProposalStatus::open);
  w.must("smelter", vote(w, "P-1", false));
  EXPECT_EQ(status(w, "P-1"), ProposalStatus::open);
  w.must("lab", vote(w, "P-1", false));
  EXPECT_EQ(status(w, "P-1"), ProposalStatus::refused);
  EXPECT_EQ(w.get<state::Parameter>("transit_flag_hours").entries.size(), 1u);
}

// Goal: refused as soon as it can no longer be approved, not when all have voted.
TEST(LawVote, RefusedWhenItCannotBeApprovedAnyMore) {
  World w;
  w.must("plant", some_proposal(w));
  w.must("owner", vote(w, "P-1", false));
  EXPECT_EQ(status(w, "P-1"), ProposalStatus::open);
  w.must("smelter", vote(w, "P-1", false));
  EXPECT_EQ(status(w, "P-1"), ProposalStatus::refused);
}

// Goal: a vote that was given counts only while its organisation has a voting node.
TEST(LawVote, ALostNodeIsALostVote) {
  World w;
  w.must("owner", some_proposal(w));
  w.must("plant", node_change(w, "P-2", NodeAction::remove, "n-owner", "owner"));
  w.must("smelter", vote(w, "P-2"));
  ASSERT_EQ(electorate(w.view).size(), 2u);
  w.must("plant", vote(w, "P-1"));  // one of two: the owner's approval is gone
  EXPECT_EQ(status(w, "P-1"), ProposalStatus::open);
  const Tally now = tally(w.view, w.get<state::Proposal>("P-1"));
  EXPECT_EQ(now.approvals, 1u);
  EXPECT_EQ(now.waiting, std::vector<PartyId>{PartyId{"smelter"}});
  w.must("smelter", vote(w, "P-1"));
  EXPECT_EQ(status(w, "P-1"), ProposalStatus::approved);
}

// Goal: in a network of one node its organisation decides alone, and the opening statement is what did it.
TEST(LawVote, OneNodeDecidesAlone) {
  World w;
  EXPECT_EQ(decide(w, node_change(w, "P-1", NodeAction::remove, "n-smelter", "smelter")), "accepted");
  EXPECT_EQ(decide(w, node_change(w, "P-2", NodeAction::remove, "n-owner", "owner")), "accepted");
  w.must("plant", node_change(w, "P-3", NodeAction::keys, "n-plant", "plant", "other"));
  EXPECT_EQ(status(w, "P-3"), ProposalStatus::approved);
  EXPECT_EQ(w.get<state::Node>("n-plant").stamp.by, w.last_digest);
  EXPECT_EQ(w.get<state::Node>("n-plant").keys.log, node_keys("other").log);
}

// Goal: a record says which statement changed it last: the deciding vote, not the opening.
TEST(LawVote, TheDecidingVoteStampsWhatItChanges) {
  World w;
  const Digest genesis = w.get<state::Node>("n-owner").stamp.by;
  EXPECT_EQ(genesis, sha256(encode_genesis(w.genesis)));
  w.must("plant", node_change(w, "P-1", NodeAction::keys, "n-owner", "owner", "other"));
  EXPECT_EQ(w.get<state::Proposal>("P-1").statement, w.last_digest);
  EXPECT_EQ(w.get<state::Node>("n-owner").stamp.by, genesis);
  w.must("smelter", vote(w, "P-1"));
  EXPECT_EQ(w.get<state::Node>("n-owner").stamp.by, w.last_digest);
  const std::vector<StateKey>& subjects = w.last.subjects;
  for (const StateKey& key : {StateKey{Kind::node, "n-owner"}, StateKey{Kind::proposal, "P-1"},
                              StateKey{Kind::party, "owner"}, StateKey{Kind::party, "smelter"}}) {
    EXPECT_NE(std::find(subjects.begin(), subjects.end(), key), subjects.end()) << key.id;
  }
}

// Goal: what has become unlawful meanwhile does not happen: the deciding vote is refused and changes nothing,
// and the others may still refuse the proposal.
TEST(LawVote, WhatIsNoLongerLawfulDoesNotTakeEffect) {
  World w;
  w.must("plant", node_change(w, "P-1", NodeAction::learner, "n-new", "plant"));
  EXPECT_EQ(decide(w, node_change(w, "P-2", NodeAction::learner, "n-other", "owner", "n-new")), "accepted");
  const auto before = w.get<state::Proposal>("P-1");
  EXPECT_EQ(w.submit("owner", vote(w, "P-1")), "duplicate_id");  // the keys are another's now
  EXPECT_FALSE(state::find<state::Node>(w.view, "n-new").has_value());
  EXPECT_EQ(status(w, "P-1"), ProposalStatus::open);
  EXPECT_EQ(w.get<state::Proposal>("P-1").votes.size(), before.votes.size());
  w.must("owner", vote(w, "P-1", false));
  w.must("smelter", vote(w, "P-1", false));
  EXPECT_EQ(status(w, "P-1"), ProposalStatus::refused);
}

// Goal: the law reads records alone: without any statement at hand a vote decides the same.
TEST(LawVote, ADecidingVoteNeedsNoOtherStatement) {
  World w;
  w.must("plant", node_change(w, "P-1", NodeAction::learner, "n-new", "plant"));
  MemoryView bare;
  for (const auto& [key, value] : w.view.records())
    bare.write(key, value);
  const auto bytes = std::make_shared<const Bytes>(w.sign("owner", vote(w, "P-1")));
  const auto statement = decode_statement(bytes);
  ASSERT_TRUE(statement.has_value());
  const Moment moment{Millis{w.block_time()}, LeafIndex{99}};
  const auto from_records = judge(bare, *statement, moment);
  const auto from_all = judge(w.view, *statement, moment);
  ASSERT_TRUE(from_records && from_all);
  ASSERT_EQ(from_records->changes.size(), from_all->changes.size());
  EXPECT_EQ(from_records->changes.size(), 3u);  // the node, the network, the proposal
  for (std::size_t i = 0; i < from_all->changes.size(); ++i)
    EXPECT_EQ(*from_records->changes[i].value, *from_all->changes[i].value);
}

// Goal: a view whose storage fails is no network without nodes: the caller sees that it failed.
TEST(LawVote, AStorageThatFailsIsNotAnEmptyNetwork) {
  World w;
  class Failing final : public LedgerView {
   public:
    explicit Failing(const LedgerView& below) : below_(below) {}
    SharedBytes read(Kind kind, std::string_view id) const override {
      if (kind != Kind::node) return below_.read(kind, id);
      failed_ = true;
      return nullptr;
    }
    SharedBytes statement(const Digest&) const override { return nullptr; }
    bool failed() const override { return failed_; }

   private:
    const LedgerView& below_;
    mutable bool failed_ = false;
  };
  const Failing failing(w.view);
  EXPECT_TRUE(network_nodes(failing).empty());
  EXPECT_TRUE(failing.failed());
}

// Goal: votes and nodes are not taken back by a correction; what was decided is changed by deciding again.
TEST(LawVote, ACorrectionTakesNoVoteBack) {
  World w;
  w.must("plant", some_proposal(w));
  for (const char* which : {"proposal", "vote"}) {
    payload::Correction p;
    p.common = w.common();
    p.of = w.last_digest;
    const std::string by = std::string(which) == "vote" ? "owner" : "plant";
    EXPECT_EQ(w.submit(by, p), "not_enabled") << which;
    if (by == "plant") w.must("owner", vote(w, "P-1", false));
  }
}

// --- many lives of a network ---

class Networks {
 public:
  explicit Networks(std::uint64_t seed) : random_(seed) {
    for (const char* party : {"lab", "buyer", "truck"})
      let_operate(w, party);
  }

  World w;
  int decided = 0;
  int refused_late = 0;  // deciding votes that the second check stopped

  void step() {
    w.now += 1;
    below(5) < 2 ? propose() : cast();
  }

 private:
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

  void propose() {
    static const std::vector<std::string> parties = {"plant", "smelter", "owner", "lab", "buyer", "truck"};
    const std::string organisation = parties[below(parties.size())];
    const std::string node = "n-" + organisation + (below(3) == 0 ? "-2" : "");
    const std::string id = "P-" + std::to_string(++ids_);
    const auto action = static_cast<NodeAction>(below(4));
    const std::string keys = below(3) == 0 ? "pool-" + std::to_string(below(4)) : "own-" + id;
    if (w.submit(parties[below(parties.size())], node_change(w, id, action, node, organisation, keys)) ==
        "accepted") {
      open_.push_back(id);
    }
  }

  void cast() {
    if (open_.empty()) return;
    const std::size_t which = below(open_.size());
    const std::string id = open_[which];
    const auto proposal = w.get<state::Proposal>(id);
    const Tally before = tally(w.view, proposal);
    if (proposal.status != ProposalStatus::open || before.waiting.empty()) {
      open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(which));
      return;
    }
    const bool yes = below(5) != 0;
    const std::string outcome =
        w.submit(before.waiting[below(before.waiting.size())].value, vote(w, id, yes));
    const bool majority = (before.approvals + (yes ? 1 : 0)) * 2 > before.electorate;
    if (outcome != "accepted") {
      EXPECT_TRUE(majority) << outcome << ": a vote that decides nothing was refused";
      ++refused_late;
      return;
    }
    EXPECT_EQ(status(w, id) == ProposalStatus::approved, majority);
    decided += status(w, id) != ProposalStatus::open ? 1 : 0;
  }

  std::mt19937_64 random_;
  std::vector<std::string> open_ = {};
  int ids_ = 0;
};

void expect_sound(const World& w) {
  const std::vector<state::Node> nodes = known_nodes(w.view);
  std::map<PartyId, int> voters;
  std::map<PublicKey, NodeId> keys;
  for (const state::Node& node : nodes) {
    if (node.standing == NodeStanding::voter) ++voters[node.organisation];
    for (const PublicKey& key : {node.keys.log, node.keys.cosigner, node.keys.tls})
      EXPECT_TRUE(keys.emplace(key, node.id).second) << node.id.value << " shares a key";
  }
  EXPECT_FALSE(voters.empty());
  for (const auto& [organisation, count] : voters)
    EXPECT_EQ(count, 1) << organisation.value;
  EXPECT_TRUE(
      std::is_sorted(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.id < b.id; }));
  EXPECT_EQ(voters.size(), electorate(w.view).size());
}

// Goal: whatever organisations propose and vote, a voter remains, each has one, no key is shared, and only a
// majority of that moment changes anything.
TEST(LawVote, EveryNetworkStaysSound) {
  int decided = 0;
  int refused_late = 0;
  std::uint64_t incarnations = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Networks life(seed);
    for (int i = 0; i < 200; ++i) {
      life.step();
      expect_sound(life.w);
      ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed << " step " << i;
    }
    decided += life.decided;
    refused_late += life.refused_late;
    for (const state::Node& node : known_nodes(life.w.view))
      incarnations = std::max(incarnations, node.incarnation);
  }
  EXPECT_GE(decided, 250);
  EXPECT_GE(refused_late, 8);
  EXPECT_GE(incarnations, 3u);
}

}  // namespace
}  // namespace anta::test
