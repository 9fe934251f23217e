// The file of a backup: what is read is what was written, and every damage is told by its place.
#include "storage/backup_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/storage/disk.h"

namespace anta {
namespace {

using test::entry_after;

struct Backup {
  Bytes genesis = to_bytes(as_bytes("a genesis"));
  std::vector<LogEntry> entries = {};
  std::vector<std::uint64_t> begins = {};  // byte at which a record begins: genesis, entries, end
  Bytes bytes = {};

  explicit Backup(std::size_t count = 9) {
    bytes = backup_beginning(genesis);
    begins.push_back(backup_magic.size());
    for (std::size_t i = 0; i < count; ++i) {
      entries.push_back(entry_after(i == 0 ? nullptr : &entries.back(), Term{1 + i / 4},
                                    i % 4 == 0 ? "" : "block " + std::to_string(i),
                                    i % 4 == 0 ? EntryKind::no_op : EntryKind::block));
      begins.push_back(bytes.size());
      EXPECT_TRUE(append_backup_entry(bytes, entries.back()));
    }
    begins.push_back(bytes.size());
    append_backup_end(bytes, LogIndex{count}, count == 0 ? sha256(genesis) : entries.back().hash, "a note\n");
  }
};

std::string rule_of(ByteView bytes) {
  const auto read = read_through(backup_source(bytes));
  return read ? "whole" : read.error().rule;
}

TEST(BackupFile, IsReadAsItWasWritten) {
  // Goal: genesis, entries with their places and hashes, note; from memory and from a file; also without any
  // entry.
  const Backup backup;
  BackupReader reader;
  const BackupSource source = backup_source(backup.bytes);
  EXPECT_EQ((*reader.next(source))->genesis, backup.genesis);
  for (const LogEntry& wanted : backup.entries) {
    const auto record = reader.next(source);
    ASSERT_TRUE(record && *record);
    EXPECT_EQ((*record)->entry.index, wanted.index);
    EXPECT_EQ((*record)->entry.header, wanted.header);
    EXPECT_EQ(*(*record)->entry.payload, *wanted.payload);
    EXPECT_EQ((*record)->entry.hash, wanted.hash);
  }
  EXPECT_EQ((*reader.next(source))->note, "a note\n");
  EXPECT_TRUE(reader.ended());
  EXPECT_FALSE((*reader.next(source)).has_value());
  const test::TempDirectory home;
  const std::string file = home.path() + "/backup";
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(backup.bytes.data()),
             static_cast<std::streamsize>(backup.bytes.size()));
  const auto summary = read_through(*backup_source(file));
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->network, sha256(backup.genesis));
  EXPECT_EQ(summary->last, LogIndex{9});
  EXPECT_EQ(summary->last_hash, backup.entries.back().hash);
  EXPECT_EQ(summary->blocks, 6u);
  EXPECT_EQ(summary->bytes, backup.bytes.size());
  EXPECT_EQ(rule_of(Backup(0).bytes), "whole");
  EXPECT_EQ(backup_source(home.path() + "/none").error().code, Code::not_found);
}

