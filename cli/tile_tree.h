// A checkpoint's tree, read tile by tile from a mirror and held against the checkpoint's root.
//
// The partial tiles of the right edge make the root; every full tile makes one hash of the tile above it. So
// what tile() gives out is what the checkpoint commits to, wherever it came from. Keeps the tile of each
// level that was read last. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "cli/mirror.h"
#include "crypto/checkpoint.h"
#include "crypto/merkle.h"
#include "crypto/tile.h"
#include "storage/ledger/replay.h"

namespace anta {

class TileTree {
 public:
  TileTree(Mirror& mirror, Checkpoint checkpoint);

  // Reads the edge and compares with the root. Rule audit.root: it makes another one, at the last leaf.
  Step open();

  // A whole tile, or what the tree has of it. A Finding's leaf is the first that the tile is about.
  tl::expected<std::vector<Digest>, Finding> tile(unsigned level, std::uint64_t index);

  // Whether these are the hashes of that tile.
  Step verify(unsigned level, std::uint64_t index, const std::vector<Digest>& hashes);

  // The root of the first `size` leaves.
  tl::expected<Digest, Finding> root_of(std::uint64_t size);

  // For proofs of the checkpoint's tree. Refers to this object.
  NodeSource nodes();

  const Checkpoint& checkpoint() const { return checkpoint_; }

 private:
  struct Kept {
    std::uint64_t index = 0;
    std::vector<Digest> hashes = {};
  };
  LeafIndex first_leaf(unsigned level, std::uint64_t index) const;

  Mirror& mirror_;
  Checkpoint checkpoint_;
  std::array<Kept, tile_levels> edge_ = {};  // the last tile of each level, where it is partial
  std::array<Kept, tile_levels> kept_ = {};
};

}  // namespace anta
