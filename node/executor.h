// A thread that runs what is posted to it, in order, and keeps time for it.
//
// The services of a node (submission, checkpointer) own their state on one executor, so that they need no
// lock; everybody else posts values to them. Tests have one that runs when told and whose time stands still
// (tests/node/manual_executor.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace anta {

// Asked by long work between its steps; false: stop, the answer is busy.
using MayGoOn = std::function<bool()>;

class Executor {
 public:
  virtual ~Executor() = default;

  // Runs `work` on the executor's thread, after what was posted before. Any thread.
  virtual void post(std::function<void()> work) = 0;
  // The same after `ms` milliseconds at the earliest. Any thread.
  virtual void after(std::uint32_t ms, std::function<void()> work) = 0;
  // Milliseconds of a clock that never goes back. Any thread.
  virtual std::int64_t steady_ms() const = 0;
};

// One thread with an event loop.
class ThreadExecutor final : public Executor {
 public:
  ThreadExecutor();
  ~ThreadExecutor() override;  // stop()

  void post(std::function<void()> work) override;
  void after(std::uint32_t ms, std::function<void()> work) override;
  std::int64_t steady_ms() const override;

  // Runs what was posted up to now and ends the thread; later posts are dropped. Not from its own thread.
  void stop();

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace anta
