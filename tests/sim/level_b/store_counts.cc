#include "tests/sim/level_b/store_counts.h"

#include <sstream>

namespace anta::sim {

const char* name(StoreFault fault) {
  static constexpr std::array<const char*, store_fault_count> names = {
      "one_way_partition", "isolation",        "flapping_link",  "clogged_link",        "power_cut",
      "power_cut_within",  "cut_amid_sending", "process_killed", "sync_error",          "disk_full",
      "slow_disk",         "synced_bytes_rot", "clock_ahead",    "leadership_transfer", "older_releases",
      "law_raised",        "stranger"};
  return names[static_cast<std::size_t>(fault)];
}

const char* name(StoreEvent event) {
  static constexpr std::array<const char*, store_event_count> names = {"unsynced_bytes_lost",
                                                                       "log_torn_short",
                                                                       "log_torn_with_zeros",
                                                                       "log_torn_by_a_bit",
                                                                       "restarted",
                                                                       "cut_while_starting",
                                                                       "opened_as_amnesiac",
                                                                       "amnesia_ended",
                                                                       "start_refused",
                                                                       "leader_changed",
                                                                       "suffix_truncated",
                                                                       "block_applied",
                                                                       "statement_answered",
                                                                       "read_answered",
                                                                       "mark_kept",
                                                                       "nested_turn",
                                                                       "append_refused_by_clock",
                                                                       "background_work",
                                                                       "older_protocol_spoken",
                                                                       "stopped_before_new_law",
                                                                       "applied_under_new_law"};
  return names[static_cast<std::size_t>(event)];
}

StoreCounts& StoreCounts::operator+=(const StoreCounts& other) {
  runs += other.runs;
  steps += other.steps;
  messages += other.messages;
  disk_operations += other.disk_operations;
  committed += other.committed;
  for (std::size_t i = 0; i < faults.size(); ++i)
    faults[i] += other.faults[i];
  for (std::size_t i = 0; i < events.size(); ++i)
    events[i] += other.events[i];
  return *this;
}

std::string report(const StoreCounts& counts) {
  std::ostringstream out;
  const std::uint64_t runs = counts.runs == 0 ? 1 : counts.runs;
  out << "runs " << counts.runs << ", steps " << counts.steps << " (mean " << counts.steps / runs
      << "), messages " << counts.messages << ", disk operations " << counts.disk_operations
      << ", committed entries " << counts.committed << "\n";
  for (std::size_t i = 0; i < counts.faults.size(); ++i)
    out << "  fault " << name(static_cast<StoreFault>(i)) << " " << counts.faults[i] << "\n";
  for (std::size_t i = 0; i < counts.events.size(); ++i)
    out << "  event " << name(static_cast<StoreEvent>(i)) << " " << counts.events[i] << "\n";
  return out.str();
}

std::string missing(const StoreCounts& counts) {
  std::ostringstream out;
  for (std::size_t i = 0; i < counts.faults.size(); ++i) {
    if (counts.faults[i] == 0) out << "fault " << name(static_cast<StoreFault>(i)) << " never happened\n";
  }
  for (std::size_t i = 0; i < counts.events.size(); ++i) {
    if (counts.events[i] == 0) out << "event " << name(static_cast<StoreEvent>(i)) << " never happened\n";
  }
  return out.str();
}

}  // namespace anta::sim
