// Split, blend and process: draws, grades, closure, recovery, what is made.
#include "tests/ledger/law_chain.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

// L-1 (19 400 000 g dry, 970 000 g Cu) floated to this much concentrate of 25 % Cu; the tailings hold the
// rest, less what is said to be missing.
payload::Process batch(const World& w, std::int64_t concentrate_dry, std::int64_t missing_dry,
                       std::int64_t missing_cu) {
  payload::Process p = w.flotation("B-1", {"L-1"}, "K-1");
  p.outputs[0].measurement = measured(concentrate_dry, 0, 250000);
  const state::Figures made = {Grams{concentrate_dry}, Grams{concentrate_dry}, Grams{concentrate_dry / 4}};
  p.tailings = payload::Mass{Grams{19400000 - made.dry_g.value - missing_dry},
                             Grams{std::max<std::int64_t>(970000 - made.cu_g.value - missing_cu, 0)}};
  return p;
}
std::string float_it(World& w, std::int64_t concentrate_dry, std::int64_t missing_dry = 0,
                     std::int64_t missing_cu = 0) {
  w.deliver("L-1");
  return w.submit("plant", batch(w, concentrate_dry, missing_dry, missing_cu));
}
constexpr std::int64_t ninety = 3492000;  // concentrate with 90 % of the copper

template <typename Change>
std::string process(World& w, Change change, const std::string& as = "plant") {
  w.deliver("L-1");
  payload::Process p = w.flotation("B-1", {"L-1"}, "K-1");
  change(p);
  return w.submit(as, p);
}

std::string split_off(World& w, std::int64_t dry, std::int64_t cu) {
  w.must("miner", w.lot("L-1"));
  return w.submit("miner", splitting(w, "L-1", {{LotId{"P-1"}, Grams{dry}, Grams{cu}}}));
}

payload::Blend blending(const World& w, const std::vector<std::string>& lots) {
  payload::Blend p;
  p.common = w.common();
  for (const std::string& lot : lots)
    p.inputs.push_back(w.all_of(lot));
  p.output.id = LotId{"M-1"};
  p.output.material = Material::ore_sulphide;
  p.output.form = "bulk";
  return p;
}
std::string blend_measured(World& w, std::int64_t wet) {
  w.must("miner", w.lot("L-1"));
  w.must("miner", w.lot("L-2"));
  payload::Blend p = blending(w, {"L-1", "L-2"});
  p.output.measurement = measured(wet, 30000, 50000);
  return w.submit("miner", p);
}

