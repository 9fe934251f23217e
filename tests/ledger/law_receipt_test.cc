// Receipts, tolerances, answers, resolutions.
#include "storage/ledger/route.h"
#include "tests/ledger/law_chain.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

void on_the_road(World& w) {
  w.must("miner", w.lot("L-1"));
  w.must("miner", w.dispatch("D-1", {"L-1"}));
}

template <typename Change>
std::string receive(World& w, Change change, const std::string& as = "plant") {
  on_the_road(w);
  w.must("truck", w.handover("D-1"));
  payload::Receipt p = w.receipt("D-1", {"L-1"});
  change(p);
  return w.submit(as, p);
}
std::string receive(World& w) {
  return receive(w, [](payload::Receipt&) {});
}

// L-2 comes in on this scale with the ticket that L-1 came in on scale-1 with.
std::string ticket_again(World& w, const std::string& scale) {
  EXPECT_EQ(receive(w, [](auto& p) { p.lots[0].measurement.scale = ScaleId{"scale-1"}; }), "accepted");
  w.must("miner", w.lot("L-2"));
  w.must("miner", w.dispatch("D-2", {"L-2"}));
  payload::Receipt p = w.receipt("D-2", {"L-2"});
  p.ticket = "B-D-1";
  p.lots[0].measurement.scale = ScaleId{scale};
  return w.submit("plant", p);
}

// 72 hours, or another time, between dispatch and receipt.
std::string after(World& w, std::int64_t elapsed) {
  on_the_road(w);
  w.must("truck", w.handover("D-1"));
  w.now += elapsed;
  return w.submit("plant", w.receipt("D-1", {"L-1"}));
}

// The same with the truck's tare on both sides.
std::string weighed_empty(World& w, std::int64_t sent, std::int64_t received) {
  w.must("miner", w.lot("L-1"));
  payload::Dispatch d = w.dispatch("D-1", {"L-1"});
  d.lots[0].measurement.tare_g = Grams{sent};
  w.must("miner", d);
  w.must("truck", w.handover("D-1"));
  payload::Receipt p = w.receipt("D-1", {"L-1"});
  p.lots[0].measurement.tare_g = Grams{received};
  return w.submit("plant", p);
}

// Two sites one degree of latitude apart: 111 200 m.
std::string one_degree_in(World& w, std::int64_t elapsed) {
  for (const auto& [id, operator_id, latitude] :
       {std::tuple("north", "miner", -1500), std::tuple("south", "plant", -1600)}) {
    payload::Site p = w.site_payload(id, operator_id, SiteKind::mine);
    p.latitude_e2 = latitude;
    p.longitude_e2 = -7400;
    w.must(operator_id, p);
  }
  payload::Lot lot = w.lot("L-1");
  lot.site = SiteId{"north"};
  w.must("miner", lot);
  payload::Dispatch d = w.dispatch("D-1", {"L-1"});
  d.from_site = SiteId{"north"};
  d.to_site = SiteId{"south"};
  w.must("miner", d);
  w.must("truck", w.handover("D-1"));
  w.now += elapsed;
  return w.submit("plant", w.receipt("D-1", {"L-1"}));
}

// Received 3 % short, so disputed.
void dispute(World& w) {
  on_the_road(w);
  w.now += day;
  w.must("plant", w.receipt("D-1", {"L-1"}, measured(19400000, 30000, 50000)));
  ASSERT_EQ(w.get<state::Dispatch>("D-1").state, DispatchState::disputed);
}
std::string umpire(World& w, const std::string& as) {
  dispute(w);
  payload::RoleGrant grant;
  grant.common = w.common();
  grant.party = PartyId{"plant"};
  grant.role = Role::laboratory;
  grant.from = Millis{t0};
  w.must("registrar", grant);
  return w.submit(as, resolution(w, "D-1", "L-1", measured(19800000, 30000, 50000), ResolutionBy::umpire));
}

