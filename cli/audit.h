// anta audit: a ledger replayed from its public files and held against a checkpoint (proofs.md section 7).
//
// Every document against its leaf, every tile against the checkpoint's root, every signature, every outcome
// of the law, every seal with its state root. The checkpoint itself is the caller's to verify. Batches of 256
// leaves are read and their signatures verified by several threads; judging is in order, on the caller's.
//
// With a state file an audit that ended or was stopped goes on from its last seal that was saved; the file
// holds what the law needs, and is believed only as far as its own roots go. Only leaves under the
// checkpoint's root are saved: a mirror that gives out another history leaves no trace in it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "cli/mirror.h"
#include "crypto/checkpoint.h"
#include "storage/ledger/replay.h"

namespace anta {

struct AuditOptions {
  unsigned threads = 2;                   // batches in work at once
  std::optional<Digest> genesis = {};     // that leaf 0 must be
  std::optional<std::string> state = {};  // a file to go on from, and to leave
  std::function<void(std::uint64_t leaves, std::uint64_t of)> progress = {};
};

struct AuditResult {
  std::uint64_t from = 0;    // leaves that an earlier audit had checked
  std::uint64_t leaves = 0;  // that hold, from the first on
  std::uint64_t statements = 0;
  std::uint64_t refused = 0;
  std::uint64_t blocks = 0;
  std::optional<Finding> finding = {};  // none: all of the checkpoint's leaves hold
};

// An Error only for what is wrong on this side: the state file cannot be read or written.
Result<AuditResult> audit(Mirror& mirror, const Checkpoint& checkpoint, const AuditOptions& options);

// Whether a finding leaves the question open: something could not be had, or is of a newer release.
bool is_open(const Finding& finding);

}  // namespace anta
