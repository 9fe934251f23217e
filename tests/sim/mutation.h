// Mutation checking: each fault in a process of its own, on seeds first, first + 1, ... until one fails or
// aborts on an invariant, at most `budget` of them. Case 0 is "no fault" and has to pass all of these.
//
// Prints a table, a line per case, and answers what the program exits with: 0 when every fault was noticed.
// Options: --budget N, --first SEED, --jobs N, --only NAME.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace anta::sim {

struct MutationCase {
  int mutant = 0;  // of the program's own enumeration; 0: none
  const char* name = "";
};

struct MutationDefaults {
  std::uint64_t budget = 0;
  std::uint64_t first = 1;
};

// `choose` switches a fault on; `run` answers the violation of one seed, empty when it passed.
int run_mutation(std::span<const MutationCase> cases, int argc, char** argv, MutationDefaults defaults,
                 const std::function<void(int mutant)>& choose,
                 const std::function<std::string(std::uint64_t seed)>& run);

}  // namespace anta::sim
