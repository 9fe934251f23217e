#include "storage/ledger/network.h"

#include <algorithm>

#include "storage/ledger/mutant.h"

namespace anta {
namespace {

template <typename Wanted>
std::vector<state::Node> nodes_where(const LedgerView& view, Wanted wanted) {
  std::vector<state::Node> nodes;
  const auto network = state::look<state::Network>(view, network_record_id);
  if (!network) return nodes;
  for (const NodeId& id : network->nodes) {
    auto node = state::find<state::Node>(view, id.value);
    // A storage that fails answers "absent"; whoever asked sees that by view.failed().
    ANTA_INVARIANT(node.has_value() || view.failed());
    if (node && wanted(*node)) nodes.push_back(std::move(*node));
  }
  return nodes;
}

}  // namespace

std::vector<state::Node> network_nodes(const LedgerView& view) {
  return nodes_where(view, [](const state::Node& node) { return node.standing != NodeStanding::removed; });
}

std::vector<state::Node> known_nodes(const LedgerView& view) {
  return nodes_where(view, [](const state::Node&) { return true; });
}

std::vector<PartyId> electorate(const LedgerView& view) {
  std::vector<PartyId> organisations;
  for (const state::Node& node :
       nodes_where(view, [](const state::Node& n) { return n.standing == NodeStanding::voter; })) {
    organisations.push_back(node.organisation);
  }
  std::sort(organisations.begin(), organisations.end());
  organisations.erase(std::unique(organisations.begin(), organisations.end()), organisations.end());
  return organisations;
}

bool has_vote(const LedgerView& view, const PartyId& organisation) {
  const std::vector<PartyId> all = electorate(view);
  return std::binary_search(all.begin(), all.end(), organisation);
}

Tally tally(const LedgerView& view, const state::Proposal& proposal) {
  const std::vector<PartyId> all = electorate(view);
  Tally tally;
  tally.electorate = ANTA_LAW_MUTANT(silence_approves) ? proposal.votes.size() : all.size();
  tally.waiting = all;
  for (const auto& ballot : proposal.votes) {
    if (std::erase(tally.waiting, ballot.organisation) == 0 && !ANTA_LAW_MUTANT(lost_vote_counts) &&
        !ANTA_LAW_MUTANT(vote_twice)) {
      continue;
    }
    (ballot.approve ? tally.approvals : tally.refusals) += 1;
  }
  return tally;
}

}  // namespace anta
