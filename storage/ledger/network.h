// The network as the state has it: which nodes there are, which organisations decide, how a vote stands.
//
// The electorate are the organisations that run a node of standing `voter`; more than half of them decide.
// It is counted anew at each vote, so an organisation that lost its node has lost its vote, given or not.
// Pure; called by the law's rules, by the node (which peers there are, what waits for a vote), one thread at
// a time per view.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "storage/ledger/state.h"

namespace anta {

inline constexpr std::string_view network_record_id = "nodes";  // of the one record of kind network

// Voters and learners together; far below what Raft's configuration holds while two of them overlap.
inline constexpr std::size_t network_members_max = 32;

// Every node of the network as the state has it, in order of id, without the removed ones.
std::vector<state::Node> network_nodes(const LedgerView& view);

// The same with the removed ones: an id and its keys stay taken.
std::vector<state::Node> known_nodes(const LedgerView& view);

// The organisations with a vote, each once, in order of id.
std::vector<PartyId> electorate(const LedgerView& view);
bool has_vote(const LedgerView& view, const PartyId& organisation);

// How an open proposal stands now. Votes of organisations that are not in the electorate do not count.
struct Tally {
  std::size_t electorate = 0;
  std::size_t approvals = 0;
  std::size_t refusals = 0;
  std::vector<PartyId> waiting = {};  // who may still vote, in order of id
  bool approved() const { return approvals * 2 > electorate; }
  bool refused() const { return (electorate - refusals) * 2 <= electorate; }  // cannot be approved any more
};
Tally tally(const LedgerView& view, const state::Proposal& proposal);

}  // namespace anta
