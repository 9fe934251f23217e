// What happened in runs of level B, so that a quiet simulator cannot pass for a good one.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace anta::sim {

enum class StoreFault : std::uint8_t {
  one_way_partition,
  isolation,
  flapping_link,
  clogged_link,
  power_cut,         // between two events
  power_cut_within,  // within an operation on the disk
  cut_amid_sending,
  process_killed,  // the machine stays up: nothing written is lost
  sync_error,
  disk_full,  // an append to a file answers so
  slow_disk,
  synced_bytes_rot,  // at the end of the newest write-ahead log, while the node is down
  clock_ahead,
  leadership_transfer,
  older_releases,  // some nodes begin with one, of protocol and law, and are upgraded at a restart
  law_raised,      // by a vote, to a version that the older release does not know
  stranger,        // a hello of another network, node, incarnation or range of versions
};
inline constexpr std::size_t store_fault_count = 17;
const char* name(StoreFault fault);

// What came of them.
enum class StoreEvent : std::uint8_t {
  unsynced_bytes_lost,
  log_torn_short,
  log_torn_with_zeros,
  log_torn_by_a_bit,
  restarted,
  cut_while_starting,
  opened_as_amnesiac,
  amnesia_ended,
  start_refused,
  leader_changed,
  suffix_truncated,
  block_applied,
  statement_answered,
  read_answered,
  mark_kept,
  nested_turn,  // the loop went on within a sync
  append_refused_by_clock,
  background_work,
  older_protocol_spoken,
  stopped_before_new_law,
  applied_under_new_law,
};
inline constexpr std::size_t store_event_count = 21;
const char* name(StoreEvent event);

struct StoreCounts {
  std::uint64_t runs = 0;
  std::uint64_t steps = 0;
  std::uint64_t messages = 0;
  std::uint64_t disk_operations = 0;
  std::uint64_t committed = 0;
  std::array<std::uint64_t, store_fault_count> faults = {};
  std::array<std::uint64_t, store_event_count> events = {};

  void count(StoreFault fault) { ++faults[static_cast<std::size_t>(fault)]; }
  void count(StoreEvent event, std::uint64_t times = 1) { events[static_cast<std::size_t>(event)] += times; }
  StoreCounts& operator+=(const StoreCounts& other);
};

std::string report(const StoreCounts& counts);
std::string missing(const StoreCounts& counts);  // what should have happened and did not

}  // namespace anta::sim
