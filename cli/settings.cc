#include "cli/settings.h"

#include <array>
#include <cstdlib>

#include "cli/text_file.h"
#include "node/views/yaml_tree.h"

namespace anta {
namespace {

constexpr std::array<std::string_view, 7> known = {"node",    "ca", "as", "key", "policy", "passphrase-file",
                                                   "language"};

std::string settings_path() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  if (const std::string own = variable("ANTA_CONFIG"); !own.empty()) return own;
  if (const std::string base = variable("XDG_CONFIG_HOME"); !base.empty()) return base + "/anta/config.yaml";
  const std::string home = variable("HOME");
  return home.empty() ? "" : home + "/.config/anta/config.yaml";
}

}  // namespace

Result<std::map<std::string, std::string>> read_settings() {
  std::map<std::string, std::string> settings;
  const std::string path = settings_path();
  if (path.empty()) return settings;
  const auto bytes = read_file(path);
  if (!bytes) {
    if (bytes.error().code == Code::not_found && !std::getenv("ANTA_CONFIG")) return settings;
    return pass(bytes);
  }
  const auto in_file = [&](const Error& error) {
    return tl::unexpected(Error{error.code, "usage", path + ": " + error.message});
  };
  const auto tree = views::parse_yaml(as_text(*bytes));
  if (!tree) return in_file(tree.error());
  if (auto only = tree->only(known); !only) return in_file(only.error());
  for (const auto& entry : tree->entries) {
    auto text = entry.value.text();
    if (!text) return in_file(text.error());
    settings[entry.key] = std::move(*text);
  }
  return settings;
}

}  // namespace anta
