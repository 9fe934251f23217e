// Published<T>: a value that one thread replaces and others read, whole. For status and metrics; the lock is
// held for a copy, never while something else is done. Any thread.
#pragma once

#include <utility>

#include "crypto/guarded.h"

namespace anta {

template <typename T>
class Published {
 public:
  void set(T value) {
    const Lock lock(mutex_);
    value_ = std::move(value);
  }

  T get() const {
    const Lock lock(mutex_);
    return value_;
  }

 private:
  mutable Mutex mutex_;
  T value_ ANTA_GUARDED_BY(mutex_) = {};
};

}  // namespace anta
