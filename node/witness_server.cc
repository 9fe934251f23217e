#include "node/witness_server.h"

#include <chrono>
#include <filesystem>
#include <utility>

#include "crypto/first_start.h"
#include "crypto/private_file.h"
#include "node/executor.h"
#include "node/http_problem.h"
#include "node/http_server.h"
#include "node/identity.h"
#include "node/query_workers.h"
#include "node/witness.h"
#include "node/witness_request.h"

namespace anta {
namespace {

constexpr std::uint32_t drain_ms = 5'000;

std::uint64_t unix_seconds() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(duration_cast<seconds>(system_clock::now().time_since_epoch()).count());
}

HttpServerOptions http_options(const WitnessConfig& config) {
  HttpServerOptions options;
  options.address = config.http.host;
  options.port = config.http.port;
  options.parser.body_bytes_max = witness_request_bytes_max;
  options.connections_max = WitnessServer::connections_max;
  if (!config.behind_proxy) options.connections_per_address = WitnessServer::connections_max * 3 / 4;
  options.memory_bytes = std::size_t{16} << 20;
  options.requests_per_second = 1'000;
  return options;
}

Result<std::shared_ptr<const HttpTls>> load_tls(const WitnessConfig& config) {
  if (!config.http_tls.given()) return std::shared_ptr<const HttpTls>();
  return HttpTls::load(config.http_tls.certificate, config.http_tls.key);
}

HttpResponse wrong_method(const std::string& allowed) {
  HttpResponse response = problem(405, "method", "this path takes " + allowed + " only");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace

struct WitnessServer::Parts {
  Parts(WitnessConfig c, WitnessIdentity i, Log& l) : config(std::move(c)), identity(std::move(i)), log(l) {}

  WitnessConfig config;
  WitnessIdentity identity;
  Log& log;
  // In the order of construction; destroyed the other way round.
  std::unique_ptr<Witness> witness = {};  // the executor's, but for latest
  std::unique_ptr<ThreadExecutor> executor = {};
  std::unique_ptr<QueryWorkers> workers = {};
  std::unique_ptr<HttpServer> http = {};

  void handle(HttpRequest request, const HttpReply& reply);
  HttpResponse add_checkpoint(const HttpRequest& request);
  Result<void> serve();
};

void WitnessServer::Parts::handle(HttpRequest request, const HttpReply& reply) {
  const std::string path = request.path_text();
  if (path == "/healthz") {
    if (request.method != "GET") return reply(wrong_method("GET"));
    return reply({.status = 200, .body = "{\"status\":\"ok\"}"});
  }
  const std::string_view shown = shown_path_hash(path);
  if (path != witness_path && shown.empty())
    return reply(problem(404, "not_found", "there is nothing at " + path));
  const std::string method = shown.empty() ? "POST" : "GET";
  if (request.method != method) return reply(wrong_method(method));
  if (!shown.empty()) return reply(witness->latest(shown));
  const bool taken = workers->run([this, request = std::move(request), reply](const MayGoOn& may_go_on) {
    if (!may_go_on()) return reply(problem(503, "busy", "the witness is stopping, or has too much to do"));
    reply(add_checkpoint(request));
    witness->keep_shown();
  });
  if (!taken) reply(problem(503, "busy", "the witness is stopping, or has too much to do"));
}

HttpResponse WitnessServer::Parts::add_checkpoint(const HttpRequest& request) {
  HttpResponse response = witness->add_checkpoint(as_text(*request.body));
  if (response.status != 200) {
    const bool usual = response.status == 409;  // that is how a log learns the size
    log.write(usual ? LogLevel::debug : LogLevel::warning, "refused",
              {{"status", std::to_string(response.status)}, {"remote", request.remote}});
  }
  return response;
}

Result<void> WitnessServer::Parts::serve() {
  const auto handler = [this](HttpRequest request, const HttpReply& reply) {
    handle(std::move(request), reply);
  };
  const auto refusal = [](unsigned status, const std::string& rule, const std::string& message) {
    return problem(status, rule, message);
  };
  HttpServerOptions options = http_options(config);
  Result<std::shared_ptr<const HttpTls>> tls = load_tls(config);
  if (!tls) return pass(tls);
  options.tls = std::move(*tls);
  const std::string scheme = options.tls ? "https://" : "http://";
  Result<std::unique_ptr<HttpServer>> server = HttpServer::start(std::move(options), handler, refusal);
  if (!server) return pass(server);
  http = std::move(*server);
  const std::string port = std::to_string(http->port());
  if (auto written = write_private_file(config.http_port_file, as_bytes(port + "\n"), Replace::yes); !written)
    return written;
  log.write(LogLevel::info, "witness_started",
            {{"witness", config.id}, {"url", scheme + config.http.host + ":" + port}});
  return {};
}

Result<std::unique_ptr<WitnessServer>> WitnessServer::start(
    const WitnessConfig& config, Log& log, std::function<void(const Error&)> on_fatal,
    std::function<void(const Checkpoint&)> remembered) {
  Result<WitnessIdentity> identity = load_witness_identity(config);
  if (!identity) return pass(identity);
  if (identity->warning) log.write(LogLevel::warning, "not_listed", {{"message", *identity->warning}});
  const Result<bool> begins = may_begin(config.seed);
  if (!begins) return pass(begins);
  const auto how = *begins ? DataDirectory::make : DataDirectory::find;
  if (auto prepared = prepare_data_directory(config.data, how); !prepared) return pass(prepared);
  Result<WitnessMemory> memory = WitnessMemory::open(config.data, config.seed);
  if (!memory) return pass(memory);
  auto parts = std::make_unique<Parts>(config, std::move(*identity), log);
  WitnessPorts ports;
  ports.unix_seconds = unix_seconds;
  ports.failed = std::move(on_fatal);
  ports.remembered = [&sink = log, seam = std::move(remembered)](const Checkpoint& checkpoint) {
    sink.write(LogLevel::debug, "cosigned",
               {{"origin", checkpoint.origin}, {"size", std::to_string(checkpoint.size)}});
    if (seam) seam(checkpoint);
  };
  ports.not_kept = [&sink = log](const Error& error) {
    sink.write(LogLevel::warning, "checkpoint_not_kept", {{"message", error.message}});
  };
  auto notes =
      std::make_unique<WitnessNotes>(config.data, VerifierKey{.name = parts->identity.name,
                                                              .type = KeyType::cosignature,
                                                              .key = parts->identity.key.public_key()});
  parts->witness =
      std::make_unique<Witness>(parts->identity.name, parts->identity.key, parts->identity.policy,
                                std::move(*memory), std::move(notes), std::move(ports));
  parts->executor = std::make_unique<ThreadExecutor>();
  parts->workers = std::make_unique<QueryWorkers>(std::vector<Executor*>{parts->executor.get()},
                                                  QueryWorkersOptions{.waiting_max = waiting_max});
  auto server = std::unique_ptr<WitnessServer>(new WitnessServer(std::move(parts)));
  if (auto serving = server->parts_->serve(); !serving) return pass(serving);
  return server;
}

Result<std::optional<std::string>> WitnessServer::check(const WitnessConfig& config) {
  const Result<WitnessIdentity> identity = load_witness_identity(config);
  if (!identity) return pass(identity);
  if (auto address = HttpServer::check_address(config.http.host); !address) return pass(address);
  if (auto tls = load_tls(config); !tls) return pass(tls);
  return identity->warning;
}

// Everything that can fail comes first.
Result<void> WitnessServer::reload(const WitnessConfig& next) {
  Parts& parts = *parts_;
  const WitnessConfig& now = parts.config;
  Result<WitnessIdentity> identity = load_witness_identity(next);
  if (!identity) return pass(identity);
  Result<std::shared_ptr<const HttpTls>> tls = load_tls(next);
  if (!tls) return pass(tls);
  const bool same = next.id == now.id && next.data == now.data && next.seed == now.seed &&
                    next.http == now.http && next.http_tls.given() == now.http_tls.given() &&
                    next.behind_proxy == now.behind_proxy && next.http_port_file == now.http_port_file &&
                    identity->key.public_key() == parts.identity.key.public_key();
  if (!same) {
    return fail(Code::malformed, "config.restart",
                "only log, policy and the certificate may change while the witness runs; the rest needs a "
                "restart, and nothing was taken over");
  }
  if (*tls) parts.http->set_tls(*tls);
  parts.log.set_level(next.log_level);
  parts.log.set_format(next.log_format);
  parts.executor->post([&parts, policy = std::move(identity->policy)]() mutable {
    parts.witness->set_policy(std::move(policy));
  });
  if (identity->warning) parts.log.write(LogLevel::warning, "not_listed", {{"message", *identity->warning}});
  parts.log.write(LogLevel::info, "reloaded", {});
  return {};
}

WitnessServer::WitnessServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
WitnessServer::~WitnessServer() { stop(); }
std::uint16_t WitnessServer::port() const { return parts_->http->port(); }

void WitnessServer::stop() {
  if (!parts_->workers) return;
  parts_->workers->stop();
  if (parts_->http) parts_->http->stop(drain_ms);
  parts_->executor->stop();
  parts_->workers.reset();
  std::error_code ignored;
  std::filesystem::remove(parts_->config.http_port_file, ignored);
  parts_->log.write(LogLevel::info, "stopped", {});
}

}  // namespace anta