TEST(BackupFile, EveryFlippedBitIsFoundAtItsRecord) {
  // Goal: no byte can change unnoticed, and the refusal names the byte where that record begins.
  const Backup backup;
  for (std::size_t i = 0; i < backup.bytes.size(); ++i) {
    Bytes damaged = backup.bytes;
    damaged[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
    const auto read = read_through(backup_source(damaged));
    ASSERT_FALSE(read) << i;
    EXPECT_EQ(read.error().code, Code::corrupt) << i;
    const auto after = std::upper_bound(backup.begins.begin(), backup.begins.end(), i);
    const std::uint64_t place = after == backup.begins.begin() ? 0 : *std::prev(after);
    EXPECT_NE(read.error().message.find("at byte " + std::to_string(place) + " "), std::string::npos)
        << i << ": " << read.error().message;
  }
}

TEST(BackupFile, EveryTruncationIsFound) {
  // Goal: a file that ends anywhere before its end is truncated, also between two records; what follows the
  // end is refused.
  const Backup backup;
  for (std::size_t n = 0; n < backup.bytes.size(); ++n)
    EXPECT_EQ(rule_of(ByteView(backup.bytes).first(n)), "backup.truncated") << n;
  Bytes longer = backup.bytes;
  longer.push_back(0);
  EXPECT_EQ(rule_of(longer), "backup.truncated");
  longer.insert(longer.end(), backup.bytes.begin(), backup.bytes.end());
  EXPECT_EQ(rule_of(longer), "backup.trailing");
}

TEST(BackupFile, RecordsOfAnotherLogOrOutOfOrderAreRefused) {
  // Goal: an entry left out, two swapped, one of another log, an end of another place, a second genesis.
  const Backup backup;
  const auto record = [&](std::size_t i) {
    const auto to = i + 1 < backup.begins.size() ? backup.begins[i + 1] : backup.bytes.size();
    return Bytes(backup.bytes.begin() + static_cast<std::ptrdiff_t>(backup.begins[i]),
                 backup.bytes.begin() + static_cast<std::ptrdiff_t>(to));
  };
  const auto with = [&](std::initializer_list<std::size_t> order) {
    Bytes bytes = to_bytes(as_bytes(backup_magic));
    for (const std::size_t i : order) {
      const Bytes one = record(i);
      bytes.insert(bytes.end(), one.begin(), one.end());
    }
    return rule_of(bytes);
  };
  EXPECT_EQ(with({0, 1, 3}), "backup.chain");
  EXPECT_EQ(with({0, 2, 1}), "backup.chain");
  EXPECT_EQ(with({0, 0}), "backup.order");
  EXPECT_EQ(with({1}), "backup.order");
  EXPECT_EQ(with({0, 1, 2, 10}), "backup.damaged");  // its digest names the entry before it
  Bytes other = backup_beginning(backup.genesis);
  append_backup_end(other, LogIndex{3}, sha256(backup.genesis), "note");
  EXPECT_EQ(rule_of(other), "backup.order");
  EXPECT_EQ(rule_of(to_bytes(as_bytes("anta backup 2\n and so on"))), "backup.magic");
}

TEST(BackupFile, LengthsAreCheckedBeforeMemoryIsTaken) {
  // Goal: a length of four gigabytes is refused at its head.
  Bytes bytes = to_bytes(as_bytes(backup_magic));
  for (const std::uint8_t byte : {0xff, 0xff, 0xff, 0xff, 1})
    bytes.push_back(byte);
  EXPECT_EQ(rule_of(bytes), "backup.damaged");
  EXPECT_FALSE(append_backup_entry(
      bytes, make_entry(LogIndex{1}, {}, std::make_shared<const Bytes>(backup_entry_bytes_max))));
}

TEST(BackupFile, PartsMayComeOneAfterTheOther) {
  // Goal: a source that ends between two records is no damage: the next part goes on, wherever it comes from.
  const Backup backup;
  BackupReader reader;
  std::size_t records = 0;
  for (std::size_t i = 0; i < backup.begins.size(); ++i) {
    const std::size_t from = i == 0 ? 0 : backup.begins[i];
    const std::size_t to = i + 1 < backup.begins.size() ? backup.begins[i + 1] : backup.bytes.size();
    const BackupSource part = backup_source(ByteView(backup.bytes).subspan(from, to - from));
    while (true) {
      const auto record = reader.next(part);
      ASSERT_TRUE(record) << record.error().message;
      if (!*record) break;
      ++records;
    }
    EXPECT_EQ(reader.place(), to);
  }
  EXPECT_TRUE(reader.ended());
  EXPECT_EQ(records, 11u);
}

}  // namespace
}  // namespace anta
