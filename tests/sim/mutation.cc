#include "tests/sim/mutation.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace anta::sim {
namespace {

// Written by the child, read by the parent, also after an abort.
struct Report {
  std::uint64_t runs = 0;
  bool caught = false;
  char violation[160] = {};
};

struct Child {
  const MutationCase* of = nullptr;
  pid_t pid = 0;
  Report* report = nullptr;
};

struct Mutation {
  std::uint64_t first = 0;
  std::uint64_t budget = 0;
  const std::function<void(int)>& choose;
  const std::function<std::string(std::uint64_t)>& run;

  [[noreturn]] void run_case(const MutationCase& of, Report* report) const {
    choose(of.mutant);
    for (std::uint64_t i = 0; i < budget && !report->caught; ++i) {
      report->runs = i + 1;
      const std::string violation = run(first + i);
      report->caught = !violation.empty();
      std::snprintf(report->violation, sizeof report->violation, "%s", violation.c_str());
    }
    _exit(0);
  }

  Child begin(const MutationCase& of) const {
    void* shared = mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) std::abort();
    Child child{&of, 0, new (shared) Report};
    std::fflush(stdout);
    child.pid = fork();
    if (child.pid == 0) {
      if (of.mutant != 0 && !std::freopen("/dev/null", "w", stderr)) _exit(1);  // expected aborts
      run_case(of, child.report);
    }
    return child;
  }
};

// True when the case ended as it should.
bool finish(const Child& child, int status) {
  const bool aborted = WIFSIGNALED(status);
  const bool caught = child.report->caught || aborted;
  const char* how = child.report->caught ? child.report->violation : aborted ? "aborted on an invariant" : "";
  const bool fine = caught == (child.of->mutant != 0);
  std::printf("%-30s %-9s after %4llu seeds  %s%s\n", child.of->name, caught ? "caught" : "passed",
              static_cast<unsigned long long>(child.report->runs), how, fine ? "" : "   <-- WRONG");
  munmap(child.report, sizeof(Report));
  return fine;
}

const char* option(int argc, char** argv, const char* name) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return argv[i + 1];
  }
  return nullptr;
}

std::uint64_t option(int argc, char** argv, const char* name, std::uint64_t otherwise) {
  const char* const given = option(argc, argv, name);
  return given ? std::strtoull(given, nullptr, 10) : otherwise;
}

}  // namespace

int run_mutation(std::span<const MutationCase> cases, int argc, char** argv, MutationDefaults defaults,
                 const std::function<void(int mutant)>& choose,
                 const std::function<std::string(std::uint64_t seed)>& run) {
  const Mutation mutation{option(argc, argv, "--first", defaults.first),
                          option(argc, argv, "--budget", defaults.budget), choose, run};
  const std::size_t jobs = option(argc, argv, "--jobs", 2);
  const char* const only = option(argc, argv, "--only");
  std::vector<const MutationCase*> wanted;
  for (const MutationCase& one : cases) {
    if (!only || std::strcmp(only, one.name) == 0) wanted.push_back(&one);
  }
  std::vector<Child> running;
  std::size_t next = 0;
  bool all_fine = !wanted.empty();
  while (next < wanted.size() || !running.empty()) {
    if (next < wanted.size() && running.size() < jobs) {
      running.push_back(mutation.begin(*wanted[next++]));
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

}  // namespace anta::sim
