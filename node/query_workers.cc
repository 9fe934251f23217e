#include "node/query_workers.h"

#include <algorithm>
#include <utility>

#include "crypto/error.h"

namespace anta {

QueryWorkers::QueryWorkers(std::vector<Executor*> executors, QueryWorkersOptions options)
    : options_(options) {
  ANTA_INVARIANT(!executors.empty());
  for (Executor* executor : executors) {
    state_->lines.push_back(std::make_unique<Line>());
    state_->lines.back()->executor = executor;
  }
}

bool QueryWorkers::run(Work work) {
  State& state = *state_;
  if (state.stopping) return false;
  if (++state.waiting > options_.waiting_max) {
    --state.waiting;
    return false;
  }
  Line& line = **std::min_element(state.lines.begin(), state.lines.end(), [](const auto& a, const auto& b) {
    return a->waiting.load() < b->waiting.load();
  });
  ++line.waiting;
  const std::int64_t deadline = line.executor->steady_ms() + options_.deadline_ms;
  line.executor->post([shared = state_, &line, deadline, work = std::move(work)] {
    work([&] { return !shared->stopping && line.executor->steady_ms() < deadline; });
    --line.waiting;
    --shared->waiting;
  });
  return true;
}

void QueryWorkers::stop() { state_->stopping = true; }

}  // namespace anta
