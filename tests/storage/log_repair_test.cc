#include "storage/log_repair.h"

#include <gtest/gtest.h>

#include "storage/applied.h"
#include "storage/log_record.h"
#include "storage/log_store.h"
#include "tests/storage/disk.h"
#include "tests/storage/tables.h"

namespace anta {
namespace {

using test::rot;

constexpr std::uint64_t all_bytes = std::uint64_t{1} << 30;
constexpr std::uint64_t count = 300;
constexpr std::size_t payload_bytes = 40'000;  // 12 MB in all: a start reads, and so caches, the last 8 MiB
const LogIndex applied{count};

// A node's log: its entries in tables of about 1 MiB on level 2.
class Ledger {
 public:
  explicit Ledger(const std::vector<LogEntry>& entries, int level = 2) {
    start();
    LogStore::LogWrite write;
    write.entries = entries;
    write.hard_state = LogStore::HardState{entries.back().header.term, {}, {}};
    EXPECT_TRUE(store->write(std::span(&write, 1)).has_value());
    EXPECT_TRUE(store->note_persisted(0).has_value());
    stop();
    if (level > 0) test::move_to_level(directory.path(), Family::log, level, 1 << 20);
    start();
  }
  void start() {
    auto opened = Database::open(options);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    database = std::move(*opened);
    auto log = LogStore::open(*database);
    ASSERT_TRUE(log.has_value()) << log.error().message;
    store = std::move(*log);
    restored = store->recover();
    auto made = LogRepair::open(*database, *store);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    repair = std::move(*made);
  }
  void stop() {
    repair.reset();
    store.reset();
    database.reset();
  }
  // As when the machine loses its power now.
  void crash() {
    disk.cut_power();
    stop();
    disk.lose_unsynced();
    start();
  }
  std::optional<Damage> scrub() {
    auto scrub = *Scrub::open(*database);
    while (true) {
      const auto slice = scrub->step(applied, all_bytes);
      EXPECT_TRUE(slice.has_value());
      if (!slice || slice->damage || slice->round_ended) return slice ? slice->damage : std::nullopt;
    }
  }
  // The table with this entry rots, and is found.
  Damage rotten(std::uint64_t index) {
    rot(directory.path(), test::table_with(*database, LogIndex{index}), "x-" + std::to_string(index - 1));
    auto damage = scrub();
    EXPECT_TRUE(damage);
    return damage.value_or(Damage{});
  }
  bool is_live(const std::string& file) const {
    for (const Table& table : database->tables()) {
      if (table.name == file) return true;
    }
    return false;
  }

