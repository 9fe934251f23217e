// Raft::step(Event) -> Output: how order is decided. No I/O, no clock, no lock, no logger, nothing thrown;
// randomness comes from a seed in the options. The same events in the same order give the same outputs.
//
// One thread calls step (the `loop` of consensus/replica); events.h says what the caller owes. The rules by
// number are those of the README beside this file, each with a test of its name. Sources: Ongaro and
// Ousterhout, "In search of an understandable consensus algorithm" (2014), figure 2 and section 5.4.2;
// Ongaro's dissertation (2014), sections 3.10 (transfer), 6.4 (reads), 9.6 (pre-vote), 10.2.1 (writing to
// disk in parallel).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "consensus/raft/configuration.h"
#include "consensus/raft/events.h"
#include "consensus/raft/terms.h"

namespace anta::raft {

struct RecoveryEntry {
  LogIndex index = {};
  Digest hash = {};

  bool operator==(const RecoveryEntry&) const = default;
};

struct Options {
  Member self = {};
  Digest cluster = {};
  std::uint64_t recovery_epoch = 0;
  // Entries whose configuration holds though it is no step from the one before: what operators decided when
  // no majority was left (consensus/recovery.h).
  std::vector<RecoveryEntry> recoveries = {};
  std::uint64_t seed = 0;  // differs at every start; election timeouts and read sessions are drawn from it

  // Times are in ticks. Election timeouts are drawn from [election_ticks, 2 * election_ticks), and
  // doubled for each campaign that failed, up to 16 times, until a leader is heard.
  std::uint32_t heartbeat_ticks = 1;
  std::uint32_t election_ticks = 10;
  std::uint32_t disk_stall_elections = 10;  // rule 15
  std::uint32_t departed_elections = 20;    // rule 10: a removed node that is not heard is given up after it
  std::uint32_t read_ticks = 200;           // a forwarded read fails after it; not below a few round trips

  // Limits. What is in flight to one peer, what one append carries, what may be uncommitted, what is kept in
  // memory.
  std::uint32_t window_messages = 64;
  std::uint64_t window_bytes = 16u << 20;
  std::uint64_t append_bytes_max = 1u << 20;  // one entry larger than this still travels, alone
  std::uint64_t uncommitted_bytes_max = 32u << 20;
  std::uint64_t tail_bytes_max = 64u << 20;
  std::uint64_t catch_up_bytes_max = 1u << 20;  // what a learner may still lack to be promoted (rule 9)
  std::uint32_t reads_max = 4096;               // unfinished reads; more are answered busy
};

// What the store found at start. An empty one is a new node.
struct Restored {
  HardState hard_state = {};
  // In order of index, at least one: the newest in the log and, as far as there are any, the two before it,
  // which count again should the newest be truncated. Index 0 is the genesis'.
  std::vector<PlacedConfiguration> configurations = {};
  std::vector<TermRun> terms = {};
  LogIndex last = {};     // of the log
  LogIndex applied = {};  // of the state machine; at or below `last`
  std::vector<LogEntry> recent =
      {};  // the newest entries, contiguous to `last`; at least one unless the log is empty
};

// For metrics and status pages: how far one peer is, as its leader sees it.
struct PeerStatus {
  NodeId id = {};
  bool voter = false;
  LogIndex match = {};
  LogIndex next = {};
  bool active = false;  // heard since the last check of the quorum
};

struct Status {
  Role role = Role::follower;
  Term term = {};
  std::optional<NodeId> leader = {};
  bool in_office = false;
  LogIndex commit = {};
  LogIndex persisted = {};
  LogIndex last = {};
  Term last_term = {};
  LogIndex applied = {};
  bool stopped = false;
  ConfigurationChange configuration = {};  // in force here
  std::vector<PeerStatus> peers = {};      // a leader's only
};

class Raft {
 public:
  // `restored` was checked by the store (chain, cluster, incarnation); its commit hint may lag.
  Raft(Options options, Restored restored);
  ~Raft();
  Raft(Raft&&) noexcept;
  Raft& operator=(Raft&&) noexcept;

  Output step(Event event);

  Status status() const;

  // The entry if it is still in memory, else null. Valid until the next step. For applying without a read.
  const LogEntry* find_entry(LogIndex index) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anta::raft
