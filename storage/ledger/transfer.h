// What dispatch, receipt and what ends a transfer share, above all moving the lots.
//
// Internal to the law. Source: ledger.md 6.3.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/ledger/draft.h"
#include "storage/ledger/payload/transfer.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/state.h"
#include "storage/ledger/tolerance.h"

namespace anta {

// unknown_reference when there is none.
Result<state::Dispatch> find_dispatch(const Draft& draft, const DispatchId& id);

// Two measurements of the same empty truck that differ by more than tare_drift_ppm of the first.
bool tare_drifts(const Draft& draft, const payload::Measurement& sent, const payload::Measurement& received);

// A flag that a receipt puts on its dispatch, and when: the dispatch has the received figures by then.
struct ReceiptFlag {
  std::string_view code = {};
  bool (*is_due)(const Draft& draft, const state::Dispatch& received) = nullptr;
};

// All that there are: a receipt raises no other on its dispatch, and its correction takes just these away.
std::span<const ReceiptFlag> flags_of_a_receipt();

// Checks of the figures that a receipt or a resolution gives for a dispatch's lots. Every lot of the dispatch
// once and no other: unknown_reference for a lot too many or too few, duplicate_id for one named twice.
Verdict names_all_lots(const state::Dispatch& dispatch, const std::vector<payload::LotMeasurement>& lots);
Verdict figures_possible(const Draft& draft, const std::vector<payload::LotMeasurement>& lots);
// not_conserved: between sides that are one interest no figure may lie above what left (ledger.md 6.1: a gain
// is never available to the sender).
Verdict no_gain_alone(const Draft& draft, const state::Dispatch& dispatch,
                      const std::vector<payload::LotMeasurement>& lots);
Verdict status_kept(const Draft& draft, const std::vector<payload::LotMeasurement>& lots);

// Where the lots named in a receipt or resolution stand in the dispatch. The lot was checked to be there.
state::Dispatch::Line& line_of(state::Dispatch& dispatch, const LotId& lot);

// The transfer is settled with each line's proposed figures where `use_proposed`, else the received ones:
// custody, ownership and figures move, differences become gains and losses, credits are booked.
void settle(Draft& draft, state::Dispatch& dispatch, bool use_proposed, DispatchState as);

// The lots go back to the sender as they were; their credits are booked again.
void give_back(Draft& draft, state::Dispatch& dispatch, DispatchState as);

// Not settled yet: every lot of the dispatch shows the state.
void mark_lots(Draft& draft, const state::Dispatch& dispatch, LotState as);

// The records that say a waybill, a seal or a ticket is taken, each of its signer: nobody uses up another's
// numbers. A ticket belongs to its scale; the receipt's own to the scale of its lots where they name one. A
// weighing of several lots may put one ticket on all of them.
std::string waybill_id(const PartyId& signer, const std::string& waybill);
std::string seal_id(const PartyId& signer, const std::string& seal);
std::set<std::string> ticket_ids(const PartyId& signer, const payload::Receipt& p);

// The dispatch's container seals may be used again.
void free_seals(Draft& draft, const state::Dispatch& dispatch);

// Custody moves to the consignee: holder, site, and the owner where the sender owned it and ownership moves.
// A hold of the old holder's own ends with its custody; an authority's stays.
void move_custody(const Draft& draft, const state::Dispatch& dispatch, state::Lot& lot);

}  // namespace anta
