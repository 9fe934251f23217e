// Dispatch, handover and the ends of a dispatch that are no receipt.
#include "tests/ledger/law_chain.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

std::string load(World& w, std::int64_t first_g, std::int64_t second_g) {
  w.must("miner", w.lot("L-1"));
  w.must("miner", w.lot("L-2"));
  payload::Dispatch p = w.dispatch("D-1", {"L-1", "L-2"});
  p.lots[0].measurement.wet_g = Grams{first_g};
  p.lots[1].measurement.wet_g = Grams{second_g};
  return w.submit("miner", p);
}

// Registers L-1 and submits a dispatch of it after a change.
template <typename Change>
std::string send(World& w, Change change, const std::string& as = "miner") {
  w.must("miner", w.lot("L-1"));
  payload::Dispatch p = w.dispatch("D-1", {"L-1"});
  change(p);
  return w.submit(as, p);
}
std::string send(World& w) {
  return send(w, [](payload::Dispatch&) {});
}

payload::Dispatch sealed(const World& w, const std::string& id, const std::string& lot) {
  payload::Dispatch p = w.dispatch(id, {lot});
  p.seals = payload::List<payload::Text>{"HLX-1"};
  return p;
}

// L-1 leaves under a seal; after `between` L-2 wants the same seal.
template <typename Between>
std::string seal_again(World& w, Between between) {
  w.must("miner", w.lot("L-1"));
  w.must("miner", w.lot("L-2"));
  w.must("miner", sealed(w, "D-1", "L-1"));
  between();
  return w.submit("miner", sealed(w, "D-2", "L-2"));
}

// A site abroad for the buyer, and an anode-free export: ore straight from the mine.
std::string export_to(World& w, const std::string& country, const std::string& as = "buyer") {
  payload::Site site = w.site_payload("abroad", "buyer", SiteKind::warehouse);
  if (!country.empty()) {
    site.ubigeo.reset();
    site.country = country;
  }
  w.must("buyer", site);
  w.must("miner", w.lot("L-1"));
  payload::Dispatch p = w.dispatch("D-1", {"L-1"});
  p.to = PartyId{"buyer"};
  p.to_site = SiteId{"abroad"};
  w.must("miner", p);
  return w.submit(as, ending(w, "D-1", DispatchOutcome::exported));
}

std::string certified_to(World& w, const std::string& buyer) {
  concentrate(w, "L-1", "K-1");
  w.must("plant", w.certificate("C-1", "K-1", CocModel::segregated, buyer));
  return w.submit("plant", sale(w, "S-1", {"K-1"}));
}

const LawTable amounts(
    __FILE__,
    {
        {"payload_exceeded", inside, standard, "forty_tonnes_together",
         [](World& w) { return load(w, 15 * tonne, 25 * tonne); }},
        {"payload_exceeded", outside, standard, "a_gram_more",
         [](World& w) { return load(w, 15 * tonne, 25 * tonne + 1); }},
        {"payload_exceeded",
         inside,
         other,
         "as_much_as_it_says",
         [](World& w) { return load(w, 15 * tonne, 15 * tonne); },
         {{"payload_max_g", 30 * tonne}}},
        {"payload_exceeded",
         outside,
         other,
         "a_gram_more",
         [](World& w) { return load(w, 15 * tonne, 15 * tonne + 1); },
         {{"payload_max_g", 30 * tonne}}},
        {"moisture_impossible", outside, standard, "in_a_dispatch",
         [](World& w) { return send(w, [](auto& p) { p.lots[0].measurement.moisture_ppm = Ppm{300001}; }); }},
        {"moisture_impossible", inside, standard, "in_a_dispatch",
         [](World& w) { return send(w, [](auto& p) { p.lots[0].measurement.moisture_ppm = Ppm{300000}; }); }},
        {"grade_impossible", outside, standard, "in_a_dispatch",
         [](World& w) { return send(w, [](auto& p) { p.lots[0].measurement.cu_ppm = Ppm{799001}; }); }},
        {"status_lowered", inside, standard, "a_better_figure_leaves",
         [](World& w) {
           return send(w, [](auto& p) { p.lots[0].measurement.status = MeasurementStatus::final; });
         }},
        {"status_lowered", outside, standard, "a_weaker_figure_leaves",
         [](World& w) {
           payload::Lot lot = w.lot("L-1");
           lot.measurement.status = MeasurementStatus::provisional;
           w.must("miner", lot);
           return w.submit("miner", w.dispatch("D-1", {"L-1"}));
         }},
        {"balance_exceeded", inside, standard, "free_again_after_a_cancellation",
         [](World& w) {
           send(w);
           w.must("miner", ending(w, "D-1", DispatchOutcome::cancelled));
           return w.submit("miner", w.dispatch("D-2", {"L-1"}));
         }},
        {"balance_exceeded", outside, standard, "reserved_by_a_dispatch",
         [](World& w) {
           send(w);
           return w.submit("miner", w.dispatch("D-2", {"L-1"}));
         }},
        {"balance_exceeded", outside, standard, "nothing_is_left_to_send",
         [](World& w) {
           concentrate(w, "L-1", "K-1");
           return w.submit("plant", sale(w, "S-1", {"L-1"}));
         }},
        {"already_certified", inside, standard, "to_the_certificates_buyer",
         [](World& w) { return certified_to(w, "smelter"); }},
        {"already_certified", outside, standard, "past_the_certificates_buyer",
         [](World& w) { return certified_to(w, "buyer"); }},
    });

