// What an organisation may propose, and how it takes effect: internal to the law.
//
// The rules of `node` and `parameter-proposal` check what they propose and open a proposal; a `vote` is laid
// on it. When it is approved, the same check is asked again, since the network may have changed meanwhile: a
// change that is not lawful any more is not made, and the deciding vote is refused with the check's code.
#pragma once

#include "storage/ledger/rules.h"

namespace anta {

// membership.cc
Verdict check(const Draft& draft, const state::Proposal::NodeChange& change);
void enact(Draft& draft, const state::Proposal::NodeChange& change);
// amendment.cc
Verdict check(const Draft& draft, const state::Proposal::ParameterChange& change);
void enact(Draft& draft, const state::Proposal::ParameterChange& change);
// vote.cc
// The issuer has a vote and the proposal's id is new: asked before what is proposed is looked at.
Verdict may_open(const Draft& draft, const ProposalId& id);
// Opens it with the issuer's approval; decides it at once where that is more than half.
Verdict open(Draft& draft, state::Proposal proposal);

}  // namespace anta
