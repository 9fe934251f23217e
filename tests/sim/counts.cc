#include "tests/sim/counts.h"

#include <sstream>

namespace anta::sim {

const char* name(Fault fault) {
  static constexpr std::array<const char*, fault_count> names = {"message_lost",
                                                                 "message_delayed",
                                                                 "message_reordered",
                                                                 "old_message_repeated",
                                                                 "foreign_message",
                                                                 "one_way_partition",
                                                                 "partial_partition",
                                                                 "isolation",
                                                                 "flapping_link",
                                                                 "clogged_link",
                                                                 "peer_unreachable",
                                                                 "crash_before_write",
                                                                 "crash_before_send",
                                                                 "crash_amid_send",
                                                                 "crash_before_sync",
                                                                 "crash_after_sync",
                                                                 "pause",
                                                                 "slow_node",
                                                                 "unsynced_write_lost",
                                                                 "torn_batch",
                                                                 "sync_error",
                                                                 "slow_disk",
                                                                 "stalled_disk",
                                                                 "full_disk",
                                                                 "load_failed",
                                                                 "leadership_transfer",
                                                                 "membership_change"};
  return names[static_cast<std::size_t>(fault)];
}

Counts& Counts::operator+=(const Counts& other) {
  runs += other.runs;
  steps += other.steps;
  messages += other.messages;
  leader_changes += other.leader_changes;
  suffix_truncations += other.suffix_truncations;
  committed += other.committed;
  configurations += other.configurations;
  reads_served += other.reads_served;
  proposals_refused += other.proposals_refused;
  for (std::size_t i = 0; i < faults.size(); ++i)
    faults[i] += other.faults[i];
  for (std::size_t i = 0; i < rules.size(); ++i)
    rules[i] += other.rules[i];
  for (std::size_t i = 0; i < transitions.size(); ++i)
    transitions[i] += other.transitions[i];
  return *this;
}

std::string report(const Counts& counts) {
  std::ostringstream out;
  const std::uint64_t runs = counts.runs == 0 ? 1 : counts.runs;
  out << "runs " << counts.runs << ", steps " << counts.steps << " (mean " << counts.steps / runs << ")\n"
      << "messages " << counts.messages << ", committed entries " << counts.committed << " (configurations "
      << counts.configurations << "), reads served " << counts.reads_served << ", proposals refused "
      << counts.proposals_refused << "\n"
      << "leader changes " << counts.leader_changes << ", suffix truncations " << counts.suffix_truncations
      << "\n";
  for (std::size_t i = 0; i < counts.faults.size(); ++i) {
    out << "  fault " << name(static_cast<Fault>(i)) << " " << counts.faults[i] << "\n";
  }
  for (std::size_t i = 1; i < counts.rules.size(); ++i) {
    if (counts.rules[i] > 0) out << "  rule " << i << " acted " << counts.rules[i] << "\n";
  }
  for (std::size_t i = 0; i < counts.transitions.size(); ++i)
    out << "  transition " << raft::name(static_cast<raft::Transition>(i)) << " " << counts.transitions[i]
        << "\n";
  return out.str();
}

// Not here: nobody sends what is malformed, and the shell, which knows of amnesia, is not simulated.
static bool can_happen(raft::Transition what) {
  return what != raft::Transition::malformed_message_dropped && what != raft::Transition::peer_amnesiac;
}

std::string missing(const Counts& counts) {
  std::ostringstream out;
  for (std::size_t i = 0; i < counts.faults.size(); ++i) {
    if (counts.faults[i] == 0) out << "fault " << name(static_cast<Fault>(i)) << " never happened\n";
  }
  for (std::size_t rule : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15}) {
    if (counts.rules[rule] == 0) out << "rule " << rule << " never acted\n";
  }
  for (std::size_t i = 0; i < counts.transitions.size(); ++i) {
    const auto what = static_cast<raft::Transition>(i);
    if (counts.transitions[i] == 0 && can_happen(what))
      out << "transition " << raft::name(what) << " never happened\n";
  }
  if (counts.leader_changes == 0) out << "no leader changes\n";
  if (counts.suffix_truncations == 0) out << "no suffix truncations\n";
  if (counts.committed == 0) out << "nothing was committed\n";
  if (counts.reads_served == 0) out << "no reads were served\n";
  if (counts.steps < 5000 * counts.runs) out << "fewer than 5000 steps a run\n";
  return out.str();
}

}  // namespace anta::sim
