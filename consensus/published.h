// Published<T>: a value that one thread replaces and others read, whole. For status and metrics; the lock is
// held for a copy, never while something else is done. Any thread.
#pragma once

#include <mutex>
#include <utility>

#if defined(__clang__)
#define ANTA_PUBLISHED_ATTRIBUTE(x) __attribute__((x))
#else
#define ANTA_PUBLISHED_ATTRIBUTE(x)
#endif

namespace anta {

template <typename T>
class Published {
 public:
  void set(T value) {
    mutex_.lock();
    value_ = std::move(value);
    mutex_.unlock();
  }

  T get() const {
    mutex_.lock();
    T copy = value_;
    mutex_.unlock();
    return copy;
  }

 private:
  // std::mutex with the words that clang's thread-safety analysis needs.
  class ANTA_PUBLISHED_ATTRIBUTE(capability("mutex")) Guard {
   public:
    void lock() ANTA_PUBLISHED_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
    void unlock() ANTA_PUBLISHED_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

   private:
    std::mutex mutex_;
  };

  mutable Guard mutex_;
  T value_ ANTA_PUBLISHED_ATTRIBUTE(guarded_by(mutex_)) = {};
};

}  // namespace anta

#undef ANTA_PUBLISHED_ATTRIBUTE
