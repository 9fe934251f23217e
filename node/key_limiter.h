// How many statements one key may have verified by this node: a token bucket per signer's key, bounded in
// number.
//
// Asked before a signature is checked, by the kid that a statement's bytes name; charged once the signature
// has been verified under that key. So whoever sends junk under another's kid spends nothing of it, and only
// keys that are registered ever take room: a key without a bucket has a full one. A request goes on when each
// of its keys has a whole token, and is charged for all that was verified of it: a long sequence leaves a
// debt, which delays the key's next request. When there is no room for another bucket, the fullest quarter is
// forgotten, never a debt before a credit.
//
// Any thread. Time is given by the caller, in milliseconds of one steady clock.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/guarded.h"
#include "node/token_bucket.h"

namespace anta {

class KeyLimiter {
 public:
  static constexpr std::size_t keys_max = 16'384;

  explicit KeyLimiter(TokenRate rate) : rate_(rate) {}

  // Whole seconds until a request with these statements may be looked at, by the kids that their bytes name;
  // 0: now. One that has to wait is counted as refused; nothing is charged.
  std::uint32_t wait_s(std::span<const ByteView> statements, std::int64_t now_ms);

  // The signature of one statement was verified under this key.
  void charge(const Digest& kid, std::int64_t now_ms);

  // Debts stand; credits above the new burst are gone.
  void set_rate(TokenRate rate);

  struct Figures {
    std::uint64_t refused = 0;  // requests
    std::size_t buckets = 0;
  };
  Figures figures() const;

 private:
  void make_room(std::int64_t now_ms) ANTA_REQUIRES(mutex_);

  mutable Mutex mutex_;
  TokenRate rate_ ANTA_GUARDED_BY(mutex_) = {};
  std::unordered_map<Digest, TokenBucket> buckets_ ANTA_GUARDED_BY(mutex_) = {};
  std::uint64_t refused_ ANTA_GUARDED_BY(mutex_) = 0;
};

// The refusal's rule, as the limit is called in the configuration, and the refusal itself.
inline constexpr std::string_view key_limit_rule = "key_statements_per_second";
Error key_limit_error(std::uint32_t wait_s);

}  // namespace anta
