// What a Node holds, and the steps of its life. Internal to node*.cc.
#pragma once

#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <optional>

#include "consensus/messenger.h"
#include "consensus/published.h"
#include "consensus/replica.h"
#include "consensus/tls_transport.h"
#include "node/answer_cache.h"
#include "node/checkpoint_file.h"
#include "node/checkpointer.h"
#include "node/config_change.h"
#include "node/disk_reserve.h"
#include "node/executor.h"
#include "node/http_api.h"
#include "node/http_server.h"
#include "node/identity.h"
#include "node/joiner.h"
#include "node/key_limiter.h"
#include "node/lead_requests.h"
#include "node/ledger_machine.h"
#include "node/log_server.h"
#include "node/metrics.h"
#include "node/network_state.h"
#include "node/node.h"
#include "node/node_status.h"
#include "node/peer_intake.h"
#include "node/query_workers.h"
#include "node/scrubber.h"
#include "node/state_watch.h"
#include "node/submission.h"
#include "node/verification.h"
#include "node/witness_feed.h"

namespace anta {

Millis wall_clock();

// The listener's certificate and key, read and checked; null where there are none.
Result<std::shared_ptr<const HttpTls>> load_http_tls(const Config& config);

// The limits of a configuration in the shape in which their owners take them.
unsigned verifier_threads(const Limits& limits);
TokenRate key_rate(const Limits& limits);
HttpServerOptions http_options(const Config& config);

// One more than one: a file of many megabytes does not keep the others waiting.
inline constexpr std::size_t query_threads = 2;

// What is worth telling about URLs of witnesses beside the network's witnesses.
std::optional<std::string> witness_warning(const std::vector<state::Network::Witness>& witnesses,
                                           const WitnessUrls& urls);

struct Node::Parts {
  Parts(Config c, Identity i, Log& l)
      : config(std::move(c)),
        running(config),
        identity(std::move(i)),
        log(l),
        keys(key_rate(config.limits)),
        checkpoint_file(config.data),
        disk(config.data, static_cast<std::uint64_t>(config.limits.disk_reserve_bytes)) {}

  const Config config;  // as antad was started; who the node is and where
  Config running = {};  // with what reloads have changed; of the thread that starts, reloads and stops
  Identity identity;
  std::vector<Recovery> recoveries = {};
  Log& log;
  std::function<void(const Error&)> on_fatal = {};
  std::atomic<bool> stopping = false;
  std::shared_ptr<const HttpTls> http_tls = {};       // until HTTP has it
  std::atomic<std::int64_t> certificate_expires = 0;  // milliseconds, as HttpTls says; 0: there is none
  Metrics metrics = {};
  KeyLimiter keys;
  std::shared_ptr<AnswerCache> answers =
      std::make_shared<AnswerCache>(static_cast<std::size_t>(config.limits.answer_cache_bytes));
  CheckpointFile checkpoint_file;
  DiskReserve disk;
  std::latch http_made{1};  // requests wait for it: the server runs before it can be told who holds it
  Published<std::shared_ptr<const NetworkState>> network = {};   // as applied
  Published<std::shared_ptr<const CosignerSet>> cosigners = {};  // likewise
  Published<std::shared_ptr<const WitnessUrls>> witness_urls = {};
  // From the file, while the ledger here is behind it; of the thread that starts, then of the disk's.
  std::optional<NetworkState> members = {};

  // In the order of construction; destroyed the other way round.
  std::unique_ptr<Database> database = {};
  std::unique_ptr<LogStore> log_store = {};
  std::unique_ptr<LedgerStore> ledger = {};
  std::unique_ptr<Verification> verification = {};
  std::unique_ptr<HttpApi> api = {};
  std::unique_ptr<HttpServer> http = {};
  std::array<ThreadExecutor, query_threads> query_executors = {};
  std::unique_ptr<QueryWorkers> query_workers = {};
  std::unique_ptr<ThreadExecutor> service = {};
  std::unique_ptr<PeerIntake> intake = {};  // of what is worked on there
  std::unique_ptr<ThreadExecutor> witness_thread = {};
  std::unique_ptr<WitnessClient> witness_client = {};
  std::unique_ptr<WitnessFeed> witness_feed = {};
  std::unique_ptr<Submission> submission = {};
  std::unique_ptr<LeadRequests> lead_requests = {};
  std::unique_ptr<StateWatch> state_watch = {};
  std::unique_ptr<Checkpointer> checkpointer = {};
  std::unique_ptr<LedgerMachine> machine = {};
  std::unique_ptr<ThreadExecutor> scrub_thread = {};
  std::unique_ptr<LogServer> log_server = {};
  std::unique_ptr<Scrubber> scrubber = {};
  std::unique_ptr<WholeLogMachine> whole_log_machine = {};
  std::unique_ptr<Replica> replica = {};
  // Of a node that joins, until its replica starts.
  std::atomic<bool> joining = false;
  LogStore::Restored restored = {};
  std::unique_ptr<ThreadExecutor> join_thread = {};
  std::unique_ptr<Messenger> messenger = {};
  std::unique_ptr<Joiner> joiner = {};

  Result<void> open_storage();
  Result<void> enter_recoveries(std::unique_ptr<LogStore> opened);
  Result<void> apply_genesis();
  void make_services(std::optional<CheckpointMark> mark);
  void make_submission();
  Result<void> make_replica();
  Result<TlsOptions> tls_options();
  ReplicaHooks hooks();
  Result<void> serve_http();
  ApiServices services();
  NodeStatus status() const;
  Result<void> on_block(const BlockNotice& notice);
  void on_app(const NodeId& from, std::uint8_t kind, Bytes bytes);
  void to_service(const NodeId& from, PeerKind kind, Bytes bytes);
  void stop();

  // node_cosigning.cc
  Result<std::optional<CheckpointMark>> load_mark(const LogStore::Restored& found);
  void make_checkpointer(std::optional<CheckpointMark> mark);

  // node_join.cc
  Result<void> begin(LogStore::Restored found);
  Result<void> start_replica(LogStore::Restored found);
  Result<void> begin_joining(LogStore::Restored found);
  void joined(bool fetched);
  void stop_joining();
  void read_index(Replica::ReadIndex callback);
  JoinStatus join_figures() const;

  // node_network.cc
  Result<void> read_network();
  MembershipPlan plan() const;
  Result<CosignerSet> cosigners_at(TreeSize size) const;
  Result<void> network_changed(const Applied& applied);
  void make_lead_requests();
  void make_state_watch();

  // node_witnesses.cc
  void make_witness_feed();
  void use_witnesses(const WitnessUrls& urls);
  void warn_of_witnesses() const;

  // node_reload.cc
  void look_at_disk();
  void watch_disk();
  void use_certificate(const HttpTls& certificate);
  void warn_of_expiry();
  void watch_certificate();
  Result<void> make_scrubber();
  Result<ConfigChange> reload(const Config& next);
  void apply(const Config& changed);
};

}  // namespace anta
