// Repair of the log: a rotten table below level 0 is taken out, and the entries that were in it come back
// from peers (consensus.md section 3). Puts over rotten keys do not do: the next compaction reads the rotten
// file and fails (tests/storage/log_repair_test.cc shows it).
//
// The order of durable effects, and what a crash between two of them means:
//
//   plan     Nothing is written. The gap is the table's whole range; it must lie in what is applied, and the
//            entries on both sides of it must be readable, as well as the configuration entries in it that a
//            start needs. Anything else is for the operator.
//   mark     The gap is put in `meta`, and those configuration entries on top of the table, synced. From here
//            on reads in the gap answer busy.
//              crash before: the damage is found again. crash after: a start sees the gap, and an end of the
//              log that is behind it; it goes on with the next step. The rotten table is still there and is
//              not believed.
//   cut      The table goes (RocksDB's manifest, synced), with others of its kind inside the range.
//              crash before: the next start cuts, because the table that the mark names is in use. crash
//              after: it is not, and nothing is cut a second time, so that what came back stays.
//   refill   From the end of the gap backwards, entries are put and the mark shrinks by them: one batch,
//            synced. Each entry is the one whose hash its successor names, so no peer is believed.
//              crash: a batch is there as a whole or not at all, and the mark says what is still missing.
//   done     The last batch must end at an entry that names the one before the gap, and takes the mark away.
//              crash before: it is fetched again. crash after: the log is whole.
//
// An older version of a key that lay below the rotten table may come to light when that goes. It stands in
// the gap, where nothing is read, until the newer one is put over it.
//
// Threads: one, the scrubber's; gap() too.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "crypto/error.h"
#include "storage/database.h"
#include "storage/log_store.h"
#include "storage/scrub.h"

namespace anta {

class LogRepair {
 public:
  // With the gap that an earlier start left, if any. Both outlive it.
  static Result<std::unique_ptr<LogRepair>> open(Database& database, LogStore& log);

  const std::optional<LogGap>& gap() const { return gap_; }

  // What would be taken out for this damage. `applied`: the newest applied entry. Otherwise damage_error()
  // with why it can not be repaired here: the node has to stop.
  Result<LogGap> plan(const Damage& damage, LogIndex applied) const;

  // Marks the gap. Not while there is one.
  Result<void> mark(const LogGap& gap);
  // Takes the table out, if it is still there. busy: it is being compacted; try again.
  Result<void> cut();
  // Entries in order, the last one gap()->to. malformed when they are not those; nothing is written then.
  // corrupt when the gap's beginning does not fit: no peer can mend that.
  Result<void> refill(std::span<const LogEntry> entries);

 private:
  LogRepair(Database& database, LogStore& log) : database_(database), log_(log) {}
  Result<std::vector<LogEntry>> configurations(const LogGap& gap) const;
  Result<void> check(std::span<const LogEntry> entries) const;

  Database& database_;
  LogStore& log_;
  std::optional<LogGap> gap_ = {};
};

}  // namespace anta
