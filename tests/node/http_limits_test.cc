#include <gtest/gtest.h>

#include "node/http_budget.h"
#include "node/http_limiter.h"
#include "node/http_message.h"
#include "node/token_bucket.h"

namespace anta {
namespace {

TEST(TokenBucket, FillsWithTimeUpToItsBurstAndMayOwe) {
  // Goal: full at first, refilled by the rate and never above the burst, below zero when more is taken; a
  // clock that seems to stand still or to go back gives nothing.
  const TokenRate rate{.per_second = 10, .burst = 4};
  TokenBucket bucket(rate, 1'000);
  EXPECT_EQ(bucket.tokens(rate, 1'000), 4.0);
  for (int i = 0; i < 6; ++i)
    bucket.take(rate, 1'000);
  EXPECT_EQ(bucket.tokens(rate, 1'000), -2.0);
  EXPECT_EQ(bucket.tokens(rate, 500), -2.0);
  EXPECT_EQ(bucket.wait_ms(rate, 1'000), 300);
  EXPECT_EQ(bucket.wait_ms(rate, 1'299), 1);
  EXPECT_EQ(bucket.wait_ms(rate, 1'300), 0);
  EXPECT_EQ(bucket.tokens(rate, 1'550), 3.5);
  EXPECT_EQ(bucket.tokens(rate, 60'000), 4.0);
  bucket.take(rate, 60'000);
  bucket.take(rate, 59'000);  // from another thread, a moment late
  EXPECT_EQ(bucket.tokens(rate, 60'000), 2.0);
  EXPECT_EQ(TokenBucket().tokens(rate, 60'000), 4.0);
}

TEST(HttpLimiter, CountsPerAddressAndRefillsWithTime) {
  // Goal: a burst up to the rate passes, one more waits, and another address is not its business.
  HttpLimiter limiter(5);
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(limiter.allow("a", 1'000));
  EXPECT_FALSE(limiter.allow("a", 1'000));
  EXPECT_TRUE(limiter.allow("b", 1'000));
  EXPECT_FALSE(limiter.allow("a", 1'199));
  EXPECT_TRUE(limiter.allow("a", 1'399));
}

TEST(HttpLimiter, AddressesBeyondItsTableShareOneBucket) {
  // Goal: memory is bounded however many addresses come.
  HttpLimiter limiter(1);
  for (std::size_t i = 0; i < HttpLimiter::addresses_max; ++i)
    EXPECT_TRUE(limiter.allow(std::to_string(i), 5'000));
  EXPECT_TRUE(limiter.allow("x", 5'000));
  EXPECT_FALSE(limiter.allow("y", 5'000));
  EXPECT_TRUE(limiter.allow("y", 6'001));  // the others' buckets are full again and forgotten
}

TEST(HttpLimiter, AnotherRateHoldsForAddressesItKnows) {
  // Goal: a lower rate takes away what was saved up, a higher one fills up with time.
  HttpLimiter limiter(5);
  EXPECT_TRUE(limiter.allow("a", 1'000));
  limiter.set_rate(1);
  EXPECT_TRUE(limiter.allow("a", 1'000));
  EXPECT_FALSE(limiter.allow("a", 1'000));
  limiter.set_rate(10);
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(limiter.allow("a", 2'000)) << i;
  EXPECT_FALSE(limiter.allow("a", 2'000));
}

TEST(HttpBudget, ASmallerOneTakesNothingAway) {
  // Goal: what is held stays held, nothing is added until it fits again.
  HttpBudget budget(1'000);
  HttpShare first(&budget);
  HttpShare second(&budget);
  EXPECT_TRUE(first.hold(800));
  budget.set_bytes_max(500);
  EXPECT_EQ(budget.used(), 800u);
  EXPECT_FALSE(second.hold(1));
  first.release();
  EXPECT_TRUE(second.hold(500));
  EXPECT_FALSE(first.hold(1));
  budget.set_bytes_max(501);
  EXPECT_TRUE(first.hold(1));
}

TEST(HttpMessage, TargetsAreDecodedOnceAndStrictly) {
  // Goal: escapes are resolved, and what is no proper target is refused.
  const auto good = parse_target("/v1/lots/a%C3%B1o?x=1&y");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->path.back(), "año");
  EXPECT_EQ(good->query, (HttpFields{{"x", "1"}, {"y", ""}}));
  EXPECT_TRUE(parse_target("/")->path.empty());
  for (const char* bad : {"", "x", "/a//b", "/a/", "/%2", "/%FF", "/a?x=1&x=2", "/a#b", "/%2e%2e", "/a%00"}) {
    EXPECT_FALSE(parse_target(bad)) << bad;
  }
}

TEST(HttpMessage, TheHeadSaysLengthTypeAndConnection) {
  // Goal: an answer's head is exact, and 304 carries no body length.
  const std::string head = http_head({.status = 201, .headers = {{"ETag", "\"1\""}}, .body = "abc"}, false);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 201 Created\r\n"));
  EXPECT_NE(head.find("Content-Length: 3\r\n"), std::string::npos);
  EXPECT_NE(head.find("Connection: close\r\n"), std::string::npos);
  EXPECT_NE(head.find("ETag: \"1\"\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_EQ(http_head({.status = 304}, true).find("Content-Length"), std::string::npos);
}

}  // namespace
}  // namespace anta
