// How lives of nodes begin and end, in the order in which node/node.cc makes one.
#include <algorithm>
#include <utility>

#include "storage/ledger/law.h"
#include "tests/sim/level_b/cluster.h"
#include "tests/sim/level_b/statements.h"

namespace anta::sim {

namespace {

constexpr std::uint64_t rot_reach = 400;  // bytes from the log's end: some of the newest records

}  // namespace

// The links: what the node sends goes to the cluster.
class StoreTransport final : public Transport {
 public:
  StoreTransport(StoreCluster& cluster, std::size_t node) : cluster_(cluster), node_(node) {}
  Result<void> start(TransportHandlers handlers) override {
    cluster_.nodes_[node_]->life->handlers = std::move(handlers);
    return {};
  }
  void stop() override {}
  Result<void> set_peers(std::vector<TransportPeer> peers) override {
    const TransportHandlers& handlers = cluster_.nodes_[node_]->life->handlers;
    for (const TransportPeer& peer : peers)
      handlers.on_peer(peer.id, true);
    return {};
  }
  bool send(raft::Message message) override { return cluster_.send(node_, std::move(message)); }
  Result<void> send_app(const NodeId& peer, std::uint8_t kind, Bytes bytes) override {
    return cluster_.send_app(node_, peer, kind, std::move(bytes));
  }
  TransportMetrics metrics() const override { return {}; }

 private:
  StoreCluster& cluster_;
  std::size_t node_;
};

void StoreCluster::watch_disk(std::size_t node) {
  StoreNode& n = *nodes_[node];
  MemoryDisk::Watch watch;
  watch.on_append = [this, node](const std::string& wal, ByteView bytes) {
    for (const Changes& batch : nodes_[node]->stored.appended(wal, bytes))
      judge_->on_written(node, batch);
  };
  watch.before_sync = [this, node] { nested(node); };
  watch.on_synced = [this, node](const std::string& wal, std::uint64_t bytes) {
    nodes_[node]->stored.synced(wal, bytes);
  };
  watch.on_removed = [this, node](const std::string& name) {
    if (name.ends_with(".log")) nodes_[node]->stored.removed(name);
    if (name == Database::amnesia_file) judge_->on_amnesia_file(node, false);
  };
  watch.on_named = [this, node](const std::string& name, ByteView content) {
    if (name == "watermark") judge_->on_watermark(node, content);
    if (name == Database::amnesia_file) judge_->on_amnesia_file(node, true);
  };
  n.disk.watch(std::move(watch));
  n.threads.on_post = [this, node](VirtualThread& thread) {
    StoreNode& at = *nodes_[node];
    if (thread.planned) return;
    thread.planned = true;
    const auto place = static_cast<std::uint64_t>(
        std::find(at.threads.all.begin(), at.threads.all.end(), &thread) - at.threads.all.begin());
    const Time wait = order_random_.between(1, plan_.disk_max) * (now_ < at.disk_slow_until ? 20 : 1);
    schedule(now_ + wait, Kind::thread, node, place);
  };
}

ReplicaOptions StoreCluster::replica_options(std::size_t node) const {
  const StoreNode& n = *nodes_[node];
  ReplicaOptions options;
  options.self = {n.id, 1};
  options.cluster = sha256(statements().genesis_bytes);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    options.configuration.voters.push_back({nodes_[i]->id, 1});
    TransportPeer peer;
    peer.id = nodes_[i]->id;
    if (i != node) options.plan.peers.push_back(peer);
  }
  options.plan.wanted = options.configuration;
  options.heartbeat = plan_.heartbeat;
  options.election = std::chrono::milliseconds(100);
  options.read_timeout = std::chrono::milliseconds(500);
  options.clock_penalty = std::chrono::milliseconds(1000);
  options.seed = plan_.seed * 1000003 + node * 101 + n.lives * 10007;
  options.append_bytes_max = plan_.network.limits.append_bytes_max * 4;
  options.window_messages = plan_.network.limits.window_messages;
  options.window_bytes = plan_.network.limits.window_bytes * 8;
  options.tail_bytes_max = plan_.network.limits.tail_bytes_max;
  options.clock = [this, node] {
    return Millis{statements().time.value + static_cast<std::int64_t>(now_) + nodes_[node]->clock_ahead};
  };
  return options;
}

