#include "storage/scrub.h"

#include <gtest/gtest.h>

#include "storage/log_record.h"
#include "storage/log_store.h"
#include "tests/storage/disk.h"
#include "tests/storage/tables.h"

namespace anta {
namespace {

using test::rot;

constexpr std::size_t scrubbed_payload_bytes = 40'000;
constexpr std::uint64_t whole_round_bytes = std::uint64_t{1} << 30;

class ScrubTest : public ::testing::Test {
 protected:
  void SetUp() override { start(); }
  void start() {
    auto opened = Database::open(options);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    database = std::move(*opened);
    auto log = LogStore::open(*database);
    ASSERT_TRUE(log.has_value()) << log.error().message;
    store = std::move(*log);
    auto made = Scrub::open(*database);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    scrub = std::move(*made);
  }
  void stop() {
    scrub.reset();
    store.reset();
    database.reset();
  }
  void append(const std::vector<LogEntry>& chain) {
    LogStore::LogWrite write;
    write.entries = chain;
    write.hard_state = LogStore::HardState{chain.back().header.term, {}, {}};
    ASSERT_TRUE(store->write(std::span(&write, 1)).has_value());
  }
  // Entries of 40 KB, in tables of 1 MiB on one level.
  void fill(std::size_t count, int level) {
    entries = test::chain(count, Term{1}, nullptr, std::string(scrubbed_payload_bytes, 'x').append(1, '-'));
    append(entries);
    stop();
    test::move_to_level(directory.path(), Family::log, level, 1 << 20);
    start();
  }
  std::string text_of(std::uint64_t index) const { return "x-" + std::to_string(index - 1); }
  void put(Family family, const std::string& key, const std::string& value) {
    Batch batch = database->batch();
    batch.put(family, as_bytes(key), as_bytes(value));
    ASSERT_TRUE(database->write(batch, Sync::yes).has_value());
  }
  // Slices until damage or the end of the round.
  Scrub::Slice go(std::uint64_t bytes_max = whole_round_bytes) {
    while (true) {
      auto slice = scrub->step(LogIndex{entries.size()}, bytes_max);
      EXPECT_TRUE(slice.has_value()) << slice.error().message;
      if (!slice || slice->damage || slice->round_ended) return slice ? *slice : Scrub::Slice{};
    }
  }

