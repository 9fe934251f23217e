#include "crypto/checkpoint.h"

#include <gtest/gtest.h>

#include "tests/crypto/outcome.h"

namespace anta {
namespace {

using test::outcome;

// The text of a checkpoint with these three lines.
std::string lines(const std::string& origin, const std::string& size, const std::string& root) {
  return origin + "\n" + size + "\n" + root + "\n";
}

const std::string zero_root = to_base64(Bytes(32));

TEST(Checkpoint, GoesBothWays) {
  // Goal: text to values and back, at the smallest and the largest size.
  for (const std::string& size :
       {std::string("0"), std::string("300"), std::string("18446744073709551615")}) {
    const std::string text = lines("ledger.example/anta", size, zero_root);
    auto checkpoint = parse_checkpoint(text);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message;
    EXPECT_EQ(checkpoint->origin, "ledger.example/anta");
    EXPECT_EQ(std::to_string(checkpoint->size), size);
    EXPECT_TRUE(checkpoint->root.is_zero());
    EXPECT_EQ(encode_checkpoint(*checkpoint), text);
  }
}

TEST(Checkpoint, SizesHaveOneSpelling) {
  // Goal: the bad sizes of proofs.md section 9 and their like.
  for (const char* size :
       {"007", "+5", "-5", "18446744073709551616", "", " 5", "5 ", "5.0", "0x5", "1e3", "00"}) {
    EXPECT_EQ(outcome(parse_checkpoint(lines("a", size, zero_root))), "checkpoint.size") << size;
  }
}

TEST(Checkpoint, RootsAreThirtyTwoBytes) {
  // Goal: 31 and 33 bytes, bad base64 and nothing at all.
  for (const std::string& root :
       {to_base64(Bytes(31)), to_base64(Bytes(33)), std::string(), std::string("AAA"),
        zero_root.substr(0, 43), zero_root + "=", " " + zero_root}) {
    EXPECT_EQ(outcome(parse_checkpoint(lines("a", "1", root))), "checkpoint.root") << root;
  }
  auto short_root = parse_checkpoint(lines("a", "1", to_base64(Bytes(31))));
  EXPECT_EQ(short_root.error().message, "the root is 31 bytes, not 32");
}

TEST(Checkpoint, OriginsAreKeyNames) {
  // Goal: no empty origin, none with spaces or a plus, and never the first line of a cosigned message.
  for (const char* origin : {"", "a b", "a+b", "a\xC2\xA0", "a\r"}) {
    EXPECT_EQ(outcome(parse_checkpoint(lines(origin, "1", zero_root))), "checkpoint.origin") << origin;
    EXPECT_FALSE(is_origin(origin)) << origin;
  }
  EXPECT_EQ(outcome(parse_checkpoint(lines("cosignature/v1", "1", zero_root))), "checkpoint.origin");
  EXPECT_FALSE(is_origin("cosignature/v1"));
  EXPECT_TRUE(is_origin("cosignature/v1.example"));
}

TEST(Checkpoint, HasThreeLinesAndNoMore) {
  // Goal: missing lines, a missing last LF and extension lines are refused.
  EXPECT_EQ(outcome(parse_checkpoint("")), "checkpoint.lines");
  EXPECT_EQ(outcome(parse_checkpoint("a\n1\n")), "checkpoint.lines");
  EXPECT_EQ(outcome(parse_checkpoint("a\n1\n" + zero_root)), "checkpoint.lines");
  EXPECT_EQ(outcome(parse_checkpoint(lines("a", "1", zero_root) + "extra\n")), "checkpoint.extension");
  EXPECT_EQ(outcome(parse_checkpoint(lines("a", "1", zero_root) + "\n")), "checkpoint.extension");
}

}  // namespace
}  // namespace anta
