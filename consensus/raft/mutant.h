// One-line faults that a test-only build of this room (anta_raft_mutants, compiled with -DANTA_MUTANTS) can
// switch on at run time, to show that the simulator would notice them (consensus.md section 5, "Mutation
// check"). In every other build ANTA_MUTANT is the constant false and leaves no code behind.
#pragma once

#ifdef ANTA_MUTANTS

namespace anta::raft {

enum class Mutant {
  none,
  own_term_check_dropped,         // rule 1: commits an entry of an older term by counting
  ack_before_persisted,           // rule 2: acknowledges what is only in memory
  vote_before_persisted,          // rule 2: votes and campaigns leave before they are on disk
  memory_tail_in_elections,       // rule 2: campaigns with entries that are not on disk
  own_ack_before_persisted,       // rule 2: the leader counts what its own disk does not have
  commit_before_durable,          // rule 3: commits what is not durable here
  commit_not_clamped,             // rule 4: takes the last index for what the append verified
  match_from_hint,                // rule 5: a reject hint feeds match
  matching_prefix_truncated,      // an old append truncates what already matches
  held_request_outlives,          // rule 2: a held request for votes leaves after its campaign
  vote_forgotten,                 // a restart forgets the vote
  pre_vote_raises_term,           // rule 7
  foreign_messages_taken,         // rule 12
  stale_persisted_counts,         // rule 13
  read_without_round,             // rule 14
  read_without_office,            // rule 14: before the leader committed in its own term
  no_no_op,                       // rule 1: nothing of an older term ever commits by itself
  stalled_disk_stays,             // rule 15
  check_quorum_removed,           // rule 7
  pre_vote_removed,               // rule 7
  hears_leader_false,             // rule 7: who hears a leader votes for another
  window_unbounded,               // appends without end to a peer that does not answer
  uncommitted_unbounded,          // proposals without end while nothing commits
  read_joins_open_round,          // rule 14
  session_not_compared,           // rule 14: an answer from before a crash is taken for one after it
  configuration_not_rolled_back,  // rule 8: what was truncated still counts
  second_configuration,           // rule 8: a change while one is open
  configuration_without_office,   // rule 8: before the leader committed in its own term
  joint_one_side,                 // rule 8: a joint configuration decides by its new side alone
  learner_counted,                // rule 9: a learner is one of the majority
  match_not_reset,                // rule 5: a new leadership counts what an older one knew
};

// Set once by the test program, before any core runs.
inline Mutant active_mutant = Mutant::none;

}  // namespace anta::raft

#define ANTA_MUTANT(name) (::anta::raft::active_mutant == ::anta::raft::Mutant::name)
#else
#define ANTA_MUTANT(name) false
#endif
