// What database.cc, database_open.cc and database_tables.cc share; no other file includes it. Forward
// declarations only, so that RocksDB's headers stay in the three sources.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "storage/database.h"

namespace rocksdb {
class Cache;
class ColumnFamilyHandle;
class DB;
class Env;
class Iterator;
class Slice;
class Status;
class WriteBufferManager;
}  // namespace rocksdb

namespace anta {

// The first failure, for ever. Set by the writing thread and by RocksDB's background threads.
class FailureMark {
 public:
  ~FailureMark() { delete first_.load(); }
  void set(Error error) {
    const Error* none = nullptr;
    auto mine = std::make_unique<const Error>(std::move(error));
    if (first_.compare_exchange_strong(none, mine.get())) mine.release();
  }
  std::optional<Error> get() const {
    const Error* error = first_.load();
    return error ? std::optional<Error>(*error) : std::nullopt;
  }

 private:
  std::atomic<const Error*> first_ = nullptr;
};

struct Cursor::State {
  Family family = Family::log;
  std::shared_ptr<const void> table = {};       // what the iterator reads from, when it is one table
  std::unique_ptr<rocksdb::Iterator> iterator;  // no initialiser: {} would need the whole type here

  State();
  ~State();  // database.cc
};

struct Database::State {
  DatabaseOptions options = {};
  rocksdb::Env* env = nullptr;
  std::shared_ptr<FailureMark> failure = std::make_shared<FailureMark>();
  rocksdb::DB* db = nullptr;                                             // owned
  std::array<rocksdb::ColumnFamilyHandle*, family_count> families = {};  // owned
  std::shared_ptr<rocksdb::Cache> cache = {};
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers = {};

  Result<void> merge_by_itself();

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  std::string path(const std::string& name) const { return options.directory + "/" + name; }

  rocksdb::ColumnFamilyHandle* handle(Family family) const {
    return families[static_cast<std::size_t>(family)];
  }

  // database_open.cc
  Result<void> open();
  Result<void> make_again(Family family);
  bool suspect() const;
  Result<void> open_files(bool point_in_time);
  Result<void> open_after_damage(const Error& damage);
  std::string damaged_tables(std::vector<std::string> children) const;
  Result<void> check_directory() const;

  // database.cc: a file's whole content, its size checked before memory is taken; and its replacement.
  Result<std::optional<Bytes>> read_file(const std::string& path, std::uint64_t bytes_max) const;
  Result<void> write_file(const std::string& path, ByteView content) const;
  Result<void> sync_directory(const std::string& path) const;
};

// The same bytes as RocksDB takes them.
rocksdb::Slice slice(ByteView bytes);

// RocksDB's answer in our words; `doing` is what was tried.
Error store_error(const rocksdb::Status& status, const std::string& doing);

}  // namespace anta
