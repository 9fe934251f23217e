#include "tests/sim/level_b/cluster.h"

#include <algorithm>
#include <utility>

#include "storage/ledger/block.h"
#include "tests/sim/level_b/statements.h"

namespace anta::sim {
namespace {

constexpr Time tick_ms = 10;
constexpr Time recover_ms = 20'000;  // more than elections, catching up and the end of an amnesia take

Bytes flat(const OutgoingFrame& frame) {
  Bytes bytes = frame.head;
  for (const auto& payload : frame.payloads)
    bytes.insert(bytes.end(), payload->begin(), payload->end());
  return bytes;
}

std::uint64_t short_of(const Digest& digest) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i)
    value = value << 8 | digest.bytes[i];
  return value;
}

}  // namespace

StorePlan draw_store_plan(std::uint64_t seed, std::uint64_t steps) {
  Random random(seed, 11);
  StorePlan plan;
  plan.seed = seed;
  plan.network = draw_plan(seed, {});
  plan.network.nodes = random.chance(800) ? 3 : 5;
  plan.network.spares = 0;
  plan.network.loss_permille = plan.network.loss_permille / 2;
  for (bool& fault : plan.enabled)
    fault = random.chance(500);
  plan.steps = steps > 0 ? steps : random.between(1500, 4000);
  plan.disk_max = random.between(1, 15);
  plan.nemesis_max = random.between(40, 400);
  plan.client_max = random.between(5, 40);
  plan.law_raised_after = random.between(500, 3000);
  plan.heartbeat = std::chrono::milliseconds(10 * random.between(1, 4));
  return plan;
}

StoreCluster::StoreCluster(const StorePlan& plan, bool trace)
    : plan_(plan),
      trace_(trace),
      verification_({.threads = 0, .entries_max = 4096, .bytes_max = 16u << 20, .jobs_max = 0},
                    [](const Digest&) { return std::nullopt; }),
      network_(plan_.network, network_counts_),
      order_random_(plan.seed, 12),
      client_random_(plan.seed, 13),
      nemesis_random_(plan.seed, 14) {
  std::vector<NodeId> ids;
  std::vector<const StoredDisk*> disks;
  for (std::size_t i = 0; i < plan.network.nodes; ++i) {
    nodes_.push_back(std::make_unique<StoreNode>());
    nodes_.back()->id = NodeId{"n" + std::to_string(i + 1)};
    ids.push_back(nodes_.back()->id);
    disks.push_back(&nodes_.back()->stored);
  }
  judge_ = std::make_unique<Judge>(std::move(ids), std::move(disks));
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i]->older = plan_.has(StoreFault::older_releases) && nemesis_random_.chance(500);
    if (nodes_[i]->older) counts_.count(StoreFault::older_releases);
    watch_disk(i);
    start(i);
  }
  schedule(1, Kind::client, 0);
  schedule(plan_.nemesis_max, Kind::nemesis, 0);
}

StoreCluster::~StoreCluster() {
  for (auto& node : nodes_) {
    node->disk.watch({});
    current_threads = &node->threads;
    node->life.reset();
  }
}

std::string StoreCluster::run() {
  for (std::uint64_t i = 0; i < plan_.steps && violation().empty(); ++i)
    happen();
  if (violation().empty()) failure_ = check_liveness();
  counts_.runs = 1;
  counts_.committed = judge_->committed();
  counts_.count(StoreEvent::leader_changed, judge_->leaders() > 0 ? judge_->leaders() - 1 : 0);
  counts_.count(StoreEvent::suffix_truncated, judge_->truncations());
  counts_.count(StoreEvent::amnesia_ended, judge_->amnesias_ended());
  for (const auto& node : nodes_) {
    counts_.disk_operations += node->disk.operations();
    note(index_of(node->id), "end", node->disk.operations(), node->stored.durable().last().value);
  }
  return violation();
}

void StoreCluster::schedule(Time at, Kind kind, std::size_t node, std::uint64_t slot) {
  events_.push({at, ++sequence_, kind, node, nodes_[node]->lives, slot});
}

void StoreCluster::enter(std::size_t node) {
  virtual_ms = now_;
  current_threads = &nodes_[node]->threads;
}

bool StoreCluster::happen() {
  if (events_.empty()) return false;
  const Happening event = events_.top();
  events_.pop();
  now_ = event.at;
  ++counts_.steps;
  enter(event.node);
  dispatch(event);
  settle(event.node);
  return true;
}

