// The state file of an audit: where it stands and what the law knows there, in one file that is replaced in
// one step.
//
//     "anta audit 1\n", be64 height, be64 block time, state root, tree root,
//     be64 leaves, 32 bytes each: the leaves' entries,
//     be64 records: kind byte, be16 length, id, be32 length, value
//
// This program's own, not for others: the roots let Replay::restore tell a damaged file. It is only as
// trustworthy as the place where it lies.
#pragma once

#include <optional>
#include <string>

#include "crypto/error.h"
#include "storage/ledger/replay.h"

namespace anta {

// Nothing: there is no such file yet. corrupt, rule audit.saved: it is not one.
Result<std::optional<Replay::Saved>> read_audit_state(const std::string& path);
Result<void> write_audit_state(const std::string& path, const Replay::Saved& saved);

}  // namespace anta
