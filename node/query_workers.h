// Questions that take long, answered beside the HTTP thread: certificate files, verification, impact.
//
// A few executors do them, one at a time each; who asks while waiting_max wait or run is told so at once, and
// work that has taken too long is asked to stop between its steps. Any thread; the executors outlive it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "node/executor.h"

namespace anta {

struct QueryWorkersOptions {
  std::size_t waiting_max = 16;  // waiting and running, all executors together
  std::int64_t deadline_ms = 30'000;
};

class QueryWorkers {
 public:
  // Called exactly once for each piece taken, also past its deadline and after stop: it asks first.
  using Work = std::function<void(const MayGoOn&)>;

  QueryWorkers(std::vector<Executor*> executors, QueryWorkersOptions options);

  // Runs the work soon, on the executor with the least to do. False: too many wait, or the node is stopping.
  bool run(Work work);

  // From now on nothing is taken, and what was taken may not go on.
  void stop();

 private:
  struct Line {
    Executor* executor = nullptr;
    std::atomic<std::size_t> waiting = 0;
  };
  struct State {
    std::vector<std::unique_ptr<Line>> lines = {};
    std::atomic<std::size_t> waiting = 0;
    std::atomic<bool> stopping = false;
  };
  QueryWorkersOptions options_ = {};
  std::shared_ptr<State> state_ = std::make_shared<State>();  // work under way holds it too
};

}  // namespace anta
