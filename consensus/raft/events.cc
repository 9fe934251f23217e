#include "consensus/raft/events.h"

#include <array>

namespace anta::raft {
namespace {

struct Described {
  Transition what = Transition::stopped;
  const char* name = "";
  unsigned rule = 0;
};

// In the order of the enumeration.
constexpr std::array<Described, transition_count> described = {{
    {Transition::became_follower, "became_follower", 0},
    {Transition::became_pre_candidate, "became_pre_candidate", 7},
    {Transition::became_candidate, "became_candidate", 0},
    {Transition::became_leader, "became_leader", 0},
    {Transition::took_office, "took_office", 1},
    {Transition::own_term_held_back, "own_term_held_back", 1},
    {Transition::reply_held_back, "reply_held_back", 2},
    {Transition::commit_held_back, "commit_held_back", 2},
    {Transition::commit_waits_for_disk, "commit_waits_for_disk", 3},
    {Transition::commit_clamped, "commit_clamped", 4},
    {Transition::progress_reset, "progress_reset", 5},
    {Transition::stale_ack_ignored, "stale_ack_ignored", 5},
    {Transition::peer_lost_acknowledged, "peer_lost_acknowledged", 5},
    {Transition::configuration_taken, "configuration_taken", 8},
    {Transition::configuration_rolled_back, "configuration_rolled_back", 8},
    {Transition::configuration_refused, "configuration_refused", 8},
    {Transition::joint_left, "joint_left", 8},
    {Transition::promotion_refused, "promotion_refused", 9},
    {Transition::departed_released, "departed_released", 10},
    {Transition::removed_leader_leaves, "removed_leader_leaves", 10},
    {Transition::append_rejected, "append_rejected", 6},
    {Transition::hint_taken, "hint_taken", 6},
    {Transition::vote_granted, "vote_granted", 2},
    {Transition::vote_refused, "vote_refused", 0},
    {Transition::vote_ignored, "vote_ignored", 7},
    {Transition::quorum_lost, "quorum_lost", 7},
    {Transition::stale_leader_told, "stale_leader_told", 7},
    {Transition::suffix_truncated, "suffix_truncated", 0},
    {Transition::foreign_message_dropped, "foreign_message_dropped", 12},
    {Transition::malformed_message_dropped, "malformed_message_dropped", 0},
    {Transition::stale_token_ignored, "stale_token_ignored", 13},
    {Transition::read_round_started, "read_round_started", 14},
    {Transition::read_served, "read_served", 14},
    {Transition::peer_amnesiac, "peer_amnesiac", 0},
    {Transition::transfer_started, "transfer_started", 0},
    {Transition::transfer_given_up, "transfer_given_up", 0},
    {Transition::disk_stalled, "disk_stalled", 15},
    {Transition::stopped, "stopped", 11},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < described.size(); ++i) {
    if (static_cast<std::size_t>(described[i].what) != i) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

const char* name(Role role) {
  static constexpr std::array<const char*, 4> names = {"follower", "pre_candidate", "candidate", "leader"};
  return names[static_cast<std::size_t>(role)];
}

const char* name(Transition transition) { return described[static_cast<std::size_t>(transition)].name; }

unsigned rule_of(Transition transition) { return described[static_cast<std::size_t>(transition)].rule; }

}  // namespace anta::raft
