// Many seeds on several threads; each run is single-threaded and alone.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/sim/world.h"

namespace anta::sim {

struct Failure {
  std::uint64_t seed = 0;
  std::string violation = {};
};

struct Campaign {
  Counts counts = {};
  std::vector<Failure> failures = {};  // in order of seed
  double seconds = 0;
};

// Runs first..last. Stops early after `failures_max` failures.
Campaign run_seeds(std::uint64_t first, std::uint64_t last, unsigned jobs, const Overrides& overrides,
                   std::size_t failures_max);

}  // namespace anta::sim
