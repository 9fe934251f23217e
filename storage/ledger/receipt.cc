// Receipt, its answer, and the resolution of a dispute: how two sides come to one figure.
#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "storage/ledger/mass.h"
#include "storage/ledger/measurement.h"
#include "storage/ledger/route.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/standing.h"
#include "storage/ledger/transfer.h"

namespace anta {
namespace {

constexpr std::int64_t hour_ms = 3600000;

tl::unexpected<Error> wrong_state(const state::Dispatch& dispatch) {
  return violated("wrong_state",
                  "dispatch " + dispatch.id.value + " is " + std::string(word(dispatch.state)));
}

// --- receipt ---

Verdict check_tickets(const Draft& draft, const payload::Receipt& p) {
  for (const std::string& id : ticket_ids(draft.issuer(), p)) {
    const auto taken = draft.look<state::Taken>(id, Kind::ticket);
    if (taken) return violated("duplicate_ticket", "ticket " + id + " is of dispatch " + taken->by_id);
  }
  return {};
}

Result<state::Dispatch> check_receipt(const Draft& draft, const payload::Receipt& p) {
  Result<state::Dispatch> dispatch = find_dispatch(draft, p.dispatch);
  if (!dispatch) return dispatch;
  if (auto verdict = names_all_lots(*dispatch, p.lots); !verdict) return pass(verdict);
  if (draft.issuer() != dispatch->to) {
    return violated("not_consignee", "dispatch " + p.dispatch.value + " goes to " + dispatch->to.value);
  }
  if (draft.event_time() < dispatch->handed_over.value_or(dispatch->departed)) {
    return violated("event_order", "received before it left");
  }
  if (dispatch->state != DispatchState::sent && dispatch->state != DispatchState::in_transit) {
    return wrong_state(*dispatch);
  }
  if (auto verdict = figures_possible(draft, p.lots); !verdict) return pass(verdict);
  if (auto verdict = check_tickets(draft, p); !verdict) return pass(verdict);
  if (auto verdict = no_gain_alone(draft, *dispatch, p.lots); !verdict) return pass(verdict);
  if (auto verdict = status_kept(draft, p.lots); !verdict) return pass(verdict);
  return dispatch;
}

bool was_not_handed_over(const Draft&, const state::Dispatch& dispatch) {
  return dispatch.carrier && !dispatch.handed_over;
}

std::int64_t time_under_way(const Draft& draft, const state::Dispatch& dispatch) {
  return draft.event_time().value - dispatch.departed.value;
}

bool took_long(const Draft& draft, const state::Dispatch& dispatch) {
  return time_under_way(draft, dispatch) > draft.parameter("transit_flag_hours") * hour_ms;
}

bool was_too_fast(const Draft& draft, const state::Dispatch& dispatch) {
  const auto from = draft.look<state::Site>(dispatch.from_site.value);
  const auto to = draft.look<state::Site>(dispatch.to_site.value);
  ANTA_INVARIANT(from && to);
  const auto start = position_of(*from);
  const auto end = position_of(*to);
  return start && end &&
         faster_than(*start, *end, time_under_way(draft, dispatch), draft.parameter("speed_flag_kmh"));
}

bool any_tare_drifts(const Draft& draft, const state::Dispatch& dispatch) {
  return std::any_of(dispatch.lines.begin(), dispatch.lines.end(), [&](const state::Dispatch::Line& line) {
    return tare_drifts(draft, line.sent, *line.received);
  });
}

constexpr ReceiptFlag receipt_flag_list[] = {
    {"no_handover", was_not_handed_over},
    {"transit_unusual", took_long},
    {"speed_unusual", was_too_fast},
    {"tare_drift", any_tare_drifts},
};

Match worst_match(const Draft& draft, const state::Dispatch& dispatch) {
  const ParameterOf parameter = [&](std::string_view name) { return draft.parameter(name); };
  Match worst = Match::accepted;
  for (const state::Dispatch::Line& line : dispatch.lines) {
    const Material material = draft.look<state::Lot>(line.lot.value)->material;
    worst = std::max(worst, compare(material, line.sent, *line.received, parameter));
  }
  return worst;
}

// --- answer ---

// Whose word is awaited, and what it would settle: the sender's on the receiver's figures, or either side's
// on what the other proposed.
Verdict check_answer(const Draft& draft, const payload::ReceiptReply& p, const state::Dispatch& dispatch) {
  const bool sender = draft.issuer() == dispatch.sender;
  const bool proposed_to_consignee = dispatch.proposed_by == dispatch.sender && draft.issuer() == dispatch.to;
  if (!sender && !proposed_to_consignee) {
    return violated("not_holder", "the answer is " + dispatch.sender.value + "'s");
  }
  if (draft.event_time() < dispatch.received_at.value_or(dispatch.departed)) {
    return violated("event_order", "answered before it was received");
  }
  const bool accepts_proposal =
      p.answer == ReceiptAnswer::accept && dispatch.proposed_by && *dispatch.proposed_by != draft.issuer();
  if (accepts_proposal && draft.event_time() < dispatch.proposed_at.value_or(draft.event_time())) {
    return violated("event_order", "answered before the figures that it would accept were proposed");
  }
  const bool waits = dispatch.state == DispatchState::received;
  const bool disputed = dispatch.state == DispatchState::disputed;
  const bool says_something_new =
      p.answer == ReceiptAnswer::accept || waits || dispatch.proposed_by.has_value();
  if ((waits || disputed) && says_something_new) return {};
  return wrong_state(dispatch);
}

// --- resolution ---

Verdict check_parties(const Draft& draft, const payload::DisputeResolution& p,
                      const state::Dispatch& dispatch) {
  const bool a_side = draft.issuer() == dispatch.sender || draft.issuer() == dispatch.to;
  if (p.by == ResolutionBy::agreement && !a_side) {
    return violated("not_holder", draft.issuer().value + " is not a side of dispatch " + dispatch.id.value);
  }
  if (draft.event_time() < dispatch.received_at.value_or(dispatch.departed)) {
    return violated("event_order", "resolved before it was received");
  }
  // An agreement may be proposed at once; an umpire is for those who do not agree.
  const bool waits = dispatch.state == DispatchState::received && p.by == ResolutionBy::agreement;
  if (!waits && dispatch.state != DispatchState::disputed) return wrong_state(dispatch);
  const auto close = [&](const PartyId& side) {
    return draft.issuer() == side || related(draft.view(), draft.issuer(), side, draft.event_time());
  };
  if (p.by == ResolutionBy::umpire && (close(dispatch.sender) || close(dispatch.to))) {
    return violated("conflict_of_interest", "an umpire is neither side, nor related to one");
  }
  return {};
}

Result<state::Dispatch> check_resolution(const Draft& draft, const payload::DisputeResolution& p) {
  if (p.by == ResolutionBy::umpire &&
      !holds_role(draft.view(), draft.issuer(), Role::laboratory, draft.event_time())) {
    return violated("role_missing", draft.issuer().value + " is no laboratory");
  }
  Result<state::Dispatch> dispatch = find_dispatch(draft, p.dispatch);
  if (!dispatch) return dispatch;
  if (auto verdict = names_all_lots(*dispatch, p.lots); !verdict) return pass(verdict);
  if (auto verdict = check_parties(draft, p, *dispatch); !verdict) return pass(verdict);
  if (auto verdict = figures_possible(draft, p.lots); !verdict) return pass(verdict);
  if (auto verdict = no_gain_alone(draft, *dispatch, p.lots); !verdict) return pass(verdict);
  if (auto verdict = status_kept(draft, p.lots); !verdict) return pass(verdict);
  return dispatch;
}

}  // namespace

std::span<const ReceiptFlag> flags_of_a_receipt() { return receipt_flag_list; }

Verdict rule(Draft& draft, const payload::Receipt& p) {
  Result<state::Dispatch> dispatch = check_receipt(draft, p);
  if (!dispatch) return pass(dispatch);
  dispatch->received_at = draft.event_time();
  for (const payload::LotMeasurement& line : p.lots)
    line_of(*dispatch, line.lot).received = line.measurement;
  for (const ReceiptFlag& flag : receipt_flag_list) {
    if (flag.is_due(draft, *dispatch)) draft.flag(flag.code, dispatch->stamp);
  }
  for (const std::string& id : ticket_ids(draft.issuer(), p))
    draft.put(id, state::Taken{{}, p.dispatch.value}, Kind::ticket);
  free_seals(draft, *dispatch);
  const Match match = worst_match(draft, *dispatch);
  if (match == Match::accepted) {
    settle(draft, *dispatch, false, DispatchState::accepted);
    return {};
  }
  const bool waits = match == Match::waits;
  dispatch->state = waits ? DispatchState::received : DispatchState::disputed;
  mark_lots(draft, *dispatch, waits ? LotState::received : LotState::disputed);
  draft.put(p.dispatch.value, std::move(*dispatch));
  return {};
}

Verdict rule(Draft& draft, const payload::ReceiptReply& p) {
  Result<state::Dispatch> dispatch = find_dispatch(draft, p.dispatch);
  if (!dispatch) return pass(dispatch);
  if (auto verdict = check_answer(draft, p, *dispatch); !verdict) return verdict;
  if (p.answer == ReceiptAnswer::accept) {
    // What the other side proposed; a sender that has only its own proposal accepts the receiver's figures.
    const bool others = dispatch->proposed_by && *dispatch->proposed_by != draft.issuer();
    settle(draft, *dispatch, others, others ? DispatchState::resolved : DispatchState::accepted);
    return {};
  }
  dispatch->state = DispatchState::disputed;
  dispatch->proposed_by.reset();
  dispatch->proposed_at.reset();
  mark_lots(draft, *dispatch, LotState::disputed);
  draft.put(p.dispatch.value, std::move(*dispatch));
  return {};
}

Verdict rule(Draft& draft, const payload::DisputeResolution& p) {
  Result<state::Dispatch> dispatch = check_resolution(draft, p);
  if (!dispatch) return pass(dispatch);
  for (const payload::LotMeasurement& line : p.lots)
    line_of(*dispatch, line.lot).proposed = line.measurement;
  if (p.by == ResolutionBy::umpire) {
    settle(draft, *dispatch, true, DispatchState::resolved);
    return {};
  }
  dispatch->proposed_by = draft.issuer();
  dispatch->proposed_at = draft.event_time();
  draft.put(p.dispatch.value, *dispatch);
  for (const payload::LotMeasurement& line : p.lots)
    draft.concerns(Kind::lot, line.lot.value);
  return {};
}

}  // namespace anta
