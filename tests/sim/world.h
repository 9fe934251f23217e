// One simulated cluster: real cores, simulated network, disks, clocks and clients, and one nemesis.
// Single-threaded; a seed replays bit for bit.
//
// world.cc runs events and performs outputs in the order that consensus/raft/events.h demands, with a crash
// point between any two; nemesis.cc decides what goes wrong; the Checker judges after every event.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "consensus/raft/raft.h"
#include "tests/sim/checker.h"
#include "tests/sim/disk.h"
#include "tests/sim/history.h"
#include "tests/sim/network.h"
#include "tests/sim/plan.h"
#include "tests/sim/trace.h"

namespace anta::sim {

// What a leader has sent a peer in a row and not heard to be acknowledged: its window.
struct AppendRun {
  Term term = {};
  LogIndex last = {};
  std::deque<std::pair<LogIndex, std::uint64_t>> appends = {};  // last entry, bytes
  std::uint64_t bytes = 0;
};

struct SimNode {
  raft::Member member = {};
  std::unique_ptr<raft::Raft> core = {};  // null: crashed, stopped or not yet started
  Disk disk = {};
  std::uint64_t life = 0;  // events of an earlier life are void
  LogIndex applied = {};
  Time tick_every = tick_units;
  Time paused_until = 0;
  Time disk_slow_until = 0;
  Time disk_stalled_until = 0;
  Time disk_full_until = 0;
  Time sync_ends = 0;  // of the one that runs
  Time slow_until = 0;
  std::uint64_t ticks = 0;                // of this life
  std::uint64_t leads_since = 0;          // tick
  std::vector<std::uint64_t> heard = {};  // by node: the tick of its last message
  std::vector<AppendRun> runs = {};       // by node
  std::uint64_t reads_asked = 0;          // in this life
  std::uint64_t stalled_ticks = 0;  // of this node, since its disk last finished something while more waits
  std::optional<Fault> armed = {};  // a crash point or a sync error that waits for its moment
  std::map<std::uint64_t, LogIndex> reads = {};  // asked, with what had been told then
  LogIndex commit = {};                          // told in this life
  LogIndex began_with = {};                      // the last entry on disk when this life began
  bool dead = false;                             // stays down in the liveness phase
  raft::RoleChange role = {};
  raft::ConfigurationChange configuration = {};  // in force here, as it was told
  std::uint64_t counts_by_it_since = 0;          // tick
};

class World {
 public:
  // `history`: also what its clients saw.
  World(const Plan& plan, bool trace, bool history = false);

  // Chaos, then healing and liveness. The first violation ends the run; empty when there was none.
  std::string run();

  const Counts& counts() const { return counts_; }
  const std::string& trace() const { return trace_.text(); }
  std::uint64_t trace_hash() const { return trace_.hash(); }
  std::string history() { return history_ ? history_->text() : std::string(); }

 private:
  enum class Kind : std::uint8_t {
    tick,
    deliver,
    sync_done,
    applied,
    loaded,
    restart,
    client,
    nemesis,
    resume
  };
  struct Happening {
    Time at = 0;
    std::uint64_t sequence = 0;
    Kind kind = Kind::tick;
    std::size_t node = 0;
    std::uint64_t life = 0;
    std::uint64_t slot = 0;  // of a message or load
    LogIndex index = {};
  };
  struct Later {
    bool operator()(const Happening& a, const Happening& b) const {
      return std::pair(a.at, a.sequence) > std::pair(b.at, b.sequence);
    }
  };

  // -- world.cc --
  void schedule(Time at, Kind kind, std::size_t node, std::uint64_t slot = 0, LogIndex index = {});
  bool happen();  // one event; false when there is none
  void dispatch(const Happening& event);
  void start(std::size_t node);
  void crash(std::size_t node, Fault why);
  void step(std::size_t node, raft::Event event);
  void perform(std::size_t node, raft::Output output);
  bool crash_point(std::size_t node, Fault point);
  void send(std::size_t node, raft::Message message);
  void deliver(std::size_t node, std::uint64_t slot);
  void start_sync(std::size_t node);
  void sync_done(std::size_t node);
  raft::Token make_durable(std::size_t node);
  void tell(std::size_t node, const raft::Output& output);
  void answer_loads(std::size_t node, std::vector<raft::LoadRequest> loads);
  void client();
  void propose(std::size_t node);
  void read(std::size_t node);
  std::size_t index_of(const NodeId& id) const;
  void note(std::size_t node, const char* what, std::uint64_t a = 0, std::uint64_t b = 0);
  std::string violation() const { return failure_.empty() ? checker_->violation() : failure_; }

  // -- limits.cc: what must stay bounded, judged from outside --
  bool hears_majority(std::size_t node) const;
  void note_heard(std::size_t node, const raft::Message& message);
  void note_append(std::size_t node, std::size_t to, Term term, const raft::Append& append);
  void check_uncommitted(std::size_t node, const raft::Output& output);
  void read_from_all_who_lead();

  // -- nemesis.cc --
  void nemesis();
  void strike(Fault fault);
  void strike_links(Fault fault, Time until);
  void strike_node(Fault fault, std::size_t node, Time until);
  void change_membership();
  raft::Configuration draw_change(const raft::Configuration& now);
  void repeat_old_message();
  void inject_foreign_message();
  void heal();

  // -- liveness.cc --
  std::string check_liveness();
  std::string check_return(std::size_t leader);
  bool caught_up() const;
  bool electable(const std::vector<bool>& up) const;
  bool decides(const std::vector<bool>& nodes, const raft::Configuration& configuration) const;
  std::optional<std::size_t> leader_in_office() const;

  Plan plan_;
  Trace trace_;
  Counts counts_ = {};
  std::vector<SimNode> nodes_;
  std::unique_ptr<Checker> checker_ = {};
  std::unique_ptr<History> history_ = {};  // null: nobody wants it
  Network network_;
  Random disk_random_;
  Random client_random_;
  Random nemesis_random_;
  Time now_ = 0;
  std::uint64_t sequence_ = 0;
  std::priority_queue<Happening, std::vector<Happening>, Later> events_ = {};
  std::map<std::uint64_t, raft::Message> in_flight_ = {};
  std::map<std::uint64_t, raft::EntriesLoaded> loading_ = {};
  std::vector<raft::Message> archive_ = {};  // old messages, to be repeated
  std::uint64_t operations_ = 0;
  bool healed_ = false;
  std::string failure_ = {};
};

// One seed from beginning to end.
struct RunResult {
  std::string violation = {};  // empty: passed
  Counts counts = {};
  std::string trace = {};
  std::uint64_t trace_hash = 0;
  std::string history = {};  // of the clients, as history.h says
};
RunResult run_seed(std::uint64_t seed, const Overrides& overrides = {}, bool trace = false,
                   bool history = false);

}  // namespace anta::sim
