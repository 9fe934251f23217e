#include "crypto/secret.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "tests/crypto/outcome.h"

namespace anta {
namespace {

static_assert(!std::is_copy_constructible_v<Secret32> && !std::is_copy_assignable_v<Secret32>);
static_assert(!std::equality_comparable<Secret32>, "comparison goes through same_secret");

TEST(Secret, MovingLeavesNothingBehind) {
  // Goal: after a move, by construction and by assignment, the source is 32 zero bytes.
  Secret32 first = test::seed(7);
  Secret32 second = std::move(first);
  EXPECT_TRUE(same_secret(first, Secret32{}));
  EXPECT_TRUE(same_secret(second, test::seed(7)));
  Secret32 third;
  third = std::move(second);
  EXPECT_TRUE(same_secret(second, Secret32{}));
  EXPECT_TRUE(same_secret(third, test::seed(7)));
}

TEST(Secret, ComparesEveryByte) {
  // Goal: a difference in any single byte is a difference.
  for (std::size_t i = 0; i < Secret32::size; ++i) {
    std::array<std::uint8_t, 32> raw = {};
    raw[i] = 1;
    EXPECT_FALSE(same_secret(Secret32(raw), Secret32{})) << i;
  }
}

TEST(Secret, WipesWhatItIsGiven) {
  // Goal: all bytes are zero afterwards, and nothing beside them changes.
  std::array<std::uint8_t, 6> bytes = {1, 2, 3, 4, 5, 6};
  wipe(std::span(bytes).subspan(1, 4));
  EXPECT_EQ(bytes, (std::array<std::uint8_t, 6>{1, 0, 0, 0, 0, 6}));
}

TEST(Secret, RandomSecretsDiffer) {
  // Goal: two draws differ from each other and from zero.
  auto one = Secret32::random();
  auto two = Secret32::random();
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(same_secret(*one, *two));
  EXPECT_FALSE(same_secret(*one, Secret32{}));
}

}  // namespace
}  // namespace anta
