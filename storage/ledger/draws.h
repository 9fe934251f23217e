// Drawing from lots and making lots of what is drawn: what split, blend and process share.
//
// The checks are one function per code of ledger.md 6.8, so that each rule can call them in that order, all
// lots for one code before any lot for the next. Internal to the law. Source: ledger.md 6.1, 6.2.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/ledger/custody_chain.h"
#include "storage/ledger/draft.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/state.h"

namespace anta {

// A lot as it was before the statement, and what is drawn from it. Draws of one statement are of different
// lots.
struct Draw {
  state::Lot lot = {};
  Grams dry_g = {};
  Grams cu_g = {};
};
using Draws = std::vector<Draw>;

Result<Draws> draws_of(const Draft& draft, const std::vector<payload::Take>& takes);  // unknown_reference
Verdict not_repeated(const std::vector<payload::Take>& takes);                        // duplicate_id
Verdict ids_free(const Draft& draft, const std::vector<LotId>& made);                 // duplicate_id
// Held by the issuer, at this site.
Verdict at_hand(const Draft& draft, const Draws& draws, const SiteId& site);  // not_holder
// Holding is not owning: mixing the goods of several owners would leave it open whose they are.
Verdict one_owner(const Draws& draws);                  // not_holder
Verdict ready(const Draft& draft, const Draws& draws);  // event_order, wrong_state, lot_on_hold
Verdict enough(const Draws& draws);                     // balance_exceeded: reserved, used up or too much
Verdict keep_grade(const Draft& draft, const Draws& draws);  // not_conserved
Verdict unclaimed(const Draft& draft, const Draws& draws);   // already_certified

// The same questions for one lot, where a statement draws nothing (dispatch, certificate).
Verdict lot_ready(const Draft& draft, const state::Lot& lot);
Verdict available(const state::Lot& lot, Grams dry, Grams cu);
Verdict has_grade(const Draft& draft, const state::Lot& lot, Grams dry, Grams cu);

// grade_impossible: what a draw of `parts` parts, a gram of rounding each, leaves in the lot.
Verdict rest_possible(const Draft& draft, const state::Lot& lot, Grams dry, Grams cu, std::int64_t parts = 1);

Verdict rests_possible(const Draft& draft, const Draws& draws);

// Lowers what remains, moves the states, consumes the issuer's certificates. Does not put the lots: the
// caller links what is made first.
void apply_draws(Draft& draft, Draws& draws);
std::vector<state::Lot> lots_of(const Draws& draws);
state::Figures sum_of(const Draws& draws);  // wet: the draws' shares of their lots' wet

// Whether a revocation for fraud upstream touches the lot: what is made of it or claimed on it says so too.
bool is_under_review(const state::Lot& lot);

// The wet mass of a part of a lot, by its dry mass.
Grams wet_share(const state::Lot& lot, Grams dry);

// A new lot at a site, held by the issuer, with its sources linked (each draw counts in full as a source).
// Owned by the one owner of all sources.
struct Making {
  LotId id = {};
  Material material = Material::concentrate;
  std::string form = {};
  SiteId site = {};
  state::Figures figures = {};
  MeasurementStatus status = MeasurementStatus::estimated;
  Provenance provenance = {};
};
state::Lot make_lot(Draft& draft, const Making& making, Draws& draws);

// Writes the source lots and names them as concerned.
void put_sources(Draft& draft, const Draws& draws);

}  // namespace anta
