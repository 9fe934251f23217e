// A few real cores on one table: every delivery and every completed write is an explicit call, nothing
// happens by itself.
//
// For rule tests and transcripts; tests/sim drives the same cores with random faults. Each node has a disk
// (what survives a crash) and a queue of batches that the disk has not taken yet. Effects of every step are
// kept as lines of text, which transcripts compare.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "consensus/raft/raft.h"

namespace anta::raft::test {

inline const std::vector<std::string> three = {"n1", "n2", "n3"};

struct Disk {
  HardState hard_state = {};
  std::vector<LogEntry> entries = {};  // entries[i] has index i + 1

  void write(const Persist& batch);
};

struct Node {
  Options options = {};
  Configuration configuration = {};  // of the genesis
  std::unique_ptr<Raft> raft = {};   // null while crashed
  Disk disk = {};
  std::deque<Persist> unwritten = {};
  std::vector<LoadRequest> loads = {};
  std::vector<TraceRecord> trace = {};  // of this run, all of it
  std::vector<FinishedRead> reads = {};
  LogIndex printed_commit = {};
  std::optional<Result<Proposed>> proposal = {};  // the last one's
  std::optional<Result<void>> transfer = {};      // likewise
  std::optional<Stop> stopped = {};
};

class Cluster {
 public:
  // `spares` run and know the cluster, but no configuration has them yet.
  explicit Cluster(const std::vector<std::string>& names, const std::vector<std::string>& learners = {},
                   const std::vector<std::string>& spares = {});

  Node& node(const std::string& name);
  Raft& raft(const std::string& name) { return *node(name).raft; }
  Status status(const std::string& name) { return node(name).raft->status(); }

  // Before the first event of a node: its durable state. Terms of the entries, in order; all payloads differ
  // by (index, term) only, so that equal entries are equal bytes.
  void preset(const std::string& name, const std::vector<std::uint64_t>& terms, HardState hard_state);

  void step(const std::string& name, Event event);
  void tick(const std::string& name, unsigned times = 1);
  void timeout(const std::string& name);  // tick until it campaigns
  void propose(const std::string& name, const std::string& text);
  void change(const std::string& name, const std::vector<std::string>& voters,
              const std::vector<std::string>& learners);
  void persist(const std::string& name);      // the disk takes everything that waits
  void persist_one(const std::string& name);  // the oldest batch only
  void load(const std::string& name);         // answers what was asked of the store
  void crash(const std::string& name);        // batches that wait are lost
  void restart(const std::string& name);

  // Messages on the wire from one to another, oldest first. `kind` empty: of any kind.
  void deliver(const std::string& from, const std::string& to, const std::string& kind = "");
  void drop(const std::string& from, const std::string& to, const std::string& kind = "");
  std::vector<Message> wire(const std::string& from, const std::string& to) const;

  // Deliver and persist everything until nothing is left, except over links that are cut. Bounded.
  void settle();
  void cut(const std::string& from, const std::string& to) { cut_[{from, to}] = true; }
  void isolate(const std::string& name);
  void heal() { cut_.clear(); }

  // Makes `name` leader with everything settled.
  void elect(const std::string& name);

  // Makes `name` leader by the vote of `voter` alone; its no-op is appended, neither written nor delivered.
  void elect_by_hand(const std::string& name, const std::string& voter);

  // A message as `from` would send it, to be changed and delivered by a test.
  Message message(const std::string& from, const std::string& to, std::uint64_t term, Body body);

  bool traced(const std::string& name, Transition what);
  std::vector<std::string> take_effects() { return std::exchange(effects_, {}); }

 private:
  void start(const std::string& name);
  void perform(const std::string& name, Output output);
  void print(const std::string& name, const Output& output);

  std::map<std::string, Node> nodes_ = {};
  std::vector<Message> wire_ = {};
  std::map<std::pair<std::string, std::string>, bool> cut_ = {};
  std::vector<std::string> effects_ = {};
  std::uint64_t starts_ = 0;
};

// "append term 3, prev 4/2, commit 4, entries 5/3 6/3"
std::string describe(const Message& message);
std::string describe(const Persist& batch);
std::string describe(const Configuration& configuration);  // "voters n1 n2, outgoing n1, learners n3"
std::string place(LogIndex index, Term term);              // "5/3"

// The entry that stands at `index` with `term` in every preset log and test message. `prev` is the one
// before.
LogEntry sample_entry(LogIndex index, Term term, const LogEntry* prev);
std::vector<LogEntry> sample_log(const std::vector<std::uint64_t>& terms);

}  // namespace anta::raft::test
