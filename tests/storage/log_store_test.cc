#include "storage/log_store.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "storage/applied.h"
#include "storage/log_record.h"
#include "tests/storage/disk.h"

namespace anta {
namespace {

using test::chain;
using test::entry_after;
using LogWrite = LogStore::LogWrite;

// An append as Raft makes it: the term is on the disk no later than its entries.
LogWrite append(std::vector<LogEntry> entries, std::optional<LogIndex> truncate_from = {}) {
  LogWrite write;
  write.truncate_from = truncate_from;
  if (!entries.empty()) write.hard_state = LogStore::HardState{entries.back().header.term, {}, {}};
  write.entries = std::move(entries);
  write.must_sync = true;
  return write;
}

void expect_same(const std::vector<LogEntry>& found, const std::vector<LogEntry>& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].index, wanted[i].index);
    EXPECT_EQ(found[i].header, wanted[i].header);
    EXPECT_EQ(*found[i].payload, *wanted[i].payload);
    EXPECT_EQ(found[i].hash, wanted[i].hash);
  }
}

class LogStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { start(); }
  void start() {
    auto opened = Database::open(options);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    database = std::move(*opened);
    auto log = LogStore::open(*database);
    ASSERT_TRUE(log.has_value()) << log.error().message;
    store = std::move(*log);
  }
  void stop() {
    store.reset();
    database.reset();
  }
  // The error of a start that must be refused.
  Error refused_start() {
    stop();
    auto opened = Database::open(options);
    EXPECT_TRUE(opened.has_value());
    auto log = LogStore::open(**opened);
    EXPECT_FALSE(log.has_value());
    return log ? Error{} : log.error();
  }
  LogStore::Restored restart() {
    stop();
    start();
    return store->recover();
  }
  Result<void> write(LogWrite one) { return store->write(std::span(&one, 1)); }
  void must_write(LogWrite one) {
    const auto written = write(std::move(one));
    ASSERT_TRUE(written.has_value()) << written.error().message;
  }
  std::vector<LogEntry> all() const { return *store->read(LogIndex{1}, LogIndex{UINT64_MAX}, UINT64_MAX); }
  void poke(Family family, const Bytes& key, std::optional<Bytes> value) {
    Batch batch = database->batch();
    if (value) batch.put(family, key, *value);
    if (!value) batch.erase(family, key);
    ASSERT_TRUE(database->write(batch, Sync::yes).has_value());
  }

  test::TempDirectory directory = {};
  test::FaultyDisk disk = {};
  DatabaseOptions options = test::options_for(directory.path(), &disk);
  std::unique_ptr<Database> database = {};
  std::unique_ptr<LogStore> store = {};
};

}  // namespace

TEST_F(LogStoreTest, ANewLogIsEmpty) {
  // Goal: a new node restores nothing, and says so.
  const auto restored = store->recover();
  EXPECT_EQ(restored.last, LogIndex{0});
  EXPECT_TRUE(restored.terms.empty());
  EXPECT_TRUE(restored.recent.empty());
  EXPECT_EQ(restored.hard_state, LogStore::HardState{});
  EXPECT_FALSE(restored.amnesiac);
  EXPECT_EQ(store->read(LogIndex{1}, LogIndex{9}, 100).error().code, Code::not_found);
}

TEST_F(LogStoreTest, AppendsReadAndRestoreTheSameEntries) {
  // Goal: entries, terms, hard state, newest configuration and mark come back after a restart, byte for byte.
  std::vector<LogEntry> entries = chain(3, Term{1});
  entries.push_back(entry_after(&entries.back(), Term{2}, "members", EntryKind::configuration));
  for (LogEntry& more : chain(4, Term{4}, &entries.back()))
    entries.push_back(more);
  LogWrite one = append(entries);
  one.hard_state = LogStore::HardState{Term{4}, NodeId{"node-b"}, LogIndex{5}};
  one.cosigning_mark = to_bytes(as_bytes("size and root"));
  must_write(one);
  expect_same(all(), entries);
  for (int start = 0; start < 2; ++start) {
    const auto restored = restart();
    EXPECT_EQ(restored.hard_state, *one.hard_state);
    EXPECT_EQ(restored.last, LogIndex{8});
    EXPECT_EQ(restored.last_hash, entries.back().hash);
    expect_same(restored.recent, entries);
    const std::vector<LogStore::TermRun> runs = {
        {LogIndex{1}, Term{1}}, {LogIndex{4}, Term{2}}, {LogIndex{5}, Term{4}}};
    EXPECT_EQ(restored.terms, runs);
    expect_same(restored.configurations, {entries[3]});
    EXPECT_EQ(restored.cosigning_mark, one.cosigning_mark);
    EXPECT_FALSE(restored.amnesiac);
  }
}

