// Replication alone: three replicas in one process, opaque entries, no signature and no law, every entry
// synced on a majority and applied on the leader. One JSON line.
//
//     bench_raft DIRECTORY FLIGHT SECONDS BYTES [WARM_SECONDS]
//
// Real links (TLS on loopback) and real logs (RocksDB) in DIRECTORY, as a node has them. FLIGHT entries are
// outstanding: one that is applied on the leader is followed by the next. Nothing gathers entries into
// blocks, as a node's submission does. Time is from propose() to apply on the leader. raft_peer.c is the
// same program over another library.
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <iostream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "consensus/replica.h"
#include "consensus/tls_transport.h"
#include "storage/database.h"

namespace anta::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Number = std::uint64_t;

constexpr std::size_t nodes = 3;
constexpr std::chrono::seconds patience{30};
constexpr auto again_after = std::chrono::milliseconds(1);

const Digest network = sha256(as_bytes("bench raft"));

SigningKey key_of(std::size_t node) {
  std::array<std::uint8_t, 32> seed = {};
  seed.fill(static_cast<std::uint8_t>(node + 1));
  return SigningKey(Secret32(seed));
}

double ms_between(Clock::time_point begin, Clock::time_point end) {
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Millis wall_clock() {
  return Millis{std::chrono::duration_cast<std::chrono::milliseconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                    .count()};
}

// Keeps `flight` entries outstanding at the leader. apply() runs on the leader's disk thread, answers to
// propose() on its loop; begin() and end() on the main thread.
class Load {
 public:
  Load(std::size_t flight, std::size_t bytes) : begun_(flight), bytes_(std::max(bytes, sizeof(Number))) {}

  void start(Replica& leader) {
    leader_ = &leader;
    for (Number slot = 0; slot < begun_.size(); ++slot)
      send(slot);
  }

  void applied(const Bytes& payload) {
    if (leader_ == nullptr) return;
    Number slot = 0;
    std::memcpy(&slot, payload.data(), sizeof slot);
    const Clock::time_point now = Clock::now();
    if (counting_) {
      const std::lock_guard lock(mutex_);
      times_ms_.push_back(ms_between(begun_.at(slot), now));
    }
    if (!over_) send(slot);
  }

  void count(bool whether) { counting_ = whether; }
  void end() { over_ = true; }
  bool refused() const { return refused_; }
  std::vector<double> times_ms() {
    const std::lock_guard lock(mutex_);
    return times_ms_;
  }

 private:
  void send(Number slot) {
    auto payload = std::make_shared<Bytes>(bytes_, static_cast<std::uint8_t>(slot));
    std::memcpy(payload->data(), &slot, sizeof slot);
    begun_.at(slot) = Clock::now();
    leader_->propose(std::move(payload), wall_clock(), [this](const Result<raft::Proposed>& placed) {
      if (!placed) refused_ = true;
    });
  }

  Replica* leader_ = nullptr;
  std::vector<Clock::time_point> begun_ = {};  // by slot; a slot is one thread's at a time
  std::size_t bytes_ = 0;
  std::atomic<bool> counting_ = false;
  std::atomic<bool> over_ = false;
  std::atomic<bool> refused_ = false;
  std::mutex mutex_;
  std::vector<double> times_ms_ = {};
};

// Applies by telling the load, on the leader; nothing is kept.
class Machine final : public StateMachine {
 public:
  Result<void> apply(const LogEntry& block) override {
    if (Load* load = load_) load->applied(*block.payload);
    return {};
  }
  LogIndex applied() const override { return {}; }
  bool knows(const Digest& /*statement*/) const override { return false; }
  void tell(Load* load) { load_ = load; }

 private:
  std::atomic<Load*> load_ = nullptr;
};

struct Node {
  explicit Node(std::size_t number) : id{"n" + std::to_string(number)}, key(key_of(number)) {}

  NodeId id;
  std::uint16_t port = 0;
  SigningKey key;
  std::unique_ptr<Database> database = {};
  std::unique_ptr<LogStore> log = {};
  Machine machine = {};
  std::unique_ptr<Replica> replica = {};
};

class Cluster {
 public:
  explicit Cluster(const std::string& directory) {
    for (std::size_t i = 0; i < nodes; ++i) {
      nodes_.push_back(std::make_unique<Node>(i));
      wanted_.voters.push_back({nodes_.back()->id, 1});
    }
    for (std::size_t i = nodes; i-- > 0;)  // who has the smaller id dials, and has to know the other's port
      start(*nodes_[i], directory);
  }
  ~Cluster() {
    for (const auto& node : nodes_)
      if (node->replica) node->replica->stop(false);
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // Whom the others follow, in office; null after `patience`.
  Node* leader() {
    const auto deadline = Clock::now() + patience;
    std::unique_lock lock(mutex_);
    while (Clock::now() < deadline) {
      for (const auto& node : nodes_) {
        const auto follows = [&](const auto& other) { return other->replica->status().leader == node->id; };
        if (node->replica->status().in_office && std::all_of(nodes_.begin(), nodes_.end(), follows))
          return node.get();
      }
      changed_.wait_for(lock, again_after);
    }
    return nullptr;
  }

 private:
  void start(Node& node, const std::string& directory) {
    DatabaseOptions options;
    options.directory = directory + "/" + node.id.value;
    options.network = network;
    options.node = node.id;
    node.database = std::move(Database::open(options).value());
    node.log = std::move(LogStore::open(*node.database).value());

    ReplicaOptions replica;
    replica.self = {node.id, 1};
    replica.cluster = network;
    replica.configuration = wanted_;
    replica.plan = {.wanted = wanted_, .because = {}, .peers = {}};
    for (const auto& other : nodes_) {
      if (other.get() != &node)
        replica.plan.peers.push_back({other->id, 1, other->key.public_key(), "127.0.0.1", other->port});
    }
    TlsOptions tls;
    tls.self = node.id;
    tls.network = network;
    tls.key = &node.key;
    tls.on_listening = [&node](std::uint16_t port) { node.port = port; };
    ReplicaHooks hooks;
    hooks.on_role = [this](const raft::RoleChange&) { changed_.notify_all(); };
    node.replica =
        std::make_unique<Replica>(replica, *node.log, node.machine, tls_transport(tls), std::move(hooks));
    if (!node.replica->start(node.log->recover())) throw std::runtime_error("a replica does not start");
  }

  raft::Configuration wanted_ = {};
  std::vector<std::unique_ptr<Node>> nodes_ = {};
  std::mutex mutex_;
  std::condition_variable changed_;
};

void wait(double seconds) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  never.wait_until(lock, end, [&] { return Clock::now() >= end; });
}

int measure(const std::string& directory, std::size_t flight, double seconds, std::size_t bytes,
            double warm) {
  Load load(flight, bytes);
  Cluster cluster(directory);
  Node* leader = cluster.leader();
  if (leader == nullptr) {
    std::cerr << "bench_raft: nobody leads\n";
    return 1;
  }
  leader->machine.tell(&load);
  load.start(*leader->replica);
  wait(warm);
  const double cpu = cpu_seconds();
  const ReplicaMetrics before = leader->replica->metrics();
  const auto begin = Clock::now();
  load.count(true);
  wait(seconds);
  load.count(false);
  const double elapsed = ms_between(begin, Clock::now()) / 1e3;
  const double used = cpu_seconds() - cpu;
  const ReplicaMetrics after = leader->replica->metrics();
  const bool leads = leader->replica->status().in_office;
  load.end();
  std::vector<double> times = load.times_ms();
  std::sort(times.begin(), times.end());
  if (load.refused() || !leads || times.empty()) {
    std::cerr << "bench_raft: the leader refused an entry or lost its office\n";
    return 1;
  }
  const auto count = static_cast<double>(times.size());
  std::cout << "{\"entries\": " << times.size() << ", \"per_second\": " << count / elapsed
            << ", \"p50_ms\": " << times[times.size() / 2]
            << ", \"p99_ms\": " << times[times.size() * 99 / 100] << ", \"cpu_us\": " << 1e6 * used / count
            << ", \"syncs\": " << after.syncs - before.syncs << "}\n";
  return 0;
}

}  // namespace
}  // namespace anta::bench

int main(int argc, char** argv) {
  if (argc < 5 || argc > 6) {
    std::cerr << "bench_raft DIRECTORY FLIGHT SECONDS BYTES [WARM_SECONDS]\n";
    return 2;
  }
  return anta::bench::measure(argv[1], std::stoul(argv[2]), std::stod(argv[3]), std::stoul(argv[4]),
                              argc == 6 ? std::stod(argv[5]) : 0.5);
}
