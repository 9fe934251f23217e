#include "storage/ledger/parameter.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string_view>

namespace anta {
namespace {

TEST(Parameter, EveryDefaultIsLawfulAndEveryNameUnique) {
  // Goal: the table contradicts itself nowhere.
  std::set<std::string_view> names;
  for (const ParameterInfo& info : all_parameters()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_TRUE(check_parameter(info.name, standard_value(info)).has_value()) << info.name;
    EXPECT_EQ(find_parameter(info.name), &info);
  }
  EXPECT_EQ(find_parameter("event_age"), nullptr);
}

// ledger.md 6.1 to 6.9.
const std::map<std::string_view, std::int64_t> due = {
    {"law_version", 1},
    {"draw_grade_ppm", 5'000},
    {"blend_measurement_ppm", 20'000},
    {"adjust_dry_ppm", 7'500},
    {"ore_grade_max_ppm", 799'000},
    {"moisture_max_ppm", 300'000},
    {"grade_ore_min_ppm", 15'000},
    {"grade_ore_max_ppm", 250'000},
    {"grade_concentrate_min_ppm", 150'000},
    {"grade_concentrate_max_ppm", 400'000},
    {"grade_cement_copper_min_ppm", 550'000},
    {"grade_cement_copper_max_ppm", 920'000},
    {"grade_blister_min_ppm", 975'000},
    {"grade_blister_max_ppm", 995'000},
    {"grade_anode_min_ppm", 988'000},
    {"grade_anode_max_ppm", 998'000},
    {"grade_cathode_min_ppm", 999'000},
    {"moisture_ore_max_ppm", 80'000},
    {"moisture_concentrate_min_ppm", 60'000},
    {"moisture_concentrate_max_ppm", 120'000},
    {"closure_silent_ppm", 20'000},
    {"closure_max_ppm", 30'000},
    {"output_excess_ppm", 5'000},
    {"recovery_flotation_ore_sulphide_min_ppm", 800'000},
    {"recovery_flotation_ore_sulphide_max_ppm", 940'000},
    {"recovery_flotation_ore_oxide_min_ppm", 550'000},
    {"recovery_flotation_ore_oxide_max_ppm", 800'000},
    {"recovery_flotation_ore_mixed_min_ppm", 700'000},
    {"recovery_flotation_ore_mixed_max_ppm", 880'000},
    {"recovery_leach_cementation_min_ppm", 650'000},
    {"recovery_leach_cementation_max_ppm", 920'000},
    {"recovery_leach_sxew_min_ppm", 700'000},
    {"recovery_leach_sxew_max_ppm", 950'000},
    {"recovery_smelting_min_ppm", 950'000},
    {"recovery_smelting_max_ppm", 985'000},
    {"recovery_electrorefining_min_ppm", 993'000},
    {"recovery_electrorefining_max_ppm", 999'500},
    {"payload_max_g", 40'000'000},
    {"tare_drift_ppm", 15'000},
    {"speed_flag_kmh", 80},
    {"transit_flag_hours", 72},
    {"receipt_wet_ppm", 5'000},
    {"receipt_wet_g", 40'000},
    {"receipt_moisture_ppm", 5'000},
    {"receipt_dry_ppm", 7'500},
    {"receipt_dispute_ppm", 20'000},
    {"assay_concentrate_ppm", 2'500},
    {"assay_ore_ppm", 2'000},
    {"assay_ore_relative_ppm", 30'000},
    {"assay_blister_ppm", 1'000},
    {"assay_anode_ppm", 1'000},
    {"capacity_window_days", 30},
    {"capacity_flag_ppm", 800'000},
    {"capacity_max_ppm", 1'050'000},
    {"pma_g_per_day", 25'000'000},
    {"ppm_g_per_day", 350'000'000},
    {"attestation_max_days", 1'187},
    {"suspension_revokes_after_days", 183},
    {"account_period_max_days", 366},
    {"stock_take_max_ppm", 30'000},
    {"event_age_max_days", 30},
    {"event_ahead_max_ms", 600'000},
};

TEST(Parameter, TheDefaultsAreThoseOfTheDesign) {
  // Goal: every number of ledger.md 6.1 to 6.9, one by one: no default changes without this test.
  EXPECT_EQ(due.size() + 1, all_parameters().size());  // and unformalised_origin, a word
  for (const auto& [name, value] : due) {
    const ParameterInfo* info = find_parameter(name);
    ASSERT_NE(info, nullptr) << name;
    EXPECT_EQ(standard_value(*info), ParameterValue{value}) << name;
  }
  EXPECT_EQ(standard_value(*find_parameter("unformalised_origin")), ParameterValue{std::string("reject")});
}

TEST(Parameter, RefusesWhatIsNotInItsTable) {
  // Goal: unknown names with the nearest one, values of the wrong kind and out of bounds.
  const auto unknown = check_parameter("event_age_max_day", std::int64_t{1});
  EXPECT_EQ(unknown.error().code, Code::malformed);
  EXPECT_EQ(unknown.error().message,
            "parameter \"event_age_max_day\" is unknown; did you mean \"event_age_max_days\"?");
  EXPECT_FALSE(check_parameter("event_age_max_days", std::int64_t{0}).has_value());
  EXPECT_TRUE(check_parameter("event_age_max_days", std::int64_t{1}).has_value());
  EXPECT_TRUE(check_parameter("closure_max_ppm", std::int64_t{1'000'000}).has_value());
  EXPECT_EQ(check_parameter("closure_max_ppm", std::int64_t{1'000'001}).error().message,
            "parameter \"closure_max_ppm\" is out of bounds: 1000001 is not in 0..1000000");
  EXPECT_FALSE(check_parameter("closure_max_ppm", std::string("1")).has_value());
  EXPECT_TRUE(check_parameter("unformalised_origin", std::string("not_eligible")).has_value());
  EXPECT_EQ(check_parameter("unformalised_origin", std::string("maybe")).error().message,
            "parameter \"unformalised_origin\" is one of: reject, not_eligible");
  EXPECT_FALSE(check_parameter("unformalised_origin", std::int64_t{0}).has_value());
}

}  // namespace
}  // namespace anta
