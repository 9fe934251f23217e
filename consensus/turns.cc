#include "consensus/turns.h"

#include <array>
#include <utility>
#include <variant>

#include "crypto/secret.h"
#include "storage/write_mutant.h"

namespace anta {
namespace {

using std::chrono::milliseconds;

// An apply that reads from the log covers at most this many entries, so that its progress is seen.
constexpr std::uint64_t apply_read_entries_max = 4096;

std::uint64_t drawn_seed() {
  std::array<std::uint8_t, 8> drawn = {};
  random_bytes(drawn);
  std::uint64_t seed = 0;
  for (const std::uint8_t byte : drawn)
    seed = seed << 8 | byte;
  return seed;
}

raft::Options core_options(const ReplicaOptions& given) {
  raft::Options core;
  core.self = given.self;
  core.recovery_epoch = given.recoveries.size();
  core.cluster = cluster_of(given.cluster, given.recoveries);
  for (const Recovery& recovery : given.recoveries) {
    const LogEntry entry = entry_of(recovery);
    core.recoveries.push_back({entry.index, entry.hash});
  }
  core.seed = given.seed.value_or(drawn_seed());
  core.heartbeat_ticks = static_cast<std::uint32_t>(given.heartbeat / given.tick);
  core.election_ticks = static_cast<std::uint32_t>(given.election / given.tick);
  core.read_ticks = static_cast<std::uint32_t>(given.read_timeout / given.tick);
  core.window_messages = given.window_messages;
  core.window_bytes = given.window_bytes;
  core.append_bytes_max = given.append_bytes_max;
  core.uncommitted_bytes_max = given.uncommitted_bytes_max;
  core.tail_bytes_max = given.tail_bytes_max;
  return core;
}

Result<raft::Restored> core_restored(LogStore::Restored found, const ReplicaOptions& options,
                                     LogIndex applied) {
  raft::Restored restored;
  restored.hard_state = {found.hard_state.term, found.hard_state.vote, found.hard_state.commit};
  if (found.configurations.size() < LogStore::configurations_restored)
    restored.configurations = {{.index = {}, .configuration = options.configuration}};
  for (const LogEntry& entry : found.configurations) {
    auto record = raft::decode_configuration(*entry.payload);
    if (!record) return fail(Code::corrupt, "replica.configuration", record.error().message);
    restored.configurations.push_back({entry.index, std::move(record->configuration)});
  }
  for (const LogStore::TermRun& run : found.terms)
    restored.terms.push_back({run.first, run.term});
  restored.last = found.last;
  restored.applied = applied;
  restored.recent = std::move(found.recent);
  return restored;
}

ClockGuard::Limits clock_limits(const ReplicaOptions& options) {
  // A refused leader is told at every append; notices from before two elections are another story.
  return {options.block_time_ahead_max.count(),
          static_cast<std::uint64_t>(4 * options.election / options.tick),
          static_cast<std::uint64_t>(options.clock_penalty / options.tick)};
}

}  // namespace

Error stopping_error() { return Error{Code::busy, "replica.stopping", "this node is stopping"}; }

Error log_repairing_error() {
  return Error{Code::busy, "", "the node that leads is repairing its log; nothing was recorded"};
}

Error disk_reserve_error() {
  return Error{Code::busy, "disk_reserve",
               "the disk of the node that leads is almost full; nothing was recorded"};
}

Turns::Turns(ReplicaOptions given, LogStore& log_store, StateMachine& state_machine, ReplicaHooks given_hooks,
             Post post_work)
    : options(std::move(given)),
      hooks(std::move(given_hooks)),
      log(log_store),
      machine(state_machine),
      post(std::move(post_work)),
      guard(clock_limits(options), options.configuration),
      plan(options.plan),
      cluster(cluster_of(options.cluster, options.recoveries)),
      disk(
          log_store, state_machine, [this](DiskReport report) { reported(std::move(report)); },
          hooks.on_applied) {}

Result<void> Turns::check(const LogStore::Restored& restored) const {
  if (options.tick.count() <= 0 || options.heartbeat < options.tick ||
      options.election < 2 * options.heartbeat)
    return fail(Code::malformed, "replica.times", "needs tick <= heartbeat <= election / 2");
  if (!options.configuration.valid())
    return fail(Code::malformed, "replica.configuration", "the genesis' configuration is none");
  if (!options.plan.wanted.valid() || options.plan.wanted.joint())
    return fail(Code::malformed, "replica.plan", "the members that there should be contradict each other");
  if (machine.applied() > restored.last)
    return fail(Code::corrupt, "replica.applied",
                "entry " + std::to_string(machine.applied().value) + " is applied, but the log ends at " +
                    std::to_string(restored.last.value));
  return {};
}

Result<void> Turns::begin(LogStore::Restored restored, std::unique_ptr<Transport> made) {
  transport = std::move(made);
  applied = handed = machine.applied();
  if (restored.amnesiac) {
    amnesia = Amnesia(restored.watermark);
    say(LogLevel::warning, "amnesia", {{"watermark", std::to_string(restored.watermark.value)}});
  }
  Result<raft::Restored> found = core_restored(std::move(restored), options, applied);
  if (!found) return pass(found);
  core = std::make_unique<raft::Raft>(core_options(options), std::move(*found));
  role.term = core->status().term;
  guard.set_configuration(core->status().configuration.configuration);
  TransportHandlers handlers;
  handlers.on_message = [this](raft::Message message) { received(std::move(message)); };
  handlers.on_app = [this](const NodeId& from, std::uint8_t kind, Bytes bytes) {
    received_app(from, kind, std::move(bytes));
  };
  handlers.on_peer = [this](const NodeId& peer, bool up) { peer_changed(peer, up); };
  if (auto listening = transport->start(std::move(handlers)); !listening) return listening;
  connect_members();
  disk.start();
  reader.start("anta-reader");
  publish();
  return {};
}

void Turns::shut() {
  stopping = true;
  transport->stop();
  fail_callbacks(stopping_error());
  publish();
}

void Turns::join() {
  disk.stop();
  reader.stop();
}

void Turns::reported(DiskReport report) {
  post([this, report = std::move(report)]() mutable { take_report(std::move(report)); });
}

void Turns::fail_callbacks(const Error& why) {
  reads.fail_all(why);
  for (const Replica::Done& callback : std::exchange(marks, {})) {
    if (callback) callback(tl::unexpected<Error>(why));
  }
  end_handover(tl::unexpected<Error>(why));
  if (handed_over != nullptr) std::exchange(handed_over, nullptr)->set_value();
}

void Turns::fatal(const Error& error) {
  if (failed) return;
  failed = error;
  disk.abandon();
  transport->stop();
  say(LogLevel::error, "fatal",
      {{"code", std::string(name(error.code))}, {"rule", error.rule}, {"reason", error.message}});
  fail_callbacks(error);
  publish();
  if (hooks.on_fatal) hooks.on_fatal(error);
}

// The core stops too, so that nothing of it can ever leave again.
void Turns::disk_died(const Error& why) {
  std::ignore = core->step(raft::PersistFailed{why.message});
  fatal(why);
}

// ---- one turn ----

void Turns::turn(raft::Event event) {
  if (!running()) return;
  raft::Output out = core->step(std::move(event));
  perform(out);
}

// The order is that of replica.h.
void Turns::perform(raft::Output& out) {
  trace(out.trace);
  if (out.stop) return fatal(out.stop->error);
  if (ANTA_WRITE_MUTANT(applied_before_durable) && out.persist && !out.persist->entries.empty()) {
    handed = out.persist->entries.back().index;
    disk.apply({out.persist->entries.front().index, handed, out.persist->entries});
  }
  if (out.persist) disk.persist(std::move(*out.persist));
  // Before the messages: what is sent is judged by the role of now.
  if (out.role) role = *out.role;
  for (raft::Message& message : out.messages)
    send(std::move(message));
  for (const raft::LoadRequest& request : out.loads)
    load(request);
  if (out.commit > commit) {
    commit = out.commit;
    maybe_end_amnesia();
    hand_over_commits();
  }
  if (out.configuration) configuration_changed(*out.configuration);
  if (out.proposal) proposal = std::move(out.proposal);
  if (out.transfer) transfer_begun = std::move(out.transfer);
  for (raft::FinishedRead& read : out.reads)
    reads.finish(read.read, std::move(read.index), ANTA_WRITE_MUTANT(read_before_applied) ? commit : applied);
  if (out.role) changed_role(*out.role);
}

void Turns::trace(const std::vector<raft::TraceRecord>& records) {
  using raft::Transition;
  for (const raft::TraceRecord& record : records) {
    if (record.what == Transition::became_candidate) ++counts.elections;
    if (record.what == Transition::became_leader) ++counts.leaderships;
    if (record.what == Transition::transfer_given_up) gave_up(record);
    const bool grave = record.what == Transition::disk_stalled || record.what == Transition::stopped ||
                       record.what == Transition::malformed_message_dropped ||
                       record.what == Transition::peer_lost_acknowledged ||
                       record.what == Transition::peer_amnesiac || record.what == Transition::quorum_lost;
    const bool noted = record.what == Transition::suffix_truncated ||
                       record.what == Transition::transfer_started ||
                       record.what == Transition::transfer_given_up;
    if (!grave && !noted) continue;  // role changes have their own line, the rest is traffic
    say(grave ? LogLevel::warning : LogLevel::info, raft::name(record.what),
        {{"term", std::to_string(record.term.value)},
         {"index", std::to_string(record.index.value)},
         {"peer", record.peer.value}});
  }
}

void Turns::changed_role(const raft::RoleChange& change) {
  say(LogLevel::info, "role",
      {{"role", raft::name(change.role)},
       {"term", std::to_string(change.term.value)},
       {"leader", change.leader ? change.leader->value : ""},
       {"in_office", change.in_office ? "true" : "false"}});
  maybe_end_amnesia();
  publish();
  if (change.in_office) office_commit = commit;
  if (change.role != raft::Role::leader) applied_there.clear();
  if (hooks.on_role) hooks.on_role(change);
  follow_handover(change);
}

void Turns::send(raft::Message message) {
  if (disk.failed() || guard.mutes(message, role.role)) return;
  if (takes_no_office() && std::holds_alternative<raft::VoteRequest>(message.body)) return;
  if (amnesia.suffers()) mark_amnesiac(message);
  if (auto* reply = std::get_if<raft::HeartbeatReply>(&message.body)) reply->applied = applied;
  const NodeId to = message.to.id;
  const bool append = std::holds_alternative<raft::Append>(message.body);
  if (transport->send(std::move(message)) || !append) return;
  if (const auto known = peers.find(to); known == peers.end() || !known->second) return;
  // Its queue is full, and the core takes the append for sent. Told once this turn is over, and once for all
  // that it dropped: the leader then asks, small, instead of sending more into a full queue.
  if (!overfull.insert(to).second) return;
  post([this, to] {
    overfull.erase(to);
    turn(raft::PeerUnreachable{to});
  });
}

void Turns::load(const raft::LoadRequest& request) {
  ++counts.loads;
  reader.post([this, request] {
    auto read = log.read(request.from, request.to, request.bytes_max);
    post([this, request, read = std::move(read)]() mutable {
      if (!read && load_failed_at != request.from.value) {
        load_failed_at = request.from.value;
        say(LogLevel::error, "log_read_failed",
            {{"index", std::to_string(request.from.value)}, {"reason", read.error().message}});
      }
      turn(
          raft::EntriesLoaded{request.peer, request.from, read ? std::move(*read) : std::vector<LogEntry>{}});
    });
  });
}

// ---- committed entries, to the disk thread ----

void Turns::hand_over_commits() {
  if (reading_commits || handed >= commit || !running()) return;
  if (hand_over_from_memory() || handed_bytes > 0) return;
  // Left memory long ago: after a restart, or far behind. Read where it is applied, nothing else meanwhile.
  const LogIndex to = std::min(commit, handed.plus(apply_read_entries_max));
  disk.apply({handed.next(), to, {}});
  handed = to;
  reading_commits = true;
}

bool Turns::hand_over_from_memory() {
  ApplyJob job;
  job.from = handed.next();
  while (handed < commit && handed_bytes < options.unapplied_bytes_max) {
    const LogEntry* entry = core->find_entry(handed.next());
    if (entry == nullptr) break;
    job.entries.push_back(*entry);
    handed_bytes += entry->size();
    handed = handed.next();
  }
  if (job.entries.empty()) return false;
  job.to = handed;
  disk.apply(std::move(job));
  return true;
}

void Turns::take_report(DiskReport report) {
  if (!running()) return;
  if (report.failed) return disk_died(*report.failed);
  for (std::uint64_t i = 0; i < report.marks_written; ++i) {
    const Replica::Done callback = std::move(marks.front());
    marks.pop_front();
    if (callback) callback({});
  }
  if (report.persisted) turn(raft::Persisted{*report.persisted});
  if (!report.applied || !running()) return;
  applied = *report.applied;
  handed_bytes -= report.applied_bytes;
  if (applied >= handed) reading_commits = false;
  turn(raft::Applied{applied});
  if (!running()) return;
  reads.note_applied(applied);
  hand_over_commits();
}

// ---- time ----

void Turns::tick() {
  ++ticks;
  // A flush or compaction that failed is nobody's answer: an idle node would not notice.
  if (running()) {
    if (auto dead = log.failure()) disk_died(*dead);
  }
  guard.tick();
  turn(raft::Tick{});
  maybe_end_amnesia();  // also where nothing is committed any more
  if (ticks % static_cast<std::uint64_t>(options.heartbeat / options.tick) == 0) {
    pursue_plan();
    if (running() && members != core->status().peers.size()) connect_members();  // a removed node was told
  }
  reads.expire(ticks);
  expire_handovers();
  publish();
}

// ---- the owner's wishes ----

void Turns::propose(std::shared_ptr<const Bytes> payload, Millis time, const Replica::Proposed& callback) {
  ++counts.proposals;
  proposal = tl::unexpected<Error>(Error{Code::busy, "clock", "this node's clock is refused by a majority"});
  if (!running()) {
    proposal = tl::unexpected<Error>(why_not());
  } else if (commit.value - applied.value > options.unapplied_entries_max) {
    proposal = tl::unexpected<Error>(
        Error{Code::busy, "unapplied_entries_max", "too many committed blocks wait to be applied"});
  } else if (role.role == raft::Role::leader && repairing()) {
    proposal = tl::unexpected<Error>(log_repairing_error());
  } else if (role.role == raft::Role::leader && options.disk_low && options.disk_low()) {
    proposal = tl::unexpected<Error>(disk_reserve_error());
  } else if (!guard.deafens(role.role)) {
    turn(raft::ProposeBlock{std::move(payload), time});
    if (failed) proposal = tl::unexpected<Error>(*failed);
  }
  const Result<raft::Proposed> answer = *std::exchange(proposal, std::nullopt);
  if (!answer) ++counts.proposals_refused;
  if (callback) callback(answer);
}

void Turns::read_index(Replica::ReadIndex callback) {
  ++counts.reads;
  if (!running()) return callback(tl::unexpected<Error>(why_not()));
  const auto deadline = ticks + static_cast<std::uint64_t>(options.read_timeout / options.tick);
  turn(raft::ReadRequest{reads.add(std::move(callback), deadline)});
}

void Turns::mark(Bytes bytes, Replica::Done callback) {
  if (!running()) {
    if (callback) callback(tl::unexpected<Error>(why_not()));
    return;
  }
  marks.push_back(std::move(callback));
  disk.mark(std::move(bytes));
}

void Turns::send_app(const NodeId& peer, std::uint8_t kind, Bytes bytes, const Replica::Done& callback) {
  auto sent = running() ? transport->send_app(peer, kind, std::move(bytes))
                        : Result<void>(tl::unexpected<Error>(why_not()));
  if (callback) callback(std::move(sent));
}

void Turns::publish() {
  const raft::Status now = core->status();
  ReplicaStatus shown;
  shown.role = now.role;
  shown.term = now.term;
  shown.leader = now.leader;
  shown.in_office = now.in_office;
  shown.commit = now.commit;
  shown.leader_commit =
      leader_commit.first == now.term ? std::max(leader_commit.second, now.commit) : now.commit;
  shown.applied = applied;
  shown.persisted = now.persisted;
  shown.last = now.last;
  shown.amnesiac = amnesia.suffers();
  shown.clock_refused = guard.refused();
  shown.stopped = stopping || failed;
  shown.recovery_epoch = options.recoveries.size();
  shown.configuration = now.configuration;
  for (const auto& [id, up] : peers) {
    ReplicaPeer peer;
    peer.id = id;
    peer.up = up;
    if (const auto said = applied_there.find(id); said != applied_there.end()) peer.applied = said->second;
    for (const raft::PeerStatus& known : now.peers) {
      if (known.id != id) continue;
      peer.match = known.match;
      peer.active = known.active;
    }
    shown.peers.push_back(std::move(peer));
  }
  status.set(std::move(shown));
  counts.transport = transport->metrics();
  metrics.set(counts);
}

ReplicaMetrics Turns::shown_metrics() const {
  ReplicaMetrics shown = metrics.get();
  const DiskWorker::Counters& written = disk.counters();
  shown.batches = written.batches.load(std::memory_order_relaxed);
  shown.syncs = written.syncs.load(std::memory_order_relaxed);
  shown.writes = written.writes.load(std::memory_order_relaxed);
  shown.entries_written = written.entries.load(std::memory_order_relaxed);
  shown.bytes_written = written.bytes.load(std::memory_order_relaxed);
  shown.blocks_applied = written.blocks_applied.load(std::memory_order_relaxed);
  return shown;
}

}  // namespace anta
