#include "node/http_limiter.h"

#include <algorithm>

namespace anta {

HttpLimiter::Bucket& HttpLimiter::bucket_of(const std::string& address, std::int64_t now_ms) {
  if (auto found = buckets_.find(address); found != buckets_.end()) return found->second;
  if (buckets_.size() >= addresses_max) {
    // A bucket that has not been used for a second is full: forgetting it changes nothing.
    std::erase_if(buckets_, [&](const auto& entry) { return now_ms - entry.second.at_ms >= 1'000; });
  }
  if (buckets_.size() >= addresses_max) return overflow_;
  return buckets_.emplace(address, Bucket{.tokens = static_cast<double>(per_second_), .at_ms = now_ms})
      .first->second;
}

bool HttpLimiter::allow(const std::string& address, std::int64_t now_ms) {
  Bucket& bucket = bucket_of(address, now_ms);
  const double gained = static_cast<double>(now_ms - bucket.at_ms) * per_second_ / 1'000.0;
  bucket.tokens = std::min(bucket.tokens + std::max(gained, 0.0), static_cast<double>(per_second_));
  bucket.at_ms = std::max(now_ms, bucket.at_ms);
  if (bucket.tokens < 1.0) return false;
  bucket.tokens -= 1.0;
  return true;
}

}  // namespace anta
