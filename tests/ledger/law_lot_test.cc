// Where lots come from: origin, formalisation, capacity, and what a measurement may say.
#include "storage/ledger/standing.h"
#include "tests/ledger/law_chain.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

// A dry lot of so many grams by `miner` (PMA), or at mine2 by `miner2` (PPM).
payload::Lot dry_lot(const World& w, const std::string& id, std::int64_t grams, bool second = false) {
  payload::Lot p = w.lot(id, measured(grams, 0, 50000));
  if (second) p.site = SiteId{"mine2"};
  return p;
}

std::string of_grade(World& w, std::int64_t cu_ppm, Material material = Material::ore_sulphide) {
  payload::Lot p = w.lot("L-1", measured(20 * tonne, 30000, cu_ppm));
  p.material = material;
  return w.submit("miner", p);
}

std::string of_moisture(World& w, std::int64_t moisture_ppm, Material material = Material::ore_sulphide) {
  payload::Lot p = w.lot("L-1", measured(tonne, moisture_ppm, 200000));
  p.material = material;
  return w.submit("miner", p);
}

// Two lots `apart` from each other that together weigh what one window allows.
std::string in_two(World& w, std::int64_t total, std::int64_t apart) {
  w.must("miner", dry_lot(w, "L-1", total / 2));
  w.now += apart;
  return w.submit("miner", dry_lot(w, "L-2", total - total / 2));
}

// Formalisation suspended over [from, until) relative to now.
void suspend(World& w, std::int64_t from, std::int64_t until) {
  w.formalise("miner", FormalisationStatus::suspendido, w.now + from);
  w.formalise("miner", FormalisationStatus::vigente, w.now + until);
}

const LawTable origin(__FILE__,
                      {
                          {"role_missing", inside, standard, "a_producer_originates",
                           [](World& w) { return w.submit("miner", w.lot("L-1")); }},
                          {"role_missing", outside, standard, "a_plant_originates",
                           [](World& w) { return w.submit("plant", w.lot("L-1")); }},
                          {"role_missing", outside, standard, "an_aggregator_that_produces_elsewhere",
                           [](World& w) {
                             w.party("trader", {Role::producer, Role::aggregator});
                             return w.submit("trader", w.lot("L-1"));
                           }},
                          {"role_missing", inside, standard, "a_biller_that_produces_at_its_own_mine",
                           [](World& w) {
                             w.party("trader", {Role::producer, Role::biller});
                             w.site("pit", "trader", SiteKind::mine);
                             w.formalise("trader", FormalisationStatus::vigente, t0 - 10 * day);
                             payload::Lot p = w.lot("L-1");
                             p.site = SiteId{"pit"};
                             return w.submit("trader", p);
                           }},
                          {"unknown_reference", outside, standard, "a_lot_of_no_site",
                           [](World& w) {
                             payload::Lot p = w.lot("L-1");
                             p.site = SiteId{"nowhere"};
                             return w.submit("miner", p);
                           }},
                          {"unknown_reference", outside, standard, "a_lot_of_an_unknown_pallaquera",
                           [](World& w) {
                             payload::Lot p = w.lot("L-1");
                             p.producers = {{PartyId{"nobody"}}};
                             return w.submit("miner", p);
                           }},
                          {"duplicate_id", outside, standard, "a_lot_again",
                           [](World& w) {
                             w.must("miner", w.lot("L-1"));
                             return w.submit("miner", w.lot("L-1"));
                           }},
                          {"not_holder", outside, standard, "at_another_producers_mine",
                           [](World& w) { return w.submit("miner2", w.lot("L-1")); }},
                          {"event_order", inside, standard, "extracted_until_the_event",
                           [](World& w) { return w.submit("miner", w.lot("L-1")); }},
                          {"event_order", outside, standard, "extracted_beyond_the_event",
                           [](World& w) {
                             payload::Lot p = w.lot("L-1");
                             p.extracted_until = Millis{w.now + 1};
                             return w.submit("miner", p);
                           }},
                          {"event_order", outside, standard, "extracted_backwards",
                           [](World& w) {
                             payload::Lot p = w.lot("L-1");
                             p.extracted_from = Millis{p.extracted_until.value + 1};
                             return w.submit("miner", p);
                           }},
                      });