ReplicaHooks StoreCluster::replica_hooks(std::size_t node) {
  ReplicaHooks hooks;
  hooks.on_fatal = [this, node](const Error& why) {
    nodes_[node]->fatal = why;
    const bool new_law =
        why.rule == "law_version" && nodes_[node]->older && plan_.has(StoreFault::law_raised);
    if (new_law) counts_.count(StoreEvent::stopped_before_new_law);
    const bool expected = why.code == Code::io || nodes_[node]->disk.off() || new_law;
    if (!expected) failure_ = nodes_[node]->id.value + ": stopped: " + why.rule + ": " + why.message;
  };
  hooks.log = [this, node](LogLevel, std::string_view event, std::initializer_list<LogField>) {
    if (event == "append_dropped_clock") counts_.count(StoreEvent::append_refused_by_clock);
    note(node, std::string(event).c_str());
  };
  return hooks;
}

Result<void> StoreCluster::open(std::size_t node, StoreLife& life, LogStore::Restored& found) {
  StoreNode& n = *nodes_[node];
  DatabaseOptions options;
  options.directory = "/db";
  options.network = sha256(statements().genesis_bytes);
  options.node = n.id;
  options.memory_budget_bytes = 8u << 20;
  options.opening_threads = 1;
  options.env = n.disk.env();
  auto database = Database::open(options);
  if (!database) return pass(database);
  life.database = std::move(*database);
  const auto wals = n.disk.wals();
  n.stored.opened(wals.empty() ? std::string() : wals.rbegin()->first);
  auto log = LogStore::open(*life.database);
  if (!log) return pass(log);
  life.log = std::move(*log);
  found = life.log->recover();
  judge_->on_started(node, found, n.damaged);
  auto ledger = LedgerStore::open(*life.database, *life.log);
  if (!ledger) return pass(ledger);
  life.ledger = std::move(*ledger);
  if (!life.ledger->applied()) {
    const Genesis& genesis = statements().genesis;
    auto effects = genesis_effects(genesis);
    if (!effects) return pass(effects);
    auto applied = life.ledger->apply_genesis(statements().genesis_bytes, genesis.created, effects->changes);
    if (!applied) return pass(applied);
  }
  life.machine = std::make_unique<LedgerMachine>(
      *life.ledger, verification_,
      [this, node](const BlockNotice& notice) -> Result<void> {
        answered(node, notice);
        return {};
      },
      law_version_known + (n.older ? 0 : 1));
  return {};
}

// What the node tells its clients of a block.
void StoreCluster::answered(std::size_t node, const BlockNotice& notice) {
  counts_.count(StoreEvent::block_applied);
  if (law_raised_ && notice.applied.index > *law_raised_) counts_.count(StoreEvent::applied_under_new_law);
  static const Digest raises = sha256(*statements().new_law.back());
  for (const Decision& decision : notice.decisions) {
    note(node, decision.answer ? "decided" : decision.answer.error().rule.c_str(),
         notice.applied.index.value);
    if (!decision.answer || nodes_[node]->disk.off()) continue;
    counts_.count(StoreEvent::statement_answered);
    founded_ = founded_ || decision.statement == statements().last_of_founding;
    if (decision.statement == raises && decision.answer->accepted) law_raised_ = decision.answer->block;
    judge_->on_acknowledged(node, decision.answer->block, decision.statement);
  }
}

Hello StoreCluster::hello_of(std::size_t node) const {
  const StoreNode& n = *nodes_[node];
  const auto newest = static_cast<std::uint16_t>(n.older ? peer_protocol_max - 1 : peer_protocol_max);
  return {peer_protocol_min, newest, sha256(statements().genesis_bytes), n.id, 1};
}

Result<std::uint16_t> StoreCluster::agreed_version(std::size_t node, std::size_t other) const {
  return agree_on(hello_of(node), hello_of(other), nodes_[other]->id, 1);
}

