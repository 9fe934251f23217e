#include "storage/log_entry.h"

#include <gtest/gtest.h>

#include "crypto/cbor.h"
#include "crypto/text.h"

namespace anta {
namespace {

EntryHeader sample() {
  EntryHeader header{Term{7}, EntryKind::block, {}, Millis{1700000000123}};
  header.prev_hash.bytes.fill(0xab);
  return header;
}

TEST(LogEntryHeader, GoldenBytes) {
  // Goal: the encoding that is on disks today is the encoding tomorrow.
  std::string expected =
      "a4646b696e6465626c6f636b647465726d076474696d651b0000018bcfe5687b69707265765f686173685820";
  for (int i = 0; i < 32; ++i)
    expected += "ab";
  EXPECT_EQ(to_hex(encode_entry_header(sample())), expected);
}

TEST(LogEntryHeader, RoundTripsEveryKind) {
  // Goal: what is written is read back, at the largest sizes too, within header_bytes_max.
  for (EntryKind kind : {EntryKind::no_op, EntryKind::block, EntryKind::configuration}) {
    EntryHeader header = sample();
    header.kind = kind;
    header.term = Term{UINT64_MAX};
    header.time = Millis{INT64_MIN};
    const Bytes bytes = encode_entry_header(header);
    EXPECT_LE(bytes.size(), LogEntry::header_bytes_max);
    const auto decoded = decode_entry_header(bytes);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded, header);
  }
}

TEST(LogEntryHeader, RefusesEveryOtherByteString) {
  // Goal: a truncated header, a header with a byte behind it, and each single-byte change either fail or say
  // something else.
  const Bytes good = encode_entry_header(sample());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(decode_entry_header(ByteView(good).first(size)).has_value()) << size;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode_entry_header(longer).has_value());
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes changed = good;
    changed[i] ^= 0x01;
    const auto decoded = decode_entry_header(changed);
    EXPECT_FALSE(decoded && *decoded == sample()) << i;
  }
}

TEST(LogEntry, HashCoversHeaderAndPayload) {
  // Goal: the chain notices a change of either; the hash is SHA-256(header || payload).
  const Bytes payload = {1, 2, 3};
  Bytes whole = encode_entry_header(sample());
  whole.insert(whole.end(), payload.begin(), payload.end());
  EXPECT_EQ(entry_hash(sample(), payload), sha256(whole));
  EntryHeader other = sample();
  other.time.value += 1;
  EXPECT_NE(entry_hash(other, payload), entry_hash(sample(), payload));
  EXPECT_NE(entry_hash(sample(), Bytes{1, 2, 4}), entry_hash(sample(), payload));
}

}  // namespace
}  // namespace anta
