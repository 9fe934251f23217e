#include "storage/ledger/recovery.h"

#include <algorithm>
#include <string>

#include "storage/ledger/mass.h"

namespace anta {
namespace {

bool is_flotation(ProcessKind kind) {
  return kind == ProcessKind::flotation || kind == ProcessKind::sulphidisation_flotation;
}

bool has_window(ProcessKind kind) {
  return kind != ProcessKind::crushing && kind != ProcessKind::sorting && kind != ProcessKind::blending;
}

RecoveryWindow named_window(const Draft& draft, const std::string& name) {
  return {draft.parameter("recovery_" + name + "_min_ppm"), draft.parameter("recovery_" + name + "_max_ppm")};
}

RecoveryWindow flotation_window(const Draft& draft, Material ore) {
  return named_window(draft, "flotation_" + std::string(word(ore)));
}

Material ore_kind(const std::vector<Material>& feed) {
  for (const Material ore : {Material::ore_sulphide, Material::ore_oxide}) {
    if (std::all_of(feed.begin(), feed.end(), [ore](Material material) { return material == ore; })) {
      return ore;
    }
  }
  return Material::ore_mixed;
}

}  // namespace

std::optional<RecoveryWindow> recovery_window(const Draft& draft, ProcessKind kind,
                                              const std::vector<Material>& feed) {
  if (!has_window(kind)) return std::nullopt;
  if (is_flotation(kind)) return flotation_window(draft, ore_kind(feed));
  return named_window(draft, std::string(word(kind)));
}

std::int64_t recovery_bound_ppm(const Draft& draft, const std::vector<ProcessKind>& processes) {
  std::int64_t bound = ppm_whole;
  for (const ProcessKind kind : processes) {
    if (!has_window(kind)) continue;
    std::int64_t best = 0;
    if (is_flotation(kind)) {
      for (const Material ore : {Material::ore_sulphide, Material::ore_oxide, Material::ore_mixed})
        best = std::max(best, flotation_window(draft, ore).max_ppm);
    } else {
      best = named_window(draft, std::string(word(kind))).max_ppm;
    }
    bound = half_even(bound, best, ppm_whole);
  }
  return bound;
}

}  // namespace anta
