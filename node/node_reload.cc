// What changes while a node runs: its configuration, its certificate, and its disk.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <latch>
#include <thread>
#include <tuple>

#include "node/node_parts.h"
#include "node/recovery_file.h"
#include "node/views/time_text.h"
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

Millis wall_clock() {
  using namespace std::chrono;
  return Millis{duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

Result<std::shared_ptr<const HttpTls>> load_http_tls(const Config& config) {
  if (!config.http_tls.given()) return std::shared_ptr<const HttpTls>();
  return HttpTls::load(config.http_tls.certificate, config.http_tls.key);
}

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

void Node::Parts::use_certificate(const HttpTls& certificate) {
  certificate_expires = certificate.expires().value;
  log.write(LogLevel::info, "http_certificate",
            {{"sha256", certificate.fingerprint()}, {"expires", views::time_to_text(certificate.expires())}});
  warn_of_expiry();
}

void Node::Parts::warn_of_expiry() {
  const Millis expires{certificate_expires};
  if (const auto warning = expiry_warning(expires, wall_clock()); warning && expires.value != 0)
    log.write(LogLevel::warning, "http_certificate_expires", {{"message", *warning}});
}

// Each day from the start on, for as long as the service thread runs.
void Node::Parts::watch_certificate() {
  constexpr std::uint32_t day_ms = 24 * 3'600 * 1'000;
  service->after(day_ms, [this] {
    warn_of_expiry();
    watch_certificate();
  });
}

Result<void> Node::Parts::make_scrubber() {
  ScrubberOptions options;
  options.bytes_per_second = static_cast<std::uint64_t>(config.limits.scrub_bytes_per_second);
  ScrubberPorts ports;
  ports.applied = [this] { return replica->status().applied; };
  ports.peers = [this] {
    std::vector<NodeId> peers;
    for (const ReplicaPeer& peer : replica->status().peers)
      peers.push_back(peer.id);
    return peers;
  };
  ports.send = [this](const NodeId& to, PeerKind kind, Bytes bytes) {
    replica->send_app(to, static_cast<std::uint8_t>(kind), std::move(bytes));
  };
  ports.step_down = [this] { replica->transfer_leadership(); };
  ports.on_fatal = on_fatal;
  ports.log = log.sink();
  scrub_thread = std::make_unique<ThreadExecutor>();
  // Of that thread alone, on Linux. Where it is refused, the rate still bounds what is read.
  scrub_thread->post([] { std::ignore = ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 10); });
  LogServerOptions serving;
  serving.bytes_per_second = static_cast<std::uint64_t>(config.limits.join_bytes_per_second);
  log_server = std::make_unique<LogServer>(
      serving, LogServerPorts{.applied = ports.applied, .send = ports.send}, *log_store, *scrub_thread);
  auto opened = Scrubber::open(options, std::move(ports), *database, *log_store, *scrub_thread);
  if (!opened) return pass(opened);
  scrubber = std::move(*opened);
  whole_log_machine = std::make_unique<WholeLogMachine>(*machine, *scrubber);
  return {};
}

// Everything that can fail comes first; what follows cannot, so that a reload is whole or nothing.
Result<ConfigChange> Node::Parts::reload(const Config& next) {
  // What --check refuses is refused here: a file with which this node would not start again.
  if (const Result<Node::Checked> good = Node::check(next); !good) return pass(good);
  const Result<std::shared_ptr<const HttpTls>> renewed = load_http_tls(next);
  if (!renewed) return pass(renewed);
  ConfigChange change = config_change(running, next);
  // Read again also where the files' names are the same: renewing them is the operator's normal case.
  if (*renewed) http->set_tls(*renewed);
  apply(change.config);
  running = change.config;
  if (*renewed && running.http_tls.given()) use_certificate(**renewed);
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
  verification->set_threads(verifier_threads(limits));
  keys.set_rate(key_rate(limits));
  submission->set_limits(static_cast<std::size_t>(limits.pending_statements),
                         static_cast<std::uint64_t>(limits.pending_bytes));
  http->set_limits(http_options(changed));
  answers->set_bytes_max(static_cast<std::size_t>(limits.answer_cache_bytes));
  use_witnesses(changed.witnesses);
  scrubber->set_rate(static_cast<std::uint64_t>(limits.scrub_bytes_per_second));
  log_server->set_rate(static_cast<std::uint64_t>(limits.join_bytes_per_second));
  const auto applied = std::make_shared<std::latch>(2);  // shared: who counts it down may be in it still
  service->post([this, applied, reserve = static_cast<std::uint64_t>(limits.disk_reserve_bytes)] {
    disk.configure(reserve);
    look_at_disk();
    applied->count_down();
  });
  http->post([applied] { applied->count_down(); });
  applied->wait();
}

Result<Node::Checked> Node::check(const Config& config) {
  const Result<Identity> identity = load_identity(config);
  if (!identity) return pass(identity);
  if (auto address = HttpServer::check_address(config.http.host); !address) return pass(address);
  const Result<std::shared_ptr<const HttpTls>> tls = load_http_tls(config);
  if (!tls) return pass(tls);
  if (auto recoveries = load_recoveries(config.recoveries, identity->network); !recoveries)
    return pass(recoveries);
  Checked checked{.network = identity->genesis.network};
  if (*tls) checked.warning = expiry_warning((*tls)->expires(), wall_clock());
  if (!config.members.empty()) return checked;  // who the witnesses are now is not known here
  if (const auto told = witness_warning(founding_witnesses(identity->genesis), config.witnesses))
    checked.warning = checked.warning ? *checked.warning + "; " + *told : *told;
  return checked;
}

Result<ConfigChange> Node::reload(const Config& next) { return parts_->reload(next); }

}  // namespace anta