void StoreCluster::start(std::size_t node) {
  StoreNode& n = *nodes_[node];
  if (n.older && nemesis_random_.chance(300)) n.older = false;  // upgraded
  enter(node);
  ++n.lives;
  if (n.lives > 1) counts_.count(StoreEvent::restarted);
  n.life = std::make_unique<StoreLife>();
  StoreLife& life = *n.life;
  if (!healed_ && plan_.has(StoreFault::power_cut_within) && nemesis_random_.chance(150))
    n.disk.cut_after(nemesis_random_.between(1, 80));
  LogStore::Restored found;
  Result<void> step = open(node, life, found);
  if (life.log) n.began_amnesiac = found.amnesiac;
  if (step && found.amnesiac) counts_.count(StoreEvent::opened_as_amnesiac);
  note(node, "start", found.last.value, found.hard_state.term.value);
  if (step) {
    life.turns = std::make_unique<Turns>(replica_options(node), *life.log, *life.machine, replica_hooks(node),
                                         [this, node](std::function<void()> work) {
                                           nodes_[node]->loop.push_back(std::move(work));
                                           schedule(now_ + order_random_.below(2), Kind::loop, node);
                                         });
    step = life.turns->check(found);
  }
  if (step) step = life.turns->begin(std::move(found), std::make_unique<StoreTransport>(*this, node));
  if (step) {
    n.damaged = false;
    schedule(now_ + order_random_.between(1, 10), Kind::tick, node);
    return;
  }
  note(node, step.error().message.c_str());
  if (n.disk.off()) {
    counts_.count(StoreEvent::cut_while_starting);
    return crash(node, true);
  }
  if (step.error().code == Code::io) return crash(node, true);  // a sync that failed
  judge_->on_refused(node, step.error(), n.damaged);
  counts_.count(StoreEvent::start_refused);
  note(node, "refused");
  n.refused = true;
  n.disk.cut_power();  // so that closing writes nothing
  n.life.reset();
}

// Enough others still know what they promised that one more may forget.
bool StoreCluster::may_damage() const {
  const auto lost =
      static_cast<std::size_t>(std::count_if(nodes_.begin(), nodes_.end(), [](const auto& node) {
        return node->refused || node->damaged || node->amnesiac();
      }));
  return !healed_ && (lost + 1) * 2 < nodes_.size();
}

Tear StoreCluster::draw_tear() {
  const Tear drawn = static_cast<Tear>(nemesis_random_.below(5));
  return drawn >= Tear::zeros && !may_damage() ? Tear::shortened : drawn;
}

void StoreCluster::crash(std::size_t node, bool power) {
  StoreNode& n = *nodes_[node];
  enter(node);
  note(node, power ? "power_cut" : "killed", n.disk.operations());
  const bool was_amnesiac = n.began_amnesiac = n.amnesiac();
  n.disk.cut_power();  // closing its files writes nothing
  n.life.reset();
  n.loop.clear();
  n.fatal.reset();
  n.sends_left = 0;
  ++n.lives;
  bool damaged = n.damaged;
  if (power) {
    const Tear tear = was_amnesiac ? Tear::shortened : draw_tear();
    if (n.disk.power_on(nemesis_random_, tear)) counts_.count(StoreEvent::unsynced_bytes_lost);
    if (tear == Tear::shortened) counts_.count(StoreEvent::log_torn_short);
    if (tear == Tear::zeros) counts_.count(StoreEvent::log_torn_with_zeros);
    if (tear == Tear::flipped) counts_.count(StoreEvent::log_torn_by_a_bit);
    damaged = damaged || tear >= Tear::zeros;
  } else {
    n.disk.process_ended();
  }
  using Damage = StoredDisk::Damage;
  const Damage before = n.stored.restarted(n.disk.wals());
  // Only after a power cut: what is left is all synced then, so that what rots was promised.
  const bool rots = power && before == Damage::none && plan_.has(StoreFault::synced_bytes_rot) &&
                    !was_amnesiac && may_damage() && nemesis_random_.chance(300) &&
                    n.disk.rot(nemesis_random_, rot_reach);
  const Damage after = rots ? n.stored.restarted(n.disk.wals()) : Damage::none;
  if (after == Damage::looks_short) {  // nobody can tell it from a torn record
    n.disk.mend();
    n.stored.restarted(n.disk.wals());
  }
  n.damaged = damaged || after == Damage::visible;
  if (after == Damage::visible) {
    counts_.count(StoreFault::synced_bytes_rot);
    judge_->on_rot(node);
  }
  judge_->on_dead(node, n.disk.content("watermark"));
  if (!n.dead) schedule(now_ + nemesis_random_.between(5, 400), Kind::restart, node);
}

}  // namespace anta::sim
