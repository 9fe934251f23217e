#include "node/config.h"

#include <algorithm>
#include <span>

#include "node/config_keys.h"

namespace anta {
namespace {

using views::TreeEntry;
using views::TreeNode;
using namespace config_keys;

Result<void> read_peers(const TreeNode& node, Config& config) {
  const auto entries = node.map();
  if (!entries) return pass(entries);
  for (const TreeEntry& entry : **entries) {
    if (!is_id(entry.key))
      return views::refuse_at(entry.mark, "config.peers", "\"" + entry.key + "\" is no node id");
    Endpoint where;
    if (auto read = endpoint("peers", where).read(entry.value); !read) return read;
    config.peers.emplace(entry.key, std::move(where));
  }
  return {};
}

std::string peers_text(const Config& config) {
  std::string text;
  for (const auto& [name, where] : config.peers)
    text += (text.empty() ? "" : ", ") + name + " " + where.text();
  return text;
}

Result<void> read_witnesses(const TreeNode& node, Config& config) {
  const auto entries = node.map();
  if (!entries) return pass(entries);
  for (const TreeEntry& entry : **entries) {
    if (!is_id(entry.key))
      return views::refuse_at(entry.mark, "config.witnesses", "\"" + entry.key + "\" is no id of a witness");
    const Result<std::string> text = entry.value.text();
    if (!text) return pass(text);
    Result<WitnessUrl> url = parse_witness_url(*text);
    if (!url) return entry.value.refuse("config.witnesses", url.error().message);
    config.witnesses.emplace(entry.key, std::move(*url));
  }
  return {};
}

std::string witnesses_text(const Config& config) {
  std::string text;
  for (const auto& [name, url] : config.witnesses)
    text += (text.empty() ? "" : ", ") + name + " " + url.text;
  return text;
}

std::vector<Key> limit_keys(Limits& l) {
  return {number("memory_bytes", l.memory_bytes, std::int64_t{16} << 20, std::int64_t{1} << 40),
          number("http_connections", l.http_connections, 1, 100'000),
          number("http_connections_per_address", l.http_connections_per_address, 0, 100'000),
          number("http_memory_bytes", l.http_memory_bytes, std::int64_t{16} << 20, std::int64_t{1} << 40),
          number("http_requests_per_second", l.http_requests_per_second, 1, 10'000'000),
          number("answer_cache_bytes", l.answer_cache_bytes, 0, std::int64_t{1} << 40),
          number("request_bytes", l.request_bytes, 1 << 17, std::int64_t{4} << 20),
          number("key_statements_per_second", l.key_statements_per_second, 1, 1'000'000),
          number("key_statements_burst", l.key_statements_burst, 1, 10'000'000),
          number("pending_statements", l.pending_statements, 1, 1'000'000),
          number("pending_bytes", l.pending_bytes, 1 << 17, std::int64_t{1} << 30),
          number("verifiers", l.verifiers, 0, 256),
          number("scrub_bytes_per_second", l.scrub_bytes_per_second, 0, std::int64_t{1} << 40),
          number("join_bytes_per_second", l.join_bytes_per_second, 1'024, std::int64_t{1} << 40),
          number("join_entries_min", l.join_entries_min, 0, std::int64_t{1} << 40),
          number("disk_reserve_bytes", l.disk_reserve_bytes, 0, std::int64_t{1} << 60)};
}

std::vector<Key> timeout_keys(Timeouts& t) {
  return {number("election_ms", t.election_ms, 50, 60'000),
          number("heartbeat_ms", t.heartbeat_ms, 10, 10'000), number("submit_ms", t.submit_ms, 100, 60'000),
          number("cosign_wait_ms", t.cosign_wait_ms, 0, 30'000), number("drain_ms", t.drain_ms, 0, 60'000)};
}

std::vector<Key> all_keys(Config& c, const std::filesystem::path& directory) {
  Key node{"node",
           [&c](const TreeNode& n) -> Result<void> {
             Result<std::string> text = n.text();
             if (!text) return pass(text);
             if (!is_id(*text)) return n.refuse("config.node", "\"" + *text + "\" is no node id");
             c.node = NodeId{std::move(*text)};
             return {};
           },
           [&c] { return c.node.value; }};
  Key listen{"listen",
             [&c](const TreeNode& n) -> Result<void> {
               Endpoint where;
               if (auto read = endpoint("listen", where).read(n); !read) return read;
               c.peer_listen = where.text();
               return {};
             },
             [&c] { return c.peer_listen; }};
  Key witnesses{"witnesses", [&c](const TreeNode& n) { return read_witnesses(n, c); },
                [&c] { return witnesses_text(c); }};
  Key peers{"peers", [&c](const TreeNode& n) { return read_peers(n, c); }, [&c] { return peers_text(c); }};
  return {path("network", c.network, directory),
          std::move(node),
          number("incarnation", c.incarnation, 1, 1'000'000),
          path("members", c.members, directory),
          paths("recoveries", c.recoveries, directory),
          path("data", c.data, directory),
          path("seed", c.seed, directory),
          map("peer", {std::move(listen)}),
          std::move(peers),
          std::move(witnesses),
          listener_key({c.http, c.http_tls, c.behind_proxy, c.http_port_file}, directory),
          log_key(c.log_level, c.log_format),
          map("limits", limit_keys(c.limits)),
          map("timeouts", timeout_keys(c.timeouts))};
}

}  // namespace

std::size_t connections_per_address(const Config& config) {
  const Limits& l = config.limits;
  if (l.http_connections_per_address > 0) return static_cast<std::size_t>(l.http_connections_per_address);
  if (config.behind_proxy) return 0;
  return static_cast<std::size_t>(std::max<std::int64_t>(l.http_connections * 3 / 4, 64));
}

Result<Config> parse_config(std::string_view text, const std::filesystem::path& directory) {
  Result<TreeNode> tree = views::parse_yaml(text);
  if (!tree) return pass(tree);
  if (!tree->is_map())
    return tree->refuse("config.map", "the configuration is a map of keys; see antad --help");
  Config config;
  if (auto read = read_map(*tree, all_keys(config, directory)); !read) return pass(read);
  for (const std::string_view needed : {"network", "node", "data", "seed"}) {
    if (!tree->find(needed))
      return fail(Code::malformed, "config.missing", "the key \"" + std::string(needed) + "\" is missing");
  }
  if (const TreeNode* http = tree->find("http")) {
    if (auto good = check_listener(*http, config.http, config.http_tls, config.behind_proxy); !good)
      return pass(good);
  }
  if (config.timeouts.heartbeat_ms * 2 > config.timeouts.election_ms) {
    return fail(Code::malformed, "config.timeouts",
                "timeouts.election_ms must be at least twice timeouts.heartbeat_ms");
  }
  if (config.http_port_file.empty()) config.http_port_file = config.data / "http.port";
  return config;
}

ConfigValues config_values(Config config) {
  ConfigValues values;
  const std::filesystem::path here;
  add_values(all_keys(config, here), "", values);
  return values;
}

Result<Config> load_config(const std::filesystem::path& file) {
  return config_keys::load(file, parse_config);
}

}  // namespace anta