// The plant proposes; the miner signed its acceptance so much earlier.
std::string answer_to_a_proposal(World& w, std::int64_t earlier) {
  dispute(w);
  w.now += hour;
  payload::ReceiptReply yes = reply(w, "D-1", ReceiptAnswer::accept);
  yes.common.event_time.value -= earlier;
  w.must("plant", resolution(w, "D-1", "L-1", measured(19800000, 30000, 50000), ResolutionBy::agreement));
  return w.submit("miner", yes);
}

const LawTable receipt_codes(
    __FILE__,
    {
        {"not_consignee", inside, standard, "the_consignee_receives", [](World& w) { return receive(w); }},
        {"not_consignee", outside, standard, "another_plant_receives",
         [](World& w) { return receive(w, [](payload::Receipt&) {}, "smelter"); }},
        {"unknown_reference", outside, standard, "no_such_dispatch",
         [](World& w) {
           on_the_road(w);
           return w.submit("plant", w.receipt("D-9", {"L-1"}));
         }},
        {"unknown_reference", outside, standard, "a_lot_that_was_not_sent",
         [](World& w) {
           w.must("miner", w.lot("L-2"));
           return receive(w, [](auto& p) { p.lots.push_back({LotId{"L-2"}, some_ore()}); });
         }},
        {"duplicate_id", outside, standard, "a_lot_received_twice",
         [](World& w) { return receive(w, [](auto& p) { p.lots.push_back(p.lots[0]); }); }},
        {"event_order", inside, standard, "received_as_it_leaves", [](World& w) { return receive(w); }},
        {"event_order", outside, standard, "received_before_it_left",
         [](World& w) { return receive(w, [](auto& p) { p.common.event_time.value -= 1; }); }},
        {"wrong_state", inside, standard, "received_once", [](World& w) { return receive(w); }},
        {"wrong_state", outside, standard, "received_twice",
         [](World& w) {
           EXPECT_EQ(receive(w), "accepted");
           payload::Receipt p = w.receipt("D-1", {"L-1"});
           p.ticket = "another";
           return w.submit("plant", p);
         }},
        {"wrong_state", outside, standard, "answered_when_accepted_already",
         [](World& w) {
           EXPECT_EQ(receive(w), "accepted");
           return w.submit("miner", reply(w, "D-1", ReceiptAnswer::accept));
         }},
        {"duplicate_ticket", inside, standard, "of_another_scale",
         [](World& w) { return ticket_again(w, "scale-2"); }},
        {"duplicate_ticket", outside, standard, "of_the_same_scale",
         [](World& w) { return ticket_again(w, "scale-1"); }},
        {"duplicate_ticket", outside, standard, "of_the_same_signer_without_a_scale",
         [](World& w) {
           EXPECT_EQ(receive(w), "accepted");
           w.must("miner", w.lot("L-2"));
           w.must("miner", w.dispatch("D-2", {"L-2"}));
           payload::Receipt p = w.receipt("D-2", {"L-2"});
           p.ticket = "B-D-1";
           return w.submit("plant", p);
         }},
        {"status_lowered", outside, standard, "received_with_less",
         [](World& w) {
           payload::Lot lot =
               w.lot("L-1", measured(20 * tonne, 30000, 50000, MeasurementStatus::provisional));
           w.must("miner", lot);
           w.must("miner", w.dispatch("D-1", {"L-1"}, lot.measurement));
           return w.submit("plant", w.receipt("D-1", {"L-1"}));
         }},
        {"not_holder", outside, standard, "answered_by_the_consignee_itself",
         [](World& w) {
           dispute(w);
           return w.submit("plant", reply(w, "D-1", ReceiptAnswer::accept));
         }},
        {"conflict_of_interest", inside, standard, "an_umpire_of_neither_side",
         [](World& w) { return umpire(w, "lab"); }},
        {"conflict_of_interest", outside, standard, "the_consignees_own_laboratory",
         [](World& w) { return umpire(w, "plant"); }},
        {"wrong_state", inside, standard, "an_umpire_of_a_dispute",
         [](World& w) { return umpire(w, "lab"); }},
        {"event_order", inside, standard, "answered_as_it_is_proposed",
         [](World& w) { return answer_to_a_proposal(w, 0); }},
        {"event_order", outside, standard, "answered_a_millisecond_before_it_was_proposed",
         [](World& w) { return answer_to_a_proposal(w, 1); }},
        {"role_missing", outside, standard, "an_umpire_that_is_no_laboratory",
         [](World& w) { return umpire(w, "auditor"); }},
    });

