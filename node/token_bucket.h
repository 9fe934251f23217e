// How much may go: so many a second on average, and at once as many as a bucket holds.
//
// A bucket fills with time and is emptied by what goes. What could not be known before may empty it below
// nothing: a debt, which delays what comes next. The rate is given with each call, so that it may change
// while buckets stand. Time is given by the caller, in milliseconds of any steady clock. One thread at a
// time.
#pragma once

#include <cstdint>

namespace anta {

struct TokenRate {
  std::uint32_t per_second = 1;
  std::uint32_t burst = 1;  // what a bucket holds when it is full

  bool operator==(const TokenRate&) const = default;
};

class TokenBucket {
 public:
  TokenBucket() = default;                                  // empty, long ago
  TokenBucket(const TokenRate& rate, std::int64_t now_ms);  // full

  // What it holds by now; below zero: a debt.
  double tokens(const TokenRate& rate, std::int64_t now_ms) const;

  // Milliseconds until it holds a whole token; 0: it does.
  std::int64_t wait_ms(const TokenRate& rate, std::int64_t now_ms) const;

  void take(const TokenRate& rate, std::int64_t now_ms);

 private:
  double tokens_ = 0;
  std::int64_t at_ms_ = 0;
};

}  // namespace anta
