// The options that keep promises, read back from the OPTIONS file that RocksDB wrote: what it took, not what
// the code meant to give it.
#include <gtest/gtest.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/options_util.h>

#include <algorithm>
#include <map>

#include "storage/database.h"
#include "tests/storage/disk.h"

namespace anta {
namespace {

struct Stored {
  rocksdb::DBOptions database = {};
  std::map<std::string, rocksdb::ColumnFamilyOptions> families = {};
};

Stored stored_options() {
  const test::TempDirectory directory;
  EXPECT_TRUE(Database::open(test::options_for(directory.path())).has_value());
  Stored stored;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  const rocksdb::ConfigOptions how;
  const rocksdb::Status status = rocksdb::LoadLatestOptions(
      how, test::options_for(directory.path()).directory, &stored.database, &families);
  EXPECT_TRUE(status.ok()) << status.ToString();
  for (const rocksdb::ColumnFamilyDescriptor& family : families)
    stored.families.emplace(family.name, family.options);
  return stored;
}

TEST(DatabaseOptions, TheWriteAheadLogsOptionsKeepItsPromises) {
  // Goal: order, recovery and failure are as database.h promises, whatever this RocksDB's defaults are.
  const rocksdb::DBOptions db = stored_options().database;
  // One order of writes, whole and in the log before they are seen.
  EXPECT_FALSE(db.unordered_write);
  EXPECT_FALSE(db.two_write_queues);
  EXPECT_FALSE(db.manual_wal_flush);
  EXPECT_FALSE(db.enable_pipelined_write);
  EXPECT_FALSE(db.allow_2pc);
  // Damage is found, and a torn end is all that is let pass: a recycled log's old bytes would look like
  // records.
  EXPECT_EQ(db.wal_recovery_mode, rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords);
  EXPECT_EQ(db.recycle_log_file_num, 0u);
  EXPECT_TRUE(db.track_and_verify_wals_in_manifest);
  EXPECT_TRUE(db.paranoid_checks);
  EXPECT_EQ(db.wal_compression, rocksdb::kNoCompression);  // wal_damage.h reads what is written
  EXPECT_FALSE(db.avoid_flush_during_recovery);
  EXPECT_FALSE(db.best_efforts_recovery);
  // Failure is final.
  EXPECT_EQ(db.max_bgerror_resume_count, 0);
  // Durable is what the disk was asked to sync.
  EXPECT_FALSE(db.allow_mmap_writes);
}

TEST(DatabaseOptions, MemoryAndFilesAreBounded) {
  // Goal: what a node may use of memory and files is what the configuration said.
  const rocksdb::DBOptions db = stored_options().database;
  EXPECT_EQ(db.max_total_wal_size, DatabaseOptions{}.wal_bytes_max);
  EXPECT_EQ(db.max_open_files, 512);
  EXPECT_EQ(db.max_background_jobs, 3);
  EXPECT_EQ(db.max_log_file_size, 1u << 20);
  EXPECT_EQ(db.keep_log_file_num, 4u);
}

TEST(DatabaseOptions, EveryFamilyHasItsOwn) {
  // Goal: six families and RocksDB's own; point lookups have ribbon filters and merge like runs, hashes are
  // not compressed, blocks fit what is read, checksums are there.
  const Stored stored = stored_options();
  EXPECT_EQ(stored.families.size(), family_count + 1);
  const auto known = rocksdb::GetSupportedCompressions();
  struct Row {
    const char* family = "";
    bool filter = false;
    rocksdb::CompressionType oldest = rocksdb::kNoCompression;
    std::size_t block_size = 8 << 10;
  };
  const Row rows[] = {{"log", false, rocksdb::kZSTD, 64 << 10},  {"meta"}, {"tree", true},
                      {"state", true, rocksdb::kLZ4Compression}, {"undo"}, {"index", true, rocksdb::kZSTD}};
  for (const Row& row : rows) {
    ASSERT_TRUE(stored.families.contains(row.family)) << row.family;
    const rocksdb::ColumnFamilyOptions& family = stored.families.at(row.family);
    EXPECT_EQ(family.compression, rocksdb::kNoCompression) << row.family;
    const bool can = std::find(known.begin(), known.end(), row.oldest) != known.end();
    EXPECT_EQ(family.bottommost_compression, can ? row.oldest : rocksdb::kNoCompression) << row.family;
    EXPECT_EQ(family.compaction_style,
              row.filter ? rocksdb::kCompactionStyleUniversal : rocksdb::kCompactionStyleLevel)
        << row.family;
    if (row.filter) {
      EXPECT_EQ(family.periodic_compaction_seconds, 0u) << row.family;
    }
    EXPECT_LE(family.bottommost_compression_opts.max_dict_buffer_bytes, 1u << 20) << row.family;
    EXPECT_EQ(family.bottommost_compression_opts.max_dict_bytes > 0, std::string_view(row.family) == "log");
    EXPECT_EQ(family.level_compaction_dynamic_level_bytes, !row.filter) << row.family;
    EXPECT_FALSE(family.inplace_update_support) << row.family;  // snapshots would see what came later
    const auto* table = family.table_factory->GetOptions<rocksdb::BlockBasedTableOptions>();
    ASSERT_NE(table, nullptr) << row.family;
    EXPECT_EQ(table->block_size, row.block_size) << row.family;
    EXPECT_EQ(table->format_version, 5u) << row.family;
    EXPECT_NE(table->checksum, rocksdb::kNoChecksum) << row.family;
    EXPECT_TRUE(table->cache_index_and_filter_blocks) << row.family;
    EXPECT_TRUE(table->pin_l0_filter_and_index_blocks_in_cache) << row.family;
    ASSERT_EQ(table->filter_policy != nullptr, row.filter) << row.family;
    EXPECT_EQ(table->partition_filters, row.filter) << row.family;        // else one miss reads a megabyte
    EXPECT_GE(family.level0_slowdown_writes_trigger, 128) << row.family;  // merging stops no write
    EXPECT_GE(family.level0_stop_writes_trigger, 512) << row.family;
    if (row.filter) {
      EXPECT_TRUE(table->filter_policy->GetId().starts_with("ribbonfilter:10"))
          << table->filter_policy->GetId();
    }
  }
}

TEST(DatabaseOptions, TheMemoryBudgetIsShared) {
  // Goal: RocksDB itself says the shares of the budget, and they are those of another one that is opened with
  // less.
  const test::TempDirectory directory;
  DatabaseOptions options = test::options_for(directory.path());
  options.memory_budget_bytes = 64 << 20;
  auto database = Database::open(options);
  ASSERT_TRUE(database) << database.error().message;
  EXPECT_EQ((*database)->memory().cache_bytes_max, 32u << 20);
  EXPECT_EQ((*database)->memory().write_buffer_bytes_max, 16u << 20);
  const Bytes key = {1};
  const Bytes value(1 << 20, 0x5a);
  Batch batch = (*database)->batch();
  batch.put(Family::log, key, value);
  ASSERT_TRUE((*database)->write(batch, Sync::yes));
  database->reset();
  options.memory_budget_bytes = 16 << 20;
  database = Database::open(options);
  ASSERT_TRUE(database) << database.error().message;
  EXPECT_EQ((*database)->memory().cache_bytes_max, 8u << 20);
  EXPECT_EQ((*database)->memory().write_buffer_bytes_max, 4u << 20);
  EXPECT_EQ(**(*database)->get(Family::log, key), value);
}

}  // namespace
}  // namespace anta
