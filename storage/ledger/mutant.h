// One-line faults of the law, to show that the suite notices each (tests/ledger/law_mutants.cmake).
//
// ANTA_LAW_MUTANT(name) is the constant false in every production target. In the test program
// anta_law_mutants it compares the name with a global that the program sets before its first test. A faulty
// line reads `if (!right(x) && !ANTA_LAW_MUTANT(name)) ...`: the branch that production takes stays in one
// place. This list is the only one: the program prints it, and what it prints is run.
#pragma once

#ifdef ANTA_LAW_MUTANTS

// What each does stands behind it.
#define ANTA_LAW_MUTANT_NAMES(X)                                                                      \
  X(none)                 /* the law itself */                                                        \
  X(credit_to_ineligible) /* an account is credited for lots that no scheme made eligible */          \
  X(void_from_ignored)    /* a revocation for fraud does not look back */                             \
  X(reservation_ignored)  /* a lot that is dispatched may be drawn or dispatched again */             \
  X(half_up_rounding)     /* instead of half even */                                                  \
  X(model_from_site_only) /* an output takes the site's model, not the weakest of its inputs */       \
  X(vote_twice)           /* an organisation's second vote counts too */                              \
  X(silence_approves)     /* a majority of those who voted decides, not of all who may */             \
  X(lost_vote_counts)     /* a vote counts on after its organisation's node was removed */            \
  X(second_voter)         /* an organisation may have two voting nodes */                             \
  X(node_changed_since)   /* a proposal takes effect on another incarnation than it was opened for */ \
  X(retired_key)          /* a key that a node had before is free again */                            \
  X(effect_unchecked)     /* what was lawful when it was proposed takes effect, whatever happened since */

namespace anta {

#define ANTA_LAW_MUTANT_ENUMERATOR(name) name,
enum class LawMutant { ANTA_LAW_MUTANT_NAMES(ANTA_LAW_MUTANT_ENUMERATOR) };
#undef ANTA_LAW_MUTANT_ENUMERATOR

extern LawMutant active_law_mutant;  // mass.cc; set by one thread before the law runs

}  // namespace anta

#define ANTA_LAW_MUTANT(name) (::anta::active_law_mutant == ::anta::LawMutant::name)
#else
#define ANTA_LAW_MUTANT(name) false
#endif
