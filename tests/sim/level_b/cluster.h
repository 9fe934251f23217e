// Level B: a cluster of the real shell (consensus/turns.h, disk_worker.h) over the real core, the real stores
// and the real law, on simulated disks, links and clocks. Single-threaded; a seed replays bit for bit.
//
// A node's three threads (loop, disk, reader) are queues; the seed draws whose turn it is. While the disk
// thread is inside a sync, its loop goes on (nested()), as it does in a process. The power may go within any
// operation on the disk and between any two messages.
//
// cluster.cc runs events, nodes.cc begins and ends the nodes' lives, faults.cc decides what goes wrong.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "consensus/message_codec.h"
#include "consensus/turns.h"
#include "node/ledger_machine.h"
#include "storage/ledger_store.h"
#include "tests/sim/level_b/judge.h"
#include "tests/sim/level_b/memory_disk.h"
#include "tests/sim/level_b/store_counts.h"
#include "tests/sim/level_b/virtual_worker.h"
#include "tests/sim/network.h"
#include "tests/sim/trace.h"

namespace anta::sim {

struct StorePlan {
  Plan network = {};  // nodes, and what happens to messages
  std::uint64_t seed = 0;
  std::uint64_t steps = 0;
  std::array<bool, store_fault_count> enabled = {};
  Time disk_max = 5;       // until the disk thread gets to what was posted, in ms
  Time nemesis_max = 300;  // between two faults
  Time client_max = 25;    // between two requests
  Time law_raised_after = 0;
  std::chrono::milliseconds heartbeat{20};

  bool has(StoreFault fault) const { return enabled[static_cast<std::size_t>(fault)]; }
};
StorePlan draw_store_plan(std::uint64_t seed, std::uint64_t steps);

class StoreCluster;

// One life of a node; everything in it goes at once when it dies.
struct StoreLife {
  std::unique_ptr<Database> database = {};
  std::unique_ptr<LogStore> log = {};
  std::unique_ptr<LedgerStore> ledger = {};
  std::unique_ptr<LedgerMachine> machine = {};
  std::unique_ptr<Turns> turns = {};
  TransportHandlers handlers = {};
};

struct StoreNode {
  NodeId id = {};
  MemoryDisk disk = {};
  StoredDisk stored = {};
  VirtualThreads threads = {};
  std::deque<std::function<void()>> loop = {};  // posted to it
  std::unique_ptr<StoreLife> life = {};         // null: down
  std::uint64_t lives = 0;
  std::optional<Error> fatal = {};
  bool refused = false;         // its start was; for good
  bool dead = false;            // stays down after the healing
  bool began_amnesiac = false;  // its newest life, or did it die as one
  bool damaged = false;         // bytes of its log are wrong since its last good start
  bool nesting = false;
  std::uint64_t sends_left = 0;  // until it is cut amid sending; 0: never
  Time disk_slow_until = 0;
  std::int64_t clock_ahead = 0;
  bool older = false;  // runs a release that knows one version less, of protocol and law
  std::uint64_t marks = 0;

  bool amnesiac() const { return life && life->log ? life->log->amnesiac() : began_amnesiac; }
};

class StoreCluster {
 public:
  StoreCluster(const StorePlan& plan, bool trace);
  ~StoreCluster();

  // Chaos, then healing and liveness. The first violation ends it; empty when there was none.
  std::string run();

  const StoreCounts& counts() const { return counts_; }
  const std::string& trace() const { return trace_.text(); }
  std::uint64_t trace_hash() const { return trace_.hash(); }

 private:
  friend class StoreTransport;
  enum class Kind : std::uint8_t { tick, deliver, loop, thread, restart, client, nemesis };
  struct Happening {
    Time at = 0;
    std::uint64_t sequence = 0;
    Kind kind = Kind::tick;
    std::size_t node = 0;
    std::uint64_t life = 0;
    std::uint64_t slot = 0;  // of a message; of a thread: its place
  };
  struct Later {
    bool operator()(const Happening& a, const Happening& b) const {
      return std::pair(a.at, a.sequence) > std::pair(b.at, b.sequence);
    }
  };
  struct Flying {
    std::size_t from = 0;
    bool app = false;
    std::uint8_t kind = 0;
    std::uint16_t version = 0;  // of the protocol, that the connection spoke
    Bytes bytes = {};
  };

  // -- cluster.cc --
  void enter(std::size_t node);  // it is this one's turn
  void schedule(Time at, Kind kind, std::size_t node, std::uint64_t slot = 0);
  bool happen();
  void dispatch(const Happening& event);
  void settle(std::size_t node);  // after each event: who lost power or gave up, dies
  void deliver(std::size_t node, std::uint64_t slot);
  void nested(std::size_t node);
  bool send(std::size_t node, raft::Message message);
  Result<void> send_app(std::size_t node, const NodeId& to, std::uint8_t kind, Bytes bytes);
  void fly(std::size_t from, std::size_t to, Flying what);
  void client();
  void propose(std::size_t node);
  void read(std::size_t node);
  void mark(std::size_t node);
  std::size_t index_of(const NodeId& id) const;
  std::optional<std::size_t> leader() const;
  void note(std::size_t node, const char* what, std::uint64_t a = 0, std::uint64_t b = 0);
  std::string violation() const { return failure_.empty() ? judge_->violation() : failure_; }
  std::string check_liveness();
  bool agreed() const;

  // -- nodes.cc --
  void start(std::size_t node);
  Result<void> open(std::size_t node, StoreLife& life, LogStore::Restored& found);
  ReplicaOptions replica_options(std::size_t node) const;
  ReplicaHooks replica_hooks(std::size_t node);
  void watch_disk(std::size_t node);
  void crash(std::size_t node, bool power);
  Hello hello_of(std::size_t node) const;
  Result<std::uint16_t> agreed_version(std::size_t node, std::size_t other) const;
  void answered(std::size_t node, const BlockNotice& notice);
  bool may_damage() const;  // a majority would still know what it promised
  Tear draw_tear();

  // -- faults.cc --
  void nemesis();
  void strike(StoreFault fault);
  void send_stranger(std::size_t node);
  void strike_links(StoreFault fault, Time until);
  void heal();

  StorePlan plan_;
  Trace trace_;
  StoreCounts counts_ = {};
  Counts network_counts_ = {};
  std::vector<std::unique_ptr<StoreNode>> nodes_ = {};
  std::unique_ptr<Judge> judge_ = {};
  Verification verification_;  // what it keeps is true of the bytes, whoever asked
  Network network_;
  Random order_random_;
  Random client_random_;
  Random nemesis_random_;
  Time now_ = 0;
  std::uint64_t sequence_ = 0;
  std::priority_queue<Happening, std::vector<Happening>, Later> events_ = {};
  std::map<std::uint64_t, Flying> in_flight_ = {};
  std::optional<LogIndex> law_raised_ = {};  // in this block
  bool founded_ = false;                     // somebody was told that the founding is recorded
  bool healed_ = false;
  bool resting_ = false;  // the clients
  std::string failure_ = {};
};

struct StoreRun {
  std::string violation = {};
  StoreCounts counts = {};
  std::string trace = {};
  std::uint64_t trace_hash = 0;
};
StoreRun run_store_seed(std::uint64_t seed, std::uint64_t steps = 0, bool trace = false);

}  // namespace anta::sim
