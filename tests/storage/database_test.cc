#include "storage/database.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "storage/crc32c.h"
#include "storage/log_store.h"
#include "storage/wal_damage.h"
#include "tests/storage/disk.h"
#include "tests/storage/tables.h"

namespace anta {
namespace {

namespace fs = std::filesystem;

Bytes bytes_of(const std::string& text) { return to_bytes(as_bytes(text)); }

std::unique_ptr<Database> must_open(const DatabaseOptions& options) {
  auto opened = Database::open(options);
  EXPECT_TRUE(opened.has_value()) << (opened ? "" : opened.error().message);
  return opened ? std::move(*opened) : nullptr;
}

void put(Database& database, const std::string& key, const std::string& value, Sync sync = Sync::yes) {
  Batch batch = database.batch();
  batch.put(Family::state, bytes_of(key), bytes_of(value));
  ASSERT_TRUE(database.write(batch, sync).has_value());
}

std::string get(const Database& database, const std::string& key) {
  const auto value = database.get(Family::state, bytes_of(key));
  EXPECT_TRUE(value.has_value());
  return value && *value ? std::string(as_text(**value)) : "(absent)";
}

// Writes records, ends like a machine that lost power but whose page cache reached the disk.
class Crash : public ::testing::Test {
 protected:
  void write_and_stop(int records) {
    auto database = must_open(options);
    for (int i = 0; i < records; ++i)
      put(*database, "k" + std::to_string(i), std::string(200, 'v'), Sync::no);
    disk.cut_power();
    database.reset();
    disk.power_on();
  }

  test::TempDirectory directory = {};
  test::FaultyDisk disk = {};
  DatabaseOptions options = test::options_for(directory.path(), &disk);
};

}  // namespace

TEST(Database, KeepsWhatWasWritten) {
  // Goal: all of a batch or nothing, in order; cursors and snapshots see what they should; it is there again.
  const test::TempDirectory directory;
  const DatabaseOptions options = test::options_for(directory.path());
  auto database = must_open(options);
  Batch batch = database->batch();
  EXPECT_TRUE(batch.empty());
  batch.put(Family::state, bytes_of("a"), bytes_of("1"));
  batch.put(Family::state, bytes_of("b"), {as_bytes("2"), as_bytes(""), as_bytes("3")});
  batch.put(Family::index, bytes_of("a"), bytes_of("other"));
  batch.put(Family::state, bytes_of("c"), bytes_of("4"));
  batch.erase(Family::state, bytes_of("a"));
  EXPECT_GT(batch.bytes(), 0u);
  ASSERT_TRUE(database->write(batch, Sync::yes).has_value());
  const ReadSnapshot snapshot = database->snapshot();
  put(*database, "c", "5");
  EXPECT_EQ(get(*database, "a"), "(absent)");
  EXPECT_EQ(get(*database, "b"), "23");
  EXPECT_EQ(get(*database, "c"), "5");
  EXPECT_EQ(**database->get(Family::state, bytes_of("c"), &snapshot), bytes_of("4"));
  EXPECT_EQ(**database->get(Family::index, bytes_of("a")), bytes_of("other"));
  {
    Cursor cursor = database->cursor(Family::state, &snapshot);
    cursor.seek(bytes_of("a"));
    ASSERT_TRUE(cursor.valid());
    EXPECT_EQ(as_text(cursor.key()), "b");
    cursor.next();
    EXPECT_EQ(as_text(cursor.value()), "4");
    cursor.prev();
    EXPECT_EQ(as_text(cursor.key()), "b");
    cursor.seek_for_prev(bytes_of("zz"));
    EXPECT_EQ(as_text(cursor.key()), "c");
    cursor.next();
    EXPECT_FALSE(cursor.valid());
    EXPECT_TRUE(cursor.status().has_value());
  }
  put(*database, "d", "6");
  auto other = Database::open(options);
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, Code::busy);
}

TEST(Database, SecondOpenSaysWhoIsThere) {
  // Goal: a directory in use is refused as busy, in words an operator can act on; afterwards it opens.
  const test::TempDirectory directory;
  const DatabaseOptions options = test::options_for(directory.path());
  auto first = must_open(options);
  auto second = Database::open(options);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().rule, "store.in_use");
  EXPECT_NE(second.error().message.find("another antad uses " + directory.path()), std::string::npos);
  first.reset();
  EXPECT_TRUE(Database::open(options).has_value());
}

