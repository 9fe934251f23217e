#include "cli/commands.h"
#include "cli/node_option.h"
#include "cli/party_key.h"
#include "cli/player.h"
#include "cli/policy_file.h"
#include "cli/text_file.h"
#include "crypto/text.h"

namespace anta {
namespace {

// Who takes part, as the file registers them.
Value party_value(const payload::Party& party) {
  ValueList roles;
  for (const Role role : party.roles)
    roles.push_back(Value{std::string(word(role))});
  return Value{ValueMap{{"id", Value{party.id.value}}, {"roles", Value{std::move(roles)}}}};
}

Value result_value(const Scenario& scenario, const PlayResult& result) {
  ValueList certificates;
  for (const std::string& id : result.certificates)
    certificates.push_back(Value{id});
  ValueList parties;
  for (const payload::Party& party : scenario.parties)
    parties.push_back(party_value(party));
  return Value{ValueMap{{"accepted", Value{static_cast<std::int64_t>(result.accepted)}},
                        {"rejected", Value{static_cast<std::int64_t>(result.rejected)}},
                        {"leaves", Value{result.leaves}},
                        {"tree_root", Value{result.tree_root}},
                        {"state_root", Value{result.state_root}},
                        {"certificates", Value{std::move(certificates)}},
                        {"parties", Value{std::move(parties)}}}};
}

Result<Exit> play(Invocation& invocation) {
  const std::string path = invocation.argument("FILE");
  const auto bytes = read_file(path);
  if (!bytes) return pass(bytes);
  const auto scenario = read_scenario(as_text(*bytes));
  if (!scenario)
    return tl::unexpected(Error{scenario.error().code, "usage", path + ": " + scenario.error().message});
  auto client = client_for(invocation);
  if (!client) return pass(client);
  auto registrar = load_key(*invocation.option("--registrar-key"), invocation);
  if (!registrar) return pass(registrar);
  auto trust = read_trust(*invocation.option("--policy"), invocation.option("--assertions"));
  if (!trust) return pass(trust);
  PlayOptions options;
  options.keys_directory = invocation.option("--keys").value_or("");
  options.record_directory = invocation.option("--record").value_or("");
  options.now = invocation.now;
  options.trust = std::move(*trust);
  options.say = [&](const std::string& line) { invocation.say(line); };
  if (const auto spread = invocation.option("--spread")) {
    const auto seed = decimal(*spread);
    if (!seed)
      return invocation.usage("--spread takes a number, not '" + *spread + "'",
                              "--spread admite un número, no '" + *spread + "'");
    options.spread = *seed;
  }
  Player player(*scenario, **client, std::move(*registrar), std::move(options));
  const auto result = player.play();
  if (!result) return pass(result);
  invocation.out(result_value(*scenario, *result));
  return Exit::ok;
}

}  // namespace

std::vector<Command> play_commands() {
  std::vector<Option> options = {
      node_option(),
      ca_option(),
      {.name = "--registrar-key",
       .value = "FILE",
       .help = "the key that the genesis names",
       .required = true},
      {.name = "--policy",
       .value = "FILE",
       .help = "certificates of the file are verified with it",
       .required = true,
       .environment = "ANTA_POLICY"},
      {.name = "--assertions", .value = "FILE", .help = "Anta's own assertions (default: beside the policy)"},
      {.name = "--keys",
       .value = "DIR",
       .help = "where the parties' keys are kept (default: in memory only)"},
      {.name = "--record",
       .value = "DIR",
       .help = "keep each signed statement in this directory as NNNN.cose, in the order of sending"},
      {.name = "--spread", .value = "SEED", .help = "send to nodes drawn by this seed, not in turn"}};
  for (Option& option : passphrase_options())
    options.push_back(std::move(option));
  return {{.words = {"play"},
           .summary = "play a scenario file against running nodes and compare every outcome (exit 7: not as "
                      "the file says)",
           .examples = {"anta play southern-peru.yaml --node http://127.0.0.1:8080 --registrar-key "
                        "registrar.key --policy policy.txt"},
           .options = std::move(options),
           .positionals = {{"FILE", "the scenario"}},
           .run = play}};
}

}  // namespace anta
