#include "tests/sim/world.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace anta::sim {
namespace {

constexpr std::size_t archive_max = 200;

// Ticks after which a leader whose disk finishes nothing must have gone: the rule's time, and one election
// timeout for the transfer, with a little slack.
std::uint64_t stall_limit(const raft::Options& options) {
  return std::uint64_t{options.disk_stall_elections + 1} * options.election_ticks + 3;
}

std::shared_ptr<const Bytes> operation_payload(std::uint64_t operation, std::size_t filler) {
  auto payload = std::make_shared<Bytes>(sizeof operation + filler);
  std::memcpy(payload->data(), &operation, sizeof operation);
  return payload;
}

}  // namespace

World::World(const Plan& plan, bool trace, bool history)
    : plan_(plan),
      trace_(trace),
      nodes_(plan.nodes + plan.spares),
      network_(plan_, counts_),
      disk_random_(plan.seed, 3),
      client_random_(plan.seed, 4),
      nemesis_random_(plan.seed, 5) {
  std::vector<NodeId> ids;
  std::vector<const Disk*> disks;
  raft::Configuration genesis;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].member = {NodeId{"n" + std::to_string(i + 1)}, 1};
    ids.push_back(nodes_[i].member.id);
    disks.push_back(&nodes_[i].disk);
    if (i < plan.nodes) genesis.voters.push_back(nodes_[i].member);
  }
  checker_ = std::make_unique<Checker>(std::move(ids), std::move(disks), genesis);
  if (history) history_ = std::make_unique<History>(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    start(i);
  schedule(1, Kind::client, 0);
  schedule(plan_.nemesis_max, Kind::nemesis, 0);
}

std::string World::run() {
  for (std::uint64_t i = 0; i < plan_.steps && violation().empty(); ++i) {
    if (!happen()) break;
  }
  if (violation().empty()) failure_ = check_liveness();
  counts_.runs = 1;
  counts_.leader_changes = checker_->leaders() > 0 ? checker_->leaders() - 1 : 0;
  counts_.suffix_truncations = checker_->truncations();
  counts_.committed = checker_->committed();
  counts_.configurations = checker_->configurations();
  return violation();
}

void World::schedule(Time at, Kind kind, std::size_t node, std::uint64_t slot, LogIndex index) {
  events_.push({at, ++sequence_, kind, node, nodes_[node].life, slot, index});
}

bool World::happen() {
  if (events_.empty()) return false;
  const Happening event = events_.top();
  events_.pop();
  now_ = event.at;
  ++counts_.steps;
  dispatch(event);
  return true;
}

void World::dispatch(const Happening& event) {
  SimNode& n = nodes_[event.node];
  if (event.kind == Kind::client) return client();
  if (event.kind == Kind::nemesis) return nemesis();
  if (event.kind == Kind::restart) {
    if (event.life == n.life && !n.core && !n.dead) start(event.node);
    return;
  }
  const bool of_this_life = event.life == n.life && n.core;
  const bool message = event.kind == Kind::deliver;  // a message reaches whatever life it finds
  if (!of_this_life && !message) return;
  if (n.core && now_ < n.paused_until) {  // everything waits, as for a stopped process
    Happening later = event;
    later.at = n.paused_until + 1;
    later.sequence = ++sequence_;
    return events_.push(later);
  }
  switch (event.kind) {
    case Kind::tick: {
      schedule(now_ + n.tick_every * (now_ < n.slow_until ? 3 : 1), Kind::tick, event.node);
      ++n.ticks;
      n.stalled_ticks = n.disk.unsynced() > 0 ? n.stalled_ticks + 1 : 0;
      return step(event.node, raft::Tick{});
    }
    case Kind::deliver: return deliver(event.node, event.slot);
    case Kind::sync_done: return sync_done(event.node);
    case Kind::applied: {
      n.applied = std::max(n.applied, event.index);
      return step(event.node, raft::Applied{event.index});
    }
    case Kind::loaded: {
      auto loaded = loading_.extract(event.slot);
      if (!loaded.empty()) step(event.node, std::move(loaded.mapped()));
      return;
    }
    default: return;
  }
}