const LawTable masses(
    __FILE__, {
                  {"balance_exceeded", inside, standard, "all_that_is_there",
                   [](World& w) { return split_off(w, 19400000, 970000); }},
                  {"balance_exceeded", outside, standard, "a_gram_of_dry_more",
                   [](World& w) { return split_off(w, 19400001, 970000); }},
                  {"balance_exceeded", outside, standard, "a_gram_of_copper_more",
                   [](World& w) { return split_off(w, 19400000, 970001); }},
                  {"balance_exceeded", outside, standard, "two_children_together",
                   [](World& w) {
                     w.must("miner", w.lot("L-1"));
                     return w.submit("miner", splitting(w, "L-1",
                                                        {{LotId{"P-1"}, Grams{10000000}, Grams{500000}},
                                                         {LotId{"P-2"}, Grams{10000000}, Grams{500000}}}));
                   }},
                  {"balance_exceeded", outside, standard, "drawn_while_reserved",
                   [](World& w) {
                     concentrate(w, "L-1", "K-1");
                     w.must("plant", sale(w, "S-1", {"K-1"}));
                     return w.submit("plant",
                                     splitting(w, "K-1", {{LotId{"P-1"}, Grams{1000000}, Grams{240000}}}));
                   }},
                  {"not_conserved", inside, standard, "half_a_percent_of_grade",
                   [](World& w) { return split_off(w, 1000000, 50250); }},
                  {"not_conserved", outside, standard, "a_gram_more",
                   [](World& w) { return split_off(w, 1000000, 50251); }},
                  {"not_conserved",
                   inside,
                   other,
                   "as_much_as_it_says",
                   [](World& w) { return split_off(w, 1000000, 49500); },
                   {{"draw_grade_ppm", 10000}}},
                  {"not_conserved",
                   outside,
                   other,
                   "a_gram_less",
                   [](World& w) { return split_off(w, 1000000, 49499); },
                   {{"draw_grade_ppm", 10000}}},
                  {"not_conserved", outside, standard, "a_child_of_nothing",
                   [](World& w) { return split_off(w, 0, 0); }},
                  {"not_conserved", inside, standard, "a_blend_measured_two_percent_off",
                   [](World& w) { return blend_measured(w, 40800000); }},
                  {"not_conserved", outside, standard, "a_blend_measured_further_off",
                   [](World& w) { return blend_measured(w, 40800100); }},
                  {"not_conserved",
                   inside,
                   other,
                   "a_blend_as_far_off_as_it_says",
                   [](World& w) { return blend_measured(w, 40400000); },
                   {{"blend_measurement_ppm", 10000}}},
                  {"not_conserved",
                   outside,
                   other,
                   "a_blend_further_off",
                   [](World& w) { return blend_measured(w, 40400100); },
                   {{"blend_measurement_ppm", 10000}}},
                  {"not_conserved", outside, standard, "ore_blended_to_cathode",
                   [](World& w) {
                     w.must("miner", w.lot("L-1"));
                     w.must("miner", w.lot("L-2"));
                     payload::Blend p = blending(w, {"L-1", "L-2"});
                     p.output.material = Material::cathode;
                     return w.submit("miner", p);
                   }},
                  {"status_lowered", outside, standard, "a_blend_measured_with_less",
                   [](World& w) {
                     const auto better = measured(20 * tonne, 30000, 50000, MeasurementStatus::provisional);
                     w.must("miner", w.lot("L-1", better));
                     w.must("miner", w.lot("L-2", better));
                     payload::Blend p = blending(w, {"L-1", "L-2"});
                     p.output.measurement = measured(40 * tonne, 30000, 50000);
                     return w.submit("miner", p);
                   }},
              });

