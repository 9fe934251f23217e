// A disk for tests: a directory of its own, and RocksDB's file system over it with a power switch.
//
// FaultyDisk remembers how much of each file was synced. cut_power() makes every later write fail;
// lose_unsynced() then cuts each file to what was synced, as a machine that lost its page cache. Syncs are
// counted and can be told to fail. Used from the test's thread and RocksDB's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/database.h"
#include "storage/log_entry.h"

namespace anta::test {

class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = {};
};

class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();

  rocksdb::Env* env() const;
  void fail_syncs(bool fail);
  void cut_power();
  void lose_unsynced();  // after cut_power and after the database is gone; power is on again
  void power_on();       // as if the page cache had reached the disk
  std::uint64_t wal_syncs() const;
  std::uint64_t wal_bytes() const;  // appended to write-ahead logs so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The newest write-ahead log in a directory; empty when there is none.
std::string newest_wal(const std::string& directory);
Bytes read_whole(const std::string& path);
void write_whole(const std::string& path, ByteView bytes);

DatabaseOptions options_for(const std::string& directory, const FaultyDisk* disk = nullptr);

// A log that continues: entry `index` of `term` with text as payload.
LogEntry entry_after(const LogEntry* before, Term term, const std::string& payload,
                     EntryKind kind = EntryKind::block);
std::vector<LogEntry> chain(std::size_t count, Term term, const LogEntry* before = nullptr,
                            const std::string& tag = "entry");

Digest digest_of(const std::string& text);

}  // namespace anta::test