void World::start(std::size_t node) {
  SimNode& n = nodes_[node];
  ++n.life;
  const Durable& durable = n.disk.durable();
  raft::Restored restored;
  restored.hard_state = durable.hard_state;
  checker_->on_start(node);
  restored.configurations = checker_->configurations_of(node);
  if (restored.configurations.size() > 3)  // the newest, as the shell gives them
    restored.configurations.erase(restored.configurations.begin(), restored.configurations.end() - 3);
  restored.last = LogIndex{durable.log.size()};
  restored.applied = durable.applied;
  for (const LogEntry& entry : durable.log) {
    const bool same = !restored.terms.empty() && restored.terms.back().term == entry.header.term;
    if (!same) restored.terms.push_back({entry.index, entry.header.term});
  }
  const std::size_t recent = std::min<std::size_t>(durable.log.size(), plan_.recent_entries);
  restored.recent.assign(durable.log.end() - static_cast<std::ptrdiff_t>(recent), durable.log.end());

  raft::Options options = plan_.limits;
  options.self = n.member;
  options.cluster.bytes[0] = 7;
  options.seed = plan_.seed * 1000003 + node * 101 + n.life * 10007;
  n.tick_every = tick_units + disk_random_.below(3);
  n.applied = durable.applied;
  n.commit = LogIndex{};
  n.began_with = LogIndex{durable.log.size()};
  n.reads.clear();
  n.role = {};
  n.stalled_ticks = 0;
  n.ticks = 0;
  n.heard.assign(nodes_.size(), 0);
  n.runs.assign(nodes_.size(), {});
  n.reads_asked = 0;
  n.armed.reset();
  n.core = std::make_unique<raft::Raft>(options, std::move(restored));
  n.configuration = n.core->status().configuration;
  n.counts_by_it_since = 0;
  note(node, "start", durable.log.size(), durable.hard_state.term.value);
  schedule(now_ + disk_random_.between(1, n.tick_every), Kind::tick, node);
}

// A crash leaves what was synced, and of the rest what happened to reach the disk.
void World::crash(std::size_t node, Fault why) {
  SimNode& n = nodes_[node];
  if (!n.core) return;
  counts_.count(why);
  note(node, name(why));
  n.core.reset();
  if (history_) history_->died(node);
  ++n.life;
  n.armed.reset();
  for (std::size_t left = n.disk.survivors(disk_random_); left > 0; --left)
    make_durable(node);
  if (n.disk.unsynced() > 0) {
    counts_.count(Fault::unsynced_write_lost);
    if (plan_.has(Fault::torn_batch) && disk_random_.chance(500)) counts_.count(Fault::torn_batch);
  }
  n.disk.lose_unsynced();
  schedule(now_ + disk_random_.between(5, 60 * tick_units), Kind::restart, node);
}

bool World::crash_point(std::size_t node, Fault point) {
  if (nodes_[node].armed != point) return false;
  crash(node, point);
  return true;
}

void World::step(std::size_t node, raft::Event event) {
  SimNode& n = nodes_[node];
  if (n.core) perform(node, n.core->step(std::move(event)));
}

// The order of consensus/raft/events.h: disk, messages, the rest.
void World::perform(std::size_t node, raft::Output output) {
  SimNode& n = nodes_[node];
  for (const raft::TraceRecord& record : output.trace) {
    note(node, raft::name(record.what), record.term.value, record.index.value);
    ++counts_.rules[raft::rule_of(record.what)];
    ++counts_.transitions[static_cast<std::size_t>(record.what)];
  }
  if (output.role) {
    if (output.role->role == raft::Role::leader && n.role.role != raft::Role::leader) n.leads_since = n.ticks;
    n.role = *output.role;
  }
  if (output.stop) {
    checker_->on_stop(node, *output.stop);
    return crash(node, Fault::sync_error);
  }
  if (output.configuration) {
    if (output.configuration->index != n.configuration.index) n.counts_by_it_since = n.ticks;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {  // whoever joins has a window of its own
      if (!n.configuration.configuration.contains(nodes_[i].member.id)) n.runs[i] = {};
    }
    n.configuration = *output.configuration;
  }
  const bool writes = output.persist.has_value();
  // What is committed in this step is judged by the configuration before what this step appends.
  if (output.commit > n.commit) checker_->on_decided(node, output.commit);
  if (writes) checker_->on_handed(node, *output.persist, output.commit);
  if (writes && crash_point(node, Fault::crash_before_write)) return;
  if (writes) n.disk.submit(std::move(*output.persist), n.applied);
  if (writes && crash_point(node, Fault::crash_before_send)) return;
  const bool several = output.messages.size() > 1;
  for (raft::Message& message : output.messages) {
    send(node, std::move(message));
    if (several && crash_point(node, Fault::crash_amid_send)) return;
  }
  if (n.disk.idle() && n.disk.waiting()) start_sync(node);
  tell(node, output);
  answer_loads(node, std::move(output.loads));
}

