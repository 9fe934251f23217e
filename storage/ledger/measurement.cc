#include "storage/ledger/measurement.h"

#include <optional>
#include <string>

#include "storage/ledger/mass.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

// The middle of a parameter's name for a material's usual window; nothing: no window.
std::optional<std::string> grade_window(Material material) {
  switch (material) {
    case Material::ore_sulphide:
    case Material::ore_oxide:
    case Material::ore_mixed: return "ore";
    case Material::concentrate:
    case Material::cement_copper:
    case Material::blister:
    case Material::anode:
    case Material::cathode: return std::string(word(material));
    case Material::slag:
    case Material::scrap:
    case Material::tailings: return std::nullopt;
  }
  return std::nullopt;
}

bool grade_is_unusual(const Draft& draft, Material material, Ppm grade) {
  const std::optional<std::string> window = grade_window(material);
  if (!window) return false;
  if (grade.value < draft.parameter("grade_" + *window + "_min_ppm")) return true;
  if (material == Material::cathode) return false;  // pure copper is the best there is
  return grade.value > draft.parameter("grade_" + *window + "_max_ppm");
}

bool moisture_is_unusual(const Draft& draft, Material material, Ppm moisture) {
  if (is_ore(material)) return moisture.value > draft.parameter("moisture_ore_max_ppm");
  if (material != Material::concentrate) return false;
  return moisture.value < draft.parameter("moisture_concentrate_min_ppm") ||
         moisture.value > draft.parameter("moisture_concentrate_max_ppm");
}

}  // namespace

bool is_ore(Material material) {
  return material == Material::ore_sulphide || material == Material::ore_oxide ||
         material == Material::ore_mixed;
}

Result<void> moisture_possible(const Draft& draft, const payload::Measurement& measurement) {
  if (measurement.moisture_ppm.value <= draft.parameter("moisture_max_ppm")) return {};
  return violated("moisture_impossible",
                  "moisture of " + std::to_string(measurement.moisture_ppm.value) + " ppm");
}

Result<void> grade_possible(const Draft& draft, Material material, const payload::Measurement& measurement) {
  if (!is_ore(material) && material != Material::concentrate) return {};
  if (measurement.cu_ppm.value <= draft.parameter("ore_grade_max_ppm")) return {};
  return violated("grade_impossible", "grade of " + std::to_string(measurement.cu_ppm.value) + " ppm Cu in " +
                                          std::string(word(material)));
}

Result<void> grade_possible(const Draft& draft, Material material, Grams dry, Grams cu) {
  const bool limited = is_ore(material) || material == Material::concentrate;
  const std::int64_t limit = limited ? draft.parameter("ore_grade_max_ppm") : ppm_whole;
  if (cu.value <= half_even(dry.value, limit, ppm_whole)) return {};
  return violated("grade_impossible", std::to_string(cu.value) + " g Cu in " + std::to_string(dry.value) +
                                          " g dry of " + std::string(word(material)));
}

void flag_measurement(Draft& draft, Material material, const payload::Measurement& measurement,
                      state::Stamp& on) {
  if (grade_is_unusual(draft, material, measurement.cu_ppm)) draft.flag("grade_unusual", on);
  if (moisture_is_unusual(draft, material, measurement.moisture_ppm)) draft.flag("moisture_unusual", on);
  const auto& laboratory = measurement.laboratory;
  const bool supported = measurement.scale && measurement.assay_certificate && laboratory &&
                         holds_role(draft.view(), *laboratory, Role::laboratory, draft.event_time());
  if (measurement.status == MeasurementStatus::final && !supported) draft.flag("final_unsupported", on);
}

}  // namespace anta
