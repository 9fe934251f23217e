#include "tests/sim/runner.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

namespace anta::sim {

Campaign run_seeds(std::uint64_t first, std::uint64_t last, unsigned jobs, const Overrides& overrides,
                   std::size_t failures_max) {
  const auto began = std::chrono::steady_clock::now();
  Campaign campaign;
  std::mutex mutex;  // guards campaign
  std::atomic<std::uint64_t> next = first;
  std::atomic<std::size_t> failed = 0;
  auto work = [&] {
    while (failed < failures_max) {
      const std::uint64_t seed = next++;
      if (seed > last) return;
      RunResult result = run_seed(seed, overrides);
      const std::lock_guard lock(mutex);
      campaign.counts += result.counts;
      if (result.violation.empty()) continue;
      ++failed;
      campaign.failures.push_back({seed, std::move(result.violation)});
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < jobs; ++i)
    threads.emplace_back(work);
  for (std::thread& thread : threads)
    thread.join();
  std::sort(campaign.failures.begin(), campaign.failures.end(),
            [](const Failure& a, const Failure& b) { return a.seed < b.seed; });
  campaign.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return campaign;
}

}  // namespace anta::sim