void World::send(std::size_t node, raft::Message message) {
  ++counts_.messages;
  const std::size_t to = index_of(message.to.id);
  note(node, raft::name(message.body), message.term.value, to);
  checker_->on_send(node, message);
  const bool leads = std::holds_alternative<raft::Heartbeat>(message.body);
  if (leads && nodes_[node].stalled_ticks > stall_limit(plan_.limits))
    failure_ = "rule 15: leads with a dead disk";
  if (leads && !hears_majority(node)) failure_ = "rule 7: leads without hearing a majority";
  if (const auto* append = std::get_if<raft::Append>(&message.body))
    note_append(node, to, message.term, *append);
  const bool keep = nemesis_random_.chance(50);
  if (keep && archive_.size() < archive_max)
    archive_.push_back(message);
  else if (keep)
    archive_[nemesis_random_.below(archive_.size())] = message;
  const auto at = network_.arrival(node, to, now_);
  if (!at) return;
  const std::uint64_t slot = ++sequence_;
  in_flight_.emplace(slot, std::move(message));
  schedule(*at, Kind::deliver, to, slot);
}

void World::deliver(std::size_t node, std::uint64_t slot) {
  auto message = in_flight_.extract(slot);
  SimNode& n = nodes_[node];
  if (message.empty() || !n.core) return;
  const auto* append = std::get_if<raft::Append>(&message.mapped().body);
  if (append && !append->entries.empty() &&
      now_ < n.disk_full_until) {  // the shell's reserve: no promise, no write
    counts_.count(Fault::full_disk);
    return;
  }
  note_heard(node, message.mapped());
  note(node, "receives", message.mapped().term.value, index_of(message.mapped().from.id));
  step(node, raft::Receive{std::move(message.mapped())});
}

void World::start_sync(std::size_t node) {
  SimNode& n = nodes_[node];
  n.disk.start_sync();
  Time takes = disk_random_.between(1, healed_ ? plan_.healed_disk_max : plan_.disk_max);
  if (now_ < n.disk_slow_until) takes *= 10;
  n.sync_ends = std::max(now_ + takes, n.disk_stalled_until);
  schedule(n.sync_ends, Kind::sync_done, node);
}

raft::Token World::make_durable(std::size_t node) {
  checker_->on_durable(node, nodes_[node].disk.next());
  return nodes_[node].disk.finish_one();
}

void World::sync_done(std::size_t node) {
  SimNode& n = nodes_[node];
  if (crash_point(node, Fault::crash_before_sync)) return;
  if (n.armed == Fault::sync_error) {  // what was written may be there or not: crash() decides
    n.armed.reset();
    return step(node, raft::PersistFailed{"sync failed"});
  }
  raft::Token last = {};
  while (n.disk.sync_running())
    last = make_durable(node);
  n.stalled_ticks = 0;
  note(node, "durable", last.value, n.disk.durable().log.size());
  if (crash_point(node, Fault::crash_after_sync)) return;
  if (n.disk.waiting()) start_sync(node);
  step(node, raft::Persisted{last});
}