const LawTable closure(__FILE__, {
                                     {"batch_closure", inside, standard, "dry_mass_three_percent_short",
                                      [](World& w) { return float_it(w, ninety, 582000); }},
                                     {"batch_closure", outside, standard, "a_gram_more",
                                      [](World& w) { return float_it(w, ninety, 582001); }},
                                     {"batch_closure", inside, standard, "copper_three_percent_short",
                                      [](World& w) { return float_it(w, ninety, 0, 29100); }},
                                     {"batch_closure", outside, standard, "copper_a_gram_more",
                                      [](World& w) { return float_it(w, ninety, 0, 29101); }},
                                     {"batch_closure",
                                      inside,
                                      other,
                                      "as_much_as_it_says",
                                      [](World& w) { return float_it(w, ninety, 485000); },
                                      {{"closure_max_ppm", 25000}}},
                                     {"batch_closure",
                                      outside,
                                      other,
                                      "a_gram_more",
                                      [](World& w) { return float_it(w, ninety, 485001); },
                                      {{"closure_max_ppm", 25000}}},
                                     {"batch_closure", inside, standard, "half_a_percent_more_copper_out",
                                      [](World& w) { return float_it(w, 3899400); }},
                                     {"batch_closure", outside, standard, "a_gram_more_copper_out",
                                      [](World& w) { return float_it(w, 3899404); }},
                                     {"batch_closure",
                                      inside,
                                      other,
                                      "as_much_more_as_it_says",
                                      [](World& w) { return float_it(w, 3918800); },
                                      {{"output_excess_ppm", 10000}}},
                                     {"batch_closure",
                                      outside,
                                      other,
                                      "a_gram_more_than_it_says",
                                      [](World& w) { return float_it(w, 3918804); },
                                      {{"output_excess_ppm", 10000}}},
                                     {"batch_closure",
                                      inside,
                                      standard,
                                      "silent_at_two_percent",
                                      [](World& w) { return float_it(w, ninety, 388000); },
                                      {},
                                      true},
                                     {"batch_closure",
                                      outside,
                                      standard,
                                      "flagged_a_gram_beyond",
                                      [](World& w) { return float_it(w, ninety, 388001); },
                                      {},
                                      true},
                                     {"batch_closure",
                                      inside,
                                      other,
                                      "silent_as_far_as_it_says",
                                      [](World& w) { return float_it(w, ninety, 194000); },
                                      {{"closure_silent_ppm", 10000}},
                                      true},
                                     {"batch_closure",
                                      outside,
                                      other,
                                      "flagged_a_gram_beyond",
                                      [](World& w) { return float_it(w, ninety, 194001); },
                                      {{"closure_silent_ppm", 10000}},
                                      true},
                                     {"recovery_unusual", inside, standard, "ninety_four_percent_of_sulphide",
                                      [](World& w) { return float_it(w, 3647200); }},
                                     {"recovery_unusual", outside, standard, "a_gram_more",
                                      [](World& w) { return float_it(w, 3647204); }},
                                     {"recovery_unusual", inside, standard, "eighty_percent",
                                      [](World& w) { return float_it(w, 3104000); }},
                                     {"recovery_unusual", outside, standard, "a_gram_less",
                                      [](World& w) { return float_it(w, 3103996); }},
                                     {"recovery_unusual",
                                      inside,
                                      other,
                                      "as_high_as_it_says",
                                      [](World& w) { return float_it(w, ninety); },
                                      {{"recovery_flotation_ore_sulphide_max_ppm", 900000}}},
                                     {"recovery_unusual",
                                      outside,
                                      other,
                                      "a_gram_more",
                                      [](World& w) { return float_it(w, ninety + 4); },
                                      {{"recovery_flotation_ore_sulphide_max_ppm", 900000}}},
                                 });

