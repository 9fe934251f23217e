// antad --restore FILE: fills a node's empty data directory from a backup (storage/backup_file.h).
//
// No statement of the file is believed. Every digest is compared before anything is written; then the law
// judges the whole log again, and what comes out must be the tree of the file's checkpoint, under
// cosignatures that meet the quorum that this very ledger says.
//
// The order of durable effects, and what a crash between two of them means:
//
//   make      DATA/restoring, a database under another name.
//               crash: no start opens it; a start refuses while it is there (store.restoring), and the same
//               command begins again.
//   fill      Entries of the log, each as it is applied; its end is synced together with the mark that is not
//             whole (cosigning_mark.h).
//   promise   The file that makes it an amnesiac; where the seed has run before also the recovery epochs that
//             it may have promised in.
//               crash before or after: as above.
//   place     DATA/checkpoint.note, then the database is closed and renamed to DATA/db, and DATA is synced.
//               crash: it has one of the two names; a note beside DATA/restoring is replaced.
//   begin     The permission to begin goes (crypto/first_start.h).
//               crash: the next start takes it away.
//
// A node that has run before and comes back from a backup may have promised more than the file knows: it
// neither votes nor counts until its leader has brought it past all of that (consensus/amnesia.h), and signs
// no checkpoint before it has heard what it signed. A new seed has promised nothing: it comes back under a
// new incarnation, as a learner, and the backup saves it the way of the history. It counts for nothing at
// first too: terms and entries without statements are under no checkpoint, so whoever had the file could have
// made them up (members have to follow from the ledger), until its leader has confirmed or replaced them.
//
// One thread calls; it returns when all is done.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "crypto/error.h"
#include "node/config.h"
#include "storage/applied.h"

namespace anta {

struct RestoredLedger {
  Applied applied = {};
  LogIndex last = {};
  std::uint64_t bytes = 0;
  bool ran_before = false;  // its seed has: it may have promised more than the file knows
};

// Errors: malformed (restore.network: the file is another network's; restore.not_empty: the directory holds
// something; recovery.*), corrupt (backup.*; restore.root: the law makes another tree than the checkpoint's),
// whatever refuses the note (restore.checkpoint), io. Each says what to do. `progress` hears of entries.
Result<RestoredLedger> restore_ledger(
    const Config& config, const std::filesystem::path& file,
    const std::function<void(std::uint64_t done, std::uint64_t of)>& progress = {});

// Refuses a start while a restoring has not ended: store.restoring.
Result<void> no_restore_unfinished(const Config& config);

}  // namespace anta
