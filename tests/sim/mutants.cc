// mutants [--budget N] [--first SEED] [--jobs N]: is every one-line fault of consensus/raft/mutant.h noticed?
//
// Each mutant runs in a process of its own on seeds first, first + 1, ... until one fails (or aborts on an
// invariant), at most `budget` of them. The core without a fault has to pass all of these. Prints a table;
// fails if a mutant survives.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "consensus/raft/mutant.h"
#include "tests/sim/world.h"

namespace {

using anta::raft::Mutant;

struct Case {
  Mutant mutant = Mutant::none;
  const char* name = "";
};

constexpr Case cases[] = {
    {Mutant::none, "(no fault)"},
    {Mutant::own_term_check_dropped, "own_term_check_dropped"},
    {Mutant::ack_before_persisted, "ack_before_persisted"},
    {Mutant::vote_before_persisted, "vote_before_persisted"},
    {Mutant::memory_tail_in_elections, "memory_tail_in_elections"},
    {Mutant::own_ack_before_persisted, "own_ack_before_persisted"},
    {Mutant::commit_before_durable, "commit_before_durable"},
    {Mutant::commit_not_clamped, "commit_not_clamped"},
    {Mutant::match_from_hint, "match_from_hint"},
    {Mutant::matching_prefix_truncated, "matching_prefix_truncated"},
    {Mutant::held_request_outlives, "held_request_outlives"},
    {Mutant::vote_forgotten, "vote_forgotten"},
    {Mutant::pre_vote_raises_term, "pre_vote_raises_term"},
    {Mutant::foreign_messages_taken, "foreign_messages_taken"},
    {Mutant::stale_persisted_counts, "stale_persisted_counts"},
    {Mutant::read_without_round, "read_without_round"},
    {Mutant::read_without_office, "read_without_office"},
    {Mutant::no_no_op, "no_no_op"},
    {Mutant::stalled_disk_stays, "stalled_disk_stays"},
    {Mutant::check_quorum_removed, "check_quorum_removed"},
    {Mutant::pre_vote_removed, "pre_vote_removed"},
    {Mutant::hears_leader_false, "hears_leader_false"},
    {Mutant::window_unbounded, "window_unbounded"},
    {Mutant::uncommitted_unbounded, "uncommitted_unbounded"},
    {Mutant::read_joins_open_round, "read_joins_open_round"},
    {Mutant::session_not_compared, "session_not_compared"},
    {Mutant::match_not_reset, "match_not_reset"},
    {Mutant::configuration_not_rolled_back, "configuration_not_rolled_back"},
    {Mutant::second_configuration, "second_configuration"},
    {Mutant::configuration_without_office, "configuration_without_office"},
    {Mutant::joint_one_side, "joint_one_side"},
    {Mutant::learner_counted, "learner_counted"},
};

// Written by the child, read by the parent, also after an abort.
struct Report {
  std::uint64_t runs = 0;
  bool caught = false;
  char violation[160] = {};
};

struct Child {
  const Case* of = nullptr;
  pid_t pid = 0;
  Report* report = nullptr;
};

[[noreturn]] void run_case(const Case& of, std::uint64_t first, std::uint64_t budget, Report* report) {
  anta::raft::active_mutant = of.mutant;
  for (std::uint64_t i = 0; i < budget && !report->caught; ++i) {
    report->runs = i + 1;
    const anta::sim::RunResult result = anta::sim::run_seed(first + i);
    report->caught = !result.violation.empty();
    std::snprintf(report->violation, sizeof report->violation, "%s", result.violation.c_str());
  }
  _exit(0);
}

Child begin(const Case& of, std::uint64_t first, std::uint64_t budget) {
  void* shared = mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) std::abort();
  Child child{&of, 0, new (shared) Report};
  std::fflush(stdout);
  child.pid = fork();
  if (child.pid == 0) {
    if (of.mutant != Mutant::none && !std::freopen("/dev/null", "w", stderr)) _exit(1);  // expected aborts
    run_case(of, first, budget, child.report);
  }
  return child;
}

// True when the case ended as it should.
bool finish(const Child& child, int status) {
  const bool aborted = WIFSIGNALED(status);
  const bool caught = child.report->caught || aborted;
  const char* how = child.report->caught ? child.report->violation : aborted ? "aborted on an invariant" : "";
  const bool fine = caught == (child.of->mutant != Mutant::none);
  std::printf("%-30s %-9s after %4llu seeds  %s%s\n", child.of->name, caught ? "caught" : "passed",
              static_cast<unsigned long long>(child.report->runs), how, fine ? "" : "   <-- WRONG");
  munmap(child.report, sizeof(Report));
  return fine;
}

std::uint64_t option(int argc, char** argv, const char* name, std::uint64_t otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return std::strtoull(argv[i + 1], nullptr, 10);
  }
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t budget = option(argc, argv, "--budget", 10000);
  const std::uint64_t first = option(argc, argv, "--first", 1000001);
  const std::size_t jobs = option(argc, argv, "--jobs", 2);
  std::vector<Child> running;
  std::size_t next = 0;
  bool all_fine = true;
  while (next < std::size(cases) || !running.empty()) {
    if (next < std::size(cases) && running.size() < jobs) {
      running.push_back(begin(cases[next++], first, budget));
      continue;
    }
    int status = 0;
    const pid_t ended = wait(&status);
    if (ended < 0) return 1;
    for (std::size_t i = 0; i < running.size(); ++i) {
      if (running[i].pid != ended) continue;
      all_fine = finish(running[i], status) && all_fine;
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
  }
  return all_fine ? 0 : 1;
}