const LawTable papers(
    __FILE__,
    {
        {"duplicate_waybill", inside, standard, "another_signers",
         [](World& w) {
           concentrate(w, "L-1", "K-1");
           payload::Dispatch p = sale(w, "S-1", {"K-1"});
           p.waybill = "T001-D-L-1";
           return w.submit("plant", p);
         }},
        {"duplicate_waybill", inside, standard, "free_after_a_rejection",
         [](World& w) {
           EXPECT_EQ(send(w, [](auto& p) { p.lots[0].measurement.wet_g = Grams{41 * tonne}; }),
                     "payload_exceeded");
           return w.submit("miner", w.dispatch("D-1", {"L-1"}));
         }},
        {"duplicate_waybill", outside, standard, "its_own_even_of_a_cancelled_dispatch",
         [](World& w) {
           send(w);
           w.must("miner", ending(w, "D-1", DispatchOutcome::cancelled));
           payload::Dispatch p = w.dispatch("D-2", {"L-1"});
           p.waybill = "T001-D-1";
           return w.submit("miner", p);
         }},
        {"seal_in_use", inside, standard, "after_the_receipt",
         [](World& w) { return seal_again(w, [&] { w.must("plant", w.receipt("D-1", {"L-1"})); }); }},
        {"seal_in_use", inside, standard, "after_a_cancellation",
         [](World& w) {
           return seal_again(w, [&] { w.must("miner", ending(w, "D-1", DispatchOutcome::cancelled)); });
         }},
        {"seal_in_use", outside, standard, "on_the_way", [](World& w) { return seal_again(w, [] {}); }},
        {"no_tax_deposit", inside, standard, "named", [](World& w) { return send(w); }},
        {"no_tax_deposit", outside, standard, "not_named",
         [](World& w) { return send(w, [](auto& p) { p.tax_deposit.reset(); }); }},
    });

const LawTable dispatch_references(
    __FILE__,
    {
        {"unknown_reference", outside, standard, "a_carrier_nobody_knows",
         [](World& w) { return send(w, [](auto& p) { p.carrier = PartyId{"nobody"}; }); }},
        {"unknown_reference", outside, standard, "a_destination_nobody_knows",
         [](World& w) { return send(w, [](auto& p) { p.to_site = SiteId{"nowhere"}; }); }},
        {"unknown_reference", outside, standard, "a_lot_nobody_knows",
         [](World& w) { return w.submit("miner", w.dispatch("D-1", {"L-9"})); }},
        {"duplicate_id", outside, standard, "a_dispatch_again",
         [](World& w) {
           send(w);
           w.must("miner", w.lot("L-2"));
           return w.submit("miner", w.dispatch("D-1", {"L-2"}));
         }},
        {"duplicate_id", outside, standard, "a_lot_twice_on_the_truck",
         [](World& w) {
           w.must("miner", w.lot("L-1", measured(tonne, 30000, 50000)));
           return w.submit("miner", w.dispatch("D-1", {"L-1", "L-1"}, measured(tonne, 30000, 50000)));
         }},
        {"not_holder", inside, standard, "the_holder_sends", [](World& w) { return send(w); }},
        {"not_holder", outside, standard, "a_lot_that_another_holds",
         [](World& w) {
           w.deliver("L-1");
           payload::Dispatch p = w.dispatch("D-9", {"L-1"});
           return w.submit("miner", p);
         }},
        {"not_holder", outside, standard, "from_where_the_lot_is_not",
         [](World& w) { return send(w, [](auto& p) { p.from_site = SiteId{"mill"}; }); }},
        {"not_holder", outside, standard, "handed_over_by_a_carrier_that_is_not_named",
         [](World& w) {
           send(w);
           return w.submit("lab", w.handover("D-1"));
         }},
        {"not_holder", outside, standard, "cancelled_by_the_consignee",
         [](World& w) {
           send(w);
           return w.submit("plant", ending(w, "D-1", DispatchOutcome::cancelled));
         }},
        {"not_consignee", inside, standard, "refused_by_the_consignee",
         [](World& w) {
           send(w);
           return w.submit("plant", ending(w, "D-1", DispatchOutcome::refused));
         }},
        {"not_consignee", outside, standard, "refused_by_the_sender",
         [](World& w) {
           send(w);
           return w.submit("miner", ending(w, "D-1", DispatchOutcome::refused));
         }},
        {"not_consignee", outside, standard, "exported_by_the_sender",
         [](World& w) { return export_to(w, "DE", "miner"); }},
        {"event_order", inside, standard, "sent_as_soon_as_registered", [](World& w) { return send(w); }},
        {"event_order", outside, standard, "sent_before_it_was_registered",
         [](World& w) { return send(w, [](auto& p) { p.common.event_time.value -= 1; }); }},
        {"event_order", outside, standard, "handed_over_before_it_was_sent",
         [](World& w) {
           send(w);
           w.now -= 1;
           return w.submit("truck", w.handover("D-1"));
         }},
        {"wrong_state", inside, standard, "handed_over_once",
         [](World& w) {
           send(w);
           return w.submit("truck", w.handover("D-1"));
         }},
        {"wrong_state", outside, standard, "handed_over_twice",
         [](World& w) {
           send(w);
           w.must("truck", w.handover("D-1"));
           return w.submit("truck", w.handover("D-1"));
         }},
        {"wrong_state", outside, standard, "cancelled_after_its_receipt",
         [](World& w) {
           w.deliver("L-1");
           return w.submit("miner", ending(w, "D-L-1", DispatchOutcome::cancelled));
         }},
        {"lot_on_hold", inside, standard, "released", [](World& w) { return send(w); }},
        {"lot_on_hold", outside, standard, "dispatched",
         [](World& w) {
           w.must("miner", w.lot("L-1"));
           hold(w, "L-1");
           return w.submit("miner", w.dispatch("D-1", {"L-1"}));
         }},
        {"out_of_scope", inside, standard, "exported_over_a_border",
         [](World& w) { return export_to(w, "DE"); }},
        {"out_of_scope", outside, standard, "exported_within_the_country",
         [](World& w) { return export_to(w, ""); }},
    });

