// What happened in a run, so that a quiet simulator cannot pass for a good one.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "consensus/raft/events.h"

namespace anta::sim {

// Every fault the simulator can do. A run draws which of them it has (swarm testing: Groce et al. 2012).
enum class Fault : std::uint8_t {
  message_lost,
  message_delayed,
  message_reordered,
  old_message_repeated,
  foreign_message,
  one_way_partition,
  partial_partition,
  isolation,
  flapping_link,
  clogged_link,
  peer_unreachable,
  crash_before_write,  // the step's output is lost
  crash_before_send,   // handed to the disk, nothing sent
  crash_amid_send,
  crash_before_sync,
  crash_after_sync,  // durable, the core never learned
  pause,
  slow_node,
  unsynced_write_lost,
  torn_batch,
  sync_error,
  slow_disk,
  stalled_disk,
  full_disk,
  load_failed,
  leadership_transfer,
  membership_change,
};
inline constexpr std::size_t fault_count = 27;
const char* name(Fault fault);

struct Counts {
  std::uint64_t runs = 0;
  std::uint64_t steps = 0;
  std::uint64_t messages = 0;
  std::uint64_t leader_changes = 0;
  std::uint64_t suffix_truncations = 0;
  std::uint64_t committed = 0;
  std::uint64_t configurations = 0;  // committed ones
  std::uint64_t reads_served = 0;
  std::uint64_t proposals_refused = 0;
  std::array<std::uint64_t, fault_count> faults = {};
  std::array<std::uint64_t, 16> rules = {};  // marks by rule number
  std::array<std::uint64_t, raft::transition_count> transitions = {};

  void count(Fault fault) { ++faults[static_cast<std::size_t>(fault)]; }
  Counts& operator+=(const Counts& other);
};

// A table for people, a line per count.
std::string report(const Counts& counts);

// What should have happened over many seeds and did not; empty when all did.
std::string missing(const Counts& counts);

}  // namespace anta::sim
