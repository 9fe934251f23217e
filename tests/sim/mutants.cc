// mutants [--budget N] [--first SEED] [--jobs N]: is every one-line fault of consensus/raft/mutant.h noticed?
// (mutation.h)
#include "consensus/raft/mutant.h"
#include "tests/sim/mutation.h"
#include "tests/sim/world.h"

namespace {

using anta::raft::Mutant;

constexpr anta::sim::MutationCase cases[] = {
    {static_cast<int>(Mutant::none), "(no fault)"},
    {static_cast<int>(Mutant::own_term_check_dropped), "own_term_check_dropped"},
    {static_cast<int>(Mutant::ack_before_persisted), "ack_before_persisted"},
    {static_cast<int>(Mutant::vote_before_persisted), "vote_before_persisted"},
    {static_cast<int>(Mutant::memory_tail_in_elections), "memory_tail_in_elections"},
    {static_cast<int>(Mutant::own_ack_before_persisted), "own_ack_before_persisted"},
    {static_cast<int>(Mutant::commit_before_durable), "commit_before_durable"},
    {static_cast<int>(Mutant::commit_not_clamped), "commit_not_clamped"},
    {static_cast<int>(Mutant::match_from_hint), "match_from_hint"},
    {static_cast<int>(Mutant::matching_prefix_truncated), "matching_prefix_truncated"},
    {static_cast<int>(Mutant::held_request_outlives), "held_request_outlives"},
    {static_cast<int>(Mutant::vote_forgotten), "vote_forgotten"},
    {static_cast<int>(Mutant::pre_vote_raises_term), "pre_vote_raises_term"},
    {static_cast<int>(Mutant::foreign_messages_taken), "foreign_messages_taken"},
    {static_cast<int>(Mutant::stale_persisted_counts), "stale_persisted_counts"},
    {static_cast<int>(Mutant::read_without_round), "read_without_round"},
    {static_cast<int>(Mutant::read_without_office), "read_without_office"},
    {static_cast<int>(Mutant::no_no_op), "no_no_op"},
    {static_cast<int>(Mutant::stalled_disk_stays), "stalled_disk_stays"},
    {static_cast<int>(Mutant::check_quorum_removed), "check_quorum_removed"},
    {static_cast<int>(Mutant::pre_vote_removed), "pre_vote_removed"},
    {static_cast<int>(Mutant::hears_leader_false), "hears_leader_false"},
    {static_cast<int>(Mutant::window_unbounded), "window_unbounded"},
    {static_cast<int>(Mutant::uncommitted_unbounded), "uncommitted_unbounded"},
    {static_cast<int>(Mutant::read_joins_open_round), "read_joins_open_round"},
    {static_cast<int>(Mutant::session_not_compared), "session_not_compared"},
    {static_cast<int>(Mutant::match_not_reset), "match_not_reset"},
    {static_cast<int>(Mutant::configuration_not_rolled_back), "configuration_not_rolled_back"},
    {static_cast<int>(Mutant::second_configuration), "second_configuration"},
    {static_cast<int>(Mutant::configuration_without_office), "configuration_without_office"},
    {static_cast<int>(Mutant::joint_one_side), "joint_one_side"},
    {static_cast<int>(Mutant::learner_counted), "learner_counted"},
};

}  // namespace

int main(int argc, char** argv) {
  return anta::sim::run_mutation(
      cases, argc, argv, {.budget = 10000, .first = 1000001},
      [](int mutant) { anta::raft::active_mutant = static_cast<Mutant>(mutant); },
      [](std::uint64_t seed) { return anta::sim::run_seed(seed).violation; });
}
