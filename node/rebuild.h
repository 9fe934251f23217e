// antad --rebuild: makes the derived side of a stopped node's ledger again from its own log
// (storage/rebuild.h has the order and the crashes). Every signature and every law is judged again, and the
// roots must be those that the node had; or, for a node that a majority outvoted (divergence.h), the root at
// one index must be the majority's.
//
// The database's lock keeps it from running beside a node. One thread calls; it returns when all is done.
#pragma once

#include <optional>

#include "crypto/error.h"
#include "node/config.h"
#include "node/peer_wire.h"
#include "storage/applied.h"

namespace anta {

struct Rebuilt {
  Applied applied = {};
  std::optional<Digest> root = {};  // at the index that was asked for, where the log applied here goes so far
};

// Without `expected` the roots must come out as they were. With it, a root at that index that is another ends
// the rebuilding there: nothing is served from it (store.rebuilding), and `root` says what it is.
Result<Rebuilt> rebuild_ledger(const Config& config, const std::optional<StateAt>& expected = {});

}  // namespace anta
