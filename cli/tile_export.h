// anta export --tiles: a ledger's public files in a directory that any static server can give out (README.md:
// "An exported directory").
//
// Every file is held against the checkpoint's root before it is written, and written in one step; the
// checkpoint comes last, once all that it speaks of is on the disk. What the directory's own checkpoint
// speaks of is not fetched again. Beyond it a run that was stopped is gone on with by running it again: what
// it left is read and held against the root like what the node says, since it may be torn or another
// ledger's. A bundle's count of refusals is under no hash: it is the word of whoever gave the bundle, in
// an earlier run perhaps another node. Where it is wrong an audit of the directory stops at that seal
// (audit.rejected, audit.state_root), and an export from another node into a new one tells who was. Documents
// are held against their hashes; whether they are lawful is for anta audit.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "cli/mirror.h"
#include "crypto/checkpoint.h"

namespace anta {

struct ExportResult {
  std::uint64_t files = 0;  // written by this run
  std::uint64_t size = 0;   // leaves that the directory has
};

// `note` is the checkpoint's, verified by the caller as far as it wants. bad_signature, rule export.fork: the
// directory's checkpoint is not a beginning of this one; nothing was written. export.older: it is newer.
Result<ExportResult> export_tiles(Mirror& node, std::string_view note, const Checkpoint& checkpoint,
                                  const std::string& directory,
                                  const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace anta
