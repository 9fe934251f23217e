#include "storage/ledger/bundle.h"

#include <gtest/gtest.h>

#include "storage/ledger/block.h"

namespace anta {
namespace {

TEST(Bundle, ReadsBackWhatItWrote) {
  // Goal: both files, both directions, with the paths that they stand under.
  const Bytes genesis = {1, 2}, statement = {3}, seal = {4, 5};
  const Bytes bytes = encode_bundle({{BodyKind::genesis, genesis, 0},
                                     {BodyKind::seal, seal, 0},
                                     {BodyKind::statement, statement, 0},
                                     {BodyKind::seal, seal, 7}});
  const auto bodies = decode_bundle(bytes, 4);
  ASSERT_TRUE(bodies);
  EXPECT_EQ((*bodies)[0].kind, BodyKind::genesis);
  EXPECT_EQ((*bodies)[3].rejected, 7u);
  EXPECT_EQ(to_bytes((*bodies)[2].bytes), statement);
  const auto refused = decode_rejections(encode_rejections({{0, statement}, {0, seal}, {9, statement}}));
  ASSERT_TRUE(refused);
  EXPECT_EQ((*refused)[2].accepted_before, 9u);
  EXPECT_EQ(bodies_path({1067, 5}), "bodies/x001/067.p/5");
  EXPECT_EQ(rejected_path(LeafIndex{1067}), "rejected/x001/067");
  EXPECT_EQ(seal_path(LeafIndex{1}), "seals/001");
}

TEST(Bundle, WhatIsNoBundleIsRefused) {
  // Goal: another width, kind, form, order or count than a ledger has, each with its rule; never a crash.
  const Bytes statement = {3};
  const Bytes one = encode_bundle({{BodyKind::statement, statement, 0}});
  EXPECT_EQ(decode_bundle(one, 2).error().rule, "bundle.width");
  EXPECT_EQ(decode_bundle(Bytes{0x81, 0x82, 0x03, 0x41, 0x01}, 1).error().rule, "bundle.kind");
  EXPECT_EQ(decode_bundle(Bytes{0x81, 0x82, 0x02, 0x41, 0x01}, 1).error().rule, "bundle.form");
  EXPECT_EQ(decode_bundle(Bytes{0x81, 0x83, 0x02, 0x41, 0x01, 0x19, 0x10, 0x01}, 1).error().rule,
            "bundle.rejected");
  EXPECT_EQ(decode_bundle(Bytes(bundle_bytes_max + 1), 1).error().rule, "bundle.too_large");
  EXPECT_EQ(decode_rejections(encode_rejections({{2, statement}, {1, statement}})).error().rule,
            "bundle.order");
  EXPECT_EQ(decode_rejections(Bytes(rejections_bytes_max + 1)).error().rule, "bundle.too_large");
  for (std::size_t cut = 0; cut < one.size(); ++cut)
    EXPECT_FALSE(decode_bundle(ByteView(one).first(cut), 1)) << cut;
}

}  // namespace
}  // namespace anta