TEST(Database, RefusesWhatIsNotItsOwn) {
  // Goal: another network, node, incarnation, a missing ledger, a lost CURRENT: each its own rule and next
  // step.
  const test::TempDirectory directory;
  const DatabaseOptions good = test::options_for(directory.path());
  DatabaseOptions options = good;
  const auto rule_of = [&options] {
    auto opened = Database::open(options);
    if (opened) return std::string("opened");
    EXPECT_NE(opened.error().message.find("Next step: "), std::string::npos) << opened.error().message;
    EXPECT_NE(opened.error().message.find(options.directory), std::string::npos);
    return opened.error().rule;
  };
  options.create = false;
  EXPECT_EQ(rule_of(), "store.missing");
  EXPECT_TRUE(fs::is_empty(directory.path()));
  options.directory = directory.path() + "/not-mounted";
  EXPECT_EQ(rule_of(), "store.missing");
  EXPECT_FALSE(fs::exists(options.directory));
  options.directory = directory.path();
  must_open(good).reset();
  EXPECT_EQ(rule_of(), "opened");
  options.network = test::digest_of("elsewhere");
  EXPECT_EQ(rule_of(), "store.other_network");
  options = good;
  options.node = NodeId{"node-b"};
  EXPECT_EQ(rule_of(), "store.other_node");
  options = good;
  options.incarnation = 2;
  EXPECT_EQ(rule_of(), "store.other_incarnation");
  options = good;
  {
    auto database = must_open(good);
    Batch batch = database->batch();
    batch.put(Family::meta, bytes_of("format"), Bytes{0, 0, 0, 0, 0, 0, 0, 1});  // an earlier build
    ASSERT_TRUE(database->write(batch, Sync::yes).has_value());
  }
  EXPECT_EQ(rule_of(), "store.format");
  fs::remove(directory.path() + "/CURRENT");
  EXPECT_EQ(rule_of(), "store.damaged");
  options.directory = "/proc/anta-cannot-be-made";
  EXPECT_EQ(rule_of(), "store.directory");
}

TEST(Database, AFailedSyncIsFinal) {
  // Goal: after one failed sync every call answers io with the first message, and no byte more is written.
  const test::TempDirectory directory;
  test::FaultyDisk disk;
  const DatabaseOptions options = test::options_for(directory.path(), &disk);
  auto database = must_open(options);
  put(*database, "before", "1");
  disk.fail_syncs(true);
  Batch batch = database->batch();
  batch.put(Family::state, bytes_of("during"), bytes_of("2"));
  const auto failed = database->write(batch, Sync::yes);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, Code::io);
  EXPECT_NE(failed.error().message.find("Next step"), std::string::npos);
  disk.fail_syncs(false);  // the disk is well again: it does not matter
  const std::uint64_t written = disk.wal_bytes();
  for (const Sync sync : {Sync::yes, Sync::no}) {
    const auto later = database->write(batch, sync);
    ASSERT_FALSE(later.has_value());
    EXPECT_EQ(later.error(), failed.error());
  }
  EXPECT_EQ(database->get(Family::state, bytes_of("before")).error(), failed.error());
  EXPECT_EQ(database->replace_file("watermark", bytes_of("x"), Sync::no).error(), failed.error());
  EXPECT_EQ(database->remove_file("watermark").error(), failed.error());
  Cursor cursor = database->cursor(Family::state);
  cursor.seek({});
  EXPECT_FALSE(cursor.valid());
  EXPECT_EQ(cursor.status().error().code, Code::io);
  EXPECT_EQ(database->failure(), failed.error());
  EXPECT_EQ(disk.wal_bytes(), written);
}

TEST(Database, FilesBesideIt) {
  // Goal: a file is replaced whole, read within its bound, removed; a missing one is nothing.
  const test::TempDirectory directory;
  auto database = must_open(test::options_for(directory.path()));
  EXPECT_FALSE(database->read_file("watermark", 100)->has_value());
  EXPECT_TRUE(database->remove_file("watermark").has_value());
  ASSERT_TRUE(database->replace_file("watermark", bytes_of("first and longer"), Sync::yes).has_value());
  ASSERT_TRUE(database->replace_file("watermark", bytes_of("second"), Sync::no).has_value());
  EXPECT_EQ(**database->read_file("watermark", 100), bytes_of("second"));
  EXPECT_EQ(database->read_file("watermark", 5).error().code, Code::malformed);
  ASSERT_TRUE(database->remove_file("watermark").has_value());
  EXPECT_FALSE(fs::exists(directory.path() + "/watermark"));
  EXPECT_FALSE(fs::exists(directory.path() + "/watermark.new"));
}

