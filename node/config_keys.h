// What YAML configurations are read by: a table of keys, each of which knows its value. Internal to config.cc
// and witness_config.cc.
//
// The functions make keys that read into what they are given, which outlives them, and show it as text.
// Errors are `malformed` with a rule config.*, the line, and for an unknown key the nearest known one. Pure
// but for load().
#pragma once

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/config.h"
#include "node/views/yaml_tree.h"

namespace anta::config_keys {

// What a key does with its value, and the value it has as text.
struct Key {
  std::string_view name = {};
  std::function<Result<void>(const views::TreeNode&)> read = {};
  std::function<std::string()> show = {};
  std::vector<Key> inner = {};  // of a map; then there is no text
};

Result<void> read_map(const views::TreeNode& node, std::span<const Key> keys);
void add_values(const std::vector<Key>& keys, const std::string& prefix, ConfigValues& out);

Key path(std::string_view name, std::filesystem::path& out, const std::filesystem::path& directory);
Key paths(std::string_view name, std::vector<std::filesystem::path>& out,
          const std::filesystem::path& directory);
Key number(std::string_view name, std::int64_t& out, std::int64_t min, std::int64_t max);
Key endpoint(std::string_view name, Endpoint& out);
Key truth(std::string_view name, bool& out);
Key id(std::string_view name, std::string& out);  // of a node or a witness
Key map(std::string_view name, std::vector<Key> keys);

// The keys http and log, which nodes and witnesses have alike.
struct Listener {
  Endpoint& listen;
  TlsFiles& tls;
  bool& behind_proxy;
  std::filesystem::path& port_file;
};
Key listener_key(Listener into, const std::filesystem::path& directory);
Key log_key(LogLevel& level, LogFormat& format);

// What the keys of http say together.
Result<void> check_listener(const views::TreeNode& http, const Endpoint& listen, const TlsFiles& tls,
                            bool behind_proxy);

// Reads the file and parses it; an error names the file.
template <typename Config>
Result<Config> load(const std::filesystem::path& file,
                    Result<Config> (*parse)(std::string_view, const std::filesystem::path&)) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Code::malformed, "config.file", "cannot read the configuration " + file.string());
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  Result<Config> config = parse(text, std::filesystem::absolute(file).parent_path());
  if (config) return config;
  Error error = config.error();
  error.message = file.string() + ": " + error.message;
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace anta::config_keys
