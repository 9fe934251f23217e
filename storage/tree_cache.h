// Tiles of the stored tree that were asked for last, with the nodes between their hashes, for all readers.
//
// A hash at a place never changes once it is there, so that a tile is right for every reader whatever its
// moment: one of an earlier moment uses fewer of its hashes, one of a later moment has it grown. A proof then
// costs neither reading nor hashing but at the tree's right edge. Bounded in bytes; whatever was not asked
// for in a while goes. Any thread; what it gives out is immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/guarded.h"
#include "storage/database.h"
#include "storage/ledger/generation_cache.h"

namespace anta {

// The first hashes of a tile (C2SP tlog-tiles), and all complete nodes over them below the tile's root.
class StoredTile {
 public:
  // `before`: the same tile with fewer hashes, or null.
  StoredTile(std::vector<Digest> hashes, const StoredTile* before);

  const std::vector<Digest>& hashes() const { return heights_[0]; }
  // The node `height` levels (0..7) above the hashes; it has to be complete.
  const Digest& node(unsigned height, std::size_t index) const { return heights_[height][index]; }
  std::size_t bytes() const;

 private:
  std::vector<std::vector<Digest>> heights_ = {};
};

class TreeCache {
 public:
  explicit TreeCache(std::size_t bytes_max) : tiles_(bytes_max) {}

  // Tile `index` on tile level `level` with `width` (1..256) hashes at least. not_found past the tree's end.
  Result<std::shared_ptr<const StoredTile>> tile(const Database& database, const ReadSnapshot* snapshot,
                                                 unsigned level, std::uint64_t index, unsigned width);

 private:
  using Place = std::pair<unsigned, std::uint64_t>;
  struct Hash {
    std::size_t operator()(const Place& place) const;
  };

  std::shared_ptr<const StoredTile> known(const Place& place);
  void keep(const Place& place, const std::shared_ptr<const StoredTile>& tile);

  Mutex mutex_;
  GenerationCache<Place, std::shared_ptr<const StoredTile>, Hash, std::equal_to<>> tiles_
      ANTA_GUARDED_BY(mutex_);
};

}  // namespace anta