TEST_F(LogStoreTest, ReadsWithinBoundsOfIndexAndBytes) {
  // Goal: from..to inclusive, at least one entry, then about bytes_max; nothing past the end.
  const auto entries = chain(20, Term{1});
  must_write(append(entries));
  EXPECT_EQ(store->read(LogIndex{5}, LogIndex{7}, UINT64_MAX)->size(), 3u);
  EXPECT_EQ(store->read(LogIndex{5}, LogIndex{7}, 0)->size(), 1u);
  EXPECT_EQ(store->read(LogIndex{5}, LogIndex{20}, 3 * entries[5].size())->size(), 3u);
  EXPECT_EQ(store->read(LogIndex{19}, LogIndex{99}, UINT64_MAX)->size(), 2u);
  EXPECT_EQ(store->read(LogIndex{21}, LogIndex{99}, UINT64_MAX).error().code, Code::not_found);
  expect_same({*store->read_one(LogIndex{20})}, {entries[19]});
  EXPECT_EQ(store->read_one(LogIndex{0}).error().code, Code::not_found);
}

TEST_F(LogStoreTest, GroupCommitIsOneSyncedBatch) {
  // Goal: many writes, also a truncation of what the same batch appended, cost one sync and end as in a row.
  const auto first = chain(6, Term{1});
  must_write(append(first));
  const auto second = chain(3, Term{2}, &first[3], "second");
  const auto third = chain(2, Term{3}, &second[0], "third");
  LogWrite vote;
  vote.hard_state = LogStore::HardState{Term{3}, NodeId{"node-c"}, LogIndex{4}};
  vote.must_sync = true;
  const std::vector<LogWrite> group = {append(second, LogIndex{5}), append(third, LogIndex{6}), vote};
  const std::uint64_t before = disk.wal_syncs();
  ASSERT_TRUE(store->write(group).has_value());
  EXPECT_EQ(disk.wal_syncs(), before + 1);
  std::vector<LogEntry> wanted(first.begin(), first.begin() + 4);
  wanted.push_back(second[0]);
  wanted.insert(wanted.end(), third.begin(), third.end());
  expect_same(all(), wanted);
  EXPECT_EQ(store->last(), LogIndex{7});
  EXPECT_EQ(store->last_hash(), third.back().hash);
  const auto restored = restart();
  const std::vector<LogStore::TermRun> runs = {
      {LogIndex{1}, Term{1}}, {LogIndex{5}, Term{2}}, {LogIndex{6}, Term{3}}};
  EXPECT_EQ(restored.terms, runs);
  EXPECT_EQ(restored.hard_state, *vote.hard_state);
}

TEST_F(LogStoreTest, ACommitHintAloneIsNotSynced) {
  // Goal: what promises nothing costs no sync; anything that does is synced even if the caller forgot.
  must_write(append(chain(2, Term{1})));
  std::uint64_t before = disk.wal_syncs();
  LogWrite hint;
  hint.hard_state = LogStore::HardState{Term{1}, {}, LogIndex{2}};
  must_write(hint);
  EXPECT_EQ(disk.wal_syncs(), before);
  LogWrite mark;
  mark.cosigning_mark = Bytes{1};
  must_write(mark);
  EXPECT_EQ(disk.wal_syncs(), before + 1);
  LogWrite forgot = append({}, LogIndex{2});
  forgot.must_sync = false;
  must_write(forgot);
  EXPECT_EQ(disk.wal_syncs(), before + 2);
}

