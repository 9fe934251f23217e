// How many requests one address may make: a token bucket per address, bounded in number.
//
// Belongs to the HTTP thread. Buckets that are full again say nothing and are dropped when room is needed; an
// address that finds no room for its bucket is limited together with all others like it. Time is given by the
// caller, in milliseconds of any steady clock.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "node/token_bucket.h"

namespace anta {

class HttpLimiter {
 public:
  static constexpr std::size_t addresses_max = 4'096;

  // `per_second` requests go on average and as many at once.
  explicit HttpLimiter(std::uint32_t per_second) : rate_{per_second, per_second} {}

  void set_rate(std::uint32_t per_second) {
    rate_ = {per_second, per_second};
  }  // of every address, from now on

  // Whether a request of this address may go now; if so it is counted.
  bool allow(const std::string& address, std::int64_t now_ms);

 private:
  TokenBucket& bucket_of(const std::string& address, std::int64_t now_ms);

  TokenRate rate_ = {};
  std::unordered_map<std::string, TokenBucket> buckets_ = {};
  TokenBucket overflow_ = {};
};

}  // namespace anta
