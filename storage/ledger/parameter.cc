#include "storage/ledger/parameter.h"

#include <algorithm>
#include <array>
#include <vector>

#include "storage/ledger/spelling.h"

namespace anta {
namespace {

constexpr std::int64_t whole = 1'000'000;               // ppm: all of it
constexpr std::int64_t century_days = 36'525;           // no period of the law is longer
constexpr std::int64_t mass_max_g = 1'000'000'000'000;  // a million tonnes: products stay far below 2^63
constexpr std::array unformalised = {std::string_view("reject"), std::string_view("not_eligible")};

constexpr ParameterInfo share(std::string_view name, std::int64_t standard) {
  return {name, standard, 0, whole, {}};
}
constexpr ParameterInfo days(std::string_view name, std::int64_t standard) {
  return {name, standard, 1, century_days, {}};
}
constexpr ParameterInfo mass(std::string_view name, std::int64_t standard) {
  return {name, standard, 0, mass_max_g, {}};
}

constexpr std::array table = {
    ParameterInfo{"law_version", 1, 1, 1, {}},
    // 6.1 lots and balances
    share("draw_grade_ppm", 5'000),
    share("blend_measurement_ppm", 20'000),  // a blend's measurement beside the sum of its draws
    share("adjust_dry_ppm", 7'500),
    share("ore_grade_max_ppm", 799'000),
    share("moisture_max_ppm", 300'000),
    share("grade_ore_min_ppm", 15'000),
    share("grade_ore_max_ppm", 250'000),
    share("grade_concentrate_min_ppm", 150'000),
    share("grade_concentrate_max_ppm", 400'000),
    share("grade_cement_copper_min_ppm", 550'000),
    share("grade_cement_copper_max_ppm", 920'000),
    share("grade_blister_min_ppm", 975'000),
    share("grade_blister_max_ppm", 995'000),
    share("grade_anode_min_ppm", 988'000),
    share("grade_anode_max_ppm", 998'000),
    share("grade_cathode_min_ppm", 999'000),
    share("moisture_ore_max_ppm", 80'000),
    share("moisture_concentrate_min_ppm", 60'000),
    share("moisture_concentrate_max_ppm", 120'000),
    // 6.2 processing; sulphidisation_flotation is judged as flotation of its feed
    share("closure_silent_ppm", 20'000),
    share("closure_max_ppm", 30'000),
    share("output_excess_ppm", 5'000),
    share("recovery_flotation_ore_sulphide_min_ppm", 800'000),
    share("recovery_flotation_ore_sulphide_max_ppm", 940'000),
    share("recovery_flotation_ore_oxide_min_ppm", 550'000),
    share("recovery_flotation_ore_oxide_max_ppm", 800'000),
    share("recovery_flotation_ore_mixed_min_ppm", 700'000),
    share("recovery_flotation_ore_mixed_max_ppm", 880'000),
    share("recovery_leach_cementation_min_ppm", 650'000),
    share("recovery_leach_cementation_max_ppm", 920'000),
    share("recovery_leach_sxew_min_ppm", 700'000),
    share("recovery_leach_sxew_max_ppm", 950'000),
    share("recovery_smelting_min_ppm", 950'000),
    share("recovery_smelting_max_ppm", 985'000),
    share("recovery_electrorefining_min_ppm", 993'000),
    share("recovery_electrorefining_max_ppm", 999'500),
    // 6.3 transfer
    mass("payload_max_g", 40'000'000),
    share("tare_drift_ppm", 15'000),
    ParameterInfo{"speed_flag_kmh", 80, 1, 1'000, {}},
    ParameterInfo{"transit_flag_hours", 72, 1, 8'784, {}},
    share("receipt_wet_ppm", 5'000),
    mass("receipt_wet_g", 40'000),
    share("receipt_moisture_ppm", 5'000),
    share("receipt_dry_ppm", 7'500),
    share("receipt_dispute_ppm", 20'000),
    share("assay_concentrate_ppm", 2'500),
    share("assay_ore_ppm", 2'000),
    share("assay_ore_relative_ppm", 30'000),  // of the grade; the larger of the two holds for ore
    share("assay_blister_ppm", 1'000),
    share("assay_anode_ppm", 1'000),
    // 6.4 origin
    ParameterInfo{"capacity_window_days", 30, 1, 366, {}},
    ParameterInfo{"capacity_flag_ppm", 800'000, 0, 10 * whole, {}},
    ParameterInfo{"capacity_max_ppm", 1'050'000, 0, 10 * whole, {}},
    mass("pma_g_per_day", 25'000'000),
    mass("ppm_g_per_day", 350'000'000),
    ParameterInfo{"unformalised_origin", 0, 0, 0, unformalised},
    // 6.5 attestation
    days("attestation_max_days", 1'187),
    days("suspension_revokes_after_days", 183),
    // 6.6 chain of custody
    days("account_period_max_days", 366),
    share("stock_take_max_ppm", 30'000),
    // 6.7 sequence
    days("event_age_max_days", 30),
    ParameterInfo{"event_ahead_max_ms", 600'000, 0, 86'400'000, {}},
};

std::string join(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words)
    text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

}  // namespace

std::span<const ParameterInfo> all_parameters() { return table; }

const ParameterInfo* find_parameter(std::string_view name) {
  const auto row =
      std::find_if(table.begin(), table.end(), [name](const auto& info) { return info.name == name; });
  return row == table.end() ? nullptr : &*row;
}

ParameterValue standard_value(const ParameterInfo& info) {
  if (info.words.empty()) return info.standard;
  return std::string(info.words[static_cast<std::size_t>(info.standard)]);
}

Result<void> check_parameter(std::string_view name, const ParameterValue& value) {
  const ParameterInfo* info = find_parameter(name);
  const std::string quoted = "parameter \"" + std::string(name) + "\"";
  if (info == nullptr) {
    std::vector<std::string_view> names;
    for (const auto& row : table)
      names.push_back(row.name);
    return fail(Code::malformed, "unknown_parameter", quoted + " is unknown" + suggestion(name, names));
  }
  if (info->words.empty()) {
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr) return fail(Code::malformed, "parameter_value", quoted + " is a whole number");
    if (*number >= info->min && *number <= info->max) return {};
    return fail(Code::malformed, "parameter_value",
                quoted + " is out of bounds: " + std::to_string(*number) + " is not in " +
                    std::to_string(info->min) + ".." + std::to_string(info->max));
  }
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr && std::find(info->words.begin(), info->words.end(), *text) != info->words.end())
    return {};
  return fail(Code::malformed, "parameter_value", quoted + " is one of: " + join(info->words));
}

}  // namespace anta