const LawTable process_codes(
    __FILE__,
    {
        {"role_missing", inside, standard, "processed_by_a_plant",
         [](World& w) { return process(w, [](auto&) {}); }},
        {"unknown_reference", inside, standard, "of_a_lot_that_is_known",
         [](World& w) { return process(w, [](auto&) {}); }},
        {"duplicate_id", inside, standard, "ids_that_are_new",
         [](World& w) { return process(w, [](auto&) {}); }},
        {"role_missing", outside, standard, "processed_by_a_miner",
         [](World& w) { return process(w, [](auto&) {}, "miner"); }},
        {"unknown_reference", outside, standard, "of_a_lot_nobody_knows",
         [](World& w) { return process(w, [](auto& p) { p.inputs[0].lot = LotId{"L-9"}; }); }},
        {"duplicate_id", outside, standard, "an_output_that_exists",
         [](World& w) { return process(w, [](auto& p) { p.outputs[0].id = LotId{"L-1"}; }); }},
        {"duplicate_id", outside, standard, "two_outputs_of_one_name",
         [](World& w) { return process(w, [](auto& p) { p.outputs.push_back(p.outputs[0]); }); }},
        {"duplicate_id", outside, standard, "one_lot_drawn_from_twice",
         [](World& w) { return process(w, [](auto& p) { p.inputs.push_back(p.inputs[0]); }); }},
        {"duplicate_id", outside, standard, "a_batch_again",
         [](World& w) {
           EXPECT_EQ(process(w, [](auto&) {}), "accepted");
           w.deliver("L-2");
           return w.submit("plant", w.flotation("B-1", {"L-2"}, "K-2"));
         }},
        {"not_holder", outside, standard, "at_a_site_that_another_operates",
         [](World& w) { return process(w, [](auto& p) { p.site = SiteId{"works"}; }); }},
        {"not_holder", outside, standard, "of_a_lot_that_is_at_another_site",
         [](World& w) {
           w.site("mill-2", "plant", SiteKind::plant, {ProcessKind::flotation});
           return process(w, [](auto& p) { p.site = SiteId{"mill-2"}; });
         }},
        {"not_holder", outside, standard, "not_accepted_by_the_sender_yet",
         [](World& w) {
           w.must("miner", w.lot("L-1"));
           w.must("miner", w.dispatch("D-1", {"L-1"}));
           w.must("plant", w.receipt("D-1", {"L-1"}, measured(19800000, 30000, 50000)));
           return w.submit("plant", w.flotation("B-1", {"L-1"}, "K-1"));
         }},
        {"event_order", outside, standard, "processed_before_it_was_accepted",
         [](World& w) { return process(w, [](auto& p) { p.common.event_time.value -= 1; }); }},
        {"lot_on_hold", outside, standard, "processed",
         [](World& w) {
           w.deliver("L-1");
           hold(w, "L-1");
           return w.submit("plant", w.flotation("B-1", {"L-1"}, "K-1"));
         }},
        {"out_of_scope", inside, standard, "a_process_of_the_site",
         [](World& w) { return process(w, [](auto&) {}); }},
        {"out_of_scope", outside, standard, "a_process_that_is_not_the_sites",
         [](World& w) { return process(w, [](auto& p) { p.process = ProcessKind::leach_sxew; }); }},
        {"out_of_scope", outside, standard, "a_model_that_is_not_attested",
         [](World& w) { return process(w, [](auto& p) { p.coc_model = CocModel::mass_balance; }); }},
        {"coc_model_upgrade", inside, standard, "naming_the_attested_model",
         [](World& w) { return process(w, [](auto& p) { p.coc_model = CocModel::segregated; }); }},
        {"coc_model_upgrade", outside, standard, "naming_more_than_an_input_is",
         [](World& w) {
           concentrate(w, "L-1", "K-1");
           w.attest("att-ip", AttestationKind::chain_of_custody, "plant", "mill",
                    {CocModel::identity_preserved});
           payload::Process p = w.flotation("B-2", {"K-1"}, "K-2");
           p.coc_model = CocModel::identity_preserved;
           return w.submit("plant", p);
         }},
        {"moisture_impossible", outside, standard, "of_an_output",
         [](World& w) {
           return process(w, [](auto& p) { p.outputs[0].measurement.moisture_ppm = Ppm{300001}; });
         }},
        {"grade_impossible", outside, standard, "of_an_output",
         [](World& w) { return process(w, [](auto& p) { p.outputs[0].measurement.cu_ppm = Ppm{799001}; }); }},
        {"already_certified", inside, standard, "what_is_not_certified_may_be_drawn",
         [](World& w) {
           concentrate(w, "L-1", "K-1");
           payload::Certificate half = w.certificate("C-1", "K-1", CocModel::segregated, "buyer");
           half.dry_g = Grams{2637499};
           half.cu_g = Grams{633000};
           w.must("plant", half);
           return w.submit("plant", splitting(w, "K-1", {{LotId{"P-1"}, Grams{1000000}, Grams{240000}}}));
         }},
        {"already_certified", outside, standard, "what_is_certified_to_another_may_not",
         [](World& w) {
           concentrate(w, "L-1", "K-1");
           payload::Certificate half = w.certificate("C-1", "K-1", CocModel::segregated, "buyer");
           half.dry_g = Grams{2637500};
           half.cu_g = Grams{633000};
           w.must("plant", half);
           return w.submit("plant", splitting(w, "K-1", {{LotId{"P-1"}, Grams{1000000}, Grams{240000}}}));
         }},
        {"already_certified", outside, standard, "a_bearer_certificate_binds_its_issuer_too",
         [](World& w) {
           concentrate(w, "L-1", "K-1");
           w.must("plant", w.certificate("C-1", "K-1", CocModel::segregated));
           return w.submit("plant", splitting(w, "K-1", {{LotId{"P-1"}, Grams{1000000}, Grams{240000}}}));
         }},
    });

