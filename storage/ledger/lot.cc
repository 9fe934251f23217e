// Lots: registration at their origin, and what their holder or an authority says of them later.
#include <algorithm>

#include "storage/ledger/custody_chain.h"
#include "storage/ledger/draws.h"
#include "storage/ledger/lineage.h"
#include "storage/ledger/mass.h"
#include "storage/ledger/measurement.h"
#include "storage/ledger/origination.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

// --- registration ---

// An aggregator or a biller that is also a producer produces only at a site that it operates: elsewhere it
// is buying, and a bought lot is somebody else's to register.
Verdict check_producer(const Draft& draft, const state::Site* site) {
  const auto is = [&](Role role) {
    return holds_role(draft.view(), draft.issuer(), role, draft.event_time());
  };
  if (!is(Role::producer)) return violated("role_missing", draft.issuer().value + " is not a producer");
  const bool trades = is(Role::aggregator) || is(Role::biller);
  if (trades && site && site->operator_id != draft.issuer()) {
    return violated("role_missing", "an aggregator or biller produces only at a site that it operates");
  }
  return {};
}

Verdict check_registration(const Draft& draft, const payload::Lot& p) {
  const auto site = draft.look<state::Site>(p.site.value);
  if (const Verdict verdict = check_producer(draft, site.get()); !verdict) return verdict;
  if (!site) return violated("unknown_reference", "no site " + p.site.value);
  for (const PartyId& producer : p.producers.value_or(payload::List<PartyId>{})) {
    if (!party_exists(draft.view(), producer)) {
      return violated("unknown_reference", "no party " + producer.value);
    }
  }
  if (draft.has<state::Lot>(p.id.value)) {
    return violated("duplicate_id", "lot " + p.id.value + " is registered already");
  }
  if (site->operator_id != draft.issuer()) {
    return violated("not_holder", "site " + p.site.value + " is operated by " + site->operator_id.value);
  }
  if (p.extracted_until < p.extracted_from || draft.event_time() < p.extracted_until) {
    return violated("event_order", "extraction ends before the event and after its beginning");
  }
  return {};
}

// Formalised at all three moments; `accepted_anyway` is set where the network takes such lots in, marked.
Verdict check_formalised(const Draft& draft, const payload::Lot& p, bool& accepted_anyway) {
  for (const Millis at : {p.extracted_from, p.extracted_until, draft.event_time()}) {
    if (is_formalised(draft.view(), draft.issuer(), at)) continue;
    if (draft.parameter_text("unformalised_origin") == "not_eligible") {
      accepted_anyway = true;
      return {};
    }
    return violated("producer_not_formalised",
                    draft.issuer().value + " is not formalised at extraction and event");
  }
  return {};
}

struct Capacity {
  bool exceeded = false;
  bool high = false;
};
Capacity held_against(const Draft& draft, std::int64_t mass) {
  if (mass > grams_max) return {true, true};  // no record could hold it, whatever the class
  const auto party = draft.look<state::Party>(draft.issuer().value);
  const CapacityClass held = party ? party->capacity_class.value_or(CapacityClass::pma) : CapacityClass::pma;
  if (held == CapacityClass::general) return {};
  const std::string daily = held == CapacityClass::pma ? "pma_g_per_day" : "ppm_g_per_day";
  const std::int64_t limit = draft.parameter(daily) * draft.parameter("capacity_window_days");
  return {!within(mass, draft.parameter("capacity_max_ppm"), limit),
          !within(mass, draft.parameter("capacity_flag_ppm"), limit)};
}

// Most producers are far below their class, which their sums already tell.
Capacity capacity_of(const Draft& draft, Grams dry) {
  const PartyId& party = draft.issuer();
  const Capacity at_most = held_against(draft, heaviest_window_bound(draft, party, draft.event_time(), dry));
  if (!at_most.exceeded && !at_most.high) return at_most;
  return held_against(draft, heaviest_window(draft, party, draft.event_time(), dry));
}