TEST_F(LogStoreTest, TruncationTakesTablesAlong) {
  // Goal: configurations and terms of a truncated suffix are gone, also after a restart.
  std::vector<LogEntry> entries = chain(2, Term{1});
  entries.push_back(entry_after(&entries.back(), Term{1}, "old members", EntryKind::configuration));
  entries.push_back(entry_after(&entries.back(), Term{2}, "new members", EntryKind::configuration));
  LogWrite one = append(entries);
  one.hard_state = LogStore::HardState{Term{3}, {}, {}};
  must_write(one);
  must_write(append({entry_after(&entries[2], Term{3}, "other")}, LogIndex{4}));
  auto restored = restart();
  ASSERT_EQ(restored.configurations.size(), 1u);
  EXPECT_EQ(as_text(*restored.configurations[0].payload), "old members");
  EXPECT_EQ(restored.terms.back(), (LogStore::TermRun{LogIndex{4}, Term{3}}));
  EXPECT_EQ(restored.terms.size(), 2u);
  must_write(append({}, LogIndex{1}));
  restored = restart();
  EXPECT_EQ(restored.last, LogIndex{0});
  EXPECT_TRUE(restored.configurations.empty());
  EXPECT_TRUE(restored.terms.empty());
}

TEST_F(LogStoreTest, RefusesWhatDoesNotContinue) {
  // Goal: a gap, a broken chain, a falling term and a truncation of what is applied are corrupt, nothing is
  // written, and the store goes on.
  const auto entries = chain(4, Term{2});
  must_write(append(entries));
  const LogEntry next = entry_after(&entries.back(), Term{2}, "next");
  LogEntry gap = next;
  gap.index = LogIndex{6};
  LogEntry broken = next;
  broken.header.prev_hash = test::digest_of("elsewhere");
  const LogEntry falling = entry_after(&entries.back(), Term{1}, "old");
  LogEntry null = next;
  null.payload.reset();
  for (const LogEntry& bad : {gap, broken, falling, null}) {
    const auto refused = write(append({bad}));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::corrupt);
    EXPECT_EQ(refused.error().rule, "log.chain");
  }
  Applied applied;
  applied.index = LogIndex{3};
  poke(Family::meta, to_bytes(as_bytes("applied")), encode_applied(applied));
  EXPECT_EQ(write(append({}, LogIndex{3})).error().rule, "log.chain");
  expect_same(all(), entries);
  must_write(append({next}, LogIndex{5}));
  EXPECT_EQ(store->last(), LogIndex{5});
}

TEST_F(LogStoreTest, RottenEntriesAreFound) {
  // Goal: a flipped bit under RocksDB's own checksums is corrupt on read and names the index.
  const auto entries = chain(5, Term{1});
  must_write(append(entries));
  Bytes record = **database->get(Family::log, log_key(LogIndex{3}));
  record[record.size() / 2] ^= 1;
  poke(Family::log, log_key(LogIndex{3}), record);
  EXPECT_EQ(store->read(LogIndex{1}, LogIndex{2}, 1000)->size(), 2u);
  const auto read = store->read(LogIndex{1}, LogIndex{5}, 100000);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, Code::corrupt);
  EXPECT_NE(read.error().message.find("log entry 3 "), std::string::npos);
  poke(Family::log, log_key(LogIndex{3}), std::nullopt);
  EXPECT_EQ(store->read(LogIndex{1}, LogIndex{5}, 100000).error().code, Code::corrupt);
}