const LawTable receipt_flags(
    __FILE__,
    {
        {"no_handover", inside, standard, "handed_over", [](World& w) { return receive(w); }},
        {"no_handover", inside, standard, "no_carrier_named",
         [](World& w) {
           w.must("miner", w.lot("L-1"));
           payload::Dispatch d = w.dispatch("D-1", {"L-1"});
           d.carrier.reset();
           w.must("miner", d);
           return w.submit("plant", w.receipt("D-1", {"L-1"}));
         }},
        {"no_handover", outside, standard, "a_carrier_but_no_handover",
         [](World& w) {
           on_the_road(w);
           return w.submit("plant", w.receipt("D-1", {"L-1"}));
         }},
        {"transit_unusual", inside, standard, "three_days", [](World& w) { return after(w, 72 * hour); }},
        {"transit_unusual", outside, standard, "a_millisecond_more",
         [](World& w) { return after(w, 72 * hour + 1); }},
        {"transit_unusual",
         inside,
         other,
         "as_long_as_it_says",
         [](World& w) { return after(w, 10 * hour); },
         {{"transit_flag_hours", 10}}},
        {"transit_unusual",
         outside,
         other,
         "a_millisecond_more",
         [](World& w) { return after(w, 10 * hour + 1); },
         {{"transit_flag_hours", 10}}},
        {"tare_drift", inside, standard, "a_percent_and_a_half",
         [](World& w) { return weighed_empty(w, 14000000, 14210000); }},
        {"tare_drift", outside, standard, "a_gram_more",
         [](World& w) { return weighed_empty(w, 14000000, 14210001); }},
        {"tare_drift",
         inside,
         other,
         "as_much_as_it_says",
         [](World& w) { return weighed_empty(w, 14000000, 13860000); },
         {{"tare_drift_ppm", 10000}}},
        {"tare_drift",
         outside,
         other,
         "a_gram_more",
         [](World& w) { return weighed_empty(w, 14000000, 13859999); },
         {{"tare_drift_ppm", 10000}}},
        // 111 200 m at 80 km/h take 5 004 000 ms, at 50 km/h 8 006 400 ms.
        {"speed_unusual", inside, standard, "eighty", [](World& w) { return one_degree_in(w, 5004000); }},
        {"speed_unusual", outside, standard, "a_millisecond_faster",
         [](World& w) { return one_degree_in(w, 5003999); }},
        {"speed_unusual",
         inside,
         other,
         "as_fast_as_it_says",
         [](World& w) { return one_degree_in(w, 8006400); },
         {{"speed_flag_kmh", 50}}},
        {"speed_unusual",
         outside,
         other,
         "a_millisecond_faster",
         [](World& w) { return one_degree_in(w, 8006399); },
         {{"speed_flag_kmh", 50}}},
    });

struct Weighing {
  std::int64_t sent_wet = 0;
  std::int64_t wet = 0;
  std::int64_t moisture = 0;
  DispatchState then = DispatchState::accepted;
};

void expect_weighings(const Parameters& parameters, const std::vector<Weighing>& weighings) {
  for (const Weighing& weighing : weighings) {
    World w(parameters);
    const payload::Measurement sent = measured(weighing.sent_wet, 30000, 50000);
    w.must("miner", w.lot("L-1", sent));
    w.must("miner", w.dispatch("D-1", {"L-1"}, sent));
    w.must("plant", w.receipt("D-1", {"L-1"}, measured(weighing.wet, weighing.moisture, 48000)));
    EXPECT_EQ(word(w.get<state::Dispatch>("D-1").state), word(weighing.then))
        << weighing.wet << " g at " << weighing.moisture << " ppm";
    expect_conserved(w);
  }
}

