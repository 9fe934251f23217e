#include "node/witness_config.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "crypto/first_start.h"
#include "crypto/sealed.h"
#include "crypto/text.h"
#include "node/config_keys.h"
#include "node/identity.h"
#include "node/witness_state.h"
#include "storage/ledger/cosigners.h"

namespace anta {
namespace {

using namespace config_keys;
namespace fs = std::filesystem;

tl::unexpected<Error> wrong_witness(std::string rule, std::string message) {
  return fail(Code::malformed, "config." + std::move(rule), std::move(message));
}

Result<Policy> read_policy(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    return wrong_witness("policy",
                         "cannot read the policy " + file.string() + "; set policy in the configuration");
  std::string text(policy_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  Result<Policy> policy = parse_policy(text);
  if (!policy) return wrong_witness("policy", file.string() + ": " + policy.error().message);
  std::set<std::string> origins;
  for (const Policy::Log& log : policy->logs)
    origins.insert(log.key.name);
  if (origins.empty())
    return wrong_witness("policy", file.string() + " names no log: there is nothing to witness");
  if (origins.size() > witness_origins_max)
    return wrong_witness("policy", file.string() + " has logs of more than " +
                                       std::to_string(witness_origins_max) + " ledgers");
  return policy;
}

}  // namespace

Result<WitnessConfig> parse_witness_config(std::string_view text, const fs::path& directory) {
  const Result<views::TreeNode> tree = views::parse_yaml(text);
  if (!tree) return pass(tree);
  if (!tree->is_map())
    return tree->refuse("config.map", "the configuration is a map of keys; see antad --help");
  WitnessConfig c;
  const std::vector<Key> keys = {
      config_keys::id("witness", c.id),
      path("policy", c.policy, directory),
      path("data", c.data, directory),
      path("seed", c.seed, directory),
      listener_key({c.http, c.http_tls, c.behind_proxy, c.http_port_file}, directory),
      log_key(c.log_level, c.log_format)};
  if (auto read = read_map(*tree, keys); !read) return pass(read);
  for (const std::string_view needed : {"witness", "policy", "data", "seed"}) {
    if (!tree->find(needed))
      return wrong_witness("missing", "the key \"" + std::string(needed) + "\" is missing");
  }
  if (const views::TreeNode* http = tree->find("http")) {
    if (auto good = check_listener(*http, c.http, c.http_tls, c.behind_proxy); !good) return pass(good);
  }
  if (c.http_port_file.empty()) c.http_port_file = c.data / "http.port";
  return c;
}

Result<WitnessConfig> load_witness_config(const fs::path& file) {
  return config_keys::load(file, parse_witness_config);
}

Result<WitnessIdentity> load_witness_identity(const WitnessConfig& config) {
  Result<Policy> policy = read_policy(config.policy);
  if (!policy) return pass(policy);
  const Result<Secret32> seed = read_seed_file(config.seed);
  if (!seed) return wrong_witness("seed", config.seed.string() + ": " + seed.error().message);
  WitnessIdentity identity{.name = cosigner_name(PartyId{config.id}),
                           .policy = std::move(*policy),
                           .key = std::move(derive_node_keys(*seed).cosigner)};
  const auto& all = identity.policy.elements;
  const auto listed = std::find_if(all.begin(), all.end(), [&](const Policy::Element& element) {
    return element.witness && element.witness->name == identity.name;
  });
  if (listed == all.end()) {
    identity.warning = config.policy.string() + " does not list " + identity.name +
                       ": whoever verifies by it does not count this witness";
  } else if (listed->witness->key != identity.key.public_key()) {
    return wrong_witness("seed", config.seed.string() + " is not the seed of " + identity.name + " in " +
                                     config.policy.string() +
                                     "; give it the file that belongs to this witness, or the "
                                     "policy that is in force now");
  }
  return identity;
}

Result<std::string> init_witness(const fs::path& directory) {
  if (auto prepared = prepare_data_directory(directory, DataDirectory::make); !prepared)
    return pass(prepared);
  const Result<Secret32> seed = Secret32::random();
  if (!seed) return pass(seed);
  const fs::path file = directory / "witness.seed";
  if (auto written = write_new_seed(file, *seed); !written) {
    Error error = written.error();
    error.message += " (a witness's seed is made once; to replace it, use another directory)";
    return tl::unexpected<Error>(std::move(error));
  }
  return "# public key of the witness whose seed is " + file.string() +
         "; it goes into the network file\nkey: \"" +
         to_hex(derive_node_keys(*seed).cosigner.public_key().view()) + "\"\n";
}

}  // namespace anta
