// The ledger's bytes: Raft's log, kept once and for ever in the family `log`, with Raft's hard state in
// `meta`.
//
// A record is be16 header length, header, payload, be32 crc32c of (index, all before); its key the big-endian
// index, first is 1. Beside it, in the same batches, `meta` keeps the hard state, the run-length term table,
// the places of configuration entries and the mark of the last cosigned checkpoint, so that a start reads a
// few hundred bytes and the newest entries, never the ledger.
//
// write() is the group commit: everything that waits goes into ONE batch, synced if any part must be. What it
// is given must continue the log without a gap and along the hash chain; anything else is `corrupt` and
// nothing is written. A failed write is final (database.h).
//
// Amnesia (consensus.md section 3). The file `watermark` in the directory holds {index, hash} of an entry
// that is on the disk. It may lag, never lead: it is written after the sync, and lowered before a
// truncation goes below it. A start whose log does not hold that entry, whose watermark can not be read (then
// the log's end stands for it), or whose write-ahead log was cut, is
// amnesiac, and stays so over restarts until end_amnesia().
//
// An epoch (consensus/recovery.h) is how often operators decided how the log goes on; 0 where they never had
// to. It is written in one batch with what the log becomes by it.
//
// A gap (log_gap.h) is a range of applied entries that is being fetched from peers. Until it is filled, reads
// inside it answer `busy` (log.repairing) and reads up to it end before it; everything after it is here, so
// that appends, votes on disk and the watermark go on as always.
//
// Threads: write, note_persisted and end_amnesia on `disk`; read from any thread; open and recover before the
// others start.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/database.h"
#include "storage/ledger/ids.h"
#include "storage/log_entry.h"
#include "storage/log_gap.h"

namespace anta {

class LogStore {
 public:
  struct HardState {
    Term term = {};
    NodeId vote = {};      // empty: none in this term
    LogIndex commit = {};  // a hint; may lag

    bool operator==(const HardState&) const = default;
  };

  // The entries from `first` up to the next run's first have this term.
  struct TermRun {
    LogIndex first = {};
    Term term = {};

    bool operator==(const TermRun&) const = default;
  };

  // How often operators decided how the log goes on, and a digest of all that they decided.
  struct RecoveryEpoch {
    std::uint64_t number = 0;
    Digest decided = {};

    bool operator==(const RecoveryEpoch&) const = default;
  };

  // One unit of work, performed in the order of its members.
  struct LogWrite {
    std::optional<LogIndex> truncate_from = {};  // forget this entry and all after it
    std::vector<LogEntry> entries = {};          // continue right after what is left
    std::optional<HardState> hard_state = {};
    std::optional<Bytes> cosigning_mark = {};  // opaque here; replaces the one before
    std::optional<RecoveryEpoch> recovery_epoch = {};
    bool must_sync = false;
  };

  struct Restored {
    HardState hard_state = {};
    std::vector<TermRun> terms = {};
    LogIndex last = {};  // 0: the log is empty
    Digest last_hash = {};
    LogIndex applied = {};
    std::vector<LogEntry> recent = {};          // the newest, contiguous to `last`, within recent_bytes_max
    std::vector<LogEntry> configurations = {};  // the newest configuration entries, three at most, in order
    std::optional<Bytes> cosigning_mark = {};
    bool amnesiac = false;
    LogIndex watermark = {};  // an amnesiac must get past it before it votes
    std::optional<LogGap> gap = {};
  };

  static constexpr std::size_t configurations_restored = 3;  // the newest, as raft.h: Restored asks for
  static constexpr std::uint64_t recent_bytes_max = std::uint64_t{8} << 20;
  static constexpr std::int64_t watermark_interval_ms = 100;

  // Reads the tables and checks them against the log's end; `corrupt` with the operator's next step when they
  // disagree. `database` outlives the store.
  static Result<std::unique_ptr<LogStore>> open(Database& database);
  ~LogStore();

  // What open() found; once, before the first write.
  Restored recover();

  // After a back-fill (log_backfill.h), during which the log is as an empty one: reads what it brought, as
  // open() and recover() would. Before the first write.
  Result<Restored> adopt();

  Result<void> write(std::span<const LogWrite> writes);

  // Call when write() has returned and its `persisted` has been handed on: moves the watermark to the newest
  // synced entry, at most once per watermark_interval_ms of the caller's monotonic clock.
  Result<void> note_persisted(std::int64_t monotonic_ms);

  // The leader has brought this node past everything it may have promised.
  Result<void> end_amnesia();

  // This node may have promised what is not in its log any more; whoever finds that out elsewhere says so. On
  // the disk when it returns.
  Result<void> begin_amnesia();

  // Puts the watermark at an entry that this log may not have: the next open() is an amnesiac's unless it has
  // it by then. On the disk when it returns.
  Result<void> expect(LogIndex index, const Digest& hash);

  // The entries `from`..`to`, both included, about `bytes_max` of them but at least one; checksum and chain
  // checked. not_found when `from` is not in the log; corrupt names the index.
  Result<std::vector<LogEntry>> read(LogIndex from, LogIndex to, std::uint64_t bytes_max) const;
  // The same, ending at `to` and beginning wherever the bytes end.
  Result<std::vector<LogEntry>> read_back(LogIndex from, LogIndex to, std::uint64_t bytes_max) const;
  Result<LogEntry> read_one(LogIndex index) const;

  // Why the database below is dead, once it is; also of its background threads. Any thread, at once.
  std::optional<Error> failure() const;

  // Whether a gap is being filled. Any thread.
  bool repairing() const;
  // LogRepair only: the gap as it is on the disk now.
  void set_gap(const std::optional<LogGap>& gap);

  // As of the last write(); `disk` only.
  LogIndex last() const;
  Digest last_hash() const;
  bool amnesiac() const;
  RecoveryEpoch recovery_epoch() const;  // as of open()

 private:
  struct State;
  explicit LogStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace anta
