#include "tests/ledger/law_registry.h"

#include <algorithm>
#include <array>

namespace anta::test {
namespace {

// In the order of checking, ledger.md 6.8.
constexpr std::array all_codes = {
    LawWord{"malformed"},
    LawWord{"bad_signature"},
    LawWord{"unknown_key"},
    LawWord{"event_in_future", Needs::both},
    LawWord{"event_too_old", Needs::both},
    LawWord{"device_sequence"},
    LawWord{"no_vote"},
    LawWord{"role_missing"},
    LawWord{"unknown_reference"},
    LawWord{"duplicate_id"},
    LawWord{"already_voted"},
    LawWord{"not_issuer"},
    LawWord{"not_consignee"},
    LawWord{"not_holder"},
    LawWord{"event_order"},
    LawWord{"wrong_state"},
    LawWord{"last_voter"},
    LawWord{"second_voter"},
    LawWord{"parameter_value"},
    LawWord{"lot_on_hold"},
    LawWord{"conflict_of_interest"},
    LawWord{"issuer_not_accredited"},
    LawWord{"out_of_scope", Needs::both},
    LawWord{"producer_not_formalised"},
    LawWord{"coc_model_upgrade"},
    LawWord{"not_eligible"},
    LawWord{"moisture_impossible", Needs::both},
    LawWord{"grade_impossible", Needs::both},
    LawWord{"capacity_exceeded", Needs::both},
    LawWord{"payload_exceeded", Needs::both},
    LawWord{"duplicate_waybill"},
    LawWord{"duplicate_ticket"},
    LawWord{"seal_in_use"},
    LawWord{"balance_exceeded"},
    LawWord{"not_conserved", Needs::both},
    LawWord{"batch_closure", Needs::both},
    LawWord{"status_lowered"},
    LawWord{"already_certified"},
    LawWord{"no_account"},
    LawWord{"account_overlap"},
    LawWord{"account_in_deficit"},
    LawWord{"credit_exceeded"},
    LawWord{"not_enabled"},
};

constexpr std::array all_flags = {
    LawWord{"final_unsupported"},
    LawWord{"grade_unusual", Needs::both},
    LawWord{"moisture_unusual", Needs::both},
    LawWord{"recovery_unusual", Needs::both},
    LawWord{"batch_closure", Needs::both},
    LawWord{"no_tax_deposit"},
    LawWord{"tare_drift", Needs::both},
    LawWord{"no_handover"},
    LawWord{"speed_unusual", Needs::both},
    LawWord{"transit_unusual", Needs::both},
    LawWord{"capacity_unusual", Needs::both},
    LawWord{"producer_not_formalised", Needs::other},
    LawWord{"outside_concession"},
    LawWord{"no_contract"},
    LawWord{"status_recorded_late"},
    LawWord{"upstream_under_review"},
    LawWord{"account_in_deficit"},
    LawWord{"certified_reduced"},
};

// In the order of parameter.cc.
constexpr std::array parameters = {
    LawParameter{"law_version", "", "names the law itself: the node reads it before any rule (law_known)"},
    LawParameter{"draw_grade_ppm", "not_conserved"},
    LawParameter{"blend_measurement_ppm", "not_conserved"},
    LawParameter{"adjust_dry_ppm", "not_conserved"},
    LawParameter{"ore_grade_max_ppm", "grade_impossible"},
    LawParameter{"moisture_max_ppm", "moisture_impossible"},
    LawParameter{"grade_ore_min_ppm", "grade_unusual"},
    LawParameter{"grade_ore_max_ppm", "grade_unusual"},
    LawParameter{"grade_concentrate_min_ppm", "grade_unusual"},
    LawParameter{"grade_concentrate_max_ppm", "grade_unusual"},
    LawParameter{"grade_cement_copper_min_ppm", "grade_unusual"},
    LawParameter{"grade_cement_copper_max_ppm", "grade_unusual"},
    LawParameter{"grade_blister_min_ppm", "grade_unusual"},
    LawParameter{"grade_blister_max_ppm", "grade_unusual"},
    LawParameter{"grade_anode_min_ppm", "grade_unusual"},
    LawParameter{"grade_anode_max_ppm", "grade_unusual"},
    LawParameter{"grade_cathode_min_ppm", "grade_unusual"},
    LawParameter{"moisture_ore_max_ppm", "moisture_unusual"},
    LawParameter{"moisture_concentrate_min_ppm", "moisture_unusual"},
    LawParameter{"moisture_concentrate_max_ppm", "moisture_unusual"},
    LawParameter{"closure_silent_ppm", "batch_closure"},
    LawParameter{"closure_max_ppm", "batch_closure"},
    LawParameter{"output_excess_ppm", "batch_closure"},
    LawParameter{"recovery_flotation_ore_sulphide_min_ppm", "recovery_unusual"},
    LawParameter{"recovery_flotation_ore_sulphide_max_ppm", "recovery_unusual"},
    LawParameter{"recovery_flotation_ore_oxide_min_ppm", "recovery_unusual"},
    LawParameter{"recovery_flotation_ore_oxide_max_ppm", "recovery_unusual"},
    LawParameter{"recovery_flotation_ore_mixed_min_ppm", "recovery_unusual"},
    LawParameter{"recovery_flotation_ore_mixed_max_ppm", "recovery_unusual"},
    LawParameter{"recovery_leach_cementation_min_ppm", "recovery_unusual"},
    LawParameter{"recovery_leach_cementation_max_ppm", "recovery_unusual"},
    LawParameter{"recovery_leach_sxew_min_ppm", "recovery_unusual"},
    LawParameter{"recovery_leach_sxew_max_ppm", "recovery_unusual"},
    LawParameter{"recovery_smelting_min_ppm", "recovery_unusual"},
    LawParameter{"recovery_smelting_max_ppm", "recovery_unusual"},
    LawParameter{"recovery_electrorefining_min_ppm", "recovery_unusual"},
    LawParameter{"recovery_electrorefining_max_ppm", "recovery_unusual"},
    LawParameter{"payload_max_g", "payload_exceeded"},
    LawParameter{"tare_drift_ppm", "tare_drift"},
    LawParameter{"speed_flag_kmh", "speed_unusual"},
    LawParameter{"transit_flag_hours", "transit_unusual"},
    LawParameter{"receipt_wet_ppm", "wrong_state"},
    LawParameter{"receipt_wet_g", "wrong_state"},
    LawParameter{"receipt_moisture_ppm", "wrong_state"},
    LawParameter{"receipt_dry_ppm", "wrong_state"},
    LawParameter{"receipt_dispute_ppm", "wrong_state"},
    LawParameter{"assay_concentrate_ppm", "wrong_state"},
    LawParameter{"assay_ore_ppm", "wrong_state"},
    LawParameter{"assay_ore_relative_ppm", "wrong_state"},
    LawParameter{"assay_blister_ppm", "wrong_state"},
    LawParameter{"assay_anode_ppm", "wrong_state"},
    LawParameter{"capacity_window_days", "capacity_exceeded"},
    LawParameter{"capacity_flag_ppm", "capacity_unusual"},
    LawParameter{"capacity_max_ppm", "capacity_exceeded"},
    LawParameter{"pma_g_per_day", "capacity_exceeded"},
    LawParameter{"ppm_g_per_day", "capacity_exceeded"},
    LawParameter{"unformalised_origin", "producer_not_formalised"},
    LawParameter{"attestation_max_days", "out_of_scope"},
    LawParameter{"suspension_revokes_after_days", "wrong_state"},
    LawParameter{"account_period_max_days", "out_of_scope"},
    LawParameter{"stock_take_max_ppm", "", "an account is closed by no rule yet"},
    LawParameter{"event_age_max_days", "event_too_old"},
    LawParameter{"event_ahead_max_ms", "event_in_future"},
};

std::vector<LawRow>& rows() {
  static std::vector<LawRow> all;
  return all;
}

bool is_code(std::string_view word) {
  return std::any_of(all_codes.begin(), all_codes.end(),
                     [&](const LawWord& code) { return code.word == word; });
}

class LawCase : public testing::Test {
 public:
  explicit LawCase(LawRow row) : row_(std::move(row)) {}

