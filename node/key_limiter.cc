#include "node/key_limiter.h"

#include <algorithm>
#include <string>
#include <vector>

#include "crypto/cose.h"

namespace anta {

std::uint32_t KeyLimiter::wait_s(std::span<const ByteView> statements, std::int64_t now_ms) {
  std::vector<Digest> kids;
  for (const ByteView statement : statements) {
    // What names no key is no statement: it will be refused before anything of it is verified.
    if (const Result<Digest> kid = peek_kid(statement)) kids.push_back(*kid);
  }
  const Lock lock(mutex_);
  std::int64_t longest_ms = 0;
  for (const Digest& kid : kids) {
    if (const auto found = buckets_.find(kid); found != buckets_.end())
      longest_ms = std::max(longest_ms, found->second.wait_ms(rate_, now_ms));
  }
  if (longest_ms > 0) ++refused_;
  return static_cast<std::uint32_t>((longest_ms + 999) / 1'000);
}

void KeyLimiter::charge(const Digest& kid, std::int64_t now_ms) {
  const Lock lock(mutex_);
  auto found = buckets_.find(kid);
  if (found == buckets_.end()) {
    if (buckets_.size() >= keys_max) make_room(now_ms);
    found = buckets_.emplace(kid, TokenBucket(rate_, now_ms)).first;
  }
  found->second.take(rate_, now_ms);
}

// A quarter at once, so that it is rarely done.
void KeyLimiter::make_room(std::int64_t now_ms) {
  const TokenRate rate = rate_;
  std::vector<double> all;
  all.reserve(buckets_.size());
  for (const auto& [kid, bucket] : buckets_)
    all.push_back(bucket.tokens(rate, now_ms));
  const auto cut = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 4 * 3);
  std::ranges::nth_element(all, cut);
  const double least = *cut;
  std::erase_if(buckets_, [&](const auto& entry) { return entry.second.tokens(rate, now_ms) >= least; });
}

void KeyLimiter::set_rate(TokenRate rate) {
  const Lock lock(mutex_);
  rate_ = rate;
}

KeyLimiter::Figures KeyLimiter::figures() const {
  const Lock lock(mutex_);
  return {.refused = refused_, .buckets = buckets_.size()};
}

Error key_limit_error(std::uint32_t wait_s) {
  return {Code::busy, std::string(key_limit_rule),
          "this key has sent more statements than one may; send the same again in " + std::to_string(wait_s) +
              " s"};
}

}  // namespace anta
