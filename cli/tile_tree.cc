#include "cli/tile_tree.h"

#include <optional>

#include "crypto/text.h"

namespace anta {
namespace {

// The node of a tree level that lies inside a tile: over 2^inside of its hashes.
Digest node_in(const std::vector<Digest>& hashes, unsigned inside, std::uint64_t place) {
  std::vector<Digest> row(hashes.begin() + static_cast<std::ptrdiff_t>(place << inside),
                          hashes.begin() + static_cast<std::ptrdiff_t>((place + 1) << inside));
  for (; row.size() > 1; row.resize(row.size() / 2)) {
    for (std::size_t i = 0; i < row.size() / 2; ++i)
      row[i] = node_hash(row[2 * i], row[2 * i + 1]);
  }
  return row[0];
}

// A node by way of the tile that holds it.
template <typename Tile>
Result<Digest> node_of(unsigned level, std::uint64_t index, const Tile& tile) {
  const unsigned inside = level % tile_height;
  const std::uint64_t per_tile = tile_width >> inside;
  const auto hashes = tile(level / tile_height, index / per_tile);
  if (!hashes) return pass(hashes);
  return node_in(*hashes, inside, index % per_tile);
}

}  // namespace

TileTree::TileTree(Mirror& mirror, Checkpoint checkpoint)
    : mirror_(mirror), checkpoint_(std::move(checkpoint)) {}

LeafIndex TileTree::first_leaf(unsigned level, std::uint64_t index) const {
  return LeafIndex{index << (tile_height * (level + 1))};
}

Step TileTree::open() {
  for (unsigned level = 0; level < tile_levels; ++level) {
    const std::uint64_t index = (checkpoint_.size >> (level * tile_height)) / tile_width;
    const unsigned width = tile_hashes(checkpoint_.size, level, index);
    if (width == 0) continue;
    auto hashes = read_tile(mirror_, level, {index, width});
    if (!hashes) return tl::unexpected(Finding{first_leaf(level, index), hashes.error()});
    edge_[level] = {index, std::move(*hashes)};
  }
  const auto root = root_at(checkpoint_.size, [this](unsigned level, std::uint64_t index) {
    return node_of(level, index, [this](unsigned tile_level, std::uint64_t) -> Result<std::vector<Digest>> {
      return edge_[tile_level].hashes;
    });
  });
  ANTA_INVARIANT(root.has_value());
  if (*root == checkpoint_.root) return {};
  return tl::unexpected(
      Finding{LeafIndex{checkpoint_.size - 1},
              Error{Code::malformed, "audit.root",
                    "the tiles of " + std::to_string(checkpoint_.size) + " leaves make the root " +
                        hex(*root) + ", the checkpoint names " + hex(checkpoint_.root)}});
}

tl::expected<std::vector<Digest>, Finding> TileTree::tile(unsigned level, std::uint64_t index) {
  const unsigned width = tile_hashes(checkpoint_.size, level, index);
  ANTA_INVARIANT(width > 0);
  if (width < tile_width) return edge_[level].hashes;
  if (kept_[level].index == index && !kept_[level].hashes.empty()) return kept_[level].hashes;
  auto hashes = read_tile(mirror_, level, {index, width});
  if (!hashes) return tl::unexpected(Finding{first_leaf(level, index), hashes.error()});
  if (auto same = verify(level, index, *hashes); !same) return tl::unexpected(same.error());
  kept_[level] = {index, *hashes};
  return std::move(*hashes);
}

Step TileTree::verify(unsigned level, std::uint64_t index, const std::vector<Digest>& hashes) {
  const unsigned width = tile_hashes(checkpoint_.size, level, index);
  bool same = hashes.size() == width;
  if (same && width < tile_width) {
    same = hashes == edge_[level].hashes;
  } else if (same) {
    const auto above = tile(level + 1, index / tile_width);
    if (!above) return tl::unexpected(above.error());
    same = tile_root(hashes) == (*above)[index % tile_width];
  }
  if (same) return {};
  return tl::unexpected(
      Finding{first_leaf(level, index), Error{Code::malformed, "audit.tile",
                                              tile_path(level, {index, width == 0 ? 1 : width}) +
                                                  " is not the tile that the checkpoint commits to"}});
}

NodeSource TileTree::nodes() {
  return [this](unsigned level, std::uint64_t index) {
    return node_of(level, index,
                   [this](unsigned tile_level, std::uint64_t at) -> Result<std::vector<Digest>> {
                     auto hashes = tile(tile_level, at);
                     if (hashes) return std::move(*hashes);
                     return tl::unexpected<Error>(hashes.error().error);
                   });
  };
}

tl::expected<Digest, Finding> TileTree::root_of(std::uint64_t size) {
  std::optional<Finding> found;
  const auto root = root_at(size, [&](unsigned level, std::uint64_t index) {
    return node_of(level, index,
                   [&](unsigned tile_level, std::uint64_t tile_index) -> Result<std::vector<Digest>> {
                     auto hashes = tile(tile_level, tile_index);
                     if (hashes) return std::move(*hashes);
                     found = hashes.error();
                     return tl::unexpected<Error>(found->error);
                   });
  });
  if (root) return *root;
  return tl::unexpected(found ? *found : Finding{LeafIndex{0}, root.error()});
}

}  // namespace anta