// Goal: each limit of the tolerance is included, and a gram or a ppm beyond it has the next consequence.
TEST(LawReceipt, TolerancesAtTheDefaults) {
  constexpr auto yes = DispatchState::accepted;
  constexpr auto waits = DispatchState::received;
  constexpr auto no = DispatchState::disputed;
  expect_weighings({}, {
                           {20000000, 19900000, 30000, yes},  // 0.50 % wet
                           {20000000, 19899999, 30000, waits},
                           {20000000, 20100000, 30000, yes},  // the same upwards
                           {20000000, 20100001, 30000, waits},
                           {20000000, 20000000, 35000, yes},  // 0.50 points of moisture
                           {20000000, 20000000, 35001, waits},
                           {20000000, 19900000, 32437, yes},  // 145 500 g dry are 0.75 %
                           {20000000, 19900000, 32438, waits},
                           {20000000, 19600000, 30000, waits},  // 2 % wet
                           {20000000, 19599999, 30000, no},
                           {4000000, 3960000, 25000, yes},  // 40 kg of a small lot
                           {4000000, 3959999, 25000, waits},
                           {1000000, 960000, 30000, waits},  // 40 kg are within, the dry mass is not
                           {1000000, 959999, 30000, no},
                       });
}

// Goal: the same limits move with their parameters.
TEST(LawReceipt, TolerancesAtOtherValues) {
  constexpr auto yes = DispatchState::accepted;
  constexpr auto waits = DispatchState::received;
  constexpr auto no = DispatchState::disputed;
  expect_weighings({{"receipt_wet_ppm", 1000},
                    {"receipt_wet_g", 10000},
                    {"receipt_moisture_ppm", 1000},
                    {"receipt_dry_ppm", 1500},
                    {"receipt_dispute_ppm", 10000}},
                   {
                       {20000000, 19980000, 30000, yes},
                       {20000000, 19979999, 30000, waits},
                       {20000000, 20000000, 31000, yes},
                       {20000000, 20000000, 31001, waits},
                       {20000000, 19980000, 30485, yes},  // 29 100 g dry are 0.15 %
                       {20000000, 19980000, 30486, waits},
                       {20000000, 19800000, 30000, waits},
                       {20000000, 19799999, 30000, no},
                   });
}

// Goal: the worst lot decides for all, and the sender holds and owns everything until it is settled.
TEST(LawReceipt, AllLotsShareTheWorst) {
  World w;
  w.must("miner", w.lot("L-1"));
  w.must("miner", w.lot("L-2"));
  w.must("miner", w.dispatch("D-1", {"L-1", "L-2"}));
  payload::Receipt p = w.receipt("D-1", {"L-1", "L-2"});
  p.lots[1].measurement.wet_g = Grams{19800000};
  w.must("plant", p);
  EXPECT_EQ(w.get<state::Dispatch>("D-1").state, DispatchState::received);
  for (const char* id : {"L-1", "L-2"}) {
    EXPECT_EQ(w.get<state::Lot>(id).state, LotState::received);
    EXPECT_EQ(w.get<state::Lot>(id).holder, PartyId{"miner"});
    EXPECT_EQ(w.get<state::Lot>(id).owner, PartyId{"miner"});
  }
  w.now += day;
  w.must("miner", reply(w, "D-1", ReceiptAnswer::accept));
  const auto lot = w.get<state::Lot>("L-2");
  EXPECT_EQ(lot.state, LotState::accepted);
  EXPECT_EQ(lot.holder, PartyId{"plant"});
  EXPECT_EQ(lot.owner, PartyId{"plant"});
  EXPECT_EQ(lot.site, SiteId{"mill"});
  EXPECT_EQ(lot.made_site, SiteId{"mine"});
  EXPECT_EQ(lot.settled_at, Millis{w.now});
  EXPECT_EQ(lot.accepted, (state::Figures{Grams{19800000}, Grams{19206000}, Grams{960300}}));
  EXPECT_EQ(lot.remaining_cu_g, Grams{960300});
  EXPECT_EQ(w.last.mass.lost, (MassFlow::Amount{194000, 9700}));
  expect_conserved(w);
}

// Goal: a gain is recorded as gained, and is the receiver's.
TEST(LawReceipt, AGainIsRecorded) {
  World w;
  on_the_road(w);
  w.must("plant", w.receipt("D-1", {"L-1"}, measured(20100000, 30000, 50000)));
  EXPECT_EQ(w.last.mass.gained, (MassFlow::Amount{97000, 4850}));
  EXPECT_EQ(w.last.mass.lost, (MassFlow::Amount{}));
  expect_conserved(w);
}

