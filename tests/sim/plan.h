// What one run is: its cluster, its limits and its mix of faults, all drawn from the seed.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "consensus/raft/raft.h"
#include "tests/sim/counts.h"

namespace anta::sim {

// Virtual time is in units; a node's tick is about tick_units of them.
using Time = std::uint64_t;
inline constexpr Time tick_units = 10;

struct Plan {
  std::uint64_t seed = 0;
  std::size_t nodes = 3;   // voters at the start: 3, 5 or 7
  std::size_t spares = 0;  // nodes that no configuration has at the start
  std::uint64_t steps = 6000;
  std::array<bool, fault_count> enabled = {};
  raft::Options limits = {};  // without self, cluster and seed

  std::uint64_t loss_permille = 0;
  Time delay_max = 3;                // of a message, in units
  Time disk_max = 8;                 // of a sync
  Time healed_disk_max = 4;          // of a sync in the liveness phase; 40 ticks in some plans
  Time nemesis_max = 400;            // between two faults of the nemesis
  Time client_max = 12;              // between two client operations
  std::uint64_t recent_entries = 4;  // given to the core at a restart

  bool has(Fault fault) const { return enabled[static_cast<std::size_t>(fault)]; }
};

// Changes a person makes to a plan, to shrink a failure.
struct Overrides {
  std::uint64_t steps = 0;  // 0: as drawn
  std::size_t nodes = 0;    // 0: as drawn
  std::vector<Fault> without = {};
};

Plan draw_plan(std::uint64_t seed, const Overrides& overrides);

}  // namespace anta::sim
