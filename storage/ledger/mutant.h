// One-line faults of the law, to show that the suite notices each (tests/ledger/law_mutants).
//
// ANTA_LAW_MUTANT(name) is the constant false in every production target. In the test-only library
// anta_ledger_mutants it compares the name with a global that the test sets before it judges. A faulty line
// reads `if (!right(x) && !ANTA_LAW_MUTANT(name)) ...`: the branch that production takes stays in one place.
#pragma once

#ifdef ANTA_LAW_MUTANTS

namespace anta {

enum class LawMutant {
  none,
  credit_to_ineligible,  // an account is credited for lots that no scheme made eligible
  void_from_ignored,     // a revocation for fraud does not look back
  reservation_ignored,   // a lot that is dispatched may be drawn or dispatched again
  half_up_rounding,      // instead of half even
  model_from_site_only,  // an output takes the site's model, not the weakest of its inputs
  vote_twice,            // an organisation's second vote counts too
  silence_approves,      // a majority of those who voted decides, not of all who may
  lost_vote_counts,      // a vote counts on after its organisation's node was removed
  second_voter,          // an organisation may have two voting nodes
  node_changed_since,    // a proposal takes effect on another incarnation than it was opened for
  retired_key,           // a key that a node had before is free again
  effect_unchecked,      // what was lawful when it was proposed takes effect, whatever happened since
};

extern LawMutant active_law_mutant;  // mass.cc; set by one thread before the law runs

}  // namespace anta

#define ANTA_LAW_MUTANT(name) (::anta::active_law_mutant == ::anta::LawMutant::name)
#else
#define ANTA_LAW_MUTANT(name) false
#endif
