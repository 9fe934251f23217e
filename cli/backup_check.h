// A backup judged again: every signature, every outcome of the law, every seal that follows from it, up to
// the tree of its checkpoint (storage/ledger/replay.h). The digests of the file and the checkpoint's
// signatures are the caller's to compare before (storage/backup_file.h: read_through; checked_note.h).
//
// Signatures are verified by several threads, judging is in order on the caller's. Reads the file once, and
// again where a statement speaks of an earlier one's bytes.
#pragma once

#include <string>

#include "cli/audit.h"
#include "crypto/checkpoint.h"

namespace anta {

// options.state is not looked at. An Error only for what is wrong on this side.
Result<AuditResult> judge_backup(const std::string& file, const Checkpoint& checkpoint,
                                 const AuditOptions& options);

}  // namespace anta
