#include "storage/ledger/block.h"

#include <gtest/gtest.h>

#include "crypto/cbor.h"
#include "crypto/cose.h"
#include "crypto/text.h"

namespace anta {
namespace {

std::shared_ptr<const Bytes> statement(std::size_t size, std::uint8_t fill) {
  return std::make_shared<const Bytes>(Bytes(size, fill));
}

TEST(Block, HoldsItsStatementsInOrder) {
  // Goal: encode and decode are inverse, with golden bytes.
  const Bytes block = encode_block({statement(2, 0xaa), statement(1, 0xbb)});
  EXPECT_EQ(to_hex(block), "8242aaaa41bb");
  const auto spans = decode_block(block);
  ASSERT_TRUE(spans.has_value());
  ASSERT_EQ(spans->size(), 2U);
  EXPECT_EQ(to_bytes((*spans)[0]), Bytes({0xaa, 0xaa}));
  EXPECT_EQ((*spans)[1].data(), block.data() + 5);  // spans of the block, no copies
}

TEST(Block, RefusesWhatIsBeyondItsLimits) {
  // Goal: empty blocks, empty and overlong statements, too many, too large and trailing bytes are malformed.
  EXPECT_EQ(decode_block(Bytes{0x80}).error().rule, "empty_block");
  EXPECT_EQ(decode_block(Bytes{0x81, 0x40}).error().rule, "statement_bytes_max");
  EXPECT_TRUE(decode_block(encode_block({statement(statement_bytes_max, 1)})).has_value());
  EXPECT_EQ(decode_block(encode_block({statement(statement_bytes_max + 1, 1)})).error().rule,
            "statement_bytes_max");
  EXPECT_EQ(decode_block(Bytes(block_bytes_max + 1, 0)).error().rule, "block_bytes_max");
  EXPECT_EQ(decode_block(Bytes{0x81, 0x41, 0xaa, 0x00}).error().code, Code::malformed);
  EXPECT_EQ(decode_block(Bytes{0x81, 0x61, 0x61}).error().code, Code::malformed);
  cbor::Writer out;
  out.array(block_statements_max + 1);
  for (std::size_t i = 0; i <= block_statements_max; ++i)
    out.bytes(Bytes{1});
  EXPECT_EQ(decode_block(out.take()).error().rule, "block_statements_max");
  const std::vector<std::shared_ptr<const Bytes>> full(block_statements_max, statement(1, 1));
  EXPECT_EQ(decode_block(encode_block(full))->size(), block_statements_max);
}

}  // namespace
}  // namespace anta
