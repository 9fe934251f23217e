#include "node/config.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <iterator>
#include <span>

#include "crypto/text.h"
#include "node/views/yaml_tree.h"

namespace anta {
namespace {

using views::TreeEntry;
using views::TreeNode;

// The keys of one map: what each does with its value, and the value it has as text.
struct Key {
  std::string_view name = {};
  std::function<Result<void>(const TreeNode&)> read = {};
  std::function<std::string()> show = {};
  std::vector<Key> inner = {};  // of a map; then there is no text
};

Result<void> read_map(const TreeNode& node, std::span<const Key> keys) {
  std::vector<std::string_view> names;
  for (const Key& key : keys)
    names.push_back(key.name);
  if (auto known = node.only(names); !known) return known;
  for (const Key& key : keys) {
    if (const TreeNode* value = node.find(key.name)) {
      if (auto read = key.read(*value); !read) return read;
    }
  }
  return {};
}

Key path(std::string_view name, std::filesystem::path& out, const std::filesystem::path& directory) {
  return {name,
          [&out, &directory](const TreeNode& node) -> Result<void> {
            Result<std::string> text = node.text();
            if (!text) return pass(text);
            if (text->empty()) return node.refuse("config.path", "a path is missing here");
            out = (directory / *text).lexically_normal();
            return {};
          },
          [&out] { return out.string(); }};
}

Key number(std::string_view name, std::int64_t& out, std::int64_t min, std::int64_t max) {
  return {name,
          [&out, min, max](const TreeNode& node) -> Result<void> {
            const Result<std::int64_t> value = node.integer();
            if (!value) return pass(value);
            if (*value < min || *value > max) {
              return node.refuse("config.bounds", std::to_string(*value) + " is not between " +
                                                      std::to_string(min) + " and " + std::to_string(max));
            }
            out = *value;
            return {};
          },
          [&out] { return std::to_string(out); }};
}

Key endpoint(std::string_view name, Endpoint& out) {
  return {name,
          [&out](const TreeNode& node) -> Result<void> {
            const Result<std::string> text = node.text();
            if (!text) return pass(text);
            Result<Endpoint> parsed = parse_endpoint(*text);
            if (!parsed) return node.refuse("config.endpoint", parsed.error().message);
            out = std::move(*parsed);
            return {};
          },
          [&out] { return out.text(); }};
}

template <typename E, std::size_t N>
Key word(std::string_view name, E& out, std::array<std::pair<std::string_view, E>, N> words) {
  return {name,
          [&out, words](const TreeNode& node) -> Result<void> {
            const Result<std::string> text = node.text();
            if (!text) return pass(text);
            std::string all;
            for (const auto& [known, value] : words) {
              if (known == *text) {
                out = value;
                return {};
              }
              all += (all.empty() ? "" : ", ") + std::string(known);
            }
            return node.refuse("config.word", "\"" + *text + "\" is not one of " + all);
          },
          [&out, words] {
            const auto is_it = [&out](const auto& known) { return known.second == out; };
            return std::string(std::find_if(words.begin(), words.end(), is_it)->first);
          }};
}

Key map(std::string_view name, std::vector<Key> keys) {
  return {name, [keys](const TreeNode& node) { return read_map(node, keys); }, {}, keys};
}

Key truth(std::string_view name, bool& out) {
  return {name,
          [&out](const TreeNode& node) -> Result<void> {
            const Result<bool> value = node.boolean();
            if (!value) return pass(value);
            out = *value;
            return {};
          },
          [&out] { return std::string(out ? "true" : "false"); }};
}

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

std::vector<Key> limit_keys(Limits& l) {
  return {number("memory_bytes", l.memory_bytes, std::int64_t{16} << 20, std::int64_t{1} << 40),
          number("http_connections", l.http_connections, 1, 100'000),
          number("http_connections_per_address", l.http_connections_per_address, 0, 100'000),
          number("http_memory_bytes", l.http_memory_bytes, std::int64_t{16} << 20, std::int64_t{1} << 40),
          number("http_requests_per_second", l.http_requests_per_second, 1, 10'000'000),
          number("request_bytes", l.request_bytes, 1 << 17, std::int64_t{4} << 20),
          number("key_statements_per_second", l.key_statements_per_second, 1, 1'000'000),
          number("key_statements_burst", l.key_statements_burst, 1, 10'000'000),
          number("pending_statements", l.pending_statements, 1, 1'000'000),
          number("pending_bytes", l.pending_bytes, 1 << 17, std::int64_t{1} << 30),
          number("verifiers", l.verifiers, 0, 256),
          number("scrub_bytes_per_second", l.scrub_bytes_per_second, 0, std::int64_t{1} << 40),
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
  Key peers{"peers", [&c](const TreeNode& n) { return read_peers(n, c); }, [&c] { return peers_text(c); }};
  const std::array<std::pair<std::string_view, LogLevel>, 4> levels = {{{"debug", LogLevel::debug},
                                                                        {"info", LogLevel::info},
                                                                        {"warning", LogLevel::warning},
                                                                        {"error", LogLevel::error}}};
  const std::array<std::pair<std::string_view, LogFormat>, 2> formats = {
      {{"logfmt", LogFormat::logfmt}, {"json", LogFormat::json}}};
  return {path("network", c.network, directory),
          std::move(node),
          number("incarnation", c.incarnation, 1, 1'000'000),
          path("members", c.members, directory),
          path("data", c.data, directory),
          path("seed", c.seed, directory),
          map("peer", {std::move(listen)}),
          std::move(peers),
          map("http", {endpoint("listen", c.http), truth("behind_proxy", c.behind_proxy),
                       path("port_file", c.http_port_file, directory),
                       map("tls", {path("certificate", c.http_tls.certificate, directory),
                                   path("key", c.http_tls.key, directory)})}),
          map("log", {word("level", c.log_level, levels), word("format", c.log_format, formats)}),
          map("limits", limit_keys(c.limits)),
          map("timeouts", timeout_keys(c.timeouts))};
}

void add_values(const std::vector<Key>& keys, const std::string& prefix, ConfigValues& out) {
  for (const Key& key : keys) {
    const std::string name = prefix + std::string(key.name);
    if (key.show) out.emplace_back(name, key.show());
    add_values(key.inner, name + ".", out);
  }
}

bool is_loopback(std::string_view host) { return host.starts_with("127.") || host == "::1"; }

// What the keys of http say together.
Result<void> check_http(const TreeNode& http, const Config& config) {
  const TlsFiles& tls = config.http_tls;
  const TreeNode* named = http.find("tls");
  if (named && (tls.certificate.empty() || tls.key.empty()))
    return named->refuse("config.tls", "http.tls needs both: certificate and key");
  if (config.behind_proxy || tls.given() || is_loopback(config.http.host)) return {};
  return http.find("listen")->refuse(
      "config.plain_http", "http.listen " + config.http.text() +
                               " is not loopback, and without certificate this listener speaks plain HTTP; "
                               "name PEM files in http.tls.certificate and http.tls.key, or put a TLS proxy "
                               "before it and say http.behind_proxy: true");
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto bad = [&] {
    return fail(Code::malformed, "config.endpoint",
                "\"" + std::string(text) + "\" is not host:port, such as 127.0.0.1:8001");
  };
  if (colon == std::string_view::npos || colon == 0) return bad();
  std::string_view host = text.substr(0, colon);
  const Result<std::uint64_t> port = decimal(text.substr(colon + 1));
  if (!port || *port > 65'535) return bad();
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad();
  }
  if (has_space(host) || host.size() > 253) return bad();
  return Endpoint{.host = std::string(host), .port = static_cast<std::uint16_t>(*port)};
}

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
    if (auto good = check_http(*http, config); !good) return pass(good);
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
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Code::malformed, "config.file", "cannot read the configuration " + file.string());
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  Result<Config> config = parse_config(text, std::filesystem::absolute(file).parent_path());
  if (config) return config;
  Error error = config.error();
  error.message = file.string() + ": " + error.message;
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace anta
