#include "crypto/signature.h"

#include <gtest/gtest.h>

#include "crypto/keys.h"
#include "tests/crypto/outcome.h"
#include "tests/crypto/rfc8032.h"

namespace anta {
namespace {

using test::array;
using test::bytes;
using test::outcome;

PublicKey key_of(std::string_view hex) { return PublicKey{array<32>(hex)}; }

TEST(Signature, VerifiesRfc8032) {
  // Goal: the five vectors of RFC 8032 section 7.1 verify, and no other message does.
  for (const auto& vector : test::rfc8032_vectors) {
    Bytes message = bytes(vector.message);
    EXPECT_TRUE(verify(key_of(vector.public_key), message, array<64>(vector.signature))) << vector.seed;
    message.push_back(0);
    EXPECT_FALSE(verify(key_of(vector.public_key), message, array<64>(vector.signature))) << vector.seed;
  }
}

TEST(Signature, EveryFlippedBitIsRefused) {
  // Goal: no bit of a signature or a key is without meaning.
  const auto& vector = test::rfc8032_vectors[2];
  const Bytes message = bytes(vector.message);
  for (std::size_t bit = 0; bit < 512; ++bit) {
    Signature signature = array<64>(vector.signature);
    signature[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(verify(key_of(vector.public_key), message, signature)) << bit;
  }
  for (std::size_t bit = 0; bit < 256; ++bit) {
    PublicKey key = key_of(vector.public_key);
    key.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(verify(key, message, array<64>(vector.signature))) << bit;
  }
}

TEST(Signature, NonCanonicalScalarIsRefused) {
  // Goal: S + L solves the same equation and is refused (RFC 8032 section 5.1.7), so a signature has one
  // spelling.
  const auto& vector = test::rfc8032_vectors[1];
  const auto order = array<32>("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  Signature signature = array<64>(vector.signature);
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned sum = signature[32 + i] + order[i] + carry;
    signature[32 + i] = static_cast<std::uint8_t>(sum);
    carry = sum >> 8;
  }
  ASSERT_EQ(carry, 0U) << "S + L still fits 32 bytes";
  EXPECT_FALSE(verify(key_of(vector.public_key), bytes(vector.message), signature));
}

TEST(Signature, SmallOrderPointsAreRefused) {
  // Goal: with a key of small order, R the identity and S zero, the plain equation holds for every message;
  // refused.
  const std::string_view small_order[] = {
      "0100000000000000000000000000000000000000000000000000000000000000",  // the identity
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // order 2
      "0000000000000000000000000000000000000000000000000000000000000000",  // order 4
      "0000000000000000000000000000000000000000000000000000000000000080",  // order 4
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",  // order 8
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",  // order 8
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // the identity as p + 1
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // order 4 as p
  };
  Signature signature = {};
  signature[0] = 1;  // R: the identity; S: zero
  for (std::string_view key : small_order) {
    for (std::string_view message : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
      EXPECT_FALSE(verify(key_of(key), as_bytes(message), signature)) << key;
    }
  }
}

TEST(Signature, SmallOrderRIsRefusedUnderAGoodKey) {
  // Goal: a commitment R of small order is refused too, whatever S is.
  Signature signature = array<64>(test::rfc8032_vectors[0].signature);
  std::fill(signature.begin(), signature.begin() + 32, std::uint8_t{0});
  signature[0] = 1;
  EXPECT_FALSE(verify(key_of(test::rfc8032_vectors[0].public_key), {}, signature));
}

TEST(Signature, KeysAndSignaturesHaveOneLength) {
  // Goal: one byte less or more is an error that says so.
  EXPECT_EQ(outcome(public_key_from(Bytes(31))), "signature.size");
  EXPECT_EQ(outcome(public_key_from(Bytes(33))), "signature.size");
  EXPECT_EQ(outcome(signature_from(Bytes(63))), "signature.size");
  EXPECT_EQ(outcome(signature_from(Bytes(65))), "signature.size");
  EXPECT_EQ(public_key_from(Bytes(32, 9))->bytes[31], 9);
  EXPECT_EQ((*signature_from(Bytes(64, 9)))[63], 9);
}

TEST(Signature, KidIsTheThumbprintOfTheCoseKey) {
  // Goal: RFC 9679: SHA-256 of the deterministic {1: 1, -1: 6, -2: x}, spelled out here byte by byte.
  const PublicKey key = key_of(test::rfc8032_vectors[0].public_key);
  const Bytes cose_key = bytes("a3 0101 2006 215820 " + std::string(test::rfc8032_vectors[0].public_key));
  EXPECT_EQ(kid_of(key), sha256(cose_key));
}

}  // namespace
}  // namespace anta