// Goal: an agreement takes effect with the other side's accept and not before, whoever proposed it.
TEST(LawReceipt, AnAgreementNeedsTheOtherSide) {
  for (const auto& [proposer, answerer] : {std::pair("plant", "miner"), std::pair("miner", "plant")}) {
    World w;
    dispute(w);
    const auto figures = measured(19800000, 30000, 50000);
    w.must(proposer, resolution(w, "D-1", "L-1", figures, ResolutionBy::agreement));
    EXPECT_EQ(w.get<state::Dispatch>("D-1").state, DispatchState::disputed);
    EXPECT_EQ(w.submit("buyer", reply(w, "D-1", ReceiptAnswer::accept)), "not_holder");
    w.must(answerer, reply(w, "D-1", ReceiptAnswer::accept));
    EXPECT_EQ(w.get<state::Dispatch>("D-1").state, DispatchState::resolved);
    EXPECT_EQ(w.get<state::Lot>("L-1").state, LotState::resolved);
    EXPECT_EQ(w.get<state::Lot>("L-1").accepted.cu_g, Grams{960300});
    expect_conserved(w);
  }
}

// Goal: a sender that proposed and then gives in accepts what the receiver signed, not its own proposal.
TEST(LawReceipt, TheSendersOwnProposalIsNotWhatItAccepts) {
  World w;
  dispute(w);
  w.must("miner", resolution(w, "D-1", "L-1", some_ore(), ResolutionBy::agreement));
  w.must("miner", reply(w, "D-1", ReceiptAnswer::accept));
  EXPECT_EQ(w.get<state::Lot>("L-1").accepted.wet_g, Grams{19400000});
}

// Goal: an umpire's figures hold at once.
TEST(LawReceipt, AnUmpireDecides) {
  World w;
  EXPECT_EQ(umpire(w, "lab"), "accepted");
  EXPECT_EQ(w.get<state::Lot>("L-1").accepted.wet_g, Grams{19800000});
  EXPECT_EQ(w.get<state::Lot>("L-1").holder, PartyId{"plant"});
}

// Goal: a refused proposal is gone; the dispute remains and can end with a return.
TEST(LawReceipt, ARefusedProposalLeavesTheDispute) {
  World w;
  dispute(w);
  w.must("plant", resolution(w, "D-1", "L-1", some_ore(), ResolutionBy::agreement));
  w.must("miner", reply(w, "D-1", ReceiptAnswer::dispute));
  EXPECT_EQ(w.submit("miner", reply(w, "D-1", ReceiptAnswer::dispute)), "wrong_state");
  w.must("miner", ending(w, "D-1", DispatchOutcome::returned));
  EXPECT_EQ(w.get<state::Lot>("L-1").state, LotState::returned);
  EXPECT_EQ(w.get<state::Lot>("L-1").accepted.wet_g, Grams{20 * tonne});
}

// Goal: a kilometre of longitude shrinks with the latitude, and the date line is no detour.
TEST(LawRoute, DistancesAreThoseOfAGlobe) {
  const auto takes = [](RoutePoint a, RoutePoint b, std::int64_t metres) {
    const std::int64_t ms = metres * 3600 / 100;  // at 100 km/h
    EXPECT_TRUE(faster_than(a, b, ms * 99 / 100, 100));
    EXPECT_FALSE(faster_than(a, b, ms * 101 / 100, 100));
  };
  takes({0, 0}, {0, 100}, 111200);
  takes({6000, 0}, {6000, 100}, 55600);
  takes({0, 17950}, {0, -17950}, 111200);
  takes({-1482, -7494}, {-1765, -7134}, 497000);  // Nasca to Ilo, 497 km as the crow flies
  EXPECT_FALSE(faster_than({100, 100}, {100, 100}, 0, 80));
  EXPECT_TRUE(faster_than({100, 100}, {100, 101}, 0, 80));
}

}  // namespace
}  // namespace anta::test
