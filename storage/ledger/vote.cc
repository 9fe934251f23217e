// Votes: a proposal stands open until more than half of the electorate approved it, or cannot any more.
#include <algorithm>

#include "storage/ledger/governance.h"
#include "storage/ledger/mutant.h"
#include "storage/ledger/network.h"

namespace anta {
namespace {

Verdict member_only(const Draft& draft) {
  if (has_vote(draft.view(), draft.issuer())) return {};
  return violated("no_vote", draft.issuer().value + " runs no voting node of this network");
}

template <typename Change>
Verdict take_effect(Draft& draft, const Change& change) {
  if (!ANTA_LAW_MUTANT(effect_unchecked)) {
    if (const Verdict verdict = check(draft, change); !verdict) return verdict;
  }
  enact(draft, change);
  return {};
}

// After each vote: what the votes say now. An error leaves the vote unrecorded, and the proposal open.
Verdict settle(Draft& draft, state::Proposal proposal) {
  const Tally now = tally(draft.view(), proposal);
  if (now.approved()) {
    const Verdict done =
        proposal.node ? take_effect(draft, *proposal.node) : take_effect(draft, *proposal.parameter);
    if (!done) return done;
    proposal.status = ProposalStatus::approved;
  } else if (now.refused()) {
    proposal.status = ProposalStatus::refused;
  }
  const std::string id = proposal.id.value;
  draft.put(id, std::move(proposal));
  return {};
}

}  // namespace

Verdict may_open(const Draft& draft, const ProposalId& id) {
  if (const Verdict verdict = member_only(draft); !verdict) return verdict;
  if (draft.view().read(Kind::proposal, id.value)) {
    return violated("duplicate_id", "there is a proposal " + id.value + " already");
  }
  return {};
}

Verdict open(Draft& draft, state::Proposal proposal) {
  proposal.statement = draft.statement.digest;
  proposal.opened = draft.event_time();
  proposal.votes.push_back({draft.issuer(), true});
  return settle(draft, std::move(proposal));
}

Verdict rule(Draft& draft, const payload::Vote& p) {
  if (const Verdict verdict = member_only(draft); !verdict) return verdict;
  auto proposal = draft.get<state::Proposal>(p.proposal.value);
  if (!proposal) return violated("unknown_reference", "there is no proposal " + p.proposal.value);
  const bool again = std::any_of(proposal->votes.begin(), proposal->votes.end(),
                                 [&](const auto& ballot) { return ballot.organisation == draft.issuer(); });
  if (again && !ANTA_LAW_MUTANT(vote_twice)) {
    return violated("already_voted", draft.issuer().value + " has voted on " + p.proposal.value + " already");
  }
  if (draft.event_time() < proposal->opened) {
    return violated("event_order", "the vote is dated before the proposal");
  }
  if (proposal->status != ProposalStatus::open) {
    return violated("wrong_state", "proposal " + p.proposal.value + " is " +
                                       std::string(word(proposal->status)) + " already");
  }
  proposal->votes.push_back({draft.issuer(), p.approve});
  return settle(draft, std::move(*proposal));
}

}  // namespace anta
