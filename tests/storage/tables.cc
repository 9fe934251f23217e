#include "tests/storage/tables.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/table.h>

#include <algorithm>

#include "storage/log_record.h"
#include "tests/storage/disk.h"

namespace anta::test {

void move_to_level(const std::string& directory, Family family, int level, std::uint64_t file_bytes) {
  rocksdb::Options options;
  options.compression = rocksdb::kNoCompression;
  options.target_file_size_base = file_bytes;
  rocksdb::BlockBasedTableOptions table;
  table.block_size = std::min<std::uint64_t>(file_bytes, 4'096);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.disable_auto_compactions = true;
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies(options, directory, &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names)
    families.emplace_back(name, options);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(options, directory, families, &handles, &db);
  ASSERT_TRUE(opened.ok()) << opened.ToString();
  rocksdb::CompactRangeOptions how;
  how.change_level = true;
  how.target_level = level;
  how.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    if (handle->GetName() == family_name(family)) {
      const rocksdb::Status moved = db->CompactRange(how, handle, nullptr, nullptr);
      EXPECT_TRUE(moved.ok()) << moved.ToString();
    }
    db->DestroyColumnFamilyHandle(handle);
  }
  delete db;
}

std::vector<Table> tables_of(const Database& database, Family family) {
  std::vector<Table> all = database.tables();
  std::erase_if(all, [family](const Table& table) { return table.family != family; });
  std::ranges::sort(all, {}, &Table::first);
  return all;
}

Table table_with(const Database& database, LogIndex index) {
  const Bytes key = log_key(index);
  for (const Table& table : tables_of(database, Family::log)) {
    if (table.first <= key && key <= table.last) return table;
  }
  ADD_FAILURE() << "no table holds log entry " << index.value;
  return {};
}

void rot(const std::string& directory, const Table& table, const std::string& text) {
  const std::string path = directory + "/" + table.name;
  Bytes content = read_whole(path);
  const auto found = std::ranges::search(content, as_bytes(text));
  ASSERT_FALSE(found.empty()) << table.name << " has no " << text;
  *found.begin() ^= 1;
  write_whole(path, content);
}

}  // namespace anta::test
