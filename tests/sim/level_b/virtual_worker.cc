#include "tests/sim/level_b/virtual_worker.h"

#include <algorithm>
#include <utility>

#include "consensus/worker.h"

namespace anta {

namespace sim {

thread_local VirtualThreads* current_threads = nullptr;
thread_local std::uint64_t virtual_ms = 0;

void VirtualThread::run() {
  running = true;
  for (std::size_t count = waiting.size(); count > 0 && open; --count) {
    const std::function<void()> work = std::move(waiting.front());
    waiting.pop_front();
    work();
  }
  if (open && drained) drained();
  running = false;
}

}  // namespace sim

struct Worker::State {
  sim::VirtualThread thread = {};
  sim::VirtualThreads* threads = nullptr;
};

Worker::Worker(std::function<void()> drained) : state_(std::make_unique<State>()) {
  state_->thread.drained = std::move(drained);
  state_->threads = sim::current_threads;
  state_->threads->all.push_back(&state_->thread);
}

Worker::~Worker() {
  stop();
  std::erase(state_->threads->all, &state_->thread);
}

void Worker::start(const std::string& name) {
  state_->thread.name = name;
  state_->thread.open = true;
}

void Worker::post(std::function<void()> work) {
  state_->thread.waiting.push_back(std::move(work));
  state_->threads->on_post(state_->thread);
}

void Worker::stop() {
  state_->thread.open = false;
  state_->thread.waiting.clear();
}

std::chrono::steady_clock::time_point Worker::now() {
  return std::chrono::steady_clock::time_point(std::chrono::milliseconds(++sim::virtual_ms));
}

}  // namespace anta
