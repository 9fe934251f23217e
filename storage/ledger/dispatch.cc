// Dispatch, handover, and the ends of a dispatch that are no receipt.
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "storage/ledger/claims.h"
#include "storage/ledger/custody_chain.h"
#include "storage/ledger/draws.h"
#include "storage/ledger/mass.h"
#include "storage/ledger/measurement.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/standing.h"
#include "storage/ledger/transfer.h"

namespace anta {
namespace {

// --- dispatch ---

Verdict check_references(const Draft& draft, const payload::Dispatch& p) {
  for (const SiteId& site : {p.from_site, p.to_site}) {
    if (!draft.has<state::Site>(site.value)) return violated("unknown_reference", "no site " + site.value);
  }
  if (!party_exists(draft.view(), p.to)) return violated("unknown_reference", "no party " + p.to.value);
  if (p.carrier && !party_exists(draft.view(), *p.carrier)) {
    return violated("unknown_reference", "no party " + p.carrier->value);
  }
  return {};
}

// A dispatch draws nothing, but asks of its lots what a draw does: all that remains of each.
Result<Draws> dispatched(const Draft& draft, const payload::Dispatch& p) {
  std::vector<payload::Take> takes;
  for (const payload::LotMeasurement& line : p.lots)
    takes.push_back({line.lot, {}, {}});
  Result<Draws> draws = draws_of(draft, takes);
  if (!draws) return draws;
  if (auto verdict = check_references(draft, p); !verdict) return pass(verdict);
  if (draft.has<state::Dispatch>(p.id.value)) {
    return violated("duplicate_id", "dispatch " + p.id.value + " exists");
  }
  if (auto verdict = not_repeated(takes); !verdict) return pass(verdict);
  if (auto verdict = at_hand(draft, *draws, p.from_site); !verdict) return pass(verdict);
  if (auto verdict = ready(draft, *draws); !verdict) return pass(verdict);
  return draws;
}

Verdict check_load(const Draft& draft, const payload::Dispatch& p) {
  std::int64_t wet = 0;  // at most 256 lots of at most 2^53 g
  for (const payload::LotMeasurement& line : p.lots)
    wet += line.measurement.wet_g.value;
  if (wet <= draft.parameter("payload_max_g")) return {};
  return violated("payload_exceeded", std::to_string(wet) + " g on one truck");
}

Verdict check_papers(const Draft& draft, const payload::Dispatch& p) {
  if (draft.has<state::Taken>(waybill_id(draft.issuer(), p.waybill), Kind::waybill)) {
    return violated("duplicate_waybill", "waybill " + p.waybill + " was used before");
  }
  for (const std::string& seal : p.seals.value_or(payload::List<payload::Text>{})) {
    const auto taken = draft.look<state::Taken>(seal_id(draft.issuer(), seal), Kind::container_seal);
    if (taken) return violated("seal_in_use", "seal " + seal + " closes dispatch " + taken->by_id);
  }
  return {};
}

Result<Draws> check_dispatch(const Draft& draft, const payload::Dispatch& p) {
  Result<Draws> draws = dispatched(draft, p);
  if (!draws) return draws;
  if (auto verdict = figures_possible(draft, p.lots); !verdict) return pass(verdict);
  if (auto verdict = check_load(draft, p); !verdict) return pass(verdict);
  if (auto verdict = check_papers(draft, p); !verdict) return pass(verdict);
  if (auto verdict = enough(*draws); !verdict) return pass(verdict);
  if (auto verdict = status_kept(draft, p.lots); !verdict) return pass(verdict);
  for (const Draw& draw : *draws) {
    auto verdict = may_leave(draft, draw.lot, draft.issuer(), p.to);
    if (!verdict) return pass(verdict);
  }
  return draws;
}

state::Dispatch new_dispatch(const Draft& draft, const payload::Dispatch& p) {
  state::Dispatch dispatch = {};
  dispatch.id = p.id;
  dispatch.sender = draft.issuer();
  dispatch.from_site = p.from_site;
  dispatch.to = p.to;
  dispatch.to_site = p.to_site;
  dispatch.ownership_moves = p.ownership_moves;
  dispatch.carrier = p.carrier;
  dispatch.waybill = p.waybill;
  const auto seals = p.seals.value_or(payload::List<payload::Text>{});
  const std::set<std::string> unique(seals.begin(), seals.end());
  dispatch.seals.assign(unique.begin(), unique.end());
  dispatch.departed = draft.event_time();
  return dispatch;
}

// Reserves the lots and writes them; credits that stand over what leaves are taken back.
void load(Draft& draft, const payload::Dispatch& p, Draws draws, state::Dispatch& dispatch) {
  for (std::size_t i = 0; i < draws.size(); ++i) {
    state::Lot& lot = draws[i].lot;
    state::Dispatch::Line line = {};
    line.lot = lot.id;
    line.before = {wet_share(lot, lot.remaining_dry_g), lot.remaining_dry_g, lot.remaining_cu_g};
    line.before_state = lot.state;
    line.before_accepted = lot.accepted;
    line.before_settled_at = lot.settled_at;
    line.before_status = lot.status;
    line.before_owner = lot.owner;
    line.before_dry_raised = lot.dry_raised;
    line.sent = p.lots[i].measurement;
    line.reversed = withdraw_credits(draft, lot);
    lot.state = LotState::reserved;
    lot.dispatch = dispatch.id;
    flag_measurement(draft, lot.material, line.sent, dispatch.stamp);
    draft.put(line.lot.value, std::move(lot));
    dispatch.lines.push_back(std::move(line));
  }
}

// --- handover and end ---

bool on_the_way(const state::Dispatch& dispatch) {
  return dispatch.state == DispatchState::sent || dispatch.state == DispatchState::in_transit;
}

bool arrived(const state::Dispatch& dispatch) {
  return dispatch.state == DispatchState::received || dispatch.state == DispatchState::disputed;
}

// A cancellation and a return are the sender's word, a refusal and an export the consignee's.
Verdict check_side(const Draft& draft, const payload::DispatchEnd& p, const state::Dispatch& dispatch) {
  const bool consignee = p.outcome == DispatchOutcome::refused || p.outcome == DispatchOutcome::exported;
  if (consignee && draft.issuer() != dispatch.to) {
    return violated("not_consignee", "dispatch " + dispatch.id.value + " goes to " + dispatch.to.value);
  }
  if (!consignee && draft.issuer() != dispatch.sender) {
    return violated("not_holder", "dispatch " + dispatch.id.value + " was sent by " + dispatch.sender.value);
  }
  return {};
}

Verdict check_time(const Draft& draft, const state::Dispatch& dispatch) {
  const Millis latest = std::max({dispatch.departed, dispatch.handed_over.value_or(dispatch.departed),
                                  dispatch.received_at.value_or(dispatch.departed)});
  if (draft.event_time() >= latest) return {};
  return violated("event_order", "earlier than what dispatch " + dispatch.id.value + " has seen");
}

Verdict check_end_state(const payload::DispatchEnd& p, const state::Dispatch& dispatch) {
  const bool leaves_arrived = p.outcome == DispatchOutcome::refused || p.outcome == DispatchOutcome::returned;
  if (on_the_way(dispatch) || (leaves_arrived && arrived(dispatch))) return {};
  return violated("wrong_state",
                  "dispatch " + dispatch.id.value + " is " + std::string(word(dispatch.state)));
}

// The country of a site: as said, or Peru where it has an ubigeo.
std::string country_of(const Draft& draft, const SiteId& id) {
  const auto site = draft.look<state::Site>(id.value);
  if (!site) return {};
  return site->country.value_or(site->ubigeo ? "PE" : "");
}

Verdict check_export(const Draft& draft, const state::Dispatch& dispatch) {
  for (const state::Dispatch::Line& line : dispatch.lines) {
    const auto lot = draft.look<state::Lot>(line.lot.value);
    ANTA_INVARIANT(lot != nullptr);
    if (lot->hold) return violated("lot_on_hold", "lot " + line.lot.value + " is on hold");
  }
  if (country_of(draft, dispatch.from_site) != country_of(draft, dispatch.to_site)) return {};
  return violated("out_of_scope", "dispatch " + dispatch.id.value + " crosses no border");
}

void export_lots(Draft& draft, state::Dispatch& dispatch) {
  for (const state::Dispatch::Line& line : dispatch.lines) {
    auto lot = draft.get<state::Lot>(line.lot.value);
    ANTA_INVARIANT(lot.has_value());
    draft.mass.exported.dry_g += lot->remaining_dry_g.value;
    draft.mass.exported.cu_g += lot->remaining_cu_g.value;
    const PartyId old_holder = lot->holder;
    move_custody(draft, dispatch, *lot);
    lot->remaining_dry_g = {};
    lot->remaining_cu_g = {};
    lot->state = LotState::exported;
    lot->settled_at = draft.event_time();
    settle_claims(draft, *lot, old_holder);
    draft.put(line.lot.value, std::move(*lot));
  }
  free_seals(draft, dispatch);
  dispatch.state = DispatchState::exported;
  dispatch.settled_at = draft.event_time();
  draft.put(dispatch.id.value, dispatch);
}

}  // namespace

Verdict rule(Draft& draft, const payload::Dispatch& p) {
  Result<Draws> draws = check_dispatch(draft, p);
  if (!draws) return pass(draws);
  state::Dispatch dispatch = new_dispatch(draft, p);
  load(draft, p, std::move(*draws), dispatch);
  if (!p.tax_deposit) draft.flag("no_tax_deposit", dispatch.stamp);
  const state::Taken taken = {{}, p.id.value};
  draft.put(waybill_id(draft.issuer(), p.waybill), taken, Kind::waybill);
  for (const std::string& seal : dispatch.seals)
    draft.put(seal_id(draft.issuer(), seal), taken, Kind::container_seal);
  draft.put(p.id.value, std::move(dispatch));
  return {};
}

Verdict rule(Draft& draft, const payload::Handover& p) {
  Result<state::Dispatch> dispatch = find_dispatch(draft, p.dispatch);
  if (!dispatch) return pass(dispatch);
  if (dispatch->carrier != draft.issuer()) {
    return violated("not_holder", draft.issuer().value + " is not the carrier that the dispatch names");
  }
  if (auto verdict = check_time(draft, *dispatch); !verdict) return verdict;
  if (dispatch->state != DispatchState::sent) {
    return violated("wrong_state",
                    "dispatch " + p.dispatch.value + " is " + std::string(word(dispatch->state)));
  }
  dispatch->state = DispatchState::in_transit;
  dispatch->handed_over = draft.event_time();
  mark_lots(draft, *dispatch, LotState::in_transit);
  draft.put(p.dispatch.value, std::move(*dispatch));
  return {};
}

Verdict rule(Draft& draft, const payload::DispatchEnd& p) {
  Result<state::Dispatch> dispatch = find_dispatch(draft, p.dispatch);
  if (!dispatch) return pass(dispatch);
  if (auto verdict = check_side(draft, p, *dispatch); !verdict) return verdict;
  if (auto verdict = check_time(draft, *dispatch); !verdict) return verdict;
  if (auto verdict = check_end_state(p, *dispatch); !verdict) return verdict;
  switch (p.outcome) {
    case DispatchOutcome::cancelled: give_back(draft, *dispatch, DispatchState::cancelled); return {};
    case DispatchOutcome::refused: give_back(draft, *dispatch, DispatchState::refused); return {};
    case DispatchOutcome::returned: give_back(draft, *dispatch, DispatchState::returned); return {};
    case DispatchOutcome::exported: break;
  }
  if (auto verdict = check_export(draft, *dispatch); !verdict) return verdict;
  export_lots(draft, *dispatch);
  return {};
}

}  // namespace anta