void StoreCluster::dispatch(const Happening& event) {
  StoreNode& n = *nodes_[event.node];
  if (event.kind == Kind::client) return client();
  if (event.kind == Kind::nemesis) return nemesis();
  if (event.kind == Kind::deliver) return deliver(event.node, event.slot);
  if (event.life != n.lives) return;
  if (event.kind == Kind::restart) {
    if (!n.life && !n.refused && !n.dead) start(event.node);
    return;
  }
  if (!n.life) return;
  switch (event.kind) {
    case Kind::tick:
      schedule(now_ + tick_ms + order_random_.below(2), Kind::tick, event.node);
      return n.life->turns->tick();
    case Kind::loop: {
      if (n.loop.empty()) return;  // done within a sync
      const std::function<void()> work = std::move(n.loop.front());
      n.loop.pop_front();
      return work();
    }
    case Kind::thread: {
      VirtualThread& thread = *n.threads.all.at(event.slot);
      thread.planned = false;
      thread.run();
      note(event.node, thread.name.c_str(), n.disk.operations(), n.stored.durable().last().value);
      if (thread.name == "anta-disk" && thread.waiting.empty()) judge_->on_disk_idle(event.node);
      if (n.disk.run_background()) counts_.count(StoreEvent::background_work);
      return;
    }
    default: return;
  }
}

// Who lost power within the event, or has given up, is gone.
void StoreCluster::settle(std::size_t node) {
  StoreNode& n = *nodes_[node];
  if (!n.life) return;
  if (n.disk.off()) return crash(node, true);
  if (n.fatal) {
    note(node, "fatal");
    crash(node, nemesis_random_.chance(300));
  }
}

// What a loop does while its disk thread is inside a sync.
void StoreCluster::nested(std::size_t node) {
  StoreNode& n = *nodes_[node];
  if (!n.life || !n.life->turns || n.nesting || !order_random_.chance(600)) return;
  n.nesting = true;
  if (order_random_.chance(300)) n.life->turns->tick();
  for (std::uint64_t count = order_random_.between(1, 3); count > 0 && !n.loop.empty() && !n.disk.off();
       --count) {
    counts_.count(StoreEvent::nested_turn);
    const std::function<void()> work = std::move(n.loop.front());
    n.loop.pop_front();
    work();
  }
  n.nesting = false;
}

// ---- messages ----

bool StoreCluster::send(std::size_t node, raft::Message message) {
  StoreNode& n = *nodes_[node];
  if (n.disk.off()) return false;
  if (n.sends_left > 0 && --n.sends_left == 0) {
    counts_.count(StoreFault::cut_amid_sending);
    n.disk.cut_power();
    return false;
  }
  const std::size_t to = index_of(message.to.id);
  note(node, raft::name(message.body), message.term.value, to);
  ++counts_.messages;
  judge_->on_send(node, message);
  const auto version = agreed_version(node, to);
  if (!version) return false;
  if (*version < peer_protocol_max) counts_.count(StoreEvent::older_protocol_spoken);
  Bytes bytes = flat(encode_message(message, *version));
  fly(node, to, {.from = node, .app = false, .kind = 0, .version = *version, .bytes = std::move(bytes)});
  return true;
}

Result<void> StoreCluster::send_app(std::size_t node, const NodeId& to, std::uint8_t kind, Bytes bytes) {
  if (!nodes_[node]->disk.off())
    fly(node, index_of(to),
        {.from = node, .app = true, .kind = kind, .version = 0, .bytes = std::move(bytes)});
  return {};
}

void StoreCluster::fly(std::size_t from, std::size_t to, Flying what) {
  const auto at = network_.arrival(from, to, now_);
  if (!at) return;
  const std::uint64_t slot = ++sequence_;
  in_flight_.emplace(slot, std::move(what));
  schedule(*at, Kind::deliver, to, slot);
}

void StoreCluster::deliver(std::size_t node, std::uint64_t slot) {
  const auto flown = in_flight_.extract(slot);
  StoreNode& n = *nodes_[node];
  if (flown.empty() || !n.life) return;
  const Flying& what = flown.mapped();
  if (what.app) return n.life->handlers.on_app(nodes_[what.from]->id, what.kind, what.bytes);
  const auto version = agreed_version(node, what.from);
  if (!version || *version != what.version)
    return;  // one of them has begun anew since, and so the connection
  auto message = decode_message(what.bytes, what.version);
  if (!message) {
    failure_ = n.id.value + ": got a message that does not read: " + message.error().message;
    return;
  }
  n.life->handlers.on_message(std::move(*message));
}

// ---- clients ----

std::optional<std::size_t> StoreCluster::leader() const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i]->life && nodes_[i]->life->turns->role.role == raft::Role::leader) return i;
  }
  return std::nullopt;
}