const LawTable formalised(__FILE__,
                          {
                              {"producer_not_formalised", inside, standard, "suspended_in_between",
                               [](World& w) {
                                 suspend(w, -day + 1, 0);
                                 payload::Lot p = w.lot("L-1");
                                 return w.submit("miner", p);
                               }},
                              {"producer_not_formalised", outside, standard, "when_extraction_began",
                               [](World& w) {
                                 suspend(w, -day, -day + 1);
                                 return w.submit("miner", w.lot("L-1"));
                               }},
                              {"producer_not_formalised", outside, standard, "when_extraction_ended",
                               [](World& w) {
                                 suspend(w, 0, 1);
                                 payload::Lot p = w.lot("L-1");
                                 p.common.event_time = Millis{w.now + 1};
                                 return w.submit("miner", p);
                               }},
                              {"producer_not_formalised", outside, standard, "at_the_event",
                               [](World& w) {
                                 suspend(w, 1, 2);
                                 payload::Lot p = w.lot("L-1");
                                 p.common.event_time = Millis{w.now + 1};
                                 return w.submit("miner", p);
                               }},
                              {"producer_not_formalised",
                               inside,
                               other,
                               "formalised",
                               [](World& w) { return w.submit("miner", w.lot("L-1")); },
                               {{"unformalised_origin", std::string("not_eligible")}},
                               true},
                              {"producer_not_formalised",
                               outside,
                               other,
                               "taken_in_and_marked",
                               [](World& w) {
                                 suspend(w, -day, 0);
                                 const std::string outcome = w.submit("miner", w.lot("L-1"));
                                 EXPECT_TRUE(w.get<state::Lot>("L-1").schemes.empty());
                                 return outcome;
                               },
                               {{"unformalised_origin", std::string("not_eligible")}},
                               true},
                          });