// What clients and the state machine learn from an output.
void World::tell(std::size_t node, const raft::Output& output) {
  SimNode& n = nodes_[node];
  if (output.commit > n.commit) {
    checker_->on_commit(node, output.commit);
    n.commit = output.commit;
    note(node, "commit", output.commit.value);
    schedule(now_ + disk_random_.between(1, 30), Kind::applied, node, 0, output.commit);
  }
  for (const raft::FinishedRead& finished : output.reads) {
    const auto asked = n.reads.find(finished.read);
    if (asked == n.reads.end()) {
      failure_ = n.member.id.value + ": answered a read that nobody asked";
      return;
    }
    if (finished.index) {
      checker_->on_read(node, asked->second, *finished.index);
      ++counts_.reads_served;
      if (history_) history_->finished(node, finished.read, *finished.index);
    }
    n.reads.erase(asked);
  }
  if (history_ && output.proposal) history_->placed(node, *output.proposal);
  if (history_) history_->committed(node, now_, n.commit, n.disk.durable());
  if (output.proposal && !*output.proposal) ++counts_.proposals_refused;
  if (output.proposal && *output.proposal) check_uncommitted(node, output);
}

void World::answer_loads(std::size_t node, std::vector<raft::LoadRequest> loads) {
  const Durable& durable = nodes_[node].disk.durable();
  for (const raft::LoadRequest& load : loads) {
    raft::EntriesLoaded loaded{load.peer, load.from, {}};
    const bool failed = !healed_ && plan_.has(Fault::load_failed) && disk_random_.chance(200);
    if (failed) counts_.count(Fault::load_failed);
    std::uint64_t bytes = 0;
    for (LogIndex i = load.from; i <= load.to && durable.entry(i) && !failed; i = i.next()) {
      if (!loaded.entries.empty() && bytes + durable.entry(i)->size() > load.bytes_max) break;
      bytes += durable.entry(i)->size();
      loaded.entries.push_back(*durable.entry(i));
    }
    const std::uint64_t slot = ++sequence_;
    loading_.emplace(slot, std::move(loaded));
    schedule(now_ + disk_random_.between(1, 20), Kind::loaded, node, slot);
  }
}

// ---- clients ----

void World::client() {
  schedule(now_ + client_random_.between(1, plan_.client_max), Kind::client, 0);
  std::size_t node = client_random_.below(nodes_.size());
  if (client_random_.chance(700)) {  // mostly they know who leads
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].core && nodes_[i].role.role == raft::Role::leader) node = i;
    }
  }
  if (!nodes_[node].core || now_ < nodes_[node].paused_until) return;
  if (client_random_.chance(30)) read_from_all_who_lead();
  if (client_random_.chance(300)) return read(node);
  propose(node);
}

void World::propose(std::size_t node) {
  const std::uint64_t operation = ++operations_;
  const std::size_t filler = client_random_.below(client_random_.chance(100) ? 2000 : 100);
  if (now_ < nodes_[node].disk_full_until) return counts_.count(Fault::full_disk);  // the shell answers busy
  if (history_) history_->proposed(node, now_, operation);
  step(node,
       raft::ProposeBlock{operation_payload(operation, filler), Millis{static_cast<std::int64_t>(now_)}});
}

void World::read(std::size_t node) {
  const std::uint64_t id =
      ++nodes_[node].reads_asked;  // from 1 in each life: only the session tells them apart
  nodes_[node].reads.emplace(id, checker_->told());
  if (history_) history_->asked(node, now_, id);
  step(node, raft::ReadRequest{id});
}

std::size_t World::index_of(const NodeId& id) const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].member.id == id) return i;
  }
  ANTA_INVARIANT(!"a message to a stranger");
  return 0;
}

void World::note(std::size_t node, const char* what, std::uint64_t a, std::uint64_t b) {
  trace_.note(now_, node, nodes_[node].member.id.value, what, a, b);
}

RunResult run_seed(std::uint64_t seed, const Overrides& overrides, bool trace, bool history) {
  World world(draw_plan(seed, overrides), trace, history);
  RunResult result;
  result.violation = world.run();
  result.counts = world.counts();
  result.trace = world.trace();
  result.history = world.history();
  result.trace_hash = world.trace_hash();
  return result;
}

}  // namespace anta::sim
