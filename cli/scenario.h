// A scenario file: parties, statements in order, and what the ledger must answer (tests/scenario).
//
// Parsed strictly; every error has its line. Steps keep their payload's tree, because a payload that does not
// convert is itself an error of the file. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crypto/error.h"
#include "node/views/tree.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/payload.h"

namespace anta {

struct ScenarioStep {
  std::size_t line = 0;
  std::string check = {};  // a check step: the name of its expectations
  PartyId as = {};
  std::string type = {};
  payload::Payload payload = {};
  std::string expect = {};  // "accepted" or the rule
  std::string tamper = {};  // "", "payload" or "key"
  std::string why = {};
};

struct ExpectedLot {
  std::optional<std::int64_t> dry_g = {};
  std::optional<std::int64_t> cu_g = {};
  std::optional<bool> eligible = {};
  std::optional<std::string> holder = {};
  std::optional<std::string> state = {};
};

struct ExpectedCertificate {
  std::optional<std::string> verdict = {};
  std::optional<std::string> coc_model = {};
  std::vector<std::string> flags_include = {};
};

struct Expectations {
  std::map<std::string, ExpectedLot> lots = {};
  std::map<std::string, std::int64_t> accounts = {};
  std::map<std::string, ExpectedCertificate> certificates = {};
};

struct Scenario {
  NetworkId network = {};
  PartyId registrar = {};
  std::vector<std::string> nodes = {};
  std::vector<std::string> witnesses = {};
  std::vector<GenesisScheme> schemes = {};
  std::vector<std::pair<std::string, ParameterValue>> parameters = {};
  std::vector<payload::Party> parties = {};  // without keys: the player makes one each
  std::vector<ScenarioStep> steps = {};
  std::map<std::string, Expectations> expectations = {};
};

Result<Scenario> read_scenario(std::string_view text);

// The parts that scenario and network files share: nodes, witnesses, schemes, parameters.
Result<std::vector<std::pair<std::string, ParameterValue>>> read_parameters(const views::TreeNode& node);
Result<std::vector<GenesisScheme>> read_schemes(const views::TreeNode& node);

}  // namespace anta