Verdict check_amount(const Draft& draft, const payload::Lot& p, bool& high) {
  if (const Verdict verdict = moisture_possible(draft, p.measurement); !verdict) return verdict;
  if (const Verdict verdict = grade_possible(draft, p.material, p.measurement); !verdict) return verdict;
  const Capacity capacity = capacity_of(draft, figures_of(p.measurement).dry_g);
  if (capacity.exceeded) return violated("capacity_exceeded", "more than the producer's class allows");
  if (!has_room(draft, draft.issuer(), draft.event_time())) {
    return violated("capacity_exceeded", "more lots than the record of one window takes");
  }
  high = capacity.high;
  return {};
}

void flag_place(Draft& draft, const state::Site& site, state::Stamp& on) {
  const auto formalisation = formalisation_at(draft.view(), draft.issuer(), draft.event_time());
  if (formalisation && formalisation->concession && site.concession &&
      *formalisation->concession != *site.concession) {
    draft.flag("outside_concession", on);
  }
  if (site.concession_holder && *site.concession_holder != draft.issuer()) {
    draft.flag("no_contract", on);
  }
}

state::Lot new_lot(const Draft& draft, const payload::Lot& p, const state::Site& site) {
  state::Lot lot;
  lot.id = p.id;
  lot.material = p.material;
  lot.form = std::string(word(p.form));
  lot.maker = lot.holder = lot.owner = draft.issuer();
  lot.made_site = lot.site = p.site;
  lot.made_at = lot.settled_at = draft.event_time();
  lot.accepted = figures_of(p.measurement);
  lot.remaining_dry_g = lot.accepted.dry_g;
  lot.remaining_cu_g = lot.accepted.cu_g;
  lot.status = p.measurement.status;
  lot.coc_model = CocModel::none;
  if (site.kind == SiteKind::mine) {
    lot.origin = p.site;
    lot.coc_model = CocModel::identity_preserved;
    lot.schemes = eligibility_of(
        draft.view(),
        {draft.issuer(), p.site, p.material, p.extracted_from, p.extracted_until, draft.event_time()},
        draft.moment.block_time);
  }
  return lot;
}

// --- what is said of a lot later ---

bool is_gone(const state::Lot& lot) {
  return lot.state == LotState::consumed || lot.state == LotState::exported || lot.state == LotState::lost ||
         lot.state == LotState::withdrawn;
}

Result<state::Lot> find_lot(const Draft& draft, const LotId& id) {
  std::optional<state::Lot> lot = draft.get<state::Lot>(id.value);
  if (!lot) return violated("unknown_reference", "no lot " + id.value);
  return std::move(*lot);
}

Verdict check_order(const Draft& draft, const state::Lot& lot) {
  if (lot.settled_at <= draft.event_time()) return {};
  return violated("event_order", "before lot " + lot.id.value + " was made or last accepted");
}

// Checks shared by adjust and loss, up to balance_exceeded: the holder changes what is in its stock.
Result<state::Lot> stock(const Draft& draft, const LotId& id) {
  Result<state::Lot> lot = find_lot(draft, id);
  if (!lot) return lot;
  if (lot->holder != draft.issuer()) {
    return violated("not_holder", "lot " + id.value + " is held by " + lot->holder.value);
  }
  if (const Verdict verdict = check_order(draft, *lot); !verdict) return pass(verdict);
  if (lot->state == LotState::withdrawn) return violated("wrong_state", "the lot was withdrawn");
  if (lot->hold) return violated("lot_on_hold", "lot " + id.value + " is on hold");
  if (lot->dispatch || is_gone(*lot)) {
    return violated("balance_exceeded", "lot " + id.value + " is reserved or used up");
  }
  return lot;
}

Verdict check_claims(const state::Lot& lot) {
  if (lot.certified_dry_g <= lot.remaining_dry_g && lot.certified_cu_g <= lot.remaining_cu_g) return {};
  return violated("already_certified", "less would remain than live certificates say");
}

