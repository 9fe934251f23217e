#include "node/http_limiter.h"

namespace anta {

TokenBucket& HttpLimiter::bucket_of(const std::string& address, std::int64_t now_ms) {
  if (auto found = buckets_.find(address); found != buckets_.end()) return found->second;
  if (buckets_.size() >= addresses_max) {
    // A full bucket says nothing: forgetting it changes nothing.
    std::erase_if(buckets_,
                  [&](const auto& entry) { return entry.second.tokens(rate_, now_ms) >= rate_.burst; });
  }
  if (buckets_.size() >= addresses_max) return overflow_;
  return buckets_.emplace(address, TokenBucket(rate_, now_ms)).first->second;
}

bool HttpLimiter::allow(const std::string& address, std::int64_t now_ms) {
  TokenBucket& bucket = bucket_of(address, now_ms);
  if (bucket.wait_ms(rate_, now_ms) > 0) return false;
  bucket.take(rate_, now_ms);
  return true;
}

}  // namespace anta
