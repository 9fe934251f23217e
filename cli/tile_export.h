// anta export --tiles: a ledger's public files in a directory that any static server can give out (README.md:
// "An exported directory").
//
// Every file is held against the checkpoint's root before it is written, and written in one step; the
// checkpoint comes last, so what it speaks of is there. What is there already is not fetched again: a run
// that was stopped is gone on with by running it again. Documents are held against their hashes; whether they
// are lawful is for anta audit.
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
