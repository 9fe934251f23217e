// Worker: one thread that does what is posted to it, in order. Posting is thread-safe and never blocks.
//
// After it has done everything that waited, and before it waits again, it calls `drained`: what was posted
// together is finished together there (group commit).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace anta {

class Worker {
 public:
  explicit Worker(std::function<void()> drained = {});
  ~Worker();  // stops

  void start(const std::string& name);  // at most 15 characters; shown by ps and perf
  void post(std::function<void()> work);

  // Finishes the piece of work under way, forgets the rest, joins. Not from its own thread.
  void stop();

  // What work is timed by. The simulator's workers (tests/sim/level_b) have no threads and a time of their
  // own.
  static std::chrono::steady_clock::time_point now();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anta
