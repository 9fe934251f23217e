// The Merkle tree as it is kept: the hashes of every eighth level in the family `tree`.
//
// Level 0 are the leaf hashes; level 8 the roots of full tiles of 256 of them, level 16 of those, and so on:
// a tile of C2SP tlog-tiles is 256 neighbours. Key: tile level (one byte), big-endian index. Nodes between
// are computed from their tile; partial tiles are computed, never stored (proofs.md section 1). The compact
// range of the newest size is in memory and is rebuilt at start from at most 64 nodes.
//
// append() on `disk`, its records go into the caller's batch; nodes_at() and tile() from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/merkle.h"
#include "storage/database.h"
#include "storage/ledger/ids.h"
#include "storage/tree_cache.h"

namespace anta {

// Complete nodes of the tree of `size` leaves as the database was at `snapshot`. Keeps the tiles it has read,
// so one source serves all proofs of an answer, and shares them with others in `cache`, where it is not null;
// use it from one thread, and not beyond the database's life.
NodeSource stored_nodes(const Database& database, std::shared_ptr<const ReadSnapshot> snapshot, TreeSize size,
                        std::shared_ptr<TreeCache> cache = nullptr);

// The hashes `from`..`width` - 1 (0 <= from < width <= 256) of tile `index` on tile level `level`. not_found
// past the tree's end.
Result<std::vector<Digest>> stored_tile(const Database& database, const ReadSnapshot* snapshot,
                                        unsigned level, std::uint64_t index, unsigned from, unsigned width);

class TreeStore {
 public:
  // The tree's right edge at `size`, which the applied record names. corrupt when nodes are missing.
  static Result<TreeStore> open(const Database& database, TreeSize size);

  // One more leaf whose entry is `entry`: its hash and what it completes go into `batch`.
  void append(const Digest& entry, Batch& batch);

  TreeSize size() const { return TreeSize{range_.size()}; }
  Digest root() const { return range_.root(); }

 private:
  CompactRange range_ = {};
};

}  // namespace anta
