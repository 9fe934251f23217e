// Rebuilding the derived side: the families tree, state, index and undo are dropped, and made again by
// applying the own log from the genesis on (consensus.md section 3). For a node that does not run; who judges
// the blocks is the caller (node/rebuild.h).
//
// The order of durable effects, and what a crash between two of them means:
//
//   check    The log is read up to `applied`, every entry verified: nothing is dropped that could not be made
//            again.
//   mark     `applied` as it stands is put under the mark's key, synced. It says how far to go, and which
//            roots must come out.
//   drop     Each derived family goes, with its files, readable or not.
//              crash, from the mark on: the next start refuses (store.rebuilding), and rebuilding begins
//              again with dropping.
//   forget   `applied` is erased, synced. The mark stands for it.
//   apply    Genesis and blocks, as always (ledger_store.h).
//   compare  `applied` must be what the mark says, roots included, unless others have proven these wrong;
//            otherwise the mark stays.
//   done     The mark is taken away, synced, and with it all that was applied before it.
//
// Threads: one.
#pragma once

#include <optional>

#include "crypto/error.h"
#include "storage/applied.h"
#include "storage/database.h"
#include "storage/log_store.h"

namespace anta {

inline constexpr std::string_view rebuild_key = "rebuilding";  // of the family `meta` (stored: never rename)

// What an operator does about damage in what is derived.
inline constexpr const char* rebuild_next_step =
    ". Next step: rebuild it from this node's own log with antad --config FILE --rebuild; if that refuses, "
    "restore this node from a backup, or let it join again under a new incarnation";

// What a rebuilding that was begun aims at; nothing when none was.
Result<std::optional<Applied>> rebuild_target(const Database& database);

// Up to and with `forget`; gives what has to come out. The database is nobody else's. not_found: nothing is
// applied.
Result<Applied> begin_rebuild(Database& database, const LogStore& log);

// From `compare` on. Which roots must come out: those that this node had, or, where a majority of nodes had
// others and the caller has compared with theirs, whatever this log makes.
enum class RebuiltRoots : std::uint8_t { as_before, whatever_they_are };
Result<void> end_rebuild(Database& database, const Applied& made,
                         RebuiltRoots roots = RebuiltRoots::as_before);

}  // namespace anta
