#include "storage/ledger/seal.h"

#include <gtest/gtest.h>

#include "crypto/text.h"

namespace anta {
namespace {

Seal sample_seal() {
  Seal seal{Height{3}, Millis{1'735'689'600'000}, {}, LeafIndex{100}, 2};
  seal.state_root.bytes.fill(0x11);
  return seal;
}

TEST(Seal, HasGoldenBytes) {
  // Goal: {1: height, 2: time, 3: root, 4: first leaf, 5: accepted}, both directions.
  const Bytes bytes = encode_seal(sample_seal());
  EXPECT_EQ(to_hex(bytes),
            "a50103021b00000194"
            "1f297c00035820" +
                to_hex(Bytes(32, 0x11)) + "0418640502");
  const auto again = decode_seal(bytes);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(*again, sample_seal());
}

TEST(Seal, RefusesEverythingElse) {
  // Goal: a field missing, unknown, of another kind or length, cut short, or followed by bytes is malformed.
  const Bytes good = encode_seal(sample_seal());
  for (std::size_t cut = 0; cut < good.size(); ++cut)
    EXPECT_FALSE(decode_seal(ByteView(good).first(cut)).has_value()) << cut;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode_seal(longer).has_value());
  EXPECT_EQ(decode_seal(*from_hex("a10103")).error().rule, "seal.fields");
  EXPECT_EQ(decode_seal(*from_hex("a5010302030341aa04010502")).error().rule, "seal.root");
  Bytes other = good;
  other[1] = 0x00;  // key 0
  EXPECT_EQ(decode_seal(other).error().rule, "seal.key");
}

}  // namespace
}  // namespace anta