// Goal: a batch leaves its outputs, its record, its lineage and the exact flow behind.
TEST(LawProcess, ABatchAccountsForEveryGram) {
  World w;
  concentrate(w, "L-1", "K-1");
  const auto ore = w.get<state::Lot>("L-1");
  EXPECT_EQ(ore.state, LotState::consumed);
  EXPECT_EQ(ore.remaining_dry_g.value, 0);
  EXPECT_EQ(ore.first_child, LotId{"K-1"});
  const auto made = w.get<state::Lot>("K-1");
  EXPECT_EQ(made.accepted.dry_g, Grams{3637499});
  EXPECT_EQ(made.accepted.cu_g, Grams{873000});
  EXPECT_EQ(made.sources.at(0).cu_g, Grams{970000});
  EXPECT_EQ(made.holder, PartyId{"plant"});
  EXPECT_EQ(made.made_site, SiteId{"mill"});
  EXPECT_EQ(w.last.mass.processed_away, (MassFlow::Amount{15762501, 97000}));
  EXPECT_EQ(w.get<state::Process>("B-K-1").outputs, std::vector<LotId>{LotId{"K-1"}});
  EXPECT_EQ(w.get<state::Site>("mill").last_lot, LotId{"K-1"});
  expect_conserved(w);
}

// Goal: more metal out than in is recorded as a gain, so that the sum of all flows stays exact.
TEST(LawProcess, AnExcessIsAGain) {
  World w;
  EXPECT_EQ(float_it(w, 3899400), "accepted");
  EXPECT_EQ(w.last.mass.gained, (MassFlow::Amount{0, 4850}));
  EXPECT_EQ(w.last.mass.processed_away, (MassFlow::Amount{15500600, 0}));
  expect_conserved(w);
}

// Goal: smelting's dry mass does not close and need not; its copper must.
TEST(LawProcess, SmeltingClosesCopperOnly) {
  World w;
  concentrate(w, "L-1", "K-1");
  sell(w, "K-1");
  w.must("smelter", smelting(w, "B-2", "K-1", "A-1"));
  EXPECT_FALSE(w.flagged("batch_closure"));
  EXPECT_EQ(w.get<state::Lot>("A-1").accepted.cu_g, Grams{846810});
  expect_conserved(w);
}

// Goal: children share the parent's figures, model, eligibility and origin; what is left stays in the parent.
TEST(LawProcess, ChildrenAreTheirParentsMetal) {
  World w;
  EXPECT_EQ(split_off(w, 4850000, 242500), "accepted");
  const auto child = w.get<state::Lot>("P-1");
  EXPECT_EQ(child.accepted, (state::Figures{Grams{5000000}, Grams{4850000}, Grams{242500}}));
  EXPECT_EQ(child.coc_model, CocModel::identity_preserved);
  EXPECT_EQ(child.origin, SiteId{"mine"});
  EXPECT_EQ(child.schemes.size(), 1U);
  const auto parent = w.get<state::Lot>("L-1");
  EXPECT_EQ(parent.state, LotState::partially_consumed);
  EXPECT_EQ(parent.remaining_dry_g, Grams{14550000});
  EXPECT_EQ(parent.remaining_cu_g, Grams{727500});
  expect_conserved(w);
}

// Goal: a blend is the exact sum of its draws, whatever is measured beside it.
TEST(LawProcess, ABlendIsTheSumOfItsDraws) {
  World w;
  EXPECT_EQ(blend_measured(w, 40800000), "accepted");
  const auto blend = w.get<state::Lot>("M-1");
  EXPECT_EQ(blend.accepted, (state::Figures{Grams{40800000}, Grams{38800000}, Grams{1940000}}));
  EXPECT_EQ(blend.origin, SiteId{"mine"});
  EXPECT_EQ(blend.coc_model, CocModel::identity_preserved);
  expect_conserved(w);
}

}  // namespace
}  // namespace anta::test