  test::TempDirectory directory = {};
  test::FaultyDisk disk = {};
  DatabaseOptions options = test::options_for(directory.path(), &disk);
  std::unique_ptr<Database> database = {};
  std::unique_ptr<LogStore> store = {};
  std::unique_ptr<LogRepair> repair = {};
  LogStore::Restored restored = {};
};

std::vector<LogEntry> log_of(std::uint64_t entries) {
  return test::chain(entries, Term{1}, nullptr, std::string(payload_bytes, 'x').append(1, '-'));
}

// From the other node's log, in answers of a few entries, until nothing is missing.
void refill_from(const LogStore& other, LogRepair& repair, std::uint64_t bytes_max = 200'000) {
  while (repair.gap()) {
    const auto entries = other.read_back(repair.gap()->from, repair.gap()->to, bytes_max);
    ASSERT_TRUE(entries.has_value()) << entries.error().message;
    const auto done = repair.refill(*entries);
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }
}

void expect_whole(const Ledger& ledger, const std::vector<LogEntry>& entries) {
  const auto all = ledger.store->read(LogIndex{1}, LogIndex{count}, all_bytes);
  ASSERT_TRUE(all.has_value()) << all.error().message;
  ASSERT_EQ(all->size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i)
    ASSERT_EQ((*all)[i].hash, entries[i].hash) << i;
  EXPECT_FALSE(ledger.store->repairing());
}

}  // namespace

TEST(LogRepair, APutOverRottenKeysIsUndoneByTheNextCompaction) {
  // Goal: what the design rests on, of RocksDB itself: after a Put over every key of a rotten table each
  // entry is right again when it is asked for, and yet whoever goes through the keys, as the next compaction
  // does, meets the rotten block and fails.
  const auto entries = log_of(count);
  Ledger ledger(entries);
  const Damage damage = ledger.rotten(50);
  Batch batch = ledger.database->batch();
  for (const LogEntry& entry : entries) {
    const LogRecordFrame frame = frame_log_record(entry);
    batch.put(Family::log, log_key(entry.index), {frame.head, *entry.payload, frame.tail});
  }
  ASSERT_TRUE(ledger.database->write(batch, Sync::yes).has_value());
  for (const LogEntry& entry : entries)
    ASSERT_EQ(ledger.store->read_one(entry.index)->hash, entry.hash);
  EXPECT_EQ(ledger.store->read(LogIndex{1}, LogIndex{count}, all_bytes).error().code, Code::corrupt);
  const auto merged = ledger.database->settle(Family::log);
  ASSERT_FALSE(merged.has_value());
  EXPECT_NE(merged.error().message.find(damage.table->name), std::string::npos) << merged.error().message;
  EXPECT_TRUE(ledger.is_live(damage.table->name));
}

TEST(LogRepair, ARottenBlockInL2IsCutRefilledAndSurvivesACompaction) {
  // Goal: found, taken out with its whole range, refilled from a second node's log, byte for byte; a full
  // compaction, another round and a restart find nothing.
  const auto entries = log_of(count);
  const Ledger other(entries, 0);
  Ledger ledger(entries);
  const Damage damage = ledger.rotten(50);
  ASSERT_EQ(damage.table->level, 2);
  const auto gap = ledger.repair->plan(damage, applied);
  ASSERT_TRUE(gap.has_value()) << gap.error().message;
  EXPECT_TRUE(gap->holds(LogIndex{50}));
  EXPECT_EQ(gap->file, damage.table->name);
  EXPECT_EQ(gap->before, entries[gap->from.value - 2].hash);
  EXPECT_EQ(gap->end, entries[gap->to.value - 1].hash);
  ASSERT_TRUE(ledger.repair->mark(*gap).has_value());
  ASSERT_TRUE(ledger.repair->cut().has_value());
  EXPECT_FALSE(ledger.is_live(gap->file));
  EXPECT_TRUE(ledger.store->repairing());
  EXPECT_EQ(ledger.store->read_one(LogIndex{50}).error().rule, "log.repairing");
  EXPECT_EQ(ledger.store->read(gap->from, gap->to, 1).error().code, Code::busy);
  EXPECT_EQ(ledger.store->read_back(gap->from, gap->to, 1).error().code, Code::busy);
  EXPECT_EQ(ledger.store->read(LogIndex{1}, LogIndex{count}, all_bytes)->back().index, gap->from.previous());
  EXPECT_EQ(ledger.store->read_back(LogIndex{1}, LogIndex{count}, all_bytes)->front().index, gap->to.next());
  refill_from(*other.store, *ledger.repair);
  expect_whole(ledger, entries);
  const auto merged = ledger.database->settle(Family::log);
  ASSERT_TRUE(merged.has_value()) << merged.error().message;
  EXPECT_FALSE(ledger.scrub());
  ledger.stop();
  ledger.start();
  EXPECT_FALSE(ledger.restored.gap);
  expect_whole(ledger, entries);
}

TEST(LogRepair, ACrashAtEachPointGoesOnAndNeverLooksLikeAShorterLog) {
  // Goal: the power goes after the mark, after the cut, between two refills and after the last: each start
  // knows the same end of the log, is no amnesiac, says what is missing, and what came back stays.
  const auto entries = log_of(count);
  const Ledger other(entries, 0);
  Ledger ledger(entries);
  const LogGap gap = *ledger.repair->plan(ledger.rotten(50), applied);
  const auto expect_gap = [&](LogIndex to) {
    EXPECT_EQ(ledger.restored.last, LogIndex{count});
    EXPECT_EQ(ledger.restored.last_hash, entries.back().hash);
    EXPECT_FALSE(ledger.restored.amnesiac);
    EXPECT_GT(ledger.restored.recent.front().index, gap.to);
    ASSERT_TRUE(ledger.restored.gap);
    EXPECT_EQ(ledger.restored.gap->to, to);
    EXPECT_EQ(ledger.restored.gap, ledger.repair->gap());
    EXPECT_TRUE(ledger.store->repairing());
  };
  ledger.crash();  // nothing was written
  EXPECT_FALSE(ledger.restored.gap);
  ASSERT_TRUE(ledger.repair->mark(gap).has_value());
  ledger.crash();
  expect_gap(gap.to);
  EXPECT_TRUE(ledger.is_live(gap.file));
  ASSERT_TRUE(ledger.repair->cut().has_value());
  ledger.crash();
  expect_gap(gap.to);
  EXPECT_FALSE(ledger.is_live(gap.file));
  ASSERT_TRUE(ledger.repair->cut().has_value());
  const auto some = *other.store->read_back(gap.from, gap.to, 180'000);
  ASSERT_LT(some.size(), gap.to.value - gap.from.value);
  ASSERT_TRUE(ledger.repair->refill(some).has_value());
  // What came back lies in a table inside the gap's range now: it must not be taken for the rotten one.
  ledger.stop();
  test::move_to_level(ledger.directory.path(), Family::log, 2, 1 << 20);
  ledger.start();
  ledger.crash();
  EXPECT_EQ(ledger.restored.gap->to, some.front().index.previous());
  ASSERT_TRUE(ledger.repair->cut().has_value());
  EXPECT_EQ(ledger.store->read_one(gap.to)->hash, some.back().hash);
  refill_from(*other.store, *ledger.repair);
  ledger.crash();
  EXPECT_FALSE(ledger.restored.gap);
  expect_whole(ledger, entries);
  EXPECT_FALSE(ledger.scrub());
}

TEST(LogRepair, AFailedSyncWhileItRepairsIsFinalAndLosesNothing) {
  // Goal: a mark that did not become durable cuts nothing; a refill that did not is fetched again.
  const auto entries = log_of(count);
  const Ledger other(entries, 0);
  Ledger ledger(entries);
  const LogGap gap = *ledger.repair->plan(ledger.rotten(50), applied);
  ledger.disk.fail_syncs(true);
  EXPECT_EQ(ledger.repair->mark(gap).error().code, Code::io);
  EXPECT_FALSE(ledger.repair->gap());
  ASSERT_TRUE(ledger.repair->cut().has_value());
  EXPECT_TRUE(ledger.is_live(gap.file));
  ledger.disk.fail_syncs(false);
  ledger.crash();
  ASSERT_TRUE(ledger.repair->gap() || ledger.repair->mark(gap).has_value());  // the mark may be there or not
  ASSERT_TRUE(ledger.repair->cut().has_value());
  const auto some = *other.store->read_back(gap.from, gap.to, 180'000);
  ledger.disk.fail_syncs(true);
  EXPECT_EQ(ledger.repair->refill(some).error().code, Code::io);
  EXPECT_EQ(ledger.repair->gap()->to, gap.to);
  ledger.disk.fail_syncs(false);
  ledger.crash();
  refill_from(*other.store, *ledger.repair);
  expect_whole(ledger, entries);
}

TEST(LogRepair, APeerIsNotBelieved) {
  // Goal: other entries, entries of another place, a forged hash and a torn list change nothing; the right
  // ones still fill the gap.
  const auto entries = log_of(count);
  const Ledger other(entries, 0);
  Ledger ledger(entries);
  EXPECT_EQ(ledger.repair->refill(std::vector<LogEntry>{entries[0]}).error().rule, "log.refill");
  const LogGap gap = *ledger.repair->plan(ledger.rotten(50), applied);
  ASSERT_TRUE(ledger.repair->mark(gap).has_value());
  ASSERT_TRUE(ledger.repair->cut().has_value());
  const auto right = *other.store->read_back(gap.from, gap.to, 180'000);
  ASSERT_GT(right.size(), 2u);
  std::vector<std::vector<LogEntry>> wrong;
  wrong.push_back({});
  wrong.push_back({right.begin(), right.end() - 1});
  wrong.push_back(right);
  wrong.back().erase(wrong.back().begin() + 1);
  wrong.push_back(right);
  LogEntry& forged = wrong.back().front();
  forged.payload = std::make_shared<const Bytes>(to_bytes(as_bytes("forged")));  // and its old hash
  wrong.push_back(right);
  wrong.back()[0].payload.reset();
  wrong.push_back(*other.store->read_back(LogIndex{1}, gap.from.previous(), 180'000));
  wrong.push_back(*other.store->read_back(LogIndex{1}, gap.to, all_bytes));  // more than was asked for
  for (const auto& entries_given : wrong) {
    const auto refused = ledger.repair->refill(entries_given);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::malformed) << refused.error().message;
  }
  EXPECT_EQ(*ledger.repair->gap(), gap);
  refill_from(*other.store, *ledger.repair);
  expect_whole(ledger, entries);
}

TEST(LogRepair, AGapWhoseBeginningDoesNotFitIsCorrupt) {
  // Goal: when what the entries prove contradicts what stands before the gap, this node's log is wrong and
  // nothing is made to fit.
  const auto entries = log_of(count);
  const Ledger other(entries, 0);
  Ledger ledger(entries);
  LogGap gap = *ledger.repair->plan(ledger.rotten(50), applied);
  gap.before = test::digest_of("another");
  ASSERT_TRUE(ledger.repair->mark(gap).has_value());
  ASSERT_TRUE(ledger.repair->cut().has_value());
  const auto refused = ledger.repair->refill(*other.store->read_back(gap.from, gap.to, all_bytes));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().rule, "log.chain");
  EXPECT_NE(refused.error().message.find("Next step: restore"), std::string::npos);
  EXPECT_TRUE(ledger.repair->gap());
}

TEST(LogRepair, WhatItCanNotRepairStopsWithTheNextStep) {
  // Goal: level 0, memory, derived families, the end of what is applied, a rotten configuration and an
  // unreadable neighbour: each refuses with the file, the entry and what the operator does.
  const auto entries = log_of(count);
  Ledger ledger(entries);
  const Damage good = ledger.rotten(50);
  const auto refusal = [&ledger](const Damage& damage, LogIndex applied_here) {
    const auto plan = ledger.repair->plan(damage, applied_here);
    EXPECT_FALSE(plan.has_value());
    const std::string message = plan ? "" : plan.error().message;
    EXPECT_NE(message.find("Next step: this node stops"), std::string::npos) << message;
    return message;
  };
  Damage damage = good;
  damage.place = Damage::Place::level_0;
  EXPECT_NE(refusal(damage, applied).find("log entry " + std::to_string(good.index.value) + " in "),
            std::string::npos);
  damage.place = Damage::Place::memory;
  refusal(damage, applied);
  damage = good;
  damage.family = Family::state;
  EXPECT_NE(refusal(damage, applied).find("--rebuild"), std::string::npos);
  const LogGap gap = *ledger.repair->plan(good, applied);
  EXPECT_TRUE(ledger.repair->plan(good, gap.to.plus(2)).has_value());
  EXPECT_NE(refusal(good, gap.to.next()).find("it reaches to the end of what is applied"), std::string::npos);
  ledger.stop();
  ledger.start();  // nothing of the entry is in the cache
  Batch batch = ledger.database->batch();
  Bytes configuration = to_bytes(as_bytes("configuration/"));
  for (const std::uint8_t byte : log_key(LogIndex{50}))  // the rotten entry itself
    configuration.push_back(byte);
  batch.put(Family::meta, configuration, {});
  ASSERT_TRUE(ledger.database->write(batch, Sync::yes).has_value());
  EXPECT_NE(refusal(good, applied).find("the cluster's configuration in it can not be read"),
            std::string::npos);
  Batch back = ledger.database->batch();
  back.erase(Family::meta, configuration);
  ASSERT_TRUE(ledger.database->write(back, Sync::yes).has_value());
  ledger.stop();
  ledger.start();
  rot(ledger.directory.path(), test::table_with(*ledger.database, gap.to.next()),
      "x-" + std::to_string(gap.to.value));
  EXPECT_NE(refusal(good, applied).find("the entry after the file can not be read"), std::string::npos);
}

TEST(LogRepair, AMergeThatMeetsDamageLeavesTheNextStartTimeToRepair) {
  // Goal: the database that a merge has ended says so with the file's name; the next one merges nothing by
  // itself, its scrub begins a round and finds the file, and once that is repaired merges go on.
  const auto entries = log_of(count);
  const Ledger other(entries, 0);
  Ledger ledger(entries);
  const std::string victim = test::table_with(*ledger.database, LogIndex{50}).name;
  rot(ledger.directory.path(), test::table_with(*ledger.database, LogIndex{50}), "x-49");
  ASSERT_TRUE(ledger.scrub());  // it goes on behind the file
  EXPECT_FALSE(ledger.database->suspect());
  ASSERT_FALSE(ledger.database->settle(Family::log).has_value());
  const auto failure = ledger.database->failure();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->rule, "store.damaged");
  EXPECT_NE(failure->message.find(victim), std::string::npos) << failure->message;
  EXPECT_NE(failure->message.find("start it again: it leaves its files as they are"), std::string::npos);
  ledger.crash();
  EXPECT_TRUE(ledger.database->suspect());
  const auto damage = ledger.scrub();
  ASSERT_TRUE(damage);
  EXPECT_EQ(damage->table->name, victim);
  ASSERT_TRUE(ledger.repair->mark(*ledger.repair->plan(*damage, applied)).has_value());
  ASSERT_TRUE(ledger.repair->cut().has_value());
  refill_from(*other.store, *ledger.repair);
  EXPECT_FALSE(ledger.scrub());
  ASSERT_TRUE(ledger.database->trust().has_value());
  EXPECT_FALSE(ledger.database->suspect());
  ASSERT_TRUE(ledger.database->settle(Family::log).has_value());
  ledger.crash();
  EXPECT_FALSE(ledger.database->suspect());
  expect_whole(ledger, entries);
}

TEST(LogRepair, AStartOverDamageInWhatIsAppliedLeavesItToTheScrub) {
  // Goal: a rotten file among the newest entries is no reason not to start when they are applied: the end
  // of the log is known, and the scrub finds the file. Where they are not applied, the start refuses.
  const auto entries = log_of(count);
  Ledger ledger(entries);
  rot(ledger.directory.path(), test::table_with(*ledger.database, LogIndex{250}), "x-249");
  ledger.repair.reset();
  ledger.store.reset();
  ledger.database.reset();
  ledger.database = std::move(*Database::open(ledger.options));
  EXPECT_EQ(LogStore::open(*ledger.database).error().code, Code::corrupt);
  Applied record;
  record.index = applied;
  Batch batch = ledger.database->batch();
  batch.put(Family::meta, as_bytes("applied"), encode_applied(record));
  ASSERT_TRUE(ledger.database->write(batch, Sync::yes).has_value());
  ledger.stop();
  ledger.start();
  EXPECT_EQ(ledger.restored.last, LogIndex{count});
  EXPECT_GT(ledger.restored.recent.front().index, LogIndex{250});
  const auto damage = ledger.scrub();
  ASSERT_TRUE(damage);
  EXPECT_EQ(damage->index, LogIndex{250});
  EXPECT_TRUE(ledger.repair->plan(*damage, applied).has_value());
}

TEST(LogRepair, AStartWhoseWatermarkRottedLeavesItToTheScrub) {
  // Goal: a watermark lags, also behind a clean stop; that its entry rotted since is no reason not to start
  // where it is applied. What the next entry says stood there counts: another one is an amnesiac's.
  const auto entries = log_of(count);
  Ledger ledger(entries);
  Applied record;
  record.index = applied;
  Batch batch = ledger.database->batch();
  batch.put(Family::meta, as_bytes("applied"), encode_applied(record));
  ASSERT_TRUE(ledger.database->write(batch, Sync::yes).has_value());
  rot(ledger.directory.path(), test::table_with(*ledger.database, LogIndex{50}), "x-49");
  for (const bool same : {true, false}) {
    ASSERT_TRUE(ledger.store->expect(LogIndex{50}, same ? entries[49].hash : Digest{}).has_value());
    ledger.stop();
    ledger.start();
    EXPECT_EQ(ledger.store->amnesiac(), !same);
    EXPECT_EQ(ledger.restored.last, LogIndex{count});
  }
}

TEST(LogRepair, ConfigurationsInTheGapAreKept) {
  // Goal: a start needs the newest configurations at once, gap or not: they survive the cut, and a crash
  // right after it.
  std::vector<LogEntry> entries = log_of(49);
  entries.push_back(test::entry_after(&entries.back(), Term{1}, "members", EntryKind::configuration));
  for (LogEntry& more :
       test::chain(count - 50, Term{1}, &entries.back(), std::string(payload_bytes, 'y').append(1, '-')))
    entries.push_back(std::move(more));
  const Ledger other(entries, 0);
  Ledger ledger(entries);
  const Damage damage = ledger.rotten(45);
  const auto gap = ledger.repair->plan(damage, applied);
  ASSERT_TRUE(gap.has_value()) << gap.error().message;
  ASSERT_TRUE(gap->holds(LogIndex{50}));
  ASSERT_TRUE(ledger.repair->mark(*gap).has_value());
  ledger.crash();
  ASSERT_EQ(ledger.restored.configurations.size(), 1u);
  ASSERT_TRUE(ledger.repair->cut().has_value());
  ledger.crash();
  ASSERT_EQ(ledger.restored.configurations.size(), 1u);
  EXPECT_EQ(ledger.restored.configurations[0].hash, entries[49].hash);
  EXPECT_EQ(ledger.store->read_one(LogIndex{50}).error().code, Code::busy);
  refill_from(*other.store, *ledger.repair);
  expect_whole(ledger, entries);
}

TEST(LogRepair, AConfigurationRolledBackDuringARepairLeavesAStart) {
  // Goal: the newest configuration is truncated while an older one lies in the gap: a start then reads that
  // one, which the cut had not kept (the node never started again).
  std::vector<LogEntry> entries = log_of(49);
  const auto configuration = [&] {
    entries.push_back(test::entry_after(&entries.back(), Term{1}, "members", EntryKind::configuration));
  };
  const auto blocks = [&](std::uint64_t number) {
    for (LogEntry& more :
         test::chain(number, Term{1}, &entries.back(), std::string(payload_bytes, 'y').append(1, '-')))
      entries.push_back(std::move(more));
  };
  configuration();
  blocks(245);
  configuration();
  configuration();
  blocks(3);
  configuration();
  ASSERT_EQ(entries.size(), count + 1);
  Ledger ledger(entries);
  const auto gap = ledger.repair->plan(ledger.rotten(45), applied);
  ASSERT_TRUE(gap.has_value()) << gap.error().message;
  ASSERT_TRUE(gap->holds(LogIndex{50}));
  ASSERT_TRUE(ledger.repair->mark(*gap).has_value());
  ASSERT_TRUE(ledger.repair->cut().has_value());
  LogStore::LogWrite write;
  write.truncate_from = LogIndex{count + 1};
  write.must_sync = true;
  ASSERT_TRUE(ledger.store->write(std::span(&write, 1)).has_value());
  ledger.crash();
  ASSERT_EQ(ledger.restored.configurations.size(), 3u);
  EXPECT_EQ(ledger.restored.configurations[0].hash, entries[49].hash);
}

TEST(LogRepair, TheLogGrowsWhileItIsRepaired) {
  // Goal: appends and a restart go on with a gap in the log, and the watermark holds.
  const auto entries = log_of(count);
  const Ledger other(entries, 0);
  Ledger ledger(entries);
  ASSERT_TRUE(ledger.repair->mark(*ledger.repair->plan(ledger.rotten(50), applied)).has_value());
  ASSERT_TRUE(ledger.repair->cut().has_value());
  LogStore::LogWrite write;
  write.entries = {test::entry_after(&entries.back(), Term{1}, "more")};
  ASSERT_TRUE(ledger.store->write(std::span(&write, 1)).has_value());
  ASSERT_TRUE(ledger.store->note_persisted(1'000).has_value());
  ledger.crash();
  EXPECT_EQ(ledger.restored.last, LogIndex{count + 1});
  EXPECT_FALSE(ledger.restored.amnesiac);
  refill_from(*other.store, *ledger.repair);
  EXPECT_EQ(ledger.store->read(LogIndex{1}, LogIndex{count + 1}, all_bytes)->size(), count + 1);
}

}  // namespace anta
