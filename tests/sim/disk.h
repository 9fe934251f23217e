// A node's simulated disk: what is durable, what is on its way, and what a crash leaves of it.
//
// Batches are atomic and in order, as the store's WriteBatches are: after a crash some of those that were not
// synced are there, none behind one that is missing, and a torn one counts as missing.
#pragma once

#include <deque>
#include <vector>

#include "consensus/raft/events.h"
#include "tests/sim/random.h"

namespace anta::sim {

struct Durable {
  raft::HardState hard_state = {};
  std::vector<LogEntry> log = {};  // log[i] is entry i + 1
  LogIndex applied = {};

  const LogEntry* entry(LogIndex index) const {
    return index.value >= 1 && index.value <= log.size() ? &log[index.value - 1] : nullptr;
  }
  Term term_at(LogIndex index) const { return entry(index) ? entry(index)->header.term : Term{}; }
};

class Disk {
 public:
  const Durable& durable() const { return durable_; }
  bool idle() const { return syncing_ == 0; }
  bool waiting() const { return !queue_.empty(); }

  void submit(raft::Persist batch, LogIndex applied) { queue_.push_back({std::move(batch), applied}); }

  // One sync takes everything that waits (group commit).
  void start_sync() { syncing_ = queue_.size(); }

  // The oldest batch of the running sync becomes durable; the caller shows each to the checker first.
  const raft::Persist& next() const { return queue_.front().batch; }
  bool sync_running() const { return syncing_ > 0; }
  raft::Token finish_one();

  // The entry as it is when everything that waits has become durable; null: there is none.
  const LogEntry* written(LogIndex index) const;

  // How many unsynced batches survive a crash; the caller finishes them with finish_one.
  std::size_t survivors(Random& random) const { return queue_.empty() ? 0 : random.below(queue_.size() + 1); }
  std::size_t unsynced() const { return queue_.size(); }
  void lose_unsynced();

 private:
  struct Waiting {
    raft::Persist batch = {};
    LogIndex applied = {};  // rides along: one log for appends and applies
  };

  Durable durable_ = {};
  std::deque<Waiting> queue_ = {};
  std::size_t syncing_ = 0;
};

}  // namespace anta::sim
