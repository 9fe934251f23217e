#include "node/node.h"

#include <algorithm>
#include <chrono>

#include "crypto/first_start.h"
#include "crypto/private_file.h"
#include "crypto/text.h"
#include "node/divergence.h"
#include "node/http_problem.h"
#include "node/node_parts.h"
#include "node/node_status.h"
#include "node/queries.h"
#include "node/recovery_file.h"
#include "node/restore.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/law.h"
#include "storage/ledger/state.h"

namespace anta {
namespace {

// How long answers have to leave after the drain time, when what was undecided is answered.
constexpr std::uint32_t last_answers_ms = 500;

}  // namespace

Result<void> Node::Parts::open_storage() {
  const Result<bool> begins = may_begin(config.seed);
  if (!begins) return pass(begins);
  if (auto done = no_restore_unfinished(config); !done) return done;
  const auto how = *begins ? DataDirectory::make : DataDirectory::find;
  if (auto prepared = prepare_data_directory(config.data, how); !prepared) return prepared;
  DatabaseOptions options = database_options(config, identity);
  options.create = *begins;
  Result<std::unique_ptr<Database>> opened = Database::open(options);
  if (!opened && opened.error().rule == "store.missing") return tl::unexpected<Error>(ledger_missing(config));
  if (!opened) return pass(opened);
  database = std::move(*opened);
  // The database is durable: from here on this node must find it. Before any peer hears of this node.
  if (auto ended = end_first_start(config.seed, options.directory); !ended) return ended;
  if (*begins) log.write(LogLevel::info, "ledger_begun", {{"directory", options.directory}});
  Result<std::unique_ptr<LogStore>> log_opened = LogStore::open(*database);
  if (!log_opened) return pass(log_opened);
  if (auto entered = enter_recoveries(std::move(*log_opened)); !entered) return entered;
  Result<std::unique_ptr<LedgerStore>> ledger_opened =
      LedgerStore::open(*database, *log_store,
                        LedgerStoreOptions{.cache_bytes = record_memory(config.limits),
                                           .tree_cache_bytes = reader_memory(config.limits),
                                           .block_cache_bytes = reader_memory(config.limits)});
  if (!ledger_opened) return pass(ledger_opened);
  ledger = std::move(*ledger_opened);
  if (auto merging = database->begin_merging(); !merging) return merging;
  return apply_genesis();
}

Result<void> Node::Parts::enter_recoveries(std::unique_ptr<LogStore> opened) {
  const std::uint64_t before = opened->recovery_epoch().number;
  const raft::Member self{.id = identity.self.id,
                          .incarnation = static_cast<std::uint64_t>(config.incarnation)};
  Result<std::unique_ptr<LogStore>> entered = enter(recoveries, self, *database, std::move(opened));
  if (!entered) return pass(entered);
  log_store = std::move(*entered);
  if (before < recoveries.size()) {
    log.write(LogLevel::warning, "recovery_epoch_begun",
              {{"epoch", std::to_string(recoveries.size())},
               {"base", std::to_string(recoveries.back().base.value)}});
  }
  return {};
}

Result<void> Node::Parts::apply_genesis() {
  if (ledger->applied()) return {};
  Result<Effects> effects = genesis_effects(identity.genesis);
  if (!effects) return pass(effects);
  auto applied = ledger->apply_genesis(*identity.genesis_bytes, identity.genesis.created, effects->changes);
  if (!applied) return pass(applied);
  log.write(LogLevel::info, "genesis_applied",
            {{"network", identity.genesis.network.value}, {"digest", hex(identity.network)}});
  return {};
}

Result<void> Node::Parts::on_block(const BlockNotice& notice) {
  for (const Decision& decision : notice.decisions) {
    if (decision.again) continue;
    const bool accepted = decision.answer && decision.answer->accepted;
    metrics.statement_decided(
        accepted, decision.answer ? decision.answer->rule : problem_code(decision.answer.error()));
  }
  metrics.block_applied(notice.decisions.size(), notice.seconds);
  if (notice.nodes_changed || (members && notice.applied.leaves >= members->from)) {
    if (auto changed = network_changed(notice.applied); !changed) return changed;
  }
  submission->on_block(notice);
  checkpointer->on_applied(notice.applied);
  state_watch->on_applied(notice.applied);
  return {};
}

// Full means dropped: the scrub's two bound what waits for them themselves.
void Node::Parts::on_app(const NodeId& from, std::uint8_t kind, Bytes bytes) {
  const auto known = static_cast<PeerKind>(kind);
  if (known == PeerKind::log_fetch || known == PeerKind::join_ask) {
    log_server->on_peer_message(from, known, std::move(bytes));
  } else if (known == PeerKind::log_entries) {
    scrubber->on_entries(from, std::move(bytes));
  } else {
    intake->take(from, bytes.size(), [&] { to_service(from, known, std::move(bytes)); });
  }
}

void Node::Parts::to_service(const NodeId& from, PeerKind kind, Bytes bytes) {
  if (kind == PeerKind::state_roots) {
    state_watch->on_peer_message(from, std::move(bytes));
  } else if (kind == PeerKind::lead_forward || kind == PeerKind::lead_refused) {
    lead_requests->on_peer_message(from, kind, std::move(bytes));
  } else if (kind == PeerKind::forward || kind == PeerKind::forward_refused) {
    submission->on_peer_message(from, kind, std::move(bytes));
  } else {
    checkpointer->on_peer_message(from, kind, std::move(bytes));
  }
}

void Node::Parts::make_submission() {
  SubmissionOptions options;
  options.self = identity.self.id;
  options.statements_max = static_cast<std::size_t>(config.limits.pending_statements);
  options.bytes_max = static_cast<std::uint64_t>(config.limits.pending_bytes);
  SubmissionPorts ports;
  ports.propose = [this](auto block, Millis time, auto callback) {
    replica->propose(std::move(block), time, std::move(callback));
  };
  ports.read_index = [this](auto callback) { read_index(std::move(callback)); };
  ports.send = [this](const NodeId& to, PeerKind kind, Bytes bytes) {
    replica->send_app(to, static_cast<std::uint8_t>(kind), std::move(bytes));
  };
  ports.outcome = [this](const Digest& digest) -> Result<std::optional<Outcome>> {
    const Result<LedgerReader> reader = ledger->reader();
    if (!reader) return pass(reader);
    return reader->outcome(digest);
  };
  ports.may_enter = [this](const SignedStatement& statement) -> Result<void> {
    if (!std::holds_alternative<payload::PartyUpdate>(statement.payload))
      return {};  // spares the others a look
    const Result<LedgerReader> reader = ledger->reader();
    return reader ? may_enter(*reader->view(), statement) : Result<void>(pass(reader));
  };
  ports.event_ahead_max_ms = [this]() -> std::int64_t {
    const Result<LedgerReader> reader = ledger->reader();
    return reader ? queries::parameter(*reader, "event_ahead_max_ms") : 0;
  };
  ports.clock = wall_clock;
  ports.disk_low = [this] { return disk.low(); };
  ports.keys = &keys;
  submission = std::make_unique<Submission>(std::move(options), std::move(ports), *service, *verification);
}

void Node::Parts::make_services(std::optional<CheckpointMark> mark) {
  const auto lookup = [this](const Digest& kid) -> std::optional<state::Key> {
    const Result<LedgerReader> reader = ledger->reader();
    if (!reader) return std::nullopt;
    const Result<SharedBytes> bytes = reader->record(Kind::key, hex(kid));
    if (!bytes || !*bytes) return std::nullopt;
    Result<state::Key> key = state::decode_record<state::Key>(**bytes);
    return key ? std::optional(std::move(*key)) : std::nullopt;
  };
  verification =
      std::make_unique<Verification>(VerificationOptions{.threads = verifier_threads(config.limits)}, lookup);
  service = std::make_unique<ThreadExecutor>();
  intake = std::make_unique<PeerIntake>(*service, log.sink());
  watch_disk();
  watch_certificate();
  make_submission();
  make_lead_requests();
  make_state_watch();
  make_witness_feed();
  make_checkpointer(mark);
  machine = std::make_unique<LedgerMachine>(*ledger, *verification,
                                            [this](const BlockNotice& notice) { return on_block(notice); });
}

Result<TlsOptions> Node::Parts::tls_options() {
  TlsOptions options;
  options.self = identity.self.id;
  options.incarnation = static_cast<std::uint64_t>(config.incarnation);
  options.network = identity.network;
  options.key = &identity.keys.tls;
  options.log = log.sink();
  const Result<Endpoint> listen =
      parse_endpoint(config.peer_listen.empty() ? identity.self.address : config.peer_listen);
  if (!listen) return pass(listen);
  options.listen_host = listen->host;
  options.listen_port = listen->port;
  return options;
}

ReplicaHooks Node::Parts::hooks() {
  ReplicaHooks hooks;
  hooks.on_role = [this](const raft::RoleChange& role) {
    submission->on_role(role);
    lead_requests->on_role(role);
    checkpointer->on_role(role);
  };
  hooks.on_entries = [this](std::span<const LogEntry> entries) {
    for (const LogEntry& entry : entries) {
      if (entry.header.kind == EntryKind::block) verification->prefetch(entry.payload);
    }
  };
  hooks.on_app = [this](const NodeId& from, std::uint8_t kind, Bytes bytes) {
    on_app(from, kind, std::move(bytes));
  };
  hooks.on_peer = [this](const NodeId& peer, bool up) {
    log.write(LogLevel::info, up ? "peer_up" : "peer_down", {{"peer", peer.value}});
    checkpointer->on_peer(peer, up);
    state_watch->on_peer(peer, up);
  };
  hooks.on_fatal = on_fatal;
  hooks.log = log.sink();
  return hooks;
}

Result<void> Node::Parts::make_replica() {
  Result<TlsOptions> tls = tls_options();
  if (!tls) return pass(tls);
  ReplicaOptions options;
  options.self = {.id = identity.self.id, .incarnation = static_cast<std::uint64_t>(config.incarnation)};
  options.cluster = identity.network;
  options.recoveries = recoveries;
  for (const GenesisNode& node : identity.genesis.nodes)
    options.configuration.voters.push_back({.id = node.id});
  options.configuration.order();
  options.plan = plan();
  options.election = std::chrono::milliseconds(config.timeouts.election_ms);
  options.heartbeat = std::chrono::milliseconds(config.timeouts.heartbeat_ms);
  options.disk_low = [this] { return disk.low(); };
  options.log_repairing = [this] { return log_store->repairing(); };
  if (auto made = make_scrubber(); !made) return made;
  replica = std::make_unique<Replica>(std::move(options), *log_store, *whole_log_machine,
                                      tls_transport(std::move(*tls)), hooks());
  return {};
}

NodeStatus Node::Parts::status() const {
  return {.config = &config,
          .genesis = &identity.genesis,
          .network_nodes = network.get(),
          .keys_of_self = &identity.keys,
          .replica = replica->status(),
          .replica_metrics = replica->metrics(),
          .submission = submission->figures(),
          .keys = keys.figures(),
          .verification = verification->figures(),
          .scrub = scrubber->figures(),
          .join = join_figures(),
          .log_served = log_server->bytes_served(),
          .peer_messages_dropped = intake->dropped() + (joiner ? joiner->dropped() : 0),
          .witnesses = witness_feed->figures(),
          .states = state_watch->figures(),
          .finished = checkpointer->finished(),
          .missing = checkpointer->missing(),
          .cosigning = checkpointer->cosigning(),
          .clocks_behind = checkpointer->clocks_behind(),
          .applied = [this]() -> std::optional<Applied> {
            const Result<LedgerReader> reader = ledger->reader();
            return reader ? std::optional(reader->applied()) : std::nullopt;
          }(),
          .answers = answers->figures(),
          .connections = http->connections(),
          .handshakes_failed = http->handshakes_failed(),
          .certificate_expires = Millis{certificate_expires},
          .database_failure = database->failure(),
          .disk_available = disk.available(),
          .disk_reserve = disk.reserve(),
          .forks = checkpoint_file.forks(),
          .ledger = ledger->figures(),
          .stopping = stopping};
}

ApiServices Node::Parts::services() {
  ApiServices s;
  s.reader = [this] { return ledger->reader(); };
  s.reader_at = [this](LeafIndex leaf) { return ledger->reader_at(leaf); };
  s.reader_of = [this](TreeSize size) { return ledger->reader_of(size); };
  s.read_index = [this](auto callback) { read_index(std::move(callback)); };
  s.post = [this](std::function<void()> work) { http->post(std::move(work)); };
  s.submit = [this](auto items, SubmitOptions options, Submission::Callback callback) {
    submission->submit(std::move(items), options, std::move(callback));
  };
  s.lead = [this](auto order, LeadRequests::Callback callback) {
    lead_requests->ask(std::move(order), std::move(callback));
  };
  s.work = [this](QueryWorkers::Work work) { return query_workers->run(std::move(work)); };
  s.block = [this](LogIndex index) -> Result<std::shared_ptr<const Bytes>> {
    auto entry = log_store->read_one(index);
    if (!entry) return pass(entry);
    return entry->payload;
  };
  s.entries = [this](LogIndex from, LogIndex to, std::uint64_t bytes) {
    return log_store->read(from, to, bytes);
  };
  s.finished = [this] { return checkpointer->finished(); };
  s.missing = [this] { return checkpointer->missing(); };
  s.signed_root = [this] { return checkpointer->signed_root(); };
  s.receipt_key = identity.keys.cosigner.public_key();
  s.status = [this] { return status_value(status()); };
  s.unready = [this] { return unready_reasons(status()); };
  s.clock = wall_clock;
  s.keys = &keys;
  s.steady_ms = [this] { return service->steady_ms(); };
  s.genesis = identity.genesis;
  s.genesis_bytes = identity.genesis_bytes;
  s.policy = [this] { return cosigners.get()->policy; };
  s.forks = [this] { return checkpoint_file.evidence(); };
  s.answers = answers;
  s.submit_options.deadline_ms = static_cast<std::uint32_t>(config.timeouts.submit_ms);
  s.submit_options.cosign_wait_ms = static_cast<std::uint32_t>(config.timeouts.cosign_wait_ms);
  return s;
}

Result<void> Node::Parts::serve_http() {
  metrics.set_source([this] { return status_metrics(status()); });
  std::vector<Executor*> executors;
  for (ThreadExecutor& executor : query_executors)
    executors.push_back(&executor);
  query_workers = std::make_unique<QueryWorkers>(std::move(executors), QueryWorkersOptions{});
  api = std::make_unique<HttpApi>(services(), metrics);
  const auto handler = [this](HttpRequest request, HttpReply reply) {
    http_made.wait();
    api->handle(std::move(request), std::move(reply));
  };
  const auto refusal = [](unsigned status, const std::string& rule, const std::string& message) {
    return problem(status, rule, message);
  };
  HttpServerOptions options = http_options(config);
  options.tls = std::move(http_tls);
  if (options.tls) use_certificate(*options.tls);
  const std::string scheme = options.tls ? "https://" : "http://";
  Result<std::unique_ptr<HttpServer>> server = HttpServer::start(std::move(options), handler, refusal);
  if (!server) return pass(server);
  http = std::move(*server);
  http_made.count_down();
  const std::string port = std::to_string(http->port());
  if (auto written = write_private_file(config.http_port_file, as_bytes(port + "\n"), Replace::yes); !written)
    return written;
  log.write(LogLevel::info, "http_listening", {{"url", scheme + config.http.host + ":" + port}});
  return {};
}

// Requests are answered while the replica still works; what is undecided when the drain time ends is answered
// then (uncertain or busy), while the connections are still there; only then the replica goes.
void Node::Parts::stop() {
  if (stopping.exchange(true)) return;
  log.write(LogLevel::info, "stopping", {});
  const auto drain = static_cast<std::uint32_t>(config.timeouts.drain_ms);
  if (service) {
    service->after(drain, [this] {
      submission->stop();
      lead_requests->stop();
    });
  }
  if (query_workers) query_workers->stop();  // before HTTP: what they work on is in flight
  if (http) http->stop(drain + last_answers_ms);
  for (ThreadExecutor& executor : query_executors)
    executor.stop();
  if (submission) submission->stop();
  if (lead_requests) lead_requests->stop();
  if (scrubber) scrubber->stop();
  if (scrub_thread) scrub_thread->stop();
  stop_joining();
  if (replica) replica->stop(true);
  if (service) service->stop();
  if (witness_thread) witness_thread->stop();
  if (witness_client) witness_client->stop();
  verification.reset();
  checkpoint_file.flush();
  if (database && replica && !database->failure()) {
    auto written = database->write_out();
    if (written) written = ledger->write_upper_levels();
    if (!written) log.write(LogLevel::warning, "not_written_out", {{"reason", written.error().message}});
  }
  std::error_code ignored;
  std::filesystem::remove(config.http_port_file, ignored);
  log.write(LogLevel::info, "stopped", {});
}

Result<std::unique_ptr<Node>> Node::start(const Config& config, Log& log,
                                          std::function<void(const Error&)> on_fatal) {
  Result<Identity> identity = load_identity(config);
  if (!identity) return pass(identity);
  Result<std::shared_ptr<const HttpTls>> tls = load_http_tls(config);
  if (!tls) return pass(tls);
  Result<std::vector<Recovery>> recoveries = load_recoveries(config.recoveries, identity->network);
  if (!recoveries) return pass(recoveries);
  auto parts = std::make_unique<Parts>(config, std::move(*identity), log);
  parts->recoveries = std::move(*recoveries);
  parts->http_tls = std::move(*tls);
  parts->on_fatal = std::move(on_fatal);
  if (auto healed = heal_divergence(config, log.sink()); !healed) return pass(healed);
  if (auto opened = parts->open_storage(); !opened) return pass(opened);
  if (auto read = parts->read_network(); !read) return pass(read);
  LogStore::Restored restored = parts->log_store->recover();
  auto mark = parts->load_mark(restored);
  if (!mark) return pass(mark);
  parts->make_services(*mark);
  auto node =
      std::unique_ptr<Node>(new Node(std::move(parts)));  // from here on its destructor stops what runs
  if (auto made = node->parts_->make_replica(); !made) return pass(made);
  // What was applied before the start is where checkpoints and roots go on. Before there are blocks to tell
  // of, and not before there is a replica: a finished note whose mark was lost is marked again at once.
  if (const Result<LedgerReader> reader = node->parts_->ledger->reader()) {
    node->parts_->checkpointer->on_applied(reader->applied());
    node->parts_->state_watch->on_applied(reader->applied());
  }
  if (auto begun = node->parts_->begin(std::move(restored)); !begun) return pass(begun);
  if (auto serving = node->parts_->serve_http(); !serving) return pass(serving);
  log.write(LogLevel::info, "node_started",
            {{"node", config.node.value}, {"network", node->parts_->identity.genesis.network.value}});
  return node;
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Node::~Node() { stop(); }
std::uint16_t Node::http_port() const { return parts_->http ? parts_->http->port() : 0; }
void Node::stop() { parts_->stop(); }

}  // namespace anta