void StoreCluster::client() {
  // They rest at last, but an amnesiac needs a log that goes on past what it once had.
  const bool rest = resting_ && std::none_of(nodes_.begin(), nodes_.end(),
                                             [](const auto& node) { return node->life && node->amnesiac(); });
  schedule(now_ + client_random_.between(1, resting_ ? 200 : plan_.client_max), Kind::client, 0);
  if (rest) return;
  std::size_t node = client_random_.below(nodes_.size());
  if (const auto led = leader(); led && client_random_.chance(800)) node = *led;
  if (!nodes_[node]->life) return;
  enter(node);
  if (client_random_.chance(150))
    read(node);
  else if (client_random_.chance(60))
    mark(node);
  else
    propose(node);
  if (node != 0) settle(node);
}

void StoreCluster::propose(std::size_t node) {
  StoreNode& n = *nodes_[node];
  const Statements& all = statements();
  std::vector<std::shared_ptr<const Bytes>> block;
  // First those without which the law knows nobody, as often as it takes; of the others many come again.
  if (!founded_ || client_random_.chance(10)) block = all.founding;
  const bool raises = founded_ && plan_.has(StoreFault::law_raised) && now_ > plan_.law_raised_after;
  if (raises && !law_raised_ && client_random_.chance(200)) {
    counts_.count(StoreFault::law_raised);
    block.insert(block.end(), all.new_law.begin(), all.new_law.end());
  }
  for (std::uint64_t count = client_random_.between(1, 3); count > 0; --count)
    block.push_back(all.others[client_random_.below(all.others.size())]);
  const Millis time{all.time.value + static_cast<std::int64_t>(now_) + n.clock_ahead};
  n.life->turns->propose(std::make_shared<const Bytes>(encode_block(block)), time, {});
}

void StoreCluster::read(std::size_t node) {
  const LogIndex told = judge_->told();
  nodes_[node]->life->turns->read_index([this, node, told](const Result<LogIndex>& index) {
    if (!index || nodes_[node]->disk.off()) return;
    counts_.count(StoreEvent::read_answered);
    judge_->on_read(node, told, *index);
  });
}

void StoreCluster::mark(std::size_t node) {
  const std::uint64_t number = ++nodes_[node]->marks;
  Bytes bytes = to_bytes(as_bytes("mark " + std::to_string(number)));
  nodes_[node]->life->turns->mark(bytes, [this, node, number, bytes](const Result<void>& kept) {
    // A later one may have gone into the same batch.
    if (!kept || nodes_[node]->disk.off() || number != nodes_[node]->marks) return;
    counts_.count(StoreEvent::mark_kept);
    judge_->on_marked(node, bytes);
  });
}

std::size_t StoreCluster::index_of(const NodeId& id) const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i]->id == id) return i;
  }
  ANTA_INVARIANT(!"a message to a stranger");
  return 0;
}

void StoreCluster::note(std::size_t node, const char* what, std::uint64_t a, std::uint64_t b) {
  trace_.note(now_, node, nodes_[node]->id.value, what, a, b);
}

// ---- the end ----

// Every live node has applied the same, to its end, and nobody is an amnesiac.
bool StoreCluster::agreed() const {
  const auto led = leader();
  if (!led || !nodes_[*led]->life->turns->role.in_office) return false;
  const LogIndex commit = nodes_[*led]->life->turns->commit;
  const LogIndex last = nodes_[*led]->stored.durable().last();
  if (commit != last || judge_->committed() < commit.value) return false;
  return std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
    if (!node->life) return node->refused || node->dead;
    const Turns& turns = *node->life->turns;
    return turns.applied == commit && node->stored.durable().last() == commit && !turns.amnesia.suffers();
  });
}

std::string StoreCluster::check_liveness() {
  heal();
  const std::size_t before = judge_->committed();
  const Time deadline = now_ + recover_ms;
  while (now_ < deadline && violation().empty() && judge_->committed() < before + 5)
    happen();
  if (!violation().empty()) return violation();
  if (judge_->committed() < before + 5) return "liveness: nothing is committed after the healing";
  resting_ = true;
  while (now_ < deadline + recover_ms && violation().empty() && !agreed())
    happen();
  if (!violation().empty()) return violation();
  if (!agreed()) return "liveness: the healed nodes do not agree on everything in time";
  std::vector<std::size_t> alive;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i]->life) continue;
    alive.push_back(i);
    const Applied& applied = *nodes_[i]->life->ledger->applied();
    note(i, "agrees", short_of(applied.state_root), short_of(applied.tree_root));
  }
  judge_->at_the_end(alive);
  return violation();
}

StoreRun run_store_seed(std::uint64_t seed, std::uint64_t steps, bool trace) {
  StoreCluster cluster(draw_store_plan(seed, steps), trace);
  StoreRun run;
  run.violation = cluster.run();
  run.counts = cluster.counts();
  run.trace = cluster.trace();
  run.trace_hash = cluster.trace_hash();
  return run;
}

}  // namespace anta::sim
