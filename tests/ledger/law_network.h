// Builders for tests of the network's own statements: nodes, parameters, votes (law_fixture.h has the world).
#pragma once

#include <string>
#include <vector>

#include "storage/ledger/network.h"
#include "tests/ledger/law_fixture.h"

namespace anta::test {

// A lawful `node` statement; learner and keys carry keys made from the node's name (and `keys_of`).
inline payload::Node node_change(const World& w, const std::string& proposal, NodeAction action,
                                 const std::string& node, const std::string& organisation,
                                 const std::string& keys_of = {}) {
  payload::Node p;
  p.common = w.common();
  p.node = NodeId{node};
  p.organisation = PartyId{organisation};
  p.action = action;
  if (action == NodeAction::learner || action == NodeAction::keys) {
    p.keys = node_keys(keys_of.empty() ? node : keys_of);
  }
  if (action == NodeAction::learner) p.address = node + ".example:7101";
  p.proposal = ProposalId{proposal};
  return p;
}

// A witness of this organisation with a key made from `key_of`; empty: its end.
inline payload::Node witness_change(const World& w, const std::string& proposal,
                                    const std::string& organisation, const std::string& key_of) {
  payload::Node p = node_change(w, proposal, NodeAction::witness, organisation, organisation);
  if (!key_of.empty()) p.key = node_keys(key_of).cosigner;
  return p;
}

inline payload::ParameterProposal amendment(const World& w, const std::string& proposal,
                                            const std::string& name, ParameterValue value) {
  payload::ParameterProposal p;
  p.common = w.common();
  p.id = ProposalId{proposal};
  p.name = name;
  p.value = std::move(value);
  p.effective_from = Millis{w.now};
  return p;
}

inline payload::Vote vote(const World& w, const std::string& proposal, bool approve = true) {
  payload::Vote p;
  p.common = w.common();
  p.proposal = ProposalId{proposal};
  p.approve = approve;
  return p;
}

inline void let_operate(World& w, const std::string& party) {
  payload::RoleGrant p;
  p.common = w.common();
  p.party = PartyId{party};
  p.role = Role::node_operator;
  p.from = Millis{w.now};
  w.must("registrar", p);
}

inline ProposalStatus status(const World& w, const std::string& proposal) {
  return w.get<state::Proposal>(proposal).status;
}
inline NodeStanding standing(const World& w, const std::string& node) {
  return w.get<state::Node>(node).standing;
}

// The electorate approves it, one after the other, until it is decided; the last vote's outcome.
inline std::string approve(World& w, const std::string& proposal) {
  std::string outcome = "accepted";
  for (const PartyId& organisation : tally(w.view, w.get<state::Proposal>(proposal)).waiting) {
    if (status(w, proposal) != ProposalStatus::open || outcome != "accepted") break;
    outcome = w.submit(organisation.value, vote(w, proposal));
  }
  return outcome;
}

// Opened by the first of the electorate and approved.
template <typename P>
std::string decide(World& w, const P& proposal) {
  const std::string opened = w.submit(electorate(w.view).front().value, proposal);
  if (opened != "accepted") return opened;
  if constexpr (std::is_same_v<P, payload::Node>)
    return approve(w, proposal.proposal.value);
  else
    return approve(w, proposal.id.value);
}

// A witness with a key made from its organisation's name.
inline void add_witness(World& w, const std::string& organisation) {
  let_operate(w, organisation);
  EXPECT_EQ(decide(w, witness_change(w, "witness-" + organisation, organisation, organisation)), "accepted");
}

// A learner of an organisation that is no founder, promoted.
inline void join(World& w, const std::string& node, const std::string& organisation) {
  let_operate(w, organisation);
  EXPECT_EQ(decide(w, node_change(w, "join-" + node, NodeAction::learner, node, organisation)), "accepted");
  EXPECT_EQ(decide(w, node_change(w, "promote-" + node, NodeAction::promote, node, organisation)),
            "accepted");
}

}  // namespace anta::test
