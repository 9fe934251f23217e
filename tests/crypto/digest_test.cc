#include "crypto/digest.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include "tests/crypto/outcome.h"

namespace anta {
namespace {

TEST(Digest, MatchesFips180) {
  // Goal: the two best known SHA-256 values, and the empty one.
  EXPECT_EQ(hex(sha256(ByteView{})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Digest, AgreesWithLibsodiumAtEveryLengthAroundTheBlocks) {
  // Goal: the fast implementation and libsodium's portable one give the same digests, lengths 0 to 300.
  Bytes input;
  for (int length = 0; length <= 300; ++length) {
    Digest other;
    crypto_hash_sha256(other.bytes.data(), input.data(), input.size());
    ASSERT_EQ(sha256(input), other) << length;
    input.push_back(static_cast<std::uint8_t>(length * 37 + 11));
  }
}

TEST(Digest, PartsAreHashedAsIfTheyStoodInARow) {
  // Goal: where the parts are cut makes no difference, empty parts included.
  const Bytes whole = test::bytes("000102030405060708090a0b0c0d0e0f");
  const ByteView view(whole);
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(sha256({view.first(cut), ByteView{}, view.subspan(cut)}), sha256(whole)) << cut;
  }
}

TEST(Digest, OrdersAndRecognisesZero) {
  // Goal: comparison is bytewise from the first byte, and zero means all 32 bytes.
  Digest one;
  one.bytes[31] = 1;
  Digest high;
  high.bytes[0] = 1;
  EXPECT_LT(Digest{}, one);
  EXPECT_LT(one, high);
  EXPECT_TRUE(Digest{}.is_zero());
  EXPECT_FALSE(one.is_zero());
}

}  // namespace
}  // namespace anta
