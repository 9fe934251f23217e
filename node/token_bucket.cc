#include "node/token_bucket.h"

#include <algorithm>
#include <cmath>

namespace anta {

TokenBucket::TokenBucket(const TokenRate& rate, std::int64_t now_ms)
    : tokens_(static_cast<double>(rate.burst)), at_ms_(now_ms) {}

double TokenBucket::tokens(const TokenRate& rate, std::int64_t now_ms) const {
  const double gained = static_cast<double>(now_ms - at_ms_) * rate.per_second / 1'000.0;
  return std::min(tokens_ + std::max(gained, 0.0), static_cast<double>(rate.burst));
}

std::int64_t TokenBucket::wait_ms(const TokenRate& rate, std::int64_t now_ms) const {
  const double missing = 1.0 - tokens(rate, now_ms);
  return missing <= 0 ? 0 : static_cast<std::int64_t>(std::ceil(missing * 1'000.0 / rate.per_second));
}

void TokenBucket::take(const TokenRate& rate, std::int64_t now_ms) {
  tokens_ = tokens(rate, now_ms) - 1.0;
  at_ms_ = std::max(now_ms, at_ms_);
}

}  // namespace anta
