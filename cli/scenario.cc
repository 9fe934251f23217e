#include "cli/scenario.h"

#include <array>

#include "node/views/statement_view.h"
#include "node/views/yaml_tree.h"
#include "storage/ledger/value.h"

namespace anta {
namespace {

using views::TreeNode;

template <std::size_t n>
using Keys = std::array<std::string_view, n>;

Result<std::string> text_of(const TreeNode& map, std::string_view key) {
  const auto node = map.get(key);
  if (!node) return pass(node);
  return (*node)->text();
}

Result<std::vector<std::string>> ids_of(const TreeNode& list) {
  std::vector<std::string> ids;
  const auto items = list.list();
  if (!items) return pass(items);
  for (const TreeNode& item : **items) {
    auto id = text_of(item, "id");
    if (!id) return pass(id);
    ids.push_back(std::move(*id));
  }
  return ids;
}

// A party of the file lacks what the player adds: its key and the time of registration.
Result<payload::Party> read_party(const TreeNode& node) {
  TreeNode whole = node;
  TreeNode time, keys;
  time.kind = TreeNode::Kind::text;
  time.scalar = "2025-01-01T00:00:00-05:00";
  time.mark = keys.mark = node.mark;
  keys.kind = TreeNode::Kind::list;
  TreeNode key;
  key.kind = TreeNode::Kind::text;
  key.scalar = std::string(64, '0');
  key.mark = node.mark;
  keys.items.push_back(key);
  whole.entries.push_back({"event_time", node.mark, time});
  whole.entries.push_back({"keys", node.mark, keys});
  auto payload = views::payload_from_tree("party", whole);
  if (!payload) return pass(payload);
  auto party = std::get<payload::Party>(std::move(*payload));
  party.keys.clear();
  return party;
}

Result<ScenarioStep> read_step(const TreeNode& node) {
  static constexpr Keys<7> known = {"as", "type", "payload", "expect", "tamper", "why", "check"};
  if (auto only = node.only(known); !only) return pass(only);
  ScenarioStep step;
  step.line = node.mark.line;
  if (const TreeNode* check = node.find("check")) {
    auto name = check->text();
    if (!name) return pass(name);
    step.check = std::move(*name);
    return step;
  }
  for (auto [key, into] : {std::pair{"as", &step.as.value}, {"type", &step.type}, {"expect", &step.expect}}) {
    auto text = text_of(node, key);
    if (!text) return pass(text);
    *into = std::move(*text);
  }
  for (auto [key, into] : {std::pair{"tamper", &step.tamper}, {"why", &step.why}}) {
    const TreeNode* found = node.find(key);
    if (!found) continue;
    auto text = found->text();
    if (!text) return pass(text);
    *into = std::move(*text);
  }
  if (step.expect.starts_with("rejected:")) {
    step.expect = step.expect.substr(9);
  } else if (step.expect != "accepted") {
    return node.refuse("scenario", "expect is accepted or rejected:CODE, not '" + step.expect + "'");
  }
  if (!step.tamper.empty() && step.tamper != "payload" && step.tamper != "key") {
    return node.refuse("scenario", "tamper is payload or key, not '" + step.tamper + "'");
  }
  const auto payload_node = node.get("payload");
  if (!payload_node) return pass(payload_node);
  auto payload = views::payload_from_tree(step.type, **payload_node);
  if (!payload) return pass(payload);
  step.payload = std::move(*payload);
  return step;
}

Result<ExpectedLot> read_expected_lot(const TreeNode& node) {
  static constexpr Keys<5> known = {"dry_g", "cu_g", "eligible", "holder", "state"};
  if (auto only = node.only(known); !only) return pass(only);
  ExpectedLot lot;
  for (auto [key, into] : {std::pair{"dry_g", &lot.dry_g}, {"cu_g", &lot.cu_g}}) {
    if (const TreeNode* found = node.find(key)) {
      const auto number = found->integer();
      if (!number) return pass(number);
      *into = *number;
    }
  }
  for (auto [key, into] : {std::pair{"holder", &lot.holder}, {"state", &lot.state}}) {
    if (const TreeNode* found = node.find(key)) {
      auto text = found->text();
      if (!text) return pass(text);
      *into = std::move(*text);
    }
  }
  if (const TreeNode* found = node.find("eligible")) {
    const auto yes = found->boolean();
    if (!yes) return pass(yes);
    lot.eligible = *yes;
  }
  return lot;
}

Result<ExpectedCertificate> read_expected_certificate(const TreeNode& node) {
  static constexpr Keys<3> known = {"verdict", "coc_model", "flags_include"};
  if (auto only = node.only(known); !only) return pass(only);
  ExpectedCertificate certificate;
  for (auto [key, into] :
       {std::pair{"verdict", &certificate.verdict}, {"coc_model", &certificate.coc_model}}) {
    if (const TreeNode* found = node.find(key)) {
      auto text = found->text();
      if (!text) return pass(text);
      *into = std::move(*text);
    }
  }
  if (const TreeNode* found = node.find("flags_include")) {
    const auto items = found->list();
    if (!items) return pass(items);
    for (const TreeNode& item : **items) {
      auto text = item.text();
      if (!text) return pass(text);
      certificate.flags_include.push_back(std::move(*text));
    }
  }
  return certificate;
}

// Fills a map from every entry of a map node, with one reader per value.
template <typename T, typename Reader>
Result<void> read_each(const TreeNode* node, std::map<std::string, T>& into, Reader reader) {
  if (!node) return {};
  const auto entries = node->map();
  if (!entries) return pass(entries);
  for (const auto& entry : **entries) {
    auto value = reader(entry.value);
    if (!value) return pass(value);
    into[entry.key] = std::move(*value);
  }
  return {};
}

Result<Expectations> read_expectations(const TreeNode& node) {
  static constexpr Keys<3> known = {"lots", "accounts", "certificates"};
  if (auto only = node.only(known); !only) return pass(only);
  Expectations wanted;
  if (auto read = read_each(node.find("lots"), wanted.lots, read_expected_lot); !read) return pass(read);
  if (auto read =
          read_each(node.find("accounts"), wanted.accounts, [](const TreeNode& n) { return n.integer(); });
      !read) {
    return pass(read);
  }
  if (auto read = read_each(node.find("certificates"), wanted.certificates, read_expected_certificate); !read)
    return pass(read);
  return wanted;
}

Result<void> read_steps(const TreeNode& root, Scenario& scenario) {
  const auto parties = root.get("parties");
  if (!parties) return pass(parties);
  const auto party_list = (*parties)->list();
  if (!party_list) return pass(party_list);
  for (const TreeNode& node : **party_list) {
    auto party = read_party(node);
    if (!party) return pass(party);
    scenario.parties.push_back(std::move(*party));
  }
  const auto steps = root.get("steps");
  if (!steps) return pass(steps);
  const auto step_list = (*steps)->list();
  if (!step_list) return pass(step_list);
  for (const TreeNode& node : **step_list) {
    auto step = read_step(node);
    if (!step) return pass(step);
    scenario.steps.push_back(std::move(*step));
  }
  if (auto read = read_each(root.find("expectations"), scenario.expectations, read_expectations); !read)
    return read;
  for (const ScenarioStep& step : scenario.steps) {
    if (!step.check.empty() && !scenario.expectations.contains(step.check)) {
      return views::refuse_at({step.line, 0}, "scenario", "check names no expectations: " + step.check);
    }
  }
  return {};
}

}  // namespace

Result<std::vector<std::pair<std::string, ParameterValue>>> read_parameters(const TreeNode& node) {
  std::vector<std::pair<std::string, ParameterValue>> parameters;
  const auto entries = node.map();
  if (!entries) return pass(entries);
  for (const auto& entry : **entries) {
    const auto value = views::value_from_tree(entry.value);
    if (!value) return pass(value);
    if (const auto* number = std::get_if<std::int64_t>(&value->data)) {
      parameters.emplace_back(entry.key, *number);
    } else if (const auto* text = std::get_if<std::string>(&value->data)) {
      parameters.emplace_back(entry.key, *text);
    } else {
      return entry.value.refuse("scenario", "parameter " + entry.key + " is a number or a word");
    }
  }
  return parameters;
}

Result<std::vector<GenesisScheme>> read_schemes(const TreeNode& node) {
  std::vector<GenesisScheme> schemes;
  const auto items = node.list();
  if (!items) return pass(items);
  for (const TreeNode& item : **items) {
    auto id = text_of(item, "id");
    if (!id) return pass(id);
    auto owner = text_of(item, "owner");
    if (!owner) return pass(owner);
    schemes.push_back({SchemeId{std::move(*id)}, PartyId{std::move(*owner)}});
  }
  return schemes;
}

Result<Scenario> read_scenario(std::string_view text) {
  const auto root = views::parse_yaml(text);
  if (!root) return pass(root);
  static constexpr Keys<9> known = {"network", "parameters", "nodes", "witnesses",   "registrar",
                                    "schemes", "parties",    "steps", "expectations"};
  if (auto only = root->only(known); !only) return pass(only);
  Scenario scenario;
  for (auto [key, into] :
       {std::pair{"network", &scenario.network.value}, {"registrar", &scenario.registrar.value}}) {
    auto value = text_of(*root, key);
    if (!value) return pass(value);
    *into = std::move(*value);
  }
  for (auto [key, into] : {std::pair{"nodes", &scenario.nodes}, {"witnesses", &scenario.witnesses}}) {
    const TreeNode* found = root->find(key);
    if (!found) continue;
    auto ids = ids_of(*found);
    if (!ids) return pass(ids);
    *into = std::move(*ids);
  }
  if (const TreeNode* found = root->find("schemes")) {
    auto schemes = read_schemes(*found);
    if (!schemes) return pass(schemes);
    scenario.schemes = std::move(*schemes);
  }
  if (const TreeNode* found = root->find("parameters")) {
    auto parameters = read_parameters(*found);
    if (!parameters) return pass(parameters);
    scenario.parameters = std::move(*parameters);
  }
  if (auto steps = read_steps(*root, scenario); !steps) return pass(steps);
  return scenario;
}

}  // namespace anta
