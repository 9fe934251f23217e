// The one database of a node: RocksDB with six column families, behind types that know nothing of RocksDB.
//
// One write-ahead log for all families: an apply can never survive without the append before it (consensus.md
// section 3). A batch is atomic. `Database::write` with Sync::yes returns after fdatasync.
//
// Failure is final. After a failed write or sync nobody knows what is on the disk: the failure is remembered,
// every later call answers `io` with the first message, and the process must stop (exit 8) and read again
// from the disk at its next start. Nothing is ever retried or resumed.
//
// Opening. A new directory gets the identity {format, network, node, incarnation}; an existing one must have
// the same. Each refusal names the directory or file and the operator's next step; rules: store.in_use,
// store.missing, store.other_network, store.other_node, store.other_incarnation, store.format,
// store.damaged. A torn record of full length at the end of the newest write-ahead log (a crash with
// unsynced bytes) is set aside as a copy, and the database is opened up to it, once, as an amnesiac: a file
// of the directory says so before it happens (log_store.h). Damage anywhere else refuses.
//
// Tables are the files of sorted records under the families; scrub and repair work on them one by one
// (scrub.h, log_repair.h). Taking one out is not part of any batch: who does it marks it first.
//
// A start that is going to be refused changes no table: with `merge` off nothing is merged until
// begin_merging(). A merge of tables that meets a rotten one fails, and would at every start. So it leaves
// the file `suspect`, and a database that is opened over it merges nothing by itself until trust(): whoever
// reads all of it then (scrub.h) can find and repair the table first.
//
// Threads: any. Batches of one thread are ordered; the node's `disk` thread makes all but those of scrub and
// repair, which touch keys that nobody else writes. Cursors and snapshots belong to one thread at a time and
// must go before their Database.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/ids.h"

namespace rocksdb {
class Env;
}

namespace anta {

// The column families. The numbers are positions in a table of names; the names are stored: never rename.
enum class Family : std::uint8_t { log, meta, tree, state, index, undo };
inline constexpr std::size_t family_count = 6;

std::string_view family_name(Family family);

enum class Sync : bool { no, yes };

// One file of a family's records. Level 0 holds what was flushed, with tables that overlap; below it the
// tables of a level do not overlap.
struct Table {
  Family family = Family::log;
  std::string name = {};     // in the directory: "000012.sst"
  std::uint64_t number = 0;  // 12; rises, never used again
  int level = 0;
  std::uint64_t bytes = 0;
  Bytes first = {};  // its keys lie between these, both included; some may be marks of erased ones
  Bytes last = {};
};

struct DatabaseOptions {
  std::string directory = {};
  Digest network = {};  // digest of the genesis
  NodeId node = {};
  std::uint64_t incarnation = 1;
  // false: this node has run before; a directory without a database, or none, is refused (store.missing) and
  // nothing is made.
  bool create = true;
  bool merge = true;  // false: not before begin_merging()

  // Block cache, write buffers and filters together; the state tree's upper levels come on top.
  std::uint64_t memory_budget_bytes = std::uint64_t{192} << 20;
  std::uint64_t wal_bytes_max = std::uint64_t{128} << 20;
  int opening_threads = 16;  // that look at a family's tables at the start; the simulator has 1, and so none

  rocksdb::Env* env = nullptr;  // tests: a faulty disk. Null: the machine's. Outlives the Database
};

// Writes that happen together or not at all, in the order they were added. Made by Database::batch().
class Batch {
 public:
  ~Batch();
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;

  void put(Family family, ByteView key, ByteView value);
  // The value is the parts in a row; saves the caller a copy.
  void put(Family family, ByteView key, std::initializer_list<ByteView> value_parts);
  void erase(Family family, ByteView key);

  bool empty() const;
  std::size_t bytes() const;

 private:
  friend class Database;
  struct State;
  explicit Batch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Goes through the keys of one family in bytewise order. Views stay valid until the cursor moves.
class Cursor {
 public:
  ~Cursor();
  Cursor(Cursor&&) noexcept;
  Cursor& operator=(Cursor&&) noexcept;

  void seek(ByteView key);           // to the first key at or after it
  void seek_for_prev(ByteView key);  // to the last key at or before it
  void next();
  void prev();

  bool valid() const;  // at a key; false at the end and after an error
  ByteView key() const;
  ByteView value() const;
  Result<void> status() const;  // whether `valid() == false` means the end or a failure

 private:
  friend class Database;
  struct State;
  explicit Cursor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The database as it was at one moment. Cheap; holds back the removal of what it sees.
class ReadSnapshot {
 public:
  ~ReadSnapshot();
  ReadSnapshot(ReadSnapshot&&) noexcept;
  ReadSnapshot& operator=(ReadSnapshot&&) noexcept;

 private:
  friend class Database;
  struct State;
  explicit ReadSnapshot(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class Database {
 public:
  static Result<std::unique_ptr<Database>> open(const DatabaseOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const DatabaseOptions& options() const;

  Batch batch() const;
  Result<void> write(const Batch& batch, Sync sync);

  // The value, or nothing. With a snapshot: as of then.
  Result<std::optional<Bytes>> get(Family family, ByteView key, const ReadSnapshot* at = nullptr) const;
  Cursor cursor(Family family, const ReadSnapshot* at = nullptr) const;
  ReadSnapshot snapshot() const;

  // What RocksDB has of memory_budget_bytes.
  struct Memory {
    std::uint64_t cache_bytes_max = 0;
    std::uint64_t write_buffer_bytes_max = 0;
  };
  Memory memory() const;

  // Why the database is dead, once it is. Also told by RocksDB's background threads.
  std::optional<Error> failure() const;

  // The tables that are in use now, by number.
  std::vector<Table> tables() const;
  // All records of one table, read from its file by a reader of its own, past the cache, each block verified.
  // not_found when it is not in use any more.
  Result<Cursor> table_cursor(const Table& table) const;
  // Like cursor(), and what it reads takes nobody's place in the cache.
  Cursor scan(Family family) const;
  // Takes out the tables below level 0 that lie between the two keys, with whatever is in them. Durable when
  // it returns. busy: one of them is being compacted and stays; try again.
  Result<void> drop_tables(Family family, ByteView first, ByteView last);
  // Takes out all tables of a family and all that is in memory of it, readable or not. Durable. Nobody else
  // may use the database meanwhile.
  Result<void> clear(Family family);
  // Whether a merge met damage and nobody has said since that all is sound; and saying it.
  bool suspect() const;
  Result<void> trust();
  Result<void> begin_merging();  // of tables; while the database is suspect, not before trust()
  // Writes what is in memory to tables, so that the next start has no write-ahead log to go through: for a
  // stop. Nobody else may write meanwhile. What is acknowledged is safe without it.
  Result<void> write_out();
  // Writes what is in memory of a family to a table, and merges its tables into the last level.
  Result<void> settle(Family family);

  // What is kept beside the database in its directory: the watermark and the mark of an amnesiac.
  // replace_file writes a synced neighbour and renames it; with Sync::yes the renaming is synced too. A
  // failure to write is final as above. read_file gives nothing when there is no such file, malformed when it
  // is longer than `bytes_max`. remove_file does nothing when there is none.
  Result<void> replace_file(const std::string& name, ByteView content, Sync sync);
  Result<void> remove_file(const std::string& name);
  Result<std::optional<Bytes>> read_file(const std::string& name, std::size_t bytes_max) const;

  static constexpr const char* amnesia_file = "amnesiac";
  static constexpr const char* suspect_file = "suspect";

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace anta