TEST_F(LogStoreTest, StartRefusesTablesThatDisagree) {
  // Goal: a hole near the end, a wrong term table, an old hard state, applied beyond the log: each refuses
  // with a next step.
  const auto entries = chain(5, Term{2});
  LogWrite one = append(entries);
  one.hard_state = LogStore::HardState{Term{2}, {}, {}};
  must_write(one);
  const Bytes third = **database->get(Family::log, log_key(LogIndex{3}));
  const Bytes hard_state = **database->get(Family::meta, to_bytes(as_bytes("hard_state")));
  const auto refuse_with = [&](Family family, const Bytes& key, std::optional<Bytes> value,
                               const std::optional<Bytes>& good) {
    poke(family, key, std::move(value));
    const Error error = refused_start();
    EXPECT_EQ(error.code, Code::corrupt);
    EXPECT_NE(error.message.find("Next step"), std::string::npos) << error.message;
    auto opened = Database::open(options);
    database = std::move(*opened);
    poke(family, key, good);
  };
  refuse_with(Family::log, log_key(LogIndex{3}), std::nullopt, third);
  Bytes rotten = third;
  rotten[4] ^= 1;
  refuse_with(Family::log, log_key(LogIndex{3}), rotten, third);
  Bytes term_key = to_bytes(as_bytes("term/"));
  for (const std::uint8_t byte : log_key(LogIndex{3}))
    term_key.push_back(byte);
  refuse_with(Family::meta, term_key, log_key(LogIndex{9}), std::nullopt);
  Bytes old_state = hard_state;
  old_state[7] = 1;
  refuse_with(Family::meta, to_bytes(as_bytes("hard_state")), old_state, hard_state);
  Applied applied;
  applied.index = LogIndex{6};
  refuse_with(Family::meta, to_bytes(as_bytes("applied")), encode_applied(applied), std::nullopt);
  database.reset();
  start();
  EXPECT_EQ(store->recover().last, LogIndex{5});
}

TEST_F(LogStoreTest, CommitIsTheBetterOfHintAndApplied) {
  // Goal: commit = max(applied, hint), and never past the log.
  LogWrite one = append(chain(5, Term{1}));
  one.hard_state = LogStore::HardState{Term{1}, {}, LogIndex{2}};
  must_write(one);
  EXPECT_EQ(restart().hard_state.commit, LogIndex{2});
  Applied applied;
  applied.index = LogIndex{4};
  poke(Family::meta, to_bytes(as_bytes("applied")), encode_applied(applied));
  EXPECT_EQ(restart().hard_state.commit, LogIndex{4});
  LogWrite hint;
  hint.hard_state = LogStore::HardState{Term{1}, {}, LogIndex{9}};
  must_write(hint);
  EXPECT_EQ(restart().hard_state.commit, LogIndex{5});
}

TEST_F(LogStoreTest, TheNewestEntriesFitTheirBudget) {
  // Goal: a start reads about recent_bytes_max from the end, not the ledger.
  std::vector<LogEntry> entries;
  for (int i = 0; i < 12; ++i) {
    entries.push_back(
        entry_after(entries.empty() ? nullptr : &entries.back(), Term{1}, std::string(1 << 20, 'x')));
  }
  must_write(append(entries));
  const auto restored = restart();
  EXPECT_EQ(restored.recent.size(), 8u);
  EXPECT_EQ(restored.recent.back().hash, entries.back().hash);
  EXPECT_EQ(restored.recent.front().index, LogIndex{5});
}

TEST_F(LogStoreTest, TheWatermarkLagsAndFollows) {
  // Goal: written at most every 100 ms of the caller's clock, and what it says was on the disk.
  const auto mark = [this] { return *decode_watermark(test::read_whole(directory.path() + "/watermark")); };
  const auto entries = chain(4, Term{1});
  must_write(append({entries[0]}));
  ASSERT_TRUE(store->note_persisted(1000).has_value());
  EXPECT_EQ(mark().index, LogIndex{1});
  must_write(append({entries[1], entries[2]}));
  ASSERT_TRUE(store->note_persisted(1099).has_value());
  EXPECT_EQ(mark().index, LogIndex{1});
  ASSERT_TRUE(store->note_persisted(1100).has_value());
  EXPECT_EQ(mark().index, LogIndex{3});
  EXPECT_EQ(mark().hash, entries[2].hash);
  must_write(append({entries[3]}));
  EXPECT_FALSE(restart().amnesiac);
}

TEST_F(LogStoreTest, ATruncationLowersTheWatermarkFirst) {
  // Goal: after an uncommitted suffix is replaced by a shorter one, a restart is no amnesiac; nor when the
  // machine stops between lowering and truncating.
  const auto entries = chain(6, Term{1});
  must_write(append(entries));
  ASSERT_TRUE(store->note_persisted(0).has_value());
  must_write(append({entry_after(&entries[2], Term{2}, "instead")}, LogIndex{4}));
  EXPECT_EQ(decode_watermark(test::read_whole(directory.path() + "/watermark"))->index, LogIndex{3});
  auto restored = restart();
  EXPECT_FALSE(restored.amnesiac);
  EXPECT_EQ(restored.last, LogIndex{4});
}

