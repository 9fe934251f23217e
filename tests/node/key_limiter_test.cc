#include "node/key_limiter.h"

#include <gtest/gtest.h>

#include "crypto/cose.h"

namespace anta::test {
namespace {

Digest kid_of_number(std::uint32_t number) {
  Digest kid;
  for (std::size_t i = 0; i < 4; ++i)
    kid.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return kid;
}

// A statement that names this kid; nobody looks at its signature here.
Bytes naming(std::uint32_t number) {
  const SignedHeader header{
      .content_type = content_type_of("lot"), .kid = kid_of_number(number), .issuer = "i", .subject = "s"};
  return *assemble_cose(*encode_protected(header), Bytes{0xA0}, Signature{});
}

// How long a request with a statement of each of these keys, and one that is none, has to wait.
std::uint32_t wait_of(KeyLimiter& limiter, const std::vector<std::uint32_t>& numbers, std::int64_t now_ms) {
  std::vector<Bytes> statements = {Bytes{0x01}};
  for (const std::uint32_t number : numbers)
    statements.push_back(naming(number));
  const std::vector<ByteView> views(statements.begin(), statements.end());
  return limiter.wait_s(views, now_ms);
}

TEST(KeyLimiter, AskingIsFreeAndChargingIsNot) {
  // Goal: however often is asked, a key has its burst; then it waits for a whole token, another key does not.
  KeyLimiter limiter({.per_second = 4, .burst = 2});
  const Digest kid = kid_of_number(1);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(wait_of(limiter, {1}, 1'000), 0u);
  EXPECT_EQ(limiter.figures().buckets, 0u);
  limiter.charge(kid, 1'000);
  EXPECT_EQ(wait_of(limiter, {1}, 1'000), 0u);
  limiter.charge(kid, 1'000);
  EXPECT_EQ(wait_of(limiter, {1}, 1'000), 1u);
  EXPECT_EQ(wait_of(limiter, {1}, 1'249), 1u);
  EXPECT_EQ(wait_of(limiter, {1}, 1'250), 0u);
  EXPECT_EQ(wait_of(limiter, {2}, 1'000), 0u);
  EXPECT_EQ(limiter.figures().refused, 2u);
}

TEST(KeyLimiter, ADebtIsWaitedForInWholeSeconds) {
  // Goal: the wait is the debt and one token by the rate, rounded up; of several keys the longest counts;
  // what names no key waits for nothing.
  KeyLimiter limiter({.per_second = 3, .burst = 1});
  for (int i = 0; i < 11; ++i)
    limiter.charge(kid_of_number(1), 5'000);
  limiter.charge(kid_of_number(2), 5'000);
  EXPECT_EQ(wait_of(limiter, {1}, 5'000), 4u);  // 11 tokens at 3 a second: 3.67 s
  EXPECT_EQ(wait_of(limiter, {2}, 5'000), 1u);
  EXPECT_EQ(wait_of(limiter, {2, 1}, 5'000), 4u);
  EXPECT_EQ(wait_of(limiter, {2, 1}, 8'600), 1u);
  EXPECT_EQ(wait_of(limiter, {2, 1}, 9'000), 0u);
  EXPECT_EQ(wait_of(limiter, {}, 5'000), 0u);
}

TEST(KeyLimiter, ABucketHoldsNoMoreThanItsBurst) {
  // Goal: who was silent for a day may send a burst, not a day's worth.
  KeyLimiter limiter({.per_second = 10, .burst = 3});
  const Digest kid = kid_of_number(1);
  limiter.charge(kid, 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(wait_of(limiter, {1}, 86'400'000), 0u);
    limiter.charge(kid, 86'400'000);
  }
  EXPECT_EQ(wait_of(limiter, {1}, 86'400'000), 1u);
}

TEST(KeyLimiter, AnotherRateHoldsFromThenOnForBucketsThatStand) {
  // Goal: a reload takes effect at once: a smaller burst takes credit away, a greater rate shortens a wait.
  KeyLimiter limiter({.per_second = 1, .burst = 10});
  const Digest kid = kid_of_number(1);
  limiter.charge(kid, 1'000);
  limiter.set_rate({.per_second = 1, .burst = 1});
  limiter.charge(kid, 1'000);
  EXPECT_EQ(wait_of(limiter, {1}, 1'000), 1u);
  for (int i = 0; i < 99; ++i)
    limiter.charge(kid, 1'000);
  EXPECT_EQ(wait_of(limiter, {1}, 1'000), 100u);
  limiter.set_rate({.per_second = 50, .burst = 1});
  EXPECT_EQ(wait_of(limiter, {1}, 1'000), 2u);
}

TEST(KeyLimiter, ItsTableIsBoundedAndForgetsTheFullestFirst) {
  // Goal: many keys take no more memory than a few, and none of them frees a debtor.
  KeyLimiter limiter({.per_second = 1, .burst = 100});
  const Digest debtor = kid_of_number(0);
  for (int i = 0; i < 150; ++i)
    limiter.charge(debtor, 1'000);
  for (std::uint32_t i = 1; i <= 4 * KeyLimiter::keys_max; ++i) {
    limiter.charge(kid_of_number(i), 1'000);
    if (i % 3 == 0) limiter.charge(kid_of_number(i), 1'000);  // not all equally full
    ASSERT_LE(limiter.figures().buckets, KeyLimiter::keys_max);
  }
  EXPECT_EQ(wait_of(limiter, {0}, 1'000), 51u);
  EXPECT_GT(limiter.figures().buckets, KeyLimiter::keys_max / 4);
}

TEST(KeyLimiter, TheRefusalNamesTheLimitAndTheWait) {
  // Goal: busy, the limit's name as in the configuration, and the seconds.
  const Error error = key_limit_error(7);
  EXPECT_EQ(error.code, Code::busy);
  EXPECT_EQ(error.rule, "key_statements_per_second");
  EXPECT_NE(error.message.find("7 s"), std::string::npos);
}

}  // namespace
}  // namespace anta::test
