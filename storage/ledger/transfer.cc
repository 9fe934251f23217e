#include "storage/ledger/transfer.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "storage/ledger/claims.h"
#include "storage/ledger/custody_chain.h"
#include "storage/ledger/mass.h"
#include "storage/ledger/measurement.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

void record_difference(Draft& draft, const state::Lot& lot, const state::Figures& accepted) {
  const std::int64_t dry = accepted.dry_g.value - lot.remaining_dry_g.value;
  const std::int64_t cu = accepted.cu_g.value - lot.remaining_cu_g.value;
  draft.mass.gained.dry_g += std::max<std::int64_t>(dry, 0);
  draft.mass.gained.cu_g += std::max<std::int64_t>(cu, 0);
  draft.mass.lost.dry_g += std::max<std::int64_t>(-dry, 0);
  draft.mass.lost.cu_g += std::max<std::int64_t>(-cu, 0);
}

void accept_lot(Draft& draft, const state::Dispatch& dispatch, const state::Dispatch::Line& line,
                const payload::Measurement& measurement, bool resolved) {
  auto lot = draft.get<state::Lot>(line.lot.value);
  ANTA_INVARIANT(lot.has_value());
  const PartyId old_holder = lot->holder;
  const state::Figures figures = figures_of(measurement);
  record_difference(draft, *lot, figures);
  lot->accepted = figures;
  lot->remaining_dry_g = figures.dry_g;
  lot->remaining_cu_g = figures.cu_g;
  lot->status = measurement.status;
  if (!is_one_interest(draft.view(), dispatch.sender, dispatch.to, draft.event_time()))
    lot->dry_raised = false;
  lot->state = resolved ? LotState::resolved : LotState::accepted;
  lot->settled_at = draft.event_time();
  move_custody(draft, dispatch, *lot);
  flag_measurement(draft, lot->material, measurement, lot->stamp);
  settle_claims(draft, *lot, old_holder);
  ANTA_INVARIANT(dispatch.received_at.has_value());
  book_credits(draft, *lot, *dispatch.received_at);
  draft.put(line.lot.value, std::move(*lot));
}

}  // namespace

Result<state::Dispatch> find_dispatch(const Draft& draft, const DispatchId& id) {
  auto dispatch = draft.get<state::Dispatch>(id.value);
  if (!dispatch) return violated("unknown_reference", "no dispatch " + id.value);
  return std::move(*dispatch);
}

bool tare_drifts(const Draft& draft, const payload::Measurement& sent, const payload::Measurement& received) {
  if (!sent.tare_g || !received.tare_g) return false;
  return !within(received.tare_g->value - sent.tare_g->value, draft.parameter("tare_drift_ppm"),
                 sent.tare_g->value);
}

Verdict names_all_lots(const state::Dispatch& dispatch, const std::vector<payload::LotMeasurement>& lots) {
  std::set<LotId> expected;
  for (const auto& line : dispatch.lines)
    expected.insert(line.lot);
  std::set<LotId> named;
  for (const payload::LotMeasurement& line : lots) {
    if (!expected.contains(line.lot)) {
      return violated("unknown_reference",
                      "lot " + line.lot.value + " is not in dispatch " + dispatch.id.value);
    }
    named.insert(line.lot);
  }
  if (named.size() < expected.size()) {
    return violated("unknown_reference", "a lot of dispatch " + dispatch.id.value + " is not named");
  }
  if (named.size() == lots.size()) return {};
  return violated("duplicate_id", "a lot of dispatch " + dispatch.id.value + " is named twice");
}

Verdict figures_possible(const Draft& draft, const std::vector<payload::LotMeasurement>& lots) {
  for (const payload::LotMeasurement& line : lots) {
    if (auto verdict = moisture_possible(draft, line.measurement); !verdict) return verdict;
  }
  for (const payload::LotMeasurement& line : lots) {
    const auto lot = draft.look<state::Lot>(line.lot.value);
    ANTA_INVARIANT(lot != nullptr);
    if (auto verdict = grade_possible(draft, lot->material, line.measurement); !verdict) return verdict;
  }
  return {};
}

Verdict no_gain_alone(const Draft& draft, const state::Dispatch& dispatch,
                      const std::vector<payload::LotMeasurement>& lots) {
  if (!is_one_interest(draft.view(), dispatch.sender, dispatch.to, draft.event_time())) return {};
  for (const state::Dispatch::Line& line : dispatch.lines) {
    for (const payload::LotMeasurement& stated : lots) {
      if (stated.lot != line.lot) continue;
      const state::Figures figures = figures_of(stated.measurement);
      if (figures.dry_g <= line.before.dry_g && figures.cu_g <= line.before.cu_g) continue;
      return violated("not_conserved", "lot " + line.lot.value + " left with " +
                                           std::to_string(line.before.dry_g.value) + " g dry and " +
                                           std::to_string(line.before.cu_g.value) +
                                           " g Cu; sender and consignee are one, so it gains nothing");
    }
  }
  return {};
}

