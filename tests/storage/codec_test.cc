// The stored encodings of the room: checksum, outcome, applied, leaf, seal, undo, log record, watermark.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "storage/applied.h"
#include "storage/big_endian.h"
#include "storage/crc32c.h"
#include "storage/log_record.h"
#include "storage/outcome.h"
#include "storage/undo.h"
#include "storage/wal_damage.h"
#include "tests/storage/disk.h"

namespace anta {
namespace {

// Every proper prefix, and one byte more, is refused.
template <typename Decode>
void expect_exact(const Bytes& encoded, Decode&& decode) {
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    EXPECT_FALSE(decode(ByteView(encoded).first(size))) << size;
  }
  Bytes longer = encoded;
  longer.push_back(0);
  EXPECT_FALSE(decode(longer));
}

Applied some_applied() {
  Applied applied;
  applied.index = LogIndex{7};
  applied.term = Term{3};
  applied.hash = test::digest_of("entry");
  applied.height = Height{5};
  applied.block_time = Millis{1'754'000'000'123};
  applied.state_root = test::digest_of("state");
  applied.leaves = TreeSize{41};
  applied.tree_root = test::digest_of("tree");
  return applied;
}

}  // namespace

TEST(Crc32c, KnownAnswers) {
  // Goal: the test vectors of RFC 3720 appendix B.4 and the common check value; parts equal the whole.
  EXPECT_EQ(crc32c({as_bytes("123456789")}), 0xE3069283u);
  EXPECT_EQ(crc32c({as_bytes("1234"), as_bytes(""), as_bytes("56789")}), 0xE3069283u);
  EXPECT_EQ(crc32c({Bytes(32, 0)}), 0x8A9136AAu);
  EXPECT_EQ(crc32c({Bytes(32, 0xFF)}), 0x62A8AB43u);
  Bytes rising(32);
  std::iota(rising.begin(), rising.end(), std::uint8_t{0});
  EXPECT_EQ(crc32c({rising}), 0x46DD794Eu);
}

TEST(Outcome, RoundTripAndRefusals) {
  // Goal: both kinds of outcome come back equal; nothing shorter, longer or out of range decodes.
  Outcome accepted;
  accepted.statement = test::digest_of("s");
  accepted.accepted = true;
  accepted.leaf = LeafIndex{12};
  accepted.block_time = Millis{1'754'000'000'000};
  accepted.block = LogIndex{9};
  accepted.position = 4;
  accepted.flags = {"late_receipt", "mass_gap"};
  Outcome rejected = accepted;
  rejected.accepted = false;
  rejected.leaf = {};
  rejected.flags = {};
  rejected.rule = "not_holder";
  rejected.message = "lot L-1 is held by nasca-sur";
  for (const Outcome& outcome : {accepted, rejected}) {
    const Bytes encoded = encode_outcome(outcome);
    const auto decoded = decode_outcome(outcome.statement, encoded);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded, outcome);
    expect_exact(encoded, [](ByteView bytes) { return decode_outcome({}, bytes).has_value(); });
  }
}

TEST(Applied, RoundTripsAndRefusals) {
  // Goal: applied, leaf and seal records come back equal; other sizes and kinds are corrupt.
  const Applied applied = some_applied();
  EXPECT_EQ(*decode_applied(encode_applied(applied)), applied);
  expect_exact(encode_applied(applied), [](ByteView bytes) { return decode_applied(bytes).has_value(); });

  const LeafRecord leaf{LeafKind::seal, test::digest_of("x"), Height{3}, LogIndex{8}, 2};
  EXPECT_EQ(*decode_leaf_record(encode_leaf_record(leaf)), leaf);
  expect_exact(encode_leaf_record(leaf),
               [](ByteView bytes) { return decode_leaf_record(bytes).has_value(); });
  Bytes other_kind = encode_leaf_record(leaf);
  other_kind[0] = 3;
  EXPECT_EQ(decode_leaf_record(other_kind).error().code, Code::corrupt);

  SealRecord seal;
  seal.leaf = LeafIndex{40};
  seal.block = LogIndex{7};
  seal.seal = {Height{5}, Millis{1}, test::digest_of("state"), LeafIndex{38}, 2};
  seal.bytes = encode_seal(seal.seal);
  const auto decoded = decode_seal_record(encode_seal_record(seal));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->seal, seal.seal);
  EXPECT_EQ(decoded->leaf, seal.leaf);
  EXPECT_EQ(decoded->block, seal.block);
  EXPECT_EQ(decoded->size(), TreeSize{41});
  expect_exact(encode_seal_record(seal),
               [](ByteView bytes) { return decode_seal_record(bytes).has_value(); });
}