TEST_F(LogStoreTest, AShorterLogMakesAnAmnesiacUntilItsEnd) {
  // Goal: a log below its watermark is amnesiac over restarts; end_amnesia ends it for good.
  const auto entries = chain(6, Term{1});
  must_write(append(entries));
  ASSERT_TRUE(store->note_persisted(0).has_value());
  for (std::uint64_t index = 5; index <= 6; ++index)
    poke(Family::log, log_key(LogIndex{index}), std::nullopt);
  for (int start = 0; start < 2; ++start) {
    const auto restored = restart();
    EXPECT_TRUE(restored.amnesiac);
    EXPECT_EQ(restored.last, LogIndex{4});
    EXPECT_EQ(restored.watermark, LogIndex{6});
  }
  must_write(append({entries[4], entries[5]}));
  ASSERT_TRUE(store->note_persisted(5000).has_value());  // moves nothing while amnesiac
  EXPECT_TRUE(restart().amnesiac);
  ASSERT_TRUE(store->end_amnesia().has_value());
  EXPECT_FALSE(store->amnesiac());
  EXPECT_FALSE(restart().amnesiac);
}

TEST_F(LogStoreTest, AnotherEntryUnderTheWatermarkMakesAnAmnesiac) {
  // Goal: a restored copy of a log that went another way is not believed.
  const auto entries = chain(3, Term{1});
  must_write(append(entries));
  ASSERT_TRUE(store->note_persisted(0).has_value());
  test::write_whole(directory.path() + "/watermark",
                    encode_watermark({LogIndex{2}, test::digest_of("other")}));
  EXPECT_TRUE(restart().amnesiac);
}

TEST_F(LogStoreTest, AnUnreadableWatermarkMakesAnAmnesiac) {
  // Goal: a watermark that rotted, was cut or grew is not taken for none: nobody knows what it had seen, so
  // the node votes again only when a leader has brought it past the end of its log.
  const auto entries = chain(6, Term{1});
  must_write(append(entries));
  ASSERT_TRUE(store->note_persisted(0).has_value());
  const std::string file = directory.path() + "/watermark";
  const Bytes good = test::read_whole(file);
  Bytes rotten = good;
  rotten[3] ^= 1;
  Bytes longer = good;
  longer.push_back(0);
  for (const Bytes& bad : {rotten, Bytes(good.begin(), good.end() - 1), Bytes{}, longer}) {
    test::write_whole(file, bad);
    for (int start = 0; start < 2; ++start) {
      const auto restored = restart();
      EXPECT_TRUE(restored.amnesiac);
      EXPECT_EQ(restored.watermark, LogIndex{6});
    }
    ASSERT_TRUE(store->end_amnesia().has_value());
    EXPECT_FALSE(restart().amnesiac);
    EXPECT_EQ(test::read_whole(file), good);
  }
}

TEST_F(LogStoreTest, AFailedSyncStopsTheStore) {
  // Goal: after a failed sync nothing is written any more; what was synced before is there at the next start.
  const auto entries = chain(3, Term{1});
  must_write(append({entries[0], entries[1]}));
  disk.fail_syncs(true);
  EXPECT_EQ(write(append({entries[2]})).error().code, Code::io);
  EXPECT_EQ(store->last(), LogIndex{2});
  disk.fail_syncs(false);
  const std::uint64_t written = disk.wal_bytes();
  EXPECT_EQ(write(append({entries[2]})).error().code, Code::io);
  EXPECT_EQ(store->note_persisted(0).error().code, Code::io);
  EXPECT_EQ(store->read_one(LogIndex{1}).error().code, Code::io);
  EXPECT_EQ(disk.wal_bytes(), written);
  disk.cut_power();
  stop();
  disk.lose_unsynced();
  start();
  EXPECT_EQ(store->recover().last, LogIndex{2});
}

}  // namespace anta
