// The history of a node that joins: the log from entry 1 up to an anchor, written from the anchor backwards.
//
// The anchor is an entry that the caller takes for committed, with its hash. Its hash proves the anchor, the
// anchor names the hash of the entry before it, and so on down to entry 1: nothing is written that is not
// proven, whoever sent it. Terms, configurations and the hard state follow from the entries, so nothing of
// them is taken from anybody either.
//
// The order of durable effects, and what a crash between two of them means:
//
//   begin    The mark {anchor, the newest entry still missing, its hash} is put in `meta`, synced. From here
//            on LogStore takes the log for an empty one.
//              crash after: the next start finds the mark and goes on.
//   refill   Entries are put and the mark shrinks by them, with the tables' keys that they prove: one batch.
//            Synced once in a while, since what is lost is fetched again.
//              crash: a batch is there as a whole or not at all, later ones only with those before them, and
//              the mark says what is still missing.
//   done     The batch with entry 1 takes the mark away and puts the hard state (committed up to the
//            anchor, in its term, or in a later one that this node knew already), synced.
//              crash before: the rest is fetched again. crash after: the log is whole, like any other.
//
// Threads: one, until LogStore::adopt().
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/database.h"
#include "storage/ledger/ids.h"
#include "storage/log_entry.h"

namespace anta {

inline constexpr std::string_view log_backfill_key =
    "log_backfill";  // of the family `meta` (stored: never rename)

struct Backfill {
  LogIndex anchor = {};
  LogIndex to = {};       // the newest entry that is missing
  Digest end = {};        // its hash
  Term anchor_term = {};  // 0 until the anchor is here
  Term above = {};        // of the entry after `to`; 0 likewise

  bool operator==(const Backfill&) const = default;
};

Bytes encode_backfill(const Backfill& mark);
Result<Backfill> decode_backfill(ByteView bytes);

// The mark of a back-fill that was begun and is not done; nothing otherwise.
Result<std::optional<Backfill>> read_backfill(const Database& database);

class LogBackfill {
 public:
  // With the mark that an earlier start left, if any. The database outlives it.
  static Result<LogBackfill> open(Database& database);

  const std::optional<Backfill>& mark() const { return mark_; }

  // On an empty log, without a mark.
  Result<void> begin(LogIndex anchor, const Digest& hash);
  // Entries in order, the last one mark()->to. malformed when they are not those that the chain names;
  // nothing is written then. After the last of them there is no mark.
  Result<void> refill(std::span<const LogEntry> entries);

  static constexpr std::uint64_t unsynced_bytes_max = std::uint64_t{8} << 20;

 private:
  explicit LogBackfill(Database& database) : database_(&database) {}
  Result<void> check(std::span<const LogEntry> entries) const;
  Result<Bytes> hard_state(const Backfill& done) const;

  Database* database_;
  std::optional<Backfill> mark_ = {};
  std::uint64_t unsynced_ = 0;  // bytes
};

}  // namespace anta
