// mutants_stores [--budget N] [--first SEED] [--jobs N]: is every fault of storage/write_mutant.h noticed at
// level B?
//
// Each mutant runs in a process of its own on seeds first, first + 1, ... until one fails (or aborts on an
// invariant), at most `budget` of them. The stores and the shell without a fault have to pass all of these.
// Prints a table; fails if a mutant survives.
#include "storage/write_mutant.h"
#include "tests/sim/level_b/cluster.h"
#include "tests/sim/level_b/statements.h"
#include "tests/sim/mutation.h"

namespace {

using anta::WriteMutant;

constexpr anta::sim::MutationCase cases[] = {
    {static_cast<int>(WriteMutant::none), "(no fault)"},
    {static_cast<int>(WriteMutant::persisted_before_written), "persisted_before_written"},
    {static_cast<int>(WriteMutant::failed_write_ignored), "failed_write_ignored"},
    {static_cast<int>(WriteMutant::entries_not_synced), "entries_not_synced"},
    {static_cast<int>(WriteMutant::hard_state_not_synced), "hard_state_not_synced"},
    {static_cast<int>(WriteMutant::mark_not_synced), "mark_not_synced"},
    {static_cast<int>(WriteMutant::hard_state_apart), "hard_state_apart"},
    {static_cast<int>(WriteMutant::truncation_apart), "truncation_apart"},
    {static_cast<int>(WriteMutant::applied_apart), "applied_apart"},
    {static_cast<int>(WriteMutant::watermark_before_written), "watermark_before_written"},
    {static_cast<int>(WriteMutant::watermark_not_lowered), "watermark_not_lowered"},
    {static_cast<int>(WriteMutant::amnesia_in_memory), "amnesia_in_memory"},
    {static_cast<int>(WriteMutant::torn_end_dropped_silently), "torn_end_dropped_silently"},
    {static_cast<int>(WriteMutant::applied_before_durable), "applied_before_durable"},
    {static_cast<int>(WriteMutant::amnesia_ends_at_once), "amnesia_ends_at_once"},
    {static_cast<int>(WriteMutant::read_before_applied), "read_before_applied"},
    {static_cast<int>(WriteMutant::stale_incarnation_let_in), "stale_incarnation_let_in"},
};

}  // namespace

int main(int argc, char** argv) {
  using namespace anta::sim;
  statements();  // once, before the processes part
  return run_mutation(
      cases, argc, argv, {.budget = 200, .first = 1},
      [](int mutant) { anta::active_write_mutant = static_cast<WriteMutant>(mutant); },
      [](std::uint64_t seed) { return run_store_seed(seed).violation; });
}
