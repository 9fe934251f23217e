// What changes while a node runs: its configuration, and the room on its disk.
#include <algorithm>
#include <thread>

#include "node/node_parts.h"
#include "storage/ledger/certificate_file.h"

namespace anta {
namespace {

std::string list(const std::vector<std::string>& keys) {
  std::string all;
  for (const std::string& key : keys)
    all += (all.empty() ? "" : ",") + key;
  return all;
}

}  // namespace

unsigned verifier_threads(const Limits& limits) {
  if (limits.verifiers > 0) return static_cast<unsigned>(limits.verifiers);
  return std::clamp(std::thread::hardware_concurrency(), 1u, 2u);
}

TokenRate key_rate(const Limits& limits) {
  return {.per_second = static_cast<std::uint32_t>(limits.key_statements_per_second),
          .burst = static_cast<std::uint32_t>(limits.key_statements_burst)};
}

HttpServerOptions http_options(const Config& config) {
  HttpServerOptions options;
  options.address = config.http.host;
  options.port = config.http.port;
  options.parser.body_bytes_max = static_cast<std::size_t>(config.limits.request_bytes);
  options.parser.large_path = verify_path;
  options.parser.large_body_bytes_max = certificate_file_bytes_max;
  options.connections_max = static_cast<std::size_t>(config.limits.http_connections);
  options.connections_per_address = connections_per_address(config);
  options.memory_bytes = static_cast<std::size_t>(config.limits.http_memory_bytes);
  options.requests_per_second = static_cast<std::uint32_t>(config.limits.http_requests_per_second);
  return options;
}

void Node::Parts::look_at_disk() {
  const bool before = disk.low();
  disk.look();
  if (disk.low() == before) return;
  log.write(LogLevel::warning, disk.low() ? "disk_low" : "disk_has_room",
            {{"available_bytes", std::to_string(disk.available())},
             {"reserve_bytes", std::to_string(disk.reserve())}});
}

// Once now, then for as long as the service thread runs.
void Node::Parts::watch_disk() {
  look_at_disk();
  service->after(DiskReserve::interval_ms, [this] { watch_disk(); });
}

// Everything that can fail comes first; what follows cannot, so that a reload is whole or nothing.
Result<ConfigChange> Node::Parts::reload(const Config& next) {
  // What --check refuses is refused here: a file with which this node would not start again.
  if (const Result<Identity> good = load_identity(next); !good) return pass(good);
  ConfigChange change = config_change(running, next);
  apply(change.config);
  running = change.config;
  if (!change.restart.empty()) {
    log.write(LogLevel::warning, "reload_needs_restart",
              {{"keys", list(change.restart)},
               {"message", "these keys differ and stay as they are until antad starts again"}});
  }
  log.write(LogLevel::info, "reloaded", {{"changed", list(change.applied)}});
  return change;
}

// Each limit is changed on the thread that owns it; what those threads hold already stays.
void Node::Parts::apply(const Config& changed) {
  const Limits& limits = changed.limits;
  log.set_level(changed.log_level);
  log.set_format(changed.log_format);
  database->set_memory_budget(static_cast<std::uint64_t>(limits.memory_bytes));
  verification->set_threads(verifier_threads(limits));
  keys.set_rate(key_rate(limits));
  submission->set_limits(static_cast<std::size_t>(limits.pending_statements),
                         static_cast<std::uint64_t>(limits.pending_bytes));
  http->set_limits(http_options(changed));
  std::latch applied{2};
  service->post([&, this] {
    disk.configure(static_cast<std::uint64_t>(limits.disk_reserve_bytes));
    look_at_disk();
    applied.count_down();
  });
  http->post([&applied] { applied.count_down(); });
  applied.wait();
}

Result<ConfigChange> Node::reload(const Config& next) { return parts_->reload(next); }

}  // namespace anta
