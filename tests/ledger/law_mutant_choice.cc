// anta_law_mutants [--list | GoogleTest's options]: the law's suite over a law with the fault that
// ANTA_LAW_MUTANT names in the environment, so that one binary serves all. "none" is the law itself. --list
// prints every name, one a line, and runs nothing. No name, or one that does not exist, ends the program with
// 2, which no failed test does.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string_view>
#include <utility>

#include "storage/ledger/mutant.h"

namespace {

#define ANTA_NAMED_MUTANT(name) std::pair{std::string_view(#name), anta::LawMutant::name},
constexpr std::pair<std::string_view, anta::LawMutant> named_mutants[] = {
    ANTA_LAW_MUTANT_NAMES(ANTA_NAMED_MUTANT)};
#undef ANTA_NAMED_MUTANT

bool choose(std::string_view wanted) {
  for (const auto& [name, mutant] : named_mutants) {
    if (name != wanted) continue;
    anta::active_law_mutant = mutant;
    return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--list") {
    for (const auto& [name, mutant] : named_mutants)
      std::cout << name << "\n";
    return 0;
  }
  const char* wanted = std::getenv("ANTA_LAW_MUTANT");
  if (!choose(wanted ? wanted : "")) return 2;
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