Verdict status_kept(const Draft& draft, const std::vector<payload::LotMeasurement>& lots) {
  for (const payload::LotMeasurement& line : lots) {
    const auto lot = draft.look<state::Lot>(line.lot.value);
    ANTA_INVARIANT(lot != nullptr);
    if (line.measurement.status >= lot->status) continue;
    return violated("status_lowered", "the figures of lot " + line.lot.value + " are " +
                                          std::string(word(lot->status)) + " already");
  }
  return {};
}

state::Dispatch::Line& line_of(state::Dispatch& dispatch, const LotId& lot) {
  const auto line = std::find_if(dispatch.lines.begin(), dispatch.lines.end(),
                                 [&](const auto& candidate) { return candidate.lot == lot; });
  ANTA_INVARIANT(line != dispatch.lines.end());
  return *line;
}

void move_custody(const Draft& draft, const state::Dispatch& dispatch, state::Lot& lot) {
  const bool own_hold = lot.hold == lot.holder;
  if (own_hold && !holds_role(draft.view(), lot.holder, Role::authority, draft.event_time()))
    lot.hold.reset();
  lot.holder = dispatch.to;
  lot.site = dispatch.to_site;
  lot.dispatch.reset();
  if (!dispatch.ownership_moves || lot.owner != dispatch.sender) return;
  lot.owner = dispatch.to;
  lot.owner_offered.reset();
}

void settle(Draft& draft, state::Dispatch& dispatch, bool use_proposed, DispatchState as) {
  for (state::Dispatch::Line& line : dispatch.lines) {
    const auto& figures = use_proposed ? line.proposed : line.received;
    ANTA_INVARIANT(figures.has_value());
    line.before_owner = draft.look<state::Lot>(line.lot.value)->owner;  // it may have been sold on the way
    accept_lot(draft, dispatch, line, *figures, use_proposed);
  }
  dispatch.state = as;
  dispatch.settled_at = draft.event_time();
  dispatch.proposed_by.reset();
  dispatch.proposed_at.reset();
  draft.put(dispatch.id.value, dispatch);
}

void give_back(Draft& draft, state::Dispatch& dispatch, DispatchState as) {
  for (state::Dispatch::Line& line : dispatch.lines) {
    auto lot = draft.get<state::Lot>(line.lot.value);
    ANTA_INVARIANT(lot.has_value());
    lot->dispatch.reset();
    lot->state = as == DispatchState::returned || as == DispatchState::refused ? LotState::returned
                                                                               : line.before_state;
    restore_credits(draft, *lot, line.reversed);
    line.reversed.clear();
    draft.put(line.lot.value, std::move(*lot));
  }
  free_seals(draft, dispatch);
  dispatch.state = as;
  dispatch.proposed_by.reset();
  dispatch.proposed_at.reset();
  dispatch.settled_at = draft.event_time();
  draft.put(dispatch.id.value, dispatch);
}

void mark_lots(Draft& draft, const state::Dispatch& dispatch, LotState as) {
  for (const state::Dispatch::Line& line : dispatch.lines) {
    auto lot = draft.get<state::Lot>(line.lot.value);
    ANTA_INVARIANT(lot.has_value());
    lot->state = as;
    draft.put(line.lot.value, std::move(*lot));
  }
}

std::string waybill_id(const PartyId& signer, const std::string& waybill) {
  return signer.value + "/" + waybill;
}

std::string seal_id(const PartyId& signer, const std::string& seal) { return signer.value + "/" + seal; }

std::set<std::string> ticket_ids(const PartyId& signer, const payload::Receipt& p) {
  std::set<std::string> ids;
  const auto of_scale = [&](const std::optional<ScaleId>& scale) {
    return signer.value + "/" + (scale ? scale->value : "") + "/";
  };
  std::optional<ScaleId> scale;
  for (auto line = p.lots.rbegin(); line != p.lots.rend(); ++line) {
    if (line->measurement.scale) scale = line->measurement.scale;  // the first lot's in the end
  }
  if (p.ticket) ids.insert(of_scale(scale) + *p.ticket);
  for (const payload::LotMeasurement& line : p.lots) {
    if (line.measurement.ticket) ids.insert(of_scale(line.measurement.scale) + *line.measurement.ticket);
  }
  return ids;
}

void free_seals(Draft& draft, const state::Dispatch& dispatch) {
  for (const std::string& seal : dispatch.seals) {
    const std::string id = seal_id(dispatch.sender, seal);
    const auto taken = draft.look<state::Taken>(id, Kind::container_seal);
    if (taken && taken->by_id == dispatch.id.value) draft.remove(Kind::container_seal, id);
  }
}

}  // namespace anta
