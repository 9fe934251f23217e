#include "cli/policy_file.h"

#include <array>
#include <filesystem>

#include "cli/text_file.h"
#include "crypto/text.h"
#include "node/views/yaml_tree.h"

namespace anta {
namespace {

using views::TreeNode;

template <typename T, typename Make>
Result<void> read_list(const TreeNode& root, std::string_view key, std::vector<T>& into, Make make) {
  const TreeNode* found = root.find(key);
  if (!found) return {};
  const auto items = found->list();
  if (!items) return pass(items);
  for (const TreeNode& item : **items) {
    const auto text = item.text();
    if (!text) return pass(text);
    const std::optional<T> value = make(*text);
    if (!value)
      return item.refuse("assertions", "'" + *text + "' is not one that " + std::string(key) + " can name");
    into.push_back(*value);
  }
  return {};
}

template <typename Tag>
Result<void> read_id(const TreeNode& root, std::string_view key, std::optional<Id<Tag>>& into) {
  const TreeNode* found = root.find(key);
  if (!found) return {};
  auto text = found->text();
  if (!text) return pass(text);
  if (!is_id(*text)) return found->refuse("assertions", std::string(key) + " is not an id");
  into = Id<Tag>{std::move(*text)};
  return {};
}

}  // namespace

Result<Assertions> parse_assertions(std::string_view yaml) {
  const auto root = views::parse_yaml(yaml);
  if (!root) return pass(root);
  static constexpr std::array<std::string_view, 8> known = {
      "genesis", "max_age_seconds", "schemes", "issuers", "models", "certificate", "buyer", "require_state"};
  if (auto only = root->only(known); !only) return pass(only);
  Assertions assertions;
  if (const TreeNode* genesis = root->find("genesis")) {
    const auto text = genesis->text();
    if (!text) return pass(text);
    const auto digest = digest_from_hex(*text);
    if (!digest) return genesis->refuse("assertions", "genesis is the 64 hex digits of its SHA-256");
    assertions.genesis = *digest;
  }
  if (const TreeNode* age = root->find("max_age_seconds")) {
    const auto seconds = age->integer();
    if (!seconds) return pass(seconds);
    if (*seconds < 0) return age->refuse("assertions", "max_age_seconds is not negative");
    assertions.max_age_seconds = *seconds;
  }
  if (const TreeNode* state = root->find("require_state")) {
    const auto yes = state->boolean();
    if (!yes) return pass(yes);
    assertions.require_state = *yes;
  }
  if (auto read = read_id(*root, "certificate", assertions.certificate); !read) return pass(read);
  if (auto read = read_id(*root, "buyer", assertions.buyer); !read) return pass(read);
  const auto scheme = [](const std::string& text) {
    return is_id(text) ? std::optional(SchemeId{text}) : std::nullopt;
  };
  const auto party = [](const std::string& text) {
    return is_id(text) ? std::optional(PartyId{text}) : std::nullopt;
  };
  const auto model = [](const std::string& text) { return from_word<CocModel>(text); };
  if (auto read = read_list(*root, "schemes", assertions.schemes, scheme); !read) return pass(read);
  if (auto read = read_list(*root, "issuers", assertions.issuers, party); !read) return pass(read);
  if (auto read = read_list(*root, "models", assertions.models, model); !read) return pass(read);
  return assertions;
}

Result<Trust> read_trust(const std::string& policy, const std::optional<std::string>& assertions) {
  Trust trust;
  const auto bytes = read_file(policy);
  if (!bytes) return pass(bytes);
  auto parsed = parse_policy(as_text(*bytes));
  if (!parsed)
    return tl::unexpected(
        Error{Code::malformed, parsed.error().rule, policy + ": " + parsed.error().message});
  trust.policy = std::move(*parsed);
  const std::string beside = std::filesystem::path(policy).replace_extension(".assertions.yaml").string();
  std::error_code ignored;
  if (!assertions && !std::filesystem::exists(beside, ignored)) return trust;
  const std::string path = assertions.value_or(beside);
  const auto yaml = read_file(path);
  if (!yaml) return pass(yaml);
  auto read = parse_assertions(as_text(*yaml));
  if (!read)
    return tl::unexpected(Error{Code::malformed, read.error().rule, path + ": " + read.error().message});
  trust.assertions = std::move(*read);
  return trust;
}

}  // namespace anta
