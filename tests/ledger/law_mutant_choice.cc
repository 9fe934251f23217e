// Which fault the mutants' program commits: read from its environment before the first test, so that one
// binary serves all. "none" is the law itself; no name, or one that does not exist, ends the program with 2,
// which no failed test does.
#include <cstdlib>
#include <map>
#include <string>

#include "storage/ledger/mutant.h"

namespace anta {
namespace {

LawMutant chosen() {
  const std::map<std::string, LawMutant> names = {
      {"none", LawMutant::none},
      {"credit_to_ineligible", LawMutant::credit_to_ineligible},
      {"void_from_ignored", LawMutant::void_from_ignored},
      {"reservation_ignored", LawMutant::reservation_ignored},
      {"half_up_rounding", LawMutant::half_up_rounding},
      {"model_from_site_only", LawMutant::model_from_site_only},
      {"vote_twice", LawMutant::vote_twice},
      {"silence_approves", LawMutant::silence_approves},
      {"lost_vote_counts", LawMutant::lost_vote_counts},
      {"second_voter", LawMutant::second_voter},
      {"node_changed_since", LawMutant::node_changed_since},
      {"retired_key", LawMutant::retired_key},
      {"effect_unchecked", LawMutant::effect_unchecked},
  };
  const char* name = std::getenv("ANTA_LAW_MUTANT");
  const auto found = names.find(name ? name : "");
  if (found == names.end()) std::exit(2);
  return found->second;
}

const bool is_set = [] {
  active_law_mutant = chosen();
  return true;
}();

}  // namespace
}  // namespace anta