const LawTable figures(
    __FILE__,
    {
        {"moisture_impossible", inside, standard, "thirty_percent",
         [](World& w) { return of_moisture(w, 300000); }},
        {"moisture_impossible", outside, standard, "a_millionth_more",
         [](World& w) { return of_moisture(w, 300001); }},
        {"moisture_impossible",
         inside,
         other,
         "the_limit",
         [](World& w) { return of_moisture(w, 250000); },
         {{"moisture_max_ppm", 250000}}},
        {"moisture_impossible",
         outside,
         other,
         "a_millionth_more",
         [](World& w) { return of_moisture(w, 250001); },
         {{"moisture_max_ppm", 250000}}},
        {"grade_impossible", inside, standard, "pure_chalcocite",
         [](World& w) { return of_grade(w, 799000); }},
        {"grade_impossible", outside, standard, "a_millionth_more",
         [](World& w) { return of_grade(w, 799001); }},
        {"grade_impossible", outside, standard, "concentrate_too",
         [](World& w) { return of_grade(w, 799001, Material::concentrate); }},
        {"grade_impossible", inside, standard, "cement_may_be_richer",
         [](World& w) { return of_grade(w, 900000, Material::cement_copper); }},
        {"grade_impossible",
         inside,
         other,
         "the_limit",
         [](World& w) { return of_grade(w, 345000); },
         {{"ore_grade_max_ppm", 345000}}},
        {"grade_impossible",
         outside,
         other,
         "a_millionth_more",
         [](World& w) { return of_grade(w, 345001); },
         {{"ore_grade_max_ppm", 345000}}},
        {"grade_unusual", inside, standard, "rich_ore", [](World& w) { return of_grade(w, 250000); }},
        {"grade_unusual", outside, standard, "richer_ore", [](World& w) { return of_grade(w, 250001); }},
        {"grade_unusual", inside, standard, "poor_ore", [](World& w) { return of_grade(w, 15000); }},
        {"grade_unusual", outside, standard, "poorer_ore", [](World& w) { return of_grade(w, 14999); }},
        {"grade_unusual",
         inside,
         other,
         "rich_ore",
         [](World& w) { return of_grade(w, 300000); },
         {{"grade_ore_max_ppm", 300000}}},
        {"grade_unusual",
         outside,
         other,
         "richer_ore",
         [](World& w) { return of_grade(w, 300001); },
         {{"grade_ore_max_ppm", 300000}}},
        {"grade_unusual", inside, standard, "slag_has_no_usual_grade",
         [](World& w) { return of_grade(w, 1, Material::slag); }},
        {"moisture_unusual", inside, standard, "wet_ore", [](World& w) { return of_moisture(w, 80000); }},
        {"moisture_unusual", outside, standard, "wetter_ore", [](World& w) { return of_moisture(w, 80001); }},
        {"moisture_unusual",
         inside,
         other,
         "wet_ore",
         [](World& w) { return of_moisture(w, 40000); },
         {{"moisture_ore_max_ppm", 40000}}},
        {"moisture_unusual",
         outside,
         other,
         "wetter_ore",
         [](World& w) { return of_moisture(w, 40001); },
         {{"moisture_ore_max_ppm", 40000}}},
        {"moisture_unusual", inside, standard, "a_moist_concentrate",
         [](World& w) { return of_moisture(w, 60000, Material::concentrate); }},
        {"moisture_unusual", outside, standard, "a_dry_concentrate",
         [](World& w) { return of_moisture(w, 59999, Material::concentrate); }},
        {"moisture_unusual", outside, standard, "a_wet_concentrate",
         [](World& w) { return of_moisture(w, 120001, Material::concentrate); }},
        {"final_unsupported", inside, standard, "an_estimate",
         [](World& w) { return w.submit("miner", w.lot("L-1")); }},
        {"final_unsupported", inside, standard, "with_scale_laboratory_and_certificate",
         [](World& w) {
           payload::Lot p = w.lot("L-1");
           p.measurement.status = MeasurementStatus::final;
           p.measurement.scale = ScaleId{"scale-1"};
           p.measurement.laboratory = PartyId{"lab"};
           p.measurement.assay_certificate = sha256(as_bytes("an assay"));
           return w.submit("miner", p);
         }},
        {"final_unsupported", outside, standard, "by_a_party_that_is_no_laboratory",
         [](World& w) {
           payload::Lot p = w.lot("L-1");
           p.measurement.status = MeasurementStatus::final;
           p.measurement.scale = ScaleId{"scale-1"};
           p.measurement.laboratory = PartyId{"plant"};
           p.measurement.assay_certificate = sha256(as_bytes("an assay"));
           return w.submit("miner", p);
         }},
        {"final_unsupported", outside, standard, "without_anything",
         [](World& w) {
           payload::Lot p = w.lot("L-1");
           p.measurement.status = MeasurementStatus::final;
           return w.submit("miner", p);
         }},
    });

