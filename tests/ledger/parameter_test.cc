#include "storage/ledger/parameter.h"

#include <gtest/gtest.h>

#include <set>

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

TEST(Parameter, TheDefaultsAreThoseOfTheDesign) {
  // Goal: the numbers of ledger.md 6.9 and, of each family of windows, one.
  const std::pair<const char*, std::int64_t> due[] = {{"event_age_max_days", 30},
                                                      {"event_ahead_max_ms", 600'000},
                                                      {"receipt_wet_ppm", 5'000},
                                                      {"receipt_wet_g", 40'000},
                                                      {"receipt_moisture_ppm", 5'000},
                                                      {"receipt_dry_ppm", 7'500},
                                                      {"receipt_dispute_ppm", 20'000},
                                                      {"closure_silent_ppm", 20'000},
                                                      {"closure_max_ppm", 30'000},
                                                      {"output_excess_ppm", 5'000},
                                                      {"draw_grade_ppm", 5'000},
                                                      {"adjust_dry_ppm", 7'500},
                                                      {"payload_max_g", 40'000'000},
                                                      {"capacity_window_days", 30},
                                                      {"capacity_flag_ppm", 800'000},
                                                      {"capacity_max_ppm", 1'050'000},
                                                      {"pma_g_per_day", 25'000'000},
                                                      {"ppm_g_per_day", 350'000'000},
                                                      {"ore_grade_max_ppm", 799'000},
                                                      {"moisture_max_ppm", 300'000},
                                                      {"attestation_max_days", 1'187},
                                                      {"suspension_revokes_after_days", 183},
                                                      {"account_period_max_days", 366},
                                                      {"stock_take_max_ppm", 30'000},
                                                      {"speed_flag_kmh", 80},
                                                      {"transit_flag_hours", 72},
                                                      {"tare_drift_ppm", 15'000},
                                                      {"assay_concentrate_ppm", 2'500},
                                                      {"grade_cathode_min_ppm", 999'000},
                                                      {"recovery_electrorefining_max_ppm", 999'500},
                                                      {"recovery_flotation_ore_oxide_min_ppm", 550'000},
                                                      {"moisture_concentrate_max_ppm", 120'000}};
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
