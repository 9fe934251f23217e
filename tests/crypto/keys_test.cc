#include "crypto/keys.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "tests/crypto/outcome.h"
#include "tests/crypto/rfc8032.h"

namespace anta {
namespace {

using test::array;
using test::bytes;

static_assert(!std::is_copy_constructible_v<SigningKey> && !std::is_copy_assignable_v<SigningKey>);

TEST(Keys, SignsRfc8032) {
  // Goal: seed to public key and to signature, as in RFC 8032 section 7.1.
  for (const auto& vector : test::rfc8032_vectors) {
    const SigningKey key{Secret32(array<32>(vector.seed))};
    EXPECT_EQ(to_hex(key.public_key().view()), vector.public_key);
    EXPECT_EQ(to_hex(key.sign(bytes(vector.message))), vector.signature);
    EXPECT_EQ(to_hex(key.seed()), vector.seed);
    EXPECT_EQ(key.kid(), kid_of(key.public_key()));
  }
}

TEST(Keys, MovingLeavesNoSeedBehind) {
  // Goal: the moved-from key holds zeros, the other one signs.
  SigningKey first(test::seed(1));
  const PublicKey expected = first.public_key();
  SigningKey second = std::move(first);
  EXPECT_EQ(to_hex(first.seed()), std::string(64, '0'));
  EXPECT_EQ(second.public_key(), expected);
  SigningKey third(test::seed(2));
  third = std::move(second);
  EXPECT_EQ(to_hex(second.seed()), std::string(64, '0'));
  EXPECT_TRUE(verify(expected, as_bytes("m"), third.sign(as_bytes("m"))));
}

TEST(Keys, GeneratedKeysDifferAndSign) {
  // Goal: two generated keys are two keys.
  auto one = SigningKey::generate();
  auto two = SigningKey::generate();
  ASSERT_TRUE(one && two);
  EXPECT_NE(one->public_key(), two->public_key());
  EXPECT_TRUE(verify(one->public_key(), as_bytes("m"), one->sign(as_bytes("m"))));
  EXPECT_FALSE(verify(two->public_key(), as_bytes("m"), one->sign(as_bytes("m"))));
}

TEST(Keys, NodeKeysAreDerivedFromOneSeed) {
  // Goal: the public keys that Python's BLAKE2b (the key derivation) and PyNaCl make of seed 00..1f.
  std::array<std::uint8_t, 32> raw = {};
  for (std::size_t i = 0; i < raw.size(); ++i)
    raw[i] = static_cast<std::uint8_t>(i);
  const Secret32 seed(raw);
  const NodeKeys first = derive_node_keys(seed);
  EXPECT_EQ(to_hex(first.log.public_key().view()),
            "71ebf3244e2d419783e91be292294b8c443012ea8003e552daca28852e2e2d83");
  EXPECT_EQ(to_hex(first.cosigner.public_key().view()),
            "1d4fd5b81896fdaa3652fed8515327c51f125133757ab033ea1baaaa101611c5");
  EXPECT_EQ(to_hex(first.tls.public_key().view()),
            "360d132529f808f9a6a38709f68928454798fac773786b10621655a09e3c27a4");
  const NodeKeys second = derive_node_keys(seed, {.log = 2, .cosigner = 2, .tls = 2});
  EXPECT_EQ(to_hex(second.log.public_key().view()),
            "28021d72645d87c76ce7bd7da10ad43b6300020ba6b34fcdd37b321eb3a4b195");
  EXPECT_EQ(to_hex(second.cosigner.public_key().view()),
            "77648f92a44fd5c73462f74ecde49ee1affc469f08af98584df67d8830b09c4b");
  EXPECT_EQ(to_hex(second.tls.public_key().view()),
            "5fa88504560ee488dcb4c392b28a936d2d65a2650ea0048572880a69d879a073");
}

}  // namespace
}  // namespace anta
