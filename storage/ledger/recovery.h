// How much of the copper a process recovers: the usual windows, and what they multiply to along a site.
//
// The numbers are parameters (recovery_*_min_ppm, recovery_*_max_ppm). Sulphidisation flotation is judged as
// flotation of its feed; crushing, sorting and blending have no window. Internal to the law. Source:
// ledger.md 6.2 and 6.6.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/ledger/draft.h"
#include "storage/ledger/state.h"

namespace anta {

struct RecoveryWindow {  // limits included
  std::int64_t min_ppm = 0;
  std::int64_t max_ppm = 0;
};

// The window of a process fed with these materials: all of one kind of ore, else mixed.
std::optional<RecoveryWindow> recovery_window(const Draft& draft, ProcessKind kind,
                                              const std::vector<Material>& feed);

// The most that a site's processes recover one after the other: the upper ends multiplied in their order,
// each product rounded half even to a ppm; flotation counts with the best of its ores.
std::int64_t recovery_bound_ppm(const Draft& draft, const std::vector<ProcessKind>& processes);

}  // namespace anta