  void TestBody() override {
    World world(row_.parameters);
    const std::string outcome = row_.body(world);
    const bool as_flag = row_.flag || !is_code(row_.word);
    if (as_flag || row_.side == Side::inside) {
      EXPECT_EQ(outcome, "accepted") << world.last_message;
    } else {
      EXPECT_EQ(outcome, row_.word) << world.last_message;
    }
    if (as_flag) {
      EXPECT_EQ(world.flagged(row_.word), row_.side == Side::outside);
    }
  }

 private:
  LawRow row_;
};

}  // namespace

std::span<const LawWord> law_codes() { return all_codes; }
std::span<const LawWord> law_flags() { return all_flags; }
std::span<const LawParameter> law_parameters() { return parameters; }
const std::vector<LawRow>& registered_rows() { return rows(); }

LawTable::LawTable(const char* file, std::vector<LawRow> table) {
  for (LawRow& row : table) {
    const bool as_flag = row.flag || !is_code(row.word);
    const std::string suite = std::string(as_flag ? "LawFlag_" : "LawCode_") + std::string(row.word);
    const std::string name = std::string(row.side == Side::inside ? "inside" : "outside") +
                             (row.setting == Setting::standard ? "_standard_" : "_other_") +
                             std::string(row.title);
    testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, file, 1,
                          [row]() -> testing::Test* { return new LawCase(row); });
    rows().push_back(std::move(row));
  }
}

}  // namespace anta::test