  test::TempDirectory directory = {};
  DatabaseOptions options = test::options_for(directory.path());
  std::unique_ptr<Database> database = {};
  std::unique_ptr<LogStore> store = {};
  std::unique_ptr<Scrub> scrub = {};
  std::vector<LogEntry> entries = {};
};

}  // namespace

TEST_F(ScrubTest, ASoundLedgerIsReadOverAndOver) {
  // Goal: rounds end, find nothing, and have read every record; an empty log too.
  EXPECT_TRUE(go().round_ended);
  fill(300, 2);
  for (int round = 0; round < 2; ++round) {
    std::uint64_t bytes = 0;
    for (bool ended = false; !ended;) {
      const auto slice = scrub->step(LogIndex{300}, 100'000);
      ASSERT_TRUE(slice.has_value());
      ASSERT_FALSE(slice->damage) << slice->damage->text();
      EXPECT_LT(slice->bytes, 150'000u);
      bytes += slice->bytes;
      ended = slice->round_ended;
    }
    EXPECT_GT(bytes, 2u * 300 * scrubbed_payload_bytes);  // once as tables, once as a chain
  }
}

TEST_F(ScrubTest, ARottenBlockInL0IsFoundAndNamedAndStopsTheNode) {
  // Goal: the damage has its entry, file and level, and the words say that the node stops and what comes
  // next.
  entries = test::chain(40, Term{1});
  append(entries);
  stop();
  start();  // recovery flushes to level 0
  const Table table = test::table_with(*database, LogIndex{20});
  ASSERT_EQ(table.level, 0);
  rot(directory.path(), table, "entry19");
  const auto slice = go();
  ASSERT_TRUE(slice.damage);
  EXPECT_EQ(slice.damage->place, Damage::Place::level_0);
  EXPECT_EQ(slice.damage->table->name, table.name);
  EXPECT_EQ(slice.damage->index, LogIndex{1});  // its one block can not be read
  const Error error = damage_error(*slice.damage);
  EXPECT_EQ(error.code, Code::corrupt);
  EXPECT_TRUE(error.message.starts_with("damage was found: log entry 1 in " + table.name + " (level 0): "));
  EXPECT_NE(error.message.find("Next step: this node stops; keep the files as they are"), std::string::npos);
}

TEST_F(ScrubTest, ARottenBlockInL2IsFoundAndNamed) {
  // Goal: the damage has the first entry that can not be read, its file, and says that it lies deeper.
  fill(300, 2);
  const Table table = test::table_with(*database, LogIndex{150});
  ASSERT_EQ(table.level, 2);
  EXPECT_GT(test::tables_of(*database, Family::log).size(), 5u);
  rot(directory.path(), table, text_of(150));
  const auto slice = go(100'000);
  ASSERT_TRUE(slice.damage);
  EXPECT_EQ(slice.damage->place, Damage::Place::deeper);
  EXPECT_EQ(slice.damage->table->name, table.name);
  EXPECT_EQ(slice.damage->index, LogIndex{150});  // larger than a block: each has its own
  EXPECT_EQ(slice.damage->text().find("log entry " + std::to_string(slice.damage->index.value) + " in " +
                                      table.name + " (level 2): "),
            0u);
}

TEST_F(ScrubTest, TheCacheDoesNotHideWhatRottedOnTheDisk) {
  // Goal: a block that was read and is in the cache when its file rots is found all the same.
  fill(300, 2);
  ASSERT_EQ(store->read(LogIndex{1}, LogIndex{300}, whole_round_bytes)->size(), 300u);
  rot(directory.path(), test::table_with(*database, LogIndex{150}), text_of(150));
  EXPECT_TRUE(store->read_one(LogIndex{150}).has_value());  // from the cache
  EXPECT_TRUE(go().damage);
}

TEST_F(ScrubTest, ARecordThatWasNeverRightIsFound) {
  // Goal: rot under sound blocks (a bit that flipped in memory before it was written), a missing entry and a
  // broken chain are found, each where it is, in a table and in memory.
  fill(60, 2);
  const auto damage_after = [this](std::uint64_t index, const std::optional<Bytes>& record) {
    Batch batch = database->batch();
    const Bytes key = log_key(LogIndex{index});
    const Bytes good = **database->get(Family::log, key);
    record ? batch.put(Family::log, key, *record) : batch.erase(Family::log, key);
    EXPECT_TRUE(database->write(batch, Sync::yes).has_value());
    const auto slice = go();
    Batch back = database->batch();
    back.put(Family::log, key, good);
    EXPECT_TRUE(database->write(back, Sync::yes).has_value());
    while (!go().round_ended) {
    }
    EXPECT_TRUE(slice.damage);
    return slice.damage.value_or(Damage{});
  };
  Bytes rotten = **database->get(Family::log, log_key(LogIndex{30}));
  rotten[100] ^= 1;
  EXPECT_EQ(damage_after(30, rotten).text(), "log entry 30: log entry 30 is damaged (wrong checksum)");
  EXPECT_EQ(damage_after(30, rotten).place, Damage::Place::memory);
  const Damage missing = damage_after(31, std::nullopt);
  EXPECT_EQ(missing.index, LogIndex{31});
  EXPECT_EQ(missing.what, "it is missing");
  LogEntry other = test::entry_after(&entries[30], Term{1}, "another 32");
  const LogRecordFrame frame = frame_log_record(other);
  Bytes record = frame.head;
  record.insert(record.end(), other.payload->begin(), other.payload->end());
  record.insert(record.end(), frame.tail.begin(), frame.tail.end());
  const Damage chain = damage_after(32, record);
  EXPECT_EQ(chain.index, LogIndex{33});
  EXPECT_EQ(chain.what, "it does not continue the hash chain");
  EXPECT_EQ(chain.table->level, 2);
  const Error words = damage_error(damage_after(30, rotten));
  EXPECT_NE(words.message.find("check the machine's memory"), std::string::npos) << words.message;
}

TEST_F(ScrubTest, DamageInDerivedFamiliesIsFoundAndSaysHowToRebuild) {
  // Goal: a rotten table of state, tree, index or undo is named with its family, and the next step is the
  // rebuilding from the own log; one of meta can not be rebuilt.
  for (const Family family : {Family::state, Family::tree, Family::index, Family::undo, Family::meta}) {
    const std::string name(family_name(family));
    put(family, "zz-key-" + name, "value of " + name + std::string(100, '.'));
  }
  stop();
  start();
  for (const Family family : {Family::state, Family::tree, Family::index, Family::undo, Family::meta}) {
    const std::string name(family_name(family));
    const auto tables = test::tables_of(*database, family);
    ASSERT_FALSE(tables.empty()) << name;
    const Bytes good = test::read_whole(directory.path() + "/" + tables[0].name);
    rot(directory.path(), tables[0], "value of " + name);
    const auto slice = go();
    ASSERT_TRUE(slice.damage) << name;
    EXPECT_EQ(slice.damage->family, family);
    const std::string words = damage_error(*slice.damage).message;
    if (family == Family::meta) {
      EXPECT_NE(words.find("restore its directory from a backup"), std::string::npos) << words;
    } else {
      EXPECT_NE(words.find("the family " + name + " in " + tables[0].name + " (level 0)"), std::string::npos);
      EXPECT_NE(words.find("antad --config FILE --rebuild"), std::string::npos) << words;
    }
    test::write_whole(directory.path() + "/" + tables[0].name, good);
    while (!go().round_ended) {
    }
  }
}

TEST_F(ScrubTest, ItGoesOnWhereItStoodAfterARestart) {
  // Goal: the end of a large ledger is read too, however often the node starts.
  fill(300, 2);
  while (scrub->position().entry.value == 0)
    ASSERT_TRUE(scrub->step(LogIndex{300}, 500'000).has_value());
  const Scrub::Position before = scrub->position();
  stop();
  start();
  EXPECT_EQ(scrub->position(), before);
  EXPECT_TRUE(go().round_ended);
  stop();
  start();
  EXPECT_EQ(scrub->position(), Scrub::Position{});
  put(Family::meta, "scrub", "not a position");
  stop();
  start();
  EXPECT_EQ(scrub->position(), Scrub::Position{});
}

TEST_F(ScrubTest, WhatIsNotYetAppliedIsLeftAlone) {
  // Goal: entries that may still be truncated are not judged.
  entries = test::chain(20, Term{1});
  append(entries);
  Batch batch = database->batch();
  batch.erase(Family::log, log_key(LogIndex{12}));
  ASSERT_TRUE(database->write(batch, Sync::yes).has_value());
  entries.resize(11);
  EXPECT_TRUE(go().round_ended);
  entries.resize(12);
  EXPECT_TRUE(go().damage);
}

}  // namespace anta
