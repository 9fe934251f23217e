// An executor that runs when the test says so and whose time moves when the test says so.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>

#include "node/executor.h"

namespace anta::test {

class ManualExecutor final : public Executor {
 public:
  void post(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
    arrived_.notify_all();
  }
  void after(std::uint32_t ms, std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    timers_.emplace(now_ + ms, std::move(work));
  }
  std::int64_t steady_ms() const override { return now_; }

  std::size_t pending() {
    const std::lock_guard lock(mutex_);
    return work_.size();
  }
  // Runs the first of what is posted.
  void run_one() {
    if (auto work = take()) work();
  }
  // Runs what is posted, and what that posts.
  void run() {
    while (auto work = take())
      work();
  }
  // Runs what is posted and what other threads post, until it is true. False when nothing comes for 10 s.
  bool run_until(const std::function<bool()>& condition) {
    while (true) {
      run();
      if (condition()) return true;
      std::unique_lock lock(mutex_);
      if (!arrived_.wait_for(lock, std::chrono::seconds(10), [this] { return !work_.empty(); })) return false;
    }
  }
  // Time passes; timers due on the way run at their time.
  void advance(std::int64_t ms) {
    const std::int64_t end = now_ + ms;
    run();
    while (!timers_.empty() && timers_.begin()->first <= end) {
      auto timer = timers_.extract(timers_.begin());
      now_ = std::max(now_, timer.key());
      timer.mapped()();
      run();
    }
    now_ = end;
  }

 private:
  std::function<void()> take() {
    const std::lock_guard lock(mutex_);
    if (work_.empty()) return nullptr;
    auto work = std::move(work_.front());
    work_.pop_front();
    return work;
  }
  std::mutex mutex_ = {};
  std::condition_variable arrived_ = {};
  std::deque<std::function<void()>> work_ = {};
  std::multimap<std::int64_t, std::function<void()>> timers_ = {};
  std::int64_t now_ = 1'000;
};

}  // namespace anta::test