TEST(Database, MergesNothingBeforeItIsTold) {
  // Goal: a start that will be refused (e2e_Operators, a damaged table) finds its tables as they were,
  // however many wait to be merged.
  const test::TempDirectory directory;
  DatabaseOptions options = test::options_for(directory.path());
  options.merge = false;
  constexpr std::size_t starts = 12;  // each makes a table of what it finds in the write-ahead log
  for (std::size_t i = 0; i < starts; ++i)
    put(*must_open(options), "k", std::to_string(i), Sync::yes);
  const auto database = must_open(options);
  const auto unmerged = [&] {
    return std::ranges::count(test::tables_of(*database, Family::state), 0, &Table::level);
  };
  EXPECT_EQ(unmerged(), std::ptrdiff_t{starts});
  ASSERT_TRUE(database->begin_merging().has_value());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (unmerged() == std::ptrdiff_t{starts} && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_LT(unmerged(), std::ptrdiff_t{starts});
  EXPECT_EQ(get(*database, "k"), std::to_string(starts - 1));
}

TEST_F(Crash, UnsyncedBytesAreLostTogether) {
  // Goal: what was synced is there, what was not is gone, and the database opens without ado.
  {
    auto database = must_open(options);
    put(*database, "synced", "1", Sync::yes);
    put(*database, "unsynced", "2", Sync::no);
    disk.cut_power();
  }
  disk.lose_unsynced();
  auto database = must_open(options);
  EXPECT_EQ(get(*database, "synced"), "1");
  EXPECT_EQ(get(*database, "unsynced"), "(absent)");
  EXPECT_FALSE(fs::exists(directory.path() + "/amnesiac"));
}

TEST_F(Crash, AShortEndIsTolerated) {
  // Goal: a write-ahead log cut inside its last record opens without that record, as no amnesiac.
  write_and_stop(10);
  const std::string wal = test::newest_wal(directory.path());
  fs::resize_file(wal, fs::file_size(wal) - 50);
  auto database = must_open(options);
  EXPECT_EQ(get(*database, "k8"), std::string(200, 'v'));
  EXPECT_EQ(get(*database, "k9"), "(absent)");
  EXPECT_FALSE(fs::exists(directory.path() + "/amnesiac"));
}

TEST_F(Crash, ATornEndOfFullLengthMakesAnAmnesiac) {
  // Goal: zeros or a flipped bit in the last record: set aside, opened up to it, and the mark survives.
  for (const bool zeros : {true, false}) {
    const test::TempDirectory own;
    options.directory = own.path();
    write_and_stop(10);
    const std::string wal = test::newest_wal(own.path());
    const std::string name = fs::path(wal).filename();
    Bytes content = test::read_whole(wal);
    if (zeros) std::fill(content.end() - 150, content.end(), std::uint8_t{0});
    if (!zeros) content[content.size() - 20] ^= 4;
    test::write_whole(wal, content);
    for (int start = 0; start < 2; ++start) {
      auto database = must_open(options);
      ASSERT_TRUE(database);
      EXPECT_EQ(get(*database, "k8"), std::string(200, 'v'));
      EXPECT_EQ(get(*database, "k9"), "(absent)");
      EXPECT_TRUE((*LogStore::open(*database))->amnesiac());
    }
    EXPECT_EQ(test::read_whole(own.path() + "/set-aside/" + name), content);
  }
}

TEST_F(Crash, DamageInTheMiddleRefuses) {
  // Goal: a flipped bit with intact records behind it is not taken for a crash; nothing is changed.
  write_and_stop(10);
  const std::string wal = test::newest_wal(directory.path());
  Bytes content = test::read_whole(wal);
  content[content.size() / 2] ^= 1;
  test::write_whole(wal, content);
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto opened = Database::open(options);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Code::corrupt);
    EXPECT_EQ(opened.error().rule, "store.damaged");
    EXPECT_NE(opened.error().message.find(fs::path(wal).filename().string() + " at byte "),
              std::string::npos);
    EXPECT_NE(opened.error().message.find("Next step: do not delete"), std::string::npos);
  }
  EXPECT_EQ(test::read_whole(wal), content);
  EXPECT_FALSE(fs::exists(directory.path() + "/amnesiac"));
}

