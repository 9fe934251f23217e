// A mutex that clang's thread-safety analysis understands, and the words to use it with (house.md section 4).
//
//     Mutex mutex_;
//     std::map<...> entries_ ANTA_GUARDED_BY(mutex_);
//     ...
//     const Lock lock(mutex_);
//
// The only home of std::mutex and its friends: whoever locks in production sources locks with these (tidy
// checks it, and tests/tidy/thread_safety.py has clang check each use). g++ sees plain std::mutex behaviour.
// Any thread.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define ANTA_THREAD(x) __attribute__((x))
#else
#define ANTA_THREAD(x)
#endif
#define ANTA_GUARDED_BY(x) ANTA_THREAD(guarded_by(x))
#define ANTA_REQUIRES(x) ANTA_THREAD(requires_capability(x))

namespace anta {

class ANTA_THREAD(capability("mutex")) Mutex {
 public:
  void lock() ANTA_THREAD(acquire_capability()) { mutex_.lock(); }
  void unlock() ANTA_THREAD(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class ANTA_THREAD(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) ANTA_THREAD(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  ~Lock() ANTA_THREAD(release_capability()) { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits on a Mutex that the caller holds.
class Condition {
 public:
  void wait(Mutex& mutex) ANTA_REQUIRES(mutex) { condition_.wait(mutex); }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable_any condition_;
};

}  // namespace anta
