// The stretch of the chain beyond the mill, for the law's tests: builders that begin where World's end.
//
// Numbers that tests rely on: a delivered lot of some_ore() has 19 400 000 g dry and 970 000 g Cu; the mill
// makes 3 637 499 g of concentrate with 873 000 g Cu of it; the works make an anode with 846 810 g Cu.
#pragma once

#include <string>
#include <vector>

#include "tests/ledger/law_fixture.h"

namespace anta::test {

// Delivers a lot to the mill and floats it: `output` is segregated, eligible and the plant's.
inline void concentrate(World& w, const std::string& ore, const std::string& output) {
  w.deliver(ore);
  w.must("plant", w.flotation("B-" + output, {ore}, output));
}

// Ore of the second mine, delivered to the mill.
inline void deliver_from_second(World& w, const std::string& id) {
  payload::Lot lot = w.lot(id);
  lot.site = SiteId{"mine2"};
  w.must("miner2", lot);
  payload::Dispatch d = w.dispatch("D-" + id, {id});
  d.from_site = SiteId{"mine2"};
  w.must("miner2", d);
  w.now += day;
  w.must("plant", w.receipt("D-" + id, {id}));
}

inline payload::Measurement as_it_is(const World& w, const std::string& lot) {
  const auto record = w.get<state::Lot>(lot);
  payload::Measurement m = measured(record.accepted.wet_g.value, 90000, 240000, record.status);
  if (record.material == Material::ore_sulphide) m = some_ore();
  if (record.material == Material::anode) m = measured(record.accepted.wet_g.value, 0, 992000, record.status);
  return m;
}

// The plant moves a lot of its own from the mill to another of its sites; it is there a day later, as it was.
inline void move_from_mill(World& w, const std::string& dispatch, const std::string& lot,
                           const std::string& to_site) {
  const payload::Measurement same = as_it_is(w, lot);
  payload::Dispatch d = w.dispatch(dispatch, {lot}, same);
  d.from_site = SiteId{"mill"};
  d.to = PartyId{"plant"};
  d.to_site = SiteId{to_site};
  d.carrier.reset();
  w.must("plant", d);
  w.now += day;
  w.must("plant", w.receipt(dispatch, {lot}, same));
}

// From the mill to the works.
inline payload::Dispatch sale(const World& w, const std::string& id, const std::vector<std::string>& lots) {
  payload::Dispatch p = w.dispatch(id, lots, as_it_is(w, lots.front()));
  p.from_site = SiteId{"mill"};
  p.to = PartyId{"smelter"};
  p.to_site = SiteId{"works"};
  return p;
}

// Sells a lot of the mill's to the works, accepted after a day.
inline void sell(World& w, const std::string& lot) {
  const payload::Measurement measurement = as_it_is(w, lot);
  w.must("plant", sale(w, "S-" + lot, {lot}));
  w.now += day;
  w.must("smelter", w.receipt("S-" + lot, {lot}, measurement));
}

inline payload::DispatchEnd ending(const World& w, const std::string& dispatch, DispatchOutcome outcome) {
  payload::DispatchEnd p;
  p.common = w.common();
  p.dispatch = DispatchId{dispatch};
  p.outcome = outcome;
  return p;
}

inline payload::ReceiptReply reply(const World& w, const std::string& dispatch, ReceiptAnswer answer) {
  payload::ReceiptReply p;
  p.common = w.common();
  p.dispatch = DispatchId{dispatch};
  p.answer = answer;
  return p;
}

inline payload::DisputeResolution resolution(const World& w, const std::string& dispatch,
                                             const std::string& lot, const payload::Measurement& figures,
                                             ResolutionBy by) {
  payload::DisputeResolution p;
  p.common = w.common();
  p.dispatch = DispatchId{dispatch};
  p.lots = {{LotId{lot}, figures}};
  p.by = by;
  return p;
}

// Of the works, for anodes, a year from t0.
inline payload::BalanceOpen account(const World& w, const std::string& id,
                                    std::int64_t conversion_ppm = 965000) {
  payload::BalanceOpen p;
  p.common = w.common();
  p.id = AccountId{id};
  p.site = SiteId{"works"};
  p.scheme = SchemeId{"crp"};
  p.product = Material::anode;
  p.from = Millis{t0};
  p.until = Millis{t0 + 366 * day};
  p.conversion_ppm = Ppm{conversion_ppm};
  return p;
}

// All that is left of a concentrate at the works, 97 % recovered as an anode of 99.2 % Cu.
inline payload::Process smelting(const World& w, const std::string& id, const std::string& input,
                                 const std::string& output) {
  payload::Process p;
  p.common = w.common();
  p.id = ProcessId{id};
  p.site = SiteId{"works"};
  p.process = ProcessKind::smelting;
  p.inputs = {w.all_of(input)};
  const std::int64_t cu = p.inputs.front().cu_g.value;
  const payload::Measurement made = measured(cu * 97 / 100 * 1000 / 992, 0, 992000);
  p.outputs = {{LotId{output}, Material::anode, "bulk", made}};
  p.losses = payload::Mass{Grams{0}, Grams{cu - cu * 97 / 100}};
  return p;
}

// A refinery with mass balance attested, and its account T.
inline void refiner_with_account(World& w) {
  w.party("refiner", {Role::refinery});
  w.site("tank", "refiner", SiteKind::refinery, {ProcessKind::electrorefining});
  w.attest("att-tank", AttestationKind::chain_of_custody, "refiner", "tank", {CocModel::mass_balance});
  payload::BalanceOpen open = account(w, "T", 990000);
  open.site = SiteId{"tank"};
  w.must("refiner", open);
}

inline payload::Split splitting(const World& w, const std::string& lot,
                                const std::vector<payload::Child>& children) {
  payload::Split p;
  p.common = w.common();
  p.lot = LotId{lot};
  p.children = children;
  return p;
}

inline payload::CertificateStatus certificate_status(const World& w, const std::string& id,
                                                     CertificateChange change) {
  payload::CertificateStatus p;
  p.common = w.common();
  p.certificate = CertificateId{id};
  p.status = change;
  p.reason = "a reason";
  return p;
}

inline void hold(World& w, const std::string& lot) {
  payload::Hold p;
  p.common = w.common();
  p.lot = LotId{lot};
  p.legal_basis = "an order";
  w.must("ministry", p);
}

// Of L-1.
inline payload::Ownership ownership(const World& w, const std::string& from, const std::string& to) {
  payload::Ownership p;
  p.common = w.common();
  p.lot = LotId{"L-1"};
  p.from = PartyId{from};
  p.to = PartyId{to};
  return p;
}

// A stock-take of L-1.
inline payload::Adjust adjust(const World& w, std::int64_t dry, std::int64_t cu) {
  payload::Adjust p;
  p.common = w.common();
  p.lot = LotId{"L-1"};
  p.dry_g = dry;
  p.cu_g = cu;
  return p;
}

inline std::int64_t balance(const World& w, const std::string& id) {
  return w.get<state::Account>(id).balance_g;
}

// Grams of the present, and what the flows say they must be (ledger.md section 8).
inline void expect_conserved(const World& w) {
  MassFlow::Amount present = {};
  for (const auto& [key, bytes] : w.view.records()) {
    if (key.kind != Kind::lot || !bytes) continue;
    const auto lot = state::find<state::Lot>(w.view, key.id);
    present.dry_g += lot->remaining_dry_g.value;
    present.cu_g += lot->remaining_cu_g.value;
  }
  const MassFlow& m = w.mass;
  EXPECT_EQ(m.originated.dry_g + m.gained.dry_g,
            present.dry_g + m.processed_away.dry_g + m.lost.dry_g + m.exported.dry_g);
  EXPECT_EQ(m.originated.cu_g + m.gained.cu_g,
            present.cu_g + m.processed_away.cu_g + m.lost.cu_g + m.exported.cu_g);
}

}  // namespace anta::test