// Goal: not_holder is checked before event_order, and event_order before what the truck weighs (6.8).
TEST(LawDispatch, TheFirstCodeInTheOrderOfCheckingWins) {
  World w;
  w.must("miner", w.lot("L-1"));
  payload::Dispatch p = w.dispatch("D-1", {"L-1"});
  p.common.event_time.value -= 1;
  p.lots[0].measurement.wet_g = Grams{41 * tonne};
  EXPECT_EQ(w.submit("plant", p), "not_holder");
  EXPECT_EQ(w.submit("miner", p), "event_order");
  p.common.event_time.value += 1;
  EXPECT_EQ(w.submit("miner", p), "payload_exceeded");
}

// Goal: a dispatch reserves its lots and says what they had left; a handover and each end move their states.
TEST(LawDispatch, LotsFollowTheirDispatch) {
  World w;
  w.must("miner", w.lot("L-1"));
  w.must("miner", w.dispatch("D-1", {"L-1"}));
  EXPECT_EQ(w.get<state::Lot>("L-1").state, LotState::reserved);
  EXPECT_EQ(w.get<state::Lot>("L-1").dispatch, DispatchId{"D-1"});
  EXPECT_EQ(w.get<state::Dispatch>("D-1").lines.at(0).before,
            (state::Figures{Grams{20 * tonne}, Grams{19400000}, Grams{970000}}));
  w.must("truck", w.handover("D-1"));
  EXPECT_EQ(w.get<state::Lot>("L-1").state, LotState::in_transit);
  w.must("miner", ending(w, "D-1", DispatchOutcome::cancelled));
  EXPECT_EQ(w.get<state::Lot>("L-1").state, LotState::registered);
  EXPECT_FALSE(w.get<state::Lot>("L-1").dispatch);
  w.must("miner", w.dispatch("D-2", {"L-1"}));
  w.must("plant", ending(w, "D-2", DispatchOutcome::refused));
  EXPECT_EQ(w.get<state::Lot>("L-1").state, LotState::returned);
  EXPECT_EQ(w.get<state::Lot>("L-1").holder, PartyId{"miner"});
  EXPECT_EQ(w.get<state::Dispatch>("D-2").state, DispatchState::refused);
  expect_conserved(w);
}

// Goal: an export is final: nothing remains, the flow says so, custody is the consignee's.
TEST(LawDispatch, AnExportLeavesNothing) {
  World w;
  EXPECT_EQ(export_to(w, "DE"), "accepted");
  const auto lot = w.get<state::Lot>("L-1");
  EXPECT_EQ(lot.state, LotState::exported);
  EXPECT_EQ(lot.holder, PartyId{"buyer"});
  EXPECT_EQ(lot.owner, PartyId{"buyer"});
  EXPECT_EQ(lot.remaining_dry_g.value, 0);
  EXPECT_EQ(w.last.mass.exported, (MassFlow::Amount{19400000, 970000}));
  expect_conserved(w);
}

}  // namespace
}  // namespace anta::test