TEST_F(Crash, DamageScanKnowsEveryPlace) {
  // Goal: over a real log with records across blocks, each damaged byte is found where it is, and only the
  // last record counts as the end.
  {
    auto database = must_open(options);
    for (int i = 0; i < 12; ++i)
      put(*database, "k" + std::to_string(i), std::string(9000, 'v'), Sync::no);
    disk.cut_power();
  }
  const Bytes content = test::read_whole(test::newest_wal(directory.path()));
  ASSERT_GT(content.size(), 3u * 32768);
  EXPECT_FALSE(find_wal_damage(content).has_value());
  const std::size_t last_begins = content.size() - 9020;
  for (std::size_t at = 100; at < content.size(); at += 997) {
    Bytes damaged = content;
    damaged[at] ^= 0x10;
    const auto found = find_wal_damage(damaged);
    ASSERT_TRUE(found.has_value()) << at;
    EXPECT_LE(found->offset, at);
    EXPECT_LT(at - found->offset, 9100u);
    if (at + 9100 < last_begins) {
      EXPECT_TRUE(found->intact_after) << at;
    }
    if (at > last_begins + 100) {
      EXPECT_FALSE(found->intact_after) << at;
    }
  }
  EXPECT_FALSE(find_wal_damage(ByteView(content).first(content.size() - 1)).has_value());
  EXPECT_FALSE(find_wal_damage({}).has_value());
}

TEST_F(Crash, AStatementCannotMakeATornEndUnopenable) {
  // Goal: a record of the write-ahead log, made by whoever sent the value in which it stands, is not taken
  // for a later one: the torn end is a torn end, and the node starts.
  Bytes inner;  // little endian: sequence number 7, one operation, some bytes
  for (const std::uint8_t byte : {7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6})
    inner.push_back(byte);
  Bytes typed = {1};  // a full record
  typed.insert(typed.end(), inner.begin(), inner.end());
  const std::uint32_t crc = crc32c({typed});
  const std::uint32_t masked = (crc >> 15 | crc << 17) + 0xa282ead8u;
  Bytes forged;
  for (int shift = 0; shift < 32; shift += 8)
    forged.push_back(static_cast<std::uint8_t>(masked >> shift));
  forged.push_back(static_cast<std::uint8_t>(inner.size()));
  forged.push_back(0);
  forged.insert(forged.end(), typed.begin(), typed.end());
  {
    auto database = must_open(options);
    for (int i = 0; i < 10; ++i)
      put(*database, "k" + std::to_string(i), std::string(200, 'v'), Sync::no);
    put(*database, "sent", std::string(as_text(forged)) + std::string(300, 'w'), Sync::no);
    disk.cut_power();
  }
  disk.power_on();
  const std::string wal = test::newest_wal(directory.path());
  Bytes content = test::read_whole(wal);
  std::fill(content.end() - 150, content.end(), std::uint8_t{0});
  test::write_whole(wal, content);
  const auto damage = find_wal_damage(content);
  ASSERT_TRUE(damage);
  EXPECT_FALSE(damage->intact_after);
  auto database = must_open(options);
  ASSERT_TRUE(database);
  EXPECT_EQ(get(*database, "k9"), std::string(200, 'v'));
  EXPECT_EQ(get(*database, "sent"), "(absent)");
  EXPECT_TRUE((*LogStore::open(*database))->amnesiac());
}

TEST_F(Crash, ADamagedTableFileRefuses) {
  // Goal: damage that is not in a write-ahead log is never repaired by forgetting.
  write_and_stop(10);
  must_open(options).reset();  // recovery flushes to a table file
  std::string manifest;
  for (const auto& file : fs::directory_iterator(directory.path())) {
    if (file.path().filename().string().starts_with("MANIFEST")) manifest = file.path();
  }
  Bytes content = test::read_whole(manifest);
  content[content.size() / 2] ^= 1;
  test::write_whole(manifest, content);
  auto opened = Database::open(options);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, Code::corrupt);
  EXPECT_NE(opened.error().message.find("Next step"), std::string::npos);
  EXPECT_FALSE(fs::exists(directory.path() + "/amnesiac"));
}

TEST_F(Crash, ARefusalNamesTheDamagedTable) {
  // Goal: wherever a table is damaged, a start that refuses names the table (RocksDB named the MANIFEST for
  // properties out of order, or no file at all).
  write_and_stop(10);
  must_open(options).reset();
  std::string table;
  for (const auto& file : fs::directory_iterator(directory.path())) {
    if (file.path().extension() == ".sst") table = file.path();
  }
  const Bytes whole = test::read_whole(table);
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 64) {
    Bytes content = whole;
    content[at] ^= 1;
    test::write_whole(table, content);
    const auto opened = Database::open(options);
    if (opened.has_value()) continue;  // a block that no start reads
    ++refused;
    EXPECT_EQ(opened.error().code, Code::corrupt) << at;
    EXPECT_NE(opened.error().message.find(fs::path(table).filename()), std::string::npos)
        << at << ": " << opened.error().message;
  }
  EXPECT_GT(refused, 0);
  test::write_whole(table, whole);
  must_open(options).reset();
}

}  // namespace anta