const LawTable capacity(
    __FILE__, {
                  {"capacity_exceeded", inside, standard, "a_pma_at_105_percent",
                   [](World& w) { return w.submit("miner", dry_lot(w, "L-1", 787500000)); }},
                  {"capacity_exceeded", outside, standard, "a_gram_more",
                   [](World& w) { return w.submit("miner", dry_lot(w, "L-1", 787500001)); }},
                  {"capacity_exceeded", inside, standard, "a_ppm_has_a_larger_class",
                   [](World& w) { return w.submit("miner2", dry_lot(w, "L-1", 11025000000, true)); }},
                  {"capacity_exceeded", outside, standard, "a_ppm_and_a_gram_more",
                   [](World& w) { return w.submit("miner2", dry_lot(w, "L-1", 11025000001, true)); }},
                  {"capacity_exceeded", outside, standard, "two_lots_in_one_window",
                   [](World& w) { return in_two(w, 787500001, 30 * day - 1); }},
                  {"capacity_exceeded", inside, standard, "two_lots_a_window_apart",
                   [](World& w) { return in_two(w, 787500001, 30 * day); }},
                  {"capacity_exceeded", outside, standard, "a_window_that_begins_with_the_event",
                   [](World& w) {
                     w.now += 29 * day;
                     w.must("miner", dry_lot(w, "L-1", 787500000));
                     w.lag = 29 * day;
                     w.now -= 29 * day;
                     return w.submit("miner", dry_lot(w, "L-2", 1));
                   }},
                  {"capacity_exceeded",
                   inside,
                   other,
                   "another_class_limit",
                   [](World& w) { return w.submit("miner", dry_lot(w, "L-1", 315000000)); },
                   {{"pma_g_per_day", 10000000}}},
                  {"capacity_exceeded",
                   outside,
                   other,
                   "a_gram_more",
                   [](World& w) { return w.submit("miner", dry_lot(w, "L-1", 315000001)); },
                   {{"pma_g_per_day", 10000000}}},
                  {"capacity_exceeded",
                   inside,
                   other,
                   "another_window",
                   [](World& w) { return in_two(w, 26250000 * 10 + 1, 10 * day); },
                   {{"capacity_window_days", 10}}},
                  {"capacity_exceeded",
                   outside,
                   other,
                   "inside_another_window",
                   [](World& w) { return in_two(w, 26250000 * 10 + 1, 10 * day - 1); },
                   {{"capacity_window_days", 10}}},
                  {"capacity_unusual", inside, standard, "eighty_percent",
                   [](World& w) { return w.submit("miner", dry_lot(w, "L-1", 600000000)); }},
                  {"capacity_unusual", outside, standard, "a_gram_more",
                   [](World& w) { return w.submit("miner", dry_lot(w, "L-1", 600000001)); }},
                  {"capacity_unusual",
                   inside,
                   other,
                   "another_share",
                   [](World& w) { return w.submit("miner", dry_lot(w, "L-1", 375000000)); },
                   {{"capacity_flag_ppm", 500000}}},
                  {"capacity_unusual",
                   outside,
                   other,
                   "a_gram_more",
                   [](World& w) { return w.submit("miner", dry_lot(w, "L-1", 375000001)); },
                   {{"capacity_flag_ppm", 500000}}},
                  {"outside_concession", inside, standard, "the_same_concession",
                   [](World& w) {
                     payload::Site site = w.site_payload("pit", "miner", SiteKind::mine);
                     site.concession = "040009700";
                     w.must("miner", site);
                     payload::Formalisation p = w.formalisation("miner", FormalisationStatus::vigente);
                     p.concession = "040009700";
                     p.effective_from = Millis{t0 - day};
                     w.must("ministry", p);
                     payload::Lot lot = w.lot("L-1");
                     lot.site = SiteId{"pit"};
                     return w.submit("miner", lot);
                   }},
                  {"outside_concession", outside, standard, "another_concession",
                   [](World& w) {
                     payload::Site site = w.site_payload("pit", "miner", SiteKind::mine);
                     site.concession = "040009701";
                     w.must("miner", site);
                     payload::Formalisation p = w.formalisation("miner", FormalisationStatus::vigente);
                     p.concession = "040009700";
                     p.effective_from = Millis{t0 - day};
                     w.must("ministry", p);
                     payload::Lot lot = w.lot("L-1");
                     lot.site = SiteId{"pit"};
                     return w.submit("miner", lot);
                   }},
                  {"no_contract", inside, standard, "on_its_own_concession",
                   [](World& w) {
                     payload::Site site = w.site_payload("pit", "miner", SiteKind::mine);
                     site.concession_holder = PartyId{"miner"};
                     w.must("miner", site);
                     payload::Lot lot = w.lot("L-1");
                     lot.site = SiteId{"pit"};
                     return w.submit("miner", lot);
                   }},
                  {"no_contract", outside, standard, "on_anothers_concession",
                   [](World& w) {
                     payload::Site site = w.site_payload("pit", "miner", SiteKind::mine);
                     site.concession_holder = PartyId{"buyer"};
                     w.must("miner", site);
                     payload::Lot lot = w.lot("L-1");
                     lot.site = SiteId{"pit"};
                     return w.submit("miner", lot);
                   }},
              });