TEST(Undo, RoundTripAndRefusals) {
  // Goal: present, empty and absent old values are told apart; a count beyond the bytes takes no memory.
  const std::vector<OldValue> changes = {
      {Bytes{1, 2}, Bytes{9}}, {Bytes{3}, Bytes{}}, {Bytes{4, 5, 6}, std::nullopt}};
  const Bytes record = encode_undo(changes);
  const auto views = decode_undo(record);
  ASSERT_TRUE(views.has_value());
  ASSERT_EQ(views->size(), changes.size());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EXPECT_EQ(to_bytes((*views)[i].key), changes[i].key);
    ASSERT_EQ((*views)[i].value.has_value(), changes[i].value.has_value());
    if (changes[i].value) {
      EXPECT_EQ(to_bytes(*(*views)[i].value), *changes[i].value);
    }
  }
  expect_exact(encode_undo(changes), [](ByteView bytes) { return decode_undo(bytes).has_value(); });
  EXPECT_EQ(decode_undo(Bytes{0xFF, 0xFF, 0xFF, 0xFF, 0, 0}).error().code, Code::corrupt);
  EXPECT_EQ(undo_block(undo_key(LogIndex{77})), LogIndex{77});
}

TEST(LogRecord, RoundTripAndEveryFlippedBit) {
  // Goal: an entry comes back with its hash; any flipped bit, or another index, is corrupt and names the
  // index.
  const LogEntry entry = test::entry_after(nullptr, Term{2}, "payload of an entry");
  const LogRecordFrame frame = frame_log_record(entry);
  Bytes record = frame.head;
  put_bytes(record, *entry.payload);
  put_bytes(record, frame.tail);
  const auto decoded = decode_log_record(LogIndex{1}, record);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->header, entry.header);
  EXPECT_EQ(*decoded->payload, *entry.payload);
  EXPECT_EQ(decoded->hash, entry.hash);
  EXPECT_FALSE(decode_log_record(LogIndex{2}, record).has_value());
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    Bytes flipped = record;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    const auto refused = decode_log_record(LogIndex{1}, flipped);
    ASSERT_FALSE(refused.has_value()) << bit;
    EXPECT_EQ(refused.error().code, Code::corrupt);
    EXPECT_NE(refused.error().message.find("log entry 1 "), std::string::npos);
  }
  expect_exact(record, [](ByteView bytes) { return decode_log_record(LogIndex{1}, bytes).has_value(); });
}

TEST(Watermark, AnythingElseLags) {
  // Goal: the file comes back; a torn or altered one is a watermark of 0.
  const Watermark watermark{LogIndex{500}, test::digest_of("entry")};
  const Bytes encoded = encode_watermark(watermark);
  EXPECT_EQ(encoded.size(), watermark_bytes);
  EXPECT_EQ(decode_watermark(encoded)->index, watermark.index);
  EXPECT_EQ(decode_watermark(encoded)->hash, watermark.hash);
  Bytes altered = encoded;
  altered[3] ^= 1;
  EXPECT_FALSE(decode_watermark(altered));
  EXPECT_FALSE(decode_watermark(ByteView(encoded).first(20)));
}

}  // namespace anta
