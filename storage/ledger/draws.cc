#include "storage/ledger/draws.h"

#include <algorithm>
#include <set>
#include <utility>

#include "storage/ledger/claims.h"
#include "storage/ledger/lineage.h"
#include "storage/ledger/mass.h"
#include "storage/ledger/measurement.h"
#include "storage/ledger/mutant.h"

namespace anta {
bool is_under_review(const state::Lot& lot) {
  const auto flagged = [](const state::Flag& flag) { return flag.code == "upstream_under_review"; };
  const auto reviewed = [](const auto& entry) { return entry.status == Eligibility::under_review; };
  return std::any_of(lot.stamp.flags.begin(), lot.stamp.flags.end(), flagged) ||
         std::any_of(lot.schemes.begin(), lot.schemes.end(), reviewed);
}

Result<Draws> draws_of(const Draft& draft, const std::vector<payload::Take>& takes) {
  Draws draws;
  draws.reserve(takes.size());
  for (const payload::Take& take : takes) {
    auto lot = draft.get<state::Lot>(take.lot.value);
    if (!lot) return violated("unknown_reference", "no lot " + take.lot.value);
    draws.push_back({std::move(*lot), take.dry_g, take.cu_g});
  }
  return draws;
}

Verdict not_repeated(const std::vector<payload::Take>& takes) {
  std::set<LotId> seen;
  for (const payload::Take& take : takes) {
    if (!seen.insert(take.lot).second) {
      return violated("duplicate_id", "lot " + take.lot.value + " is drawn from twice");
    }
  }
  return {};
}

Verdict ids_free(const Draft& draft, const std::vector<LotId>& made) {
  std::set<LotId> seen;
  for (const LotId& id : made) {
    const bool taken = draft.view().read(Kind::lot, id.value) != nullptr;
    if (taken || !seen.insert(id).second) return violated("duplicate_id", "lot " + id.value + " exists");
  }
  return {};
}

Verdict at_hand(const Draft& draft, const Draws& draws, const SiteId& site) {
  for (const Draw& draw : draws) {
    if (draw.lot.holder != draft.issuer()) {
      return violated("not_holder", "lot " + draw.lot.id.value + " is held by " + draw.lot.holder.value);
    }
    if (draw.lot.site != site) {
      return violated("not_holder", "lot " + draw.lot.id.value + " is held at " + draw.lot.site.value +
                                        ", not at " + site.value);
    }
  }
  return {};
}

Verdict one_owner(const Draws& draws) {
  for (const Draw& draw : draws) {
    if (draw.lot.owner == draws.front().lot.owner) continue;
    return violated("not_holder", "lots of " + draws.front().lot.owner.value + " and of " +
                                      draw.lot.owner.value + " are put together: one must own them first");
  }
  return {};
}

Verdict lot_ready(const Draft& draft, const state::Lot& lot) {
  if (draft.event_time() < lot.settled_at) {
    return violated("event_order", "lot " + lot.id.value + " was made or last accepted after this event");
  }
  if (lot.state == LotState::withdrawn)
    return violated("wrong_state", "lot " + lot.id.value + " is withdrawn");
  if (lot.hold) return violated("lot_on_hold", "lot " + lot.id.value + " is held back by " + lot.hold->value);
  return {};
}

Verdict ready(const Draft& draft, const Draws& draws) {
  std::optional<Error> first;
  const auto rank =
      [](const Error& error) {  // event_order before wrong_state before lot_on_hold, over all lots
        return error.rule == "event_order" ? 0 : error.rule == "wrong_state" ? 1 : 2;
      };
  for (const Draw& draw : draws) {
    const Verdict verdict = lot_ready(draft, draw.lot);
    if (!verdict && (!first || rank(verdict.error()) < rank(*first))) first = verdict.error();
  }
  if (first) return tl::unexpected<Error>(std::move(*first));
  return {};
}

Verdict available(const state::Lot& lot, Grams dry, Grams cu) {
  if (lot.dispatch && !ANTA_LAW_MUTANT(reservation_ignored)) {
    return violated("balance_exceeded",
                    "lot " + lot.id.value + " is reserved by dispatch " + lot.dispatch->value);
  }
  const bool used_up = lot.remaining_dry_g.value == 0;
  if (used_up || dry > lot.remaining_dry_g || cu > lot.remaining_cu_g) {
    return violated("balance_exceeded", "lot " + lot.id.value + " has " +
                                            std::to_string(lot.remaining_dry_g.value) + " g dry and " +
                                            std::to_string(lot.remaining_cu_g.value) + " g Cu left");
  }
  return {};
}

Verdict enough(const Draws& draws) {
  for (const Draw& draw : draws) {
    if (auto verdict = available(draw.lot, draw.dry_g, draw.cu_g); !verdict) return verdict;
  }
  return {};
}

Verdict has_grade(const Draft& draft, const state::Lot& lot, Grams dry, Grams cu) {
  const std::int64_t tolerance = draft.parameter("draw_grade_ppm");
  if (dry.value == 0) return violated("not_conserved", "nothing is taken of lot " + lot.id.value);
  if (keeps_grade(dry, cu, lot.remaining_dry_g, lot.remaining_cu_g, tolerance)) return {};
  return violated("not_conserved", std::to_string(cu.value) + " g Cu in " + std::to_string(dry.value) +
                                       " g dry is not the grade of lot " + lot.id.value);
}

Verdict rest_possible(const Draft& draft, const state::Lot& lot, Grams dry, Grams cu, std::int64_t parts) {
  const auto left_dry = subtract(lot.remaining_dry_g, dry);
  const auto left_cu = subtract(lot.remaining_cu_g, cu);
  if (!left_dry || !left_cu || left_dry->value == 0) return {};  // too much, or nothing is left
  return grade_possible(draft, lot.material, *left_dry,
                        Grams{std::max<std::int64_t>(left_cu->value - parts, 0)});
}

Verdict rests_possible(const Draft& draft, const Draws& draws) {
  for (const Draw& draw : draws) {
    if (auto verdict = rest_possible(draft, draw.lot, draw.dry_g, draw.cu_g); !verdict) return verdict;
  }
  return {};
}

Verdict keep_grade(const Draft& draft, const Draws& draws) {
  for (const Draw& draw : draws) {
    if (auto verdict = has_grade(draft, draw.lot, draw.dry_g, draw.cu_g); !verdict) return verdict;
  }
  return {};
}

Verdict unclaimed(const Draft& draft, const Draws& draws) {
  for (const Draw& draw : draws) {
    auto verdict = may_draw(draft, draw.lot, draw.dry_g, draw.cu_g, draft.issuer());
    if (!verdict) return verdict;
  }
  return {};
}

void apply_draws(Draft& draft, Draws& draws) {
  for (Draw& draw : draws) {
    const auto dry = subtract(draw.lot.remaining_dry_g, draw.dry_g);
    const auto cu = subtract(draw.lot.remaining_cu_g, draw.cu_g);
    ANTA_INVARIANT(dry && cu);
    draw.lot.remaining_dry_g = *dry;
    draw.lot.remaining_cu_g = *cu;
    draw.lot.state = dry->value == 0 ? LotState::consumed : LotState::partially_consumed;
    consume_claims(draft, draw.lot, draft.issuer());
  }
}

std::vector<state::Lot> lots_of(const Draws& draws) {
  std::vector<state::Lot> lots;
  for (const Draw& draw : draws)
    lots.push_back(draw.lot);
  return lots;
}

Grams wet_share(const state::Lot& lot, Grams dry) {
  if (lot.accepted.dry_g.value == 0) return {};
  return Grams{half_even(lot.accepted.wet_g.value, dry.value, lot.accepted.dry_g.value)};
}

state::Figures sum_of(const Draws& draws) {
  state::Figures sum = {};  // at most 256 draws of at most 2^53 g
  for (const Draw& draw : draws) {
    sum.wet_g.value += wet_share(draw.lot, draw.dry_g).value;
    sum.dry_g.value += draw.dry_g.value;
    sum.cu_g.value += draw.cu_g.value;
  }
  return sum;
}

state::Lot make_lot(Draft& draft, const Making& making, Draws& draws) {
  state::Lot lot = {};
  lot.id = making.id;
  lot.material = making.material;
  lot.form = making.form;
  lot.maker = draft.issuer();
  lot.made_site = making.site;
  lot.site = making.site;
  lot.holder = draft.issuer();
  lot.owner = draws.front().lot.owner;  // all have one
  lot.made_at = draft.event_time();
  lot.settled_at = draft.event_time();
  lot.accepted = making.figures;
  lot.remaining_dry_g = making.figures.dry_g;
  lot.remaining_cu_g = making.figures.cu_g;
  lot.status = making.status;
  lot.origin = making.provenance.origin;
  lot.coc_model = making.provenance.model;
  lot.schemes = making.provenance.schemes;
  for (Draw& draw : draws) {
    add_child(draw.lot, lot, draw.dry_g, draw.cu_g);
    if (is_under_review(draw.lot)) draft.flag("upstream_under_review", lot.stamp);
  }
  if (making.provenance.voided || is_under_review(lot)) draft.flag("upstream_under_review", lot.stamp);
  draft.concerns(Kind::lot, lot.id.value);
  return lot;
}

void put_sources(Draft& draft, const Draws& draws) {
  for (const Draw& draw : draws) {
    draft.put(draw.lot.id.value, draw.lot);
    draft.concerns(Kind::lot, draw.lot.id.value);
  }
}

}  // namespace anta