// Goal: a lot of a mine is what its measurement says, identity preserved, eligible, and first of its site.
TEST(LawLot, RegistrationWritesTheLot) {
  World w;
  w.must("miner", w.lot("L-0"));
  w.must("miner", w.lot("L-1"));
  const auto lot = w.get<state::Lot>("L-1");
  EXPECT_EQ(lot.accepted, (state::Figures{Grams{20000000}, Grams{19400000}, Grams{970000}}));
  EXPECT_EQ(lot.remaining_dry_g.value, 19400000);
  EXPECT_EQ(lot.remaining_cu_g.value, 970000);
  EXPECT_EQ(lot.state, LotState::registered);
  EXPECT_EQ(lot.holder.value, "miner");
  EXPECT_EQ(lot.owner.value, "miner");
  EXPECT_EQ(lot.origin, SiteId{"mine"});
  EXPECT_EQ(lot.coc_model, CocModel::identity_preserved);
  ASSERT_EQ(lot.schemes.size(), 1u);
  EXPECT_EQ(lot.schemes.front().scheme.value, "crp");
  EXPECT_EQ(lot.schemes.front().status, Eligibility::eligible);
  EXPECT_EQ(lot.previous, LotId{"L-0"});
  EXPECT_EQ(w.get<state::Site>("mine").last_lot, LotId{"L-1"});
  EXPECT_EQ(w.mass.originated, (MassFlow::Amount{2 * 19400000, 2 * 970000}));
  EXPECT_TRUE(w.last.flags.empty());
  const std::vector<StateKey> subjects = {{Kind::party, "miner"}, {Kind::site, "mine"}, {Kind::lot, "L-1"}};
  EXPECT_EQ(w.last.subjects, subjects);
}

// Goal: a lot that is not of a mine has no model and no eligibility, and class general has no limit.
TEST(LawLot, OtherPlacesAndClasses) {
  World w;
  w.party("giant", {Role::producer}, CapacityClass::general);
  w.site("yard", "giant", SiteKind::stockpile);
  w.formalise("giant", FormalisationStatus::vigente, t0 - day);
  w.now += day;
  payload::Lot p = dry_lot(w, "L-1", 1000000 * tonne);
  p.site = SiteId{"yard"};
  w.must("giant", p);
  const auto lot = w.get<state::Lot>("L-1");
  EXPECT_EQ(lot.coc_model, CocModel::none);
  EXPECT_TRUE(lot.schemes.empty());
  EXPECT_FALSE(lot.origin.has_value());
  EXPECT_FALSE(w.flagged("capacity_unusual"));
  p = dry_lot(w, "L-2", grams_max);  // together more than any record holds
  p.site = SiteId{"yard"};
  EXPECT_EQ(w.submit("giant", p), "capacity_exceeded");
}

// Goal: what is rejected leaves nothing behind but the record of its rejection.
TEST(LawLot, RejectionLeavesNothing) {
  World w;
  const auto before = w.view.records();
  EXPECT_EQ(w.submit("miner", dry_lot(w, "L-1", 787500001)), "capacity_exceeded");
  ASSERT_EQ(w.view.records().size(), before.size() + 1);
  for (const auto& [key, value] : before)
    EXPECT_EQ(*w.view.records().at(key), *value) << key.id;
  EXPECT_EQ(w.submit("miner", dry_lot(w, "L-1", 787500000)), "accepted");
}

}  // namespace
}  // namespace anta::test