// What left the lot takes its share of the credits along: nothing will be made of it. Kept on the lot, so
// that a correction can book it again.
void put_stock(Draft& draft, state::Lot lot, Grams cu) {
  lot.lost_credits = lose_credits(draft, lot, cu);
  if (lot.remaining_dry_g.value == 0 && lot.remaining_cu_g.value == 0) lot.state = LotState::lost;
  const LotId id = lot.id;
  draft.put(id.value, std::move(lot));
}

}  // namespace

Verdict rule(Draft& draft, const payload::Lot& p) {
  bool unformalised = false;
  bool high = false;
  if (const Verdict verdict = check_registration(draft, p); !verdict) return verdict;
  if (const Verdict verdict = check_formalised(draft, p, unformalised); !verdict) return verdict;
  if (const Verdict verdict = check_amount(draft, p, high); !verdict) return verdict;
  const auto site = draft.look<state::Site>(p.site.value);
  ANTA_INVARIANT(site != nullptr);
  state::Lot lot = new_lot(draft, p, *site);
  if (unformalised) {
    lot.schemes.clear();
    draft.flag("producer_not_formalised", lot.stamp);
  }
  if (high) draft.flag("capacity_unusual", lot.stamp);
  const bool reviewed = std::any_of(lot.schemes.begin(), lot.schemes.end(), [](const auto& entry) {
    return entry.status == Eligibility::under_review;
  });
  if (reviewed) draft.flag("upstream_under_review", lot.stamp);
  flag_measurement(draft, p.material, p.measurement, lot.stamp);
  flag_place(draft, *site, lot.stamp);
  originate(draft, draft.issuer(), draft.event_time(), lot.accepted.dry_g.value);
  draft.mass.originated = {lot.accepted.dry_g.value, lot.accepted.cu_g.value};
  enlist(draft, lot);
  draft.put(p.id.value, std::move(lot));
  for (const PartyId& producer : p.producers.value_or(payload::List<PartyId>{})) {
    draft.concerns(Kind::party, producer.value);
  }
  return {};
}

// A stock-take finds less, or a little more dry mass than was accepted; never more copper.
Verdict rule(Draft& draft, const payload::Adjust& p) {
  Result<state::Lot> lot = stock(draft, p.lot);
  if (!lot) return pass(lot);
  if (p.dry_g < -lot->remaining_dry_g.value || p.cu_g < -lot->remaining_cu_g.value) {
    return violated("balance_exceeded", "more is taken off than remains");
  }
  const std::optional<Grams> new_dry = shifted(lot->remaining_dry_g, p.dry_g);
  const std::optional<Grams> new_cu = shifted(lot->remaining_cu_g, p.cu_g);
  if (new_dry && new_cu) {
    if (auto verdict = grade_possible(draft, lot->material, *new_dry, *new_cu); !verdict) return verdict;
  }
  const bool raises = p.dry_g > 0;
  const bool raised_too_far =
      raises &&
      (lot->dry_raised || !within(p.dry_g, draft.parameter("adjust_dry_ppm"), lot->accepted.dry_g.value));
  if (p.cu_g > 0 || raised_too_far || !new_dry) {
    return violated("not_conserved", "a stock-take does not make metal, and dry mass only once and little");
  }
  lot->remaining_dry_g = *new_dry;
  lot->remaining_cu_g.value += p.cu_g;
  lot->dry_raised = lot->dry_raised || raises;
  if (const Verdict verdict = check_claims(*lot); !verdict) return verdict;
  if (raises) draft.mass.gained.dry_g = p.dry_g;
  if (!raises) draft.mass.lost.dry_g = -p.dry_g;
  draft.mass.lost.cu_g = -p.cu_g;
  put_stock(draft, std::move(*lot), Grams{-p.cu_g});
  return {};
}

