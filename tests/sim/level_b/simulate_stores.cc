// simulate_stores SEED: one run of level B. simulate_stores --seeds A..B: many. README.md says how to read a
// failure.
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/sim/level_b/cluster.h"
#include "tests/sim/level_b/statements.h"

namespace {

using namespace anta::sim;

constexpr const char* usage =
    R"(simulate_stores SEED [--trace] [--steps N]
simulate_stores --seeds A..B [--jobs N] [--steps N] [--assert] [--twice]
simulate_stores --file SEEDS [--jobs N]

The real shell, stores and law over simulated disks, links and clocks; one seed replays a run bit for bit.
  --trace   print every event: time in ms, node, what, and two numbers
  --steps N end the chaos after N events (the liveness phase follows)
  --assert  fail unless every fault and every event of the report happened
  --twice   run each seed again, and fail unless its trace is the same
  --file    one seed a line; what follows it is a comment
  --jobs N  threads for several seeds; 2 by default
)";

struct Arguments {
  std::vector<std::uint64_t> seeds = {};
  std::uint64_t steps = 0;
  unsigned jobs = 2;
  bool one = false;
  bool trace = false;
  bool assert_counts = false;
  bool twice = false;
  bool good = false;
};

std::vector<std::uint64_t> seeds_in(const std::string& file) {
  std::vector<std::uint64_t> seeds;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line[0] >= '0' && line[0] <= '9')
      seeds.push_back(std::strtoull(line.c_str(), nullptr, 10));
  }
  return seeds;
}

std::vector<std::uint64_t> seeds_of(const std::string& range) {
  std::vector<std::uint64_t> seeds;
  const auto dots = range.find("..");
  if (dots == std::string::npos) return seeds;
  const std::uint64_t last = std::strtoull(range.c_str() + dots + 2, nullptr, 10);
  for (std::uint64_t seed = std::strtoull(range.c_str(), nullptr, 10); seed <= last; ++seed)
    seeds.push_back(seed);
  return seeds;
}

Arguments parse(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--trace") {
      out.trace = true;
    } else if (word == "--assert") {
      out.assert_counts = true;
    } else if (word == "--twice") {
      out.twice = true;
    } else if (word == "--steps" && more) {
      out.steps = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--jobs" && more) {
      out.jobs = static_cast<unsigned>(std::strtoul(argv[++i], nullptr, 10));
    } else if (word == "--seeds" && more) {
      out.seeds = seeds_of(argv[++i]);
      out.good = !out.seeds.empty();
    } else if (word == "--file" && more) {
      out.seeds = seeds_in(argv[++i]);
      out.good = !out.seeds.empty();
    } else if (word.find_first_not_of("0123456789") == std::string::npos) {
      out.seeds = {std::strtoull(word.c_str(), nullptr, 10)};
      out.one = out.good = true;
    } else {
      out.good = false;
      return out;
    }
  }
  return out;
}

int one(const Arguments& arguments) {
  const StoreRun run = run_store_seed(arguments.seeds.front(), arguments.steps, arguments.trace);
  std::cout << run.trace << report(run.counts) << "trace hash " << std::hex << run.trace_hash << std::dec
            << "\nseed " << arguments.seeds.front() << (run.violation.empty() ? " passed" : " FAILED: ")
            << run.violation << "\n";
  return run.violation.empty() ? 0 : 1;
}

int many(const Arguments& arguments) {
  const auto began = std::chrono::steady_clock::now();
  std::mutex mutex;  // guards what follows
  StoreCounts counts;
  std::size_t next = 0;
  int failed = 0;
  const auto work = [&] {
    while (true) {
      std::uint64_t seed = 0;
      {
        const std::lock_guard lock(mutex);
        if (next == arguments.seeds.size() || failed >= 20) return;
        seed = arguments.seeds[next++];
      }
      StoreRun run = run_store_seed(seed, arguments.steps);
      if (arguments.twice && run_store_seed(seed, arguments.steps).trace_hash != run.trace_hash)
        run.violation = "its trace is another the second time";
      const std::lock_guard lock(mutex);
      counts += run.counts;
      if (run.violation.empty()) continue;
      ++failed;
      std::cout << "seed " << seed << " FAILED: " << run.violation << std::endl;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < arguments.jobs; ++i)
    threads.emplace_back(work);
  for (std::thread& thread : threads)
    thread.join();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const std::string absent = arguments.assert_counts ? missing(counts) : "";
  std::cout << report(counts) << "seconds " << seconds << ", steps per second "
            << static_cast<std::uint64_t>(static_cast<double>(counts.steps) / seconds) << ", failed "
            << failed << "\n"
            << absent;
  return failed == 0 && absent.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  if (!arguments.good || arguments.jobs == 0) {
    std::cerr << usage;
    return 2;
  }
  statements();  // before there are threads
  return arguments.one ? one(arguments) : many(arguments);
}
