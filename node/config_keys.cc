#include "node/config_keys.h"

#include <algorithm>

#include "crypto/text.h"

namespace anta {
namespace config_keys {

using views::TreeNode;

namespace {

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

bool is_loopback(std::string_view host) { return host.starts_with("127.") || host == "::1"; }

}  // namespace

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

Key paths(std::string_view name, std::vector<std::filesystem::path>& out,
          const std::filesystem::path& directory) {
  return {name,
          [name, &out, &directory](const TreeNode& node) -> Result<void> {
            const auto items = node.list();
            if (!items) return pass(items);
            for (const TreeNode& item : **items) {
              if (auto read = path(name, out.emplace_back(), directory).read(item); !read) return read;
            }
            return {};
          },
          [&out] {
            std::string text;
            for (const std::filesystem::path& one : out)
              text += (text.empty() ? "" : ", ") + one.string();
            return text;
          }};
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

void add_values(const std::vector<Key>& keys, const std::string& prefix, ConfigValues& out) {
  for (const Key& key : keys) {
    const std::string name = prefix + std::string(key.name);
    if (key.show) out.emplace_back(name, key.show());
    add_values(key.inner, name + ".", out);
  }
}

Key id(std::string_view name, std::string& out) {
  return {name,
          [&out](const TreeNode& node) -> Result<void> {
            Result<std::string> text = node.text();
            if (!text) return pass(text);
            if (!is_id(*text)) return node.refuse("config.id", "\"" + *text + "\" is no id");
            out = std::move(*text);
            return {};
          },
          [&out] { return out; }};
}

Key listener_key(Listener into, const std::filesystem::path& directory) {
  return map("http", {endpoint("listen", into.listen), truth("behind_proxy", into.behind_proxy),
                      path("port_file", into.port_file, directory),
                      map("tls", {path("certificate", into.tls.certificate, directory),
                                  path("key", into.tls.key, directory)})});
}

Key log_key(LogLevel& level, LogFormat& format) {
  const std::array<std::pair<std::string_view, LogLevel>, 4> levels = {{{"debug", LogLevel::debug},
                                                                        {"info", LogLevel::info},
                                                                        {"warning", LogLevel::warning},
                                                                        {"error", LogLevel::error}}};
  const std::array<std::pair<std::string_view, LogFormat>, 2> formats = {
      {{"logfmt", LogFormat::logfmt}, {"json", LogFormat::json}}};
  return map("log", {word("level", level, levels), word("format", format, formats)});
}

Result<void> check_listener(const TreeNode& http, const Endpoint& listen, const TlsFiles& tls,
                            bool behind_proxy) {
  const TreeNode* named = http.find("tls");
  if (named && (tls.certificate.empty() || tls.key.empty()))
    return named->refuse("config.tls", "http.tls needs both: certificate and key");
  if (behind_proxy || tls.given() || is_loopback(listen.host)) return {};
  return http.find("listen")->refuse(
      "config.plain_http", "http.listen " + listen.text() +
                               " is not loopback, and without certificate this listener speaks plain HTTP; "
                               "name PEM files in http.tls.certificate and http.tls.key, or put a TLS proxy "
                               "before it and say http.behind_proxy: true");
}

}  // namespace config_keys

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

}  // namespace anta
