#include "storage/rebuild.h"

#include <gtest/gtest.h>

#include "storage/log_record.h"
#include "tests/storage/tables.h"
#include "tests/storage/world.h"

namespace anta {
namespace {

// A ledger of a few blocks, closed; then opened by hand, as a rebuilding does.
class RebuildTest : public ::testing::Test {
 protected:
  void SetUp() override {
    test::World world(options, {});
    world.start();
    world.genesis();
    for (int i = 0; i < 5; ++i)
      world.block({{"statement " + std::to_string(i)}}, {{"L" + std::to_string(i), "value"}});
    target = *world.store().applied();
    world.stop();
    open();
  }
  void open() {
    database = std::move(*Database::open(options));
    auto opened = LogStore::open(*database);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    log = std::move(*opened);
  }
  void crash() {
    disk.cut_power();
    log.reset();
    database.reset();
    disk.lose_unsynced();
    open();
  }
  std::string start_rule() { return rule_of(LedgerStore::open(*database, *log)); }
  template <typename T>
  static std::string rule_of(const Result<T>& result) {
    return result ? "" : result.error().rule;
  }
  std::size_t records(Family family) const {
    std::size_t count = 0;
    Cursor cursor = database->cursor(family);
    for (cursor.seek({}); cursor.valid(); cursor.next())
      ++count;
    return count;
  }

  test::TempDirectory directory = {};
  test::FaultyDisk disk = {};
  DatabaseOptions options = test::options_for(directory.path(), &disk);
  std::unique_ptr<Database> database = {};
  std::unique_ptr<LogStore> log = {};
  Applied target = {};
};

}  // namespace

TEST_F(RebuildTest, ACrashWhileRebuildingIsSeenAndBegunAgain) {
  // Goal: from the mark on no start takes the half-made families for a ledger; the aim survives any number
  // of beginnings, and the log stays.
  EXPECT_EQ(start_rule(), "");
  for (int beginning = 0; beginning < 3; ++beginning) {
    const auto begun = begin_rebuild(*database, *log);
    ASSERT_TRUE(begun.has_value()) << begun.error().message;
    EXPECT_EQ(*begun, target);
    for (const Family family : {Family::tree, Family::state, Family::index, Family::undo})
      EXPECT_EQ(records(family), 0u);
    crash();
    const auto refused = LedgerStore::open(*database, *log);
    EXPECT_EQ(rule_of(refused), "store.rebuilding");
    EXPECT_NE(refused.error().message.find("run antad --config FILE --rebuild again"), std::string::npos);
    EXPECT_EQ(log->last(), target.index);
  }
  auto empty = LedgerStore::open(*database, *log, {.rebuilding = true});
  ASSERT_TRUE(empty.has_value());
  EXPECT_FALSE((*empty)->applied());
}

TEST_F(RebuildTest, AMarkThatIsNotDurableDropsNothing) {
  // Goal: when the mark's sync fails nothing has gone yet; afterwards the ledger is whole, or a rebuilding
  // was begun, and never something in between.
  disk.fail_syncs(true);
  EXPECT_EQ(begin_rebuild(*database, *log).error().code, Code::io);
  disk.fail_syncs(false);
  crash();
  const bool marked = rebuild_target(*database)->has_value();
  EXPECT_EQ(start_rule(), marked ? "store.rebuilding" : "");
  EXPECT_GT(records(Family::state), 5u);
}

TEST_F(RebuildTest, ALogThatCanNotMakeItAgainDropsNothing) {
  // Goal: a missing entry, a broken chain or another end refuses before anything is dropped.
  const Bytes second = log_key(LogIndex{2});
  const Bytes good = **database->get(Family::log, second);
  const auto with = [&](const std::optional<Bytes>& record) {
    Batch batch = database->batch();
    record ? batch.put(Family::log, second, *record) : batch.erase(Family::log, second);
    EXPECT_TRUE(database->write(batch, Sync::yes).has_value());
    return begin_rebuild(*database, *log);
  };
  EXPECT_EQ(rule_of(with(std::nullopt)), "log.chain");
  Bytes rotten = good;
  rotten[8] ^= 1;
  EXPECT_EQ(rule_of(with(rotten)), "log.damaged");
  Applied other = target;
  other.hash = test::digest_of("another entry");
  Batch batch = database->batch();
  batch.put(Family::meta, as_bytes("applied"), encode_applied(other));
  batch.put(Family::log, second, good);
  ASSERT_TRUE(database->write(batch, Sync::yes).has_value());
  const auto refused = begin_rebuild(*database, *log);
  EXPECT_EQ(rule_of(refused), "store.applied");
  EXPECT_NE(refused.error().message.find("nothing was dropped"), std::string::npos);
  EXPECT_FALSE(rebuild_target(*database)->has_value());
  EXPECT_GT(records(Family::state), 5u);
}

TEST_F(RebuildTest, OnlyTheSameRootsEndIt) {
  // Goal: what comes out with another root is not taken; the mark goes with the right one, durably.
  ASSERT_TRUE(begin_rebuild(*database, *log).has_value());
  Applied wrong = target;
  wrong.state_root = test::digest_of("another state");
  const auto refused = end_rebuild(*database, wrong);
  EXPECT_EQ(rule_of(refused), "store.rebuilt");
  EXPECT_NE(refused.error().message.find("Next step: keep the directory"), std::string::npos);
  crash();
  EXPECT_EQ(*rebuild_target(*database), target);
  ASSERT_TRUE(end_rebuild(*database, target).has_value());
  crash();
  EXPECT_FALSE(rebuild_target(*database)->has_value());
}

TEST_F(RebuildTest, ALedgerWithoutBlocksHasNothingToRebuild) {
  // Goal: an empty database is refused in words, and gets no mark.
  const test::TempDirectory empty;
  const auto fresh = std::move(*Database::open(test::options_for(empty.path())));
  const auto store = std::move(*LogStore::open(*fresh));
  const auto refused = begin_rebuild(*fresh, *store);
  EXPECT_EQ(rule_of(refused), "store.empty");
  EXPECT_FALSE(rebuild_target(*fresh)->has_value());
}

TEST_F(RebuildTest, DamagedStateThatABlockMeetsIsToldWithItsFile) {
  // Goal: bug found by chaos: a state that could not be read stopped the node with neither the file nor the
  // next step. The view remembers its first failure, and a block that meets the damage ends with it.
  log.reset();
  database.reset();
  test::move_to_level(directory.path(), Family::state, 1, 1 << 20);
  open();
  const Table table = test::tables_of(*database, Family::state).at(0);
  log.reset();
  database.reset();
  test::rot(directory.path(), table, "value");
  open();
  const auto store = LedgerStore::open(*database, *log);
  ASSERT_TRUE(store.has_value()) << store.error().message;
  EXPECT_EQ((*store)->view().read(Kind::lot, "L0"), nullptr);
  ASSERT_TRUE((*store)->view().failed());
  const Error told = (*store)->read_failure();
  EXPECT_EQ(told.rule, "store.damaged");
  EXPECT_NE(told.message.find(table.name), std::string::npos) << told.message;
  EXPECT_NE(told.message.find("Next step: "), std::string::npos) << told.message;

  AppliedBlock block;
  block.index = target.index.next();
  block.block_time = target.block_time;
  block.changes = {{{Kind::lot, "L0"}, std::make_shared<const Bytes>(Bytes{1})}};
  const auto applied = (*store)->apply(block);
  ASSERT_FALSE(applied.has_value());
  EXPECT_EQ(applied.error().message, told.message);
}

}  // namespace anta
