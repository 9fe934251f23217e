// What is on a node's disk, read from the bytes of its write-ahead logs and not asked of the node: `written`
// has every batch that was appended, `durable` those whose bytes are synced.
//
// Reads RocksDB's log format (32 KiB blocks; crc, length, type before each fragment) and its write batches.
// One family has one number, in the order of anta::Family from 1.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "consensus/raft/events.h"
#include "storage/applied.h"
#include "storage/database.h"
#include "storage/log_entry.h"

namespace anta::sim {

// One put or delete of a batch.
struct Change {
  Family family = Family::log;
  Bytes key = {};
  std::optional<Bytes> value = {};  // nothing: deleted
};
using Changes = std::vector<Change>;

// What the changes make of a store, as far as the judge asks for it.
struct Stored {
  std::map<LogIndex, LogEntry> log = {};
  raft::HardState hard_state = {};
  std::optional<Applied> applied = {};
  std::map<Digest, std::pair<LogIndex, std::uint32_t>> outcomes = {};  // statement -> where
  Bytes mark = {};

  void perform(const Changes& changes);
  LogIndex last() const { return log.empty() ? LogIndex{} : log.rbegin()->first; }
  const LogEntry* entry(LogIndex index) const {
    const auto found = log.find(index);
    return found == log.end() ? nullptr : &found->second;
  }
  Term term_at(LogIndex index) const { return entry(index) ? entry(index)->header.term : Term{}; }
};

// The batches of one write-ahead log, as its bytes come.
class WalReader {
 public:
  // Appends bytes; gives the batches that they complete, each with the offset where it ends.
  struct Found {
    std::uint64_t end = 0;
    Changes changes = {};
  };
  std::vector<Found> take(ByteView bytes);
  bool damaged() const { return damaged_; }  // what does not read stops it for good
  // The damage is a length that goes past the end: RocksDB takes it for a record that was cut short, and a
  // start can not tell it from one.
  bool looks_short() const { return looks_short_; }

 private:
  Bytes bytes_ = {};
  std::size_t at_ = 0;
  Bytes record_ = {};
  bool damaged_ = false;
  bool looks_short_ = false;
};

class StoredDisk {
 public:
  const Stored& durable() const { return durable_; }
  const Stored& written() const { return written_; }

  // Gives the batches that were completed, already performed on written().
  std::vector<Changes> appended(const std::string& wal, ByteView bytes);
  void synced(const std::string& wal, std::uint64_t bytes);
  void removed(const std::string& wal);  // what it held is in tables now

  // After the power came back: what these files hold is all there is beyond `durable`, up to the first
  // damage.
  enum class Damage : std::uint8_t { none, looks_short, visible };
  Damage restarted(const std::map<std::string, Bytes>& wals);
  // The database is open: what it found is in tables, and this is its new log.
  void opened(const std::string& newest_wal);

 private:
  struct Written {
    std::string wal = {};
    std::uint64_t end = 0;
    Changes changes = {};
  };
  Stored tables_ = {};   // what no write-ahead log is needed for
  Stored durable_ = {};  // bytes synced
  Stored written_ = {};
  std::map<std::string, WalReader> readers_ = {};
  std::deque<Written> batches_ = {};  // not in tables
  std::size_t durable_batches_ = 0;   // of them
  std::string first_wal_ = {};        // older ones are in tables, whether they are still there or not
};

}  // namespace anta::sim