// A loss is a draw: what is spilt or stolen has the lot's grade.
Verdict rule(Draft& draft, const payload::Loss& p) {
  Result<state::Lot> lot = stock(draft, p.lot);
  if (!lot) return pass(lot);
  if (p.dry_g > lot->remaining_dry_g || p.cu_g > lot->remaining_cu_g) {
    return violated("balance_exceeded", "more is lost than remains");
  }
  if (auto verdict = rest_possible(draft, *lot, p.dry_g, p.cu_g); !verdict) return verdict;
  if (p.dry_g.value == 0) return violated("not_conserved", "nothing is lost");
  if (!keeps_grade(p.dry_g, p.cu_g, lot->remaining_dry_g, lot->remaining_cu_g,
                   draft.parameter("draw_grade_ppm"))) {
    return violated("not_conserved", "what is lost has the lot's grade");
  }
  lot->remaining_dry_g.value -= p.dry_g.value;
  lot->remaining_cu_g.value -= p.cu_g.value;
  if (const Verdict verdict = check_claims(*lot); !verdict) return verdict;
  draft.mass.lost = {p.dry_g.value, p.cu_g.value};
  put_stock(draft, std::move(*lot), p.cu_g);
  return {};
}

// By the holder of its own while it has it, or by an authority of anybody's, also on the road and over the
// holder's hold.
Verdict rule(Draft& draft, const payload::Hold& p) {
  Result<state::Lot> lot = find_lot(draft, p.lot);
  if (!lot) return pass(lot);
  const auto is_authority = [&](const PartyId& party) {
    return holds_role(draft.view(), party, Role::authority, draft.event_time());
  };
  const bool official = is_authority(draft.issuer());
  if (lot->holder != draft.issuer() && !official) {
    return violated("not_holder", "neither the lot's holder nor an authority");
  }
  if (const Verdict verdict = check_order(draft, *lot); !verdict) return verdict;
  if (is_gone(*lot)) return violated("wrong_state", "nothing of the lot is left to hold");
  if (lot->dispatch && !official) {
    return violated("wrong_state", "lot " + p.lot.value + " is on its way: only an authority stops it");
  }
  if (lot->hold && (!official || is_authority(*lot->hold))) {
    return violated("lot_on_hold", "on hold by " + lot->hold->value);
  }
  lot->hold = draft.issuer();
  draft.put(p.lot.value, std::move(*lot));
  return {};
}

Verdict rule(Draft& draft, const payload::Release& p) {
  Result<state::Lot> lot = find_lot(draft, p.lot);
  if (!lot) return pass(lot);
  if (lot->hold && *lot->hold != draft.issuer()) {
    return violated("not_issuer", "on hold by " + lot->hold->value);
  }
  if (const Verdict verdict = check_order(draft, *lot); !verdict) return verdict;
  if (!lot->hold) return violated("wrong_state", "the lot is not on hold");
  lot->hold.reset();
  draft.put(p.lot.value, std::move(*lot));
  return {};
}

// Both sides sign the same: the owner offers, the new owner completes it. Nobody else's word is kept on the
// lot, so that no stranger can stand in the way of the owner, nor of its corrections.
Verdict rule(Draft& draft, const payload::Ownership& p) {
  Result<state::Lot> lot = find_lot(draft, p.lot);
  if (!lot) return pass(lot);
  for (const PartyId& party : {p.from, p.to}) {
    if (!party_exists(draft.view(), party)) return violated("unknown_reference", "no party " + party.value);
  }
  if (draft.issuer() != p.from && draft.issuer() != p.to) {
    return violated("not_issuer", "neither side of the transfer");
  }
  if (lot->owner != p.from) {
    return violated("not_holder", "lot " + p.lot.value + " is owned by " + lot->owner.value);
  }
  if (const Verdict verdict = check_order(draft, *lot); !verdict) return verdict;
  const bool offered = lot->owner_offered == p.to;
  const bool completes = draft.issuer() != p.from;  // then it is the new owner
  if (is_gone(*lot) || p.from == p.to || offered != completes) {
    return violated("wrong_state", "the lot, or what is pending on it, does not allow this transfer");
  }
  if (lot->hold) return violated("lot_on_hold", "lot " + p.lot.value + " is on hold");
  if (completes) {
    lot->owner = p.to;
    lot->owner_offered.reset();
  } else {
    lot->owner_offered = p.to;
  }
  draft.put(p.lot.value, std::move(*lot));
  draft.concerns(Kind::party, p.from.value);
  draft.concerns(Kind::party, p.to.value);
  return {};
}

}  // namespace anta
