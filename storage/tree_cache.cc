#include "storage/tree_cache.h"

#include <algorithm>

#include "crypto/merkle.h"
#include "storage/tree_store.h"

namespace anta {
namespace {

constexpr unsigned heights = 8;  // of a tile, without its root, which is a hash of the level above

}  // namespace

StoredTile::StoredTile(std::vector<Digest> hashes, const StoredTile* before) {
  heights_.reserve(heights);
  heights_.push_back(std::move(hashes));
  for (unsigned height = 1; height < heights; ++height) {
    const std::vector<Digest>& below = heights_.back();
    std::vector<Digest> nodes;
    nodes.reserve(below.size() / 2);
    if (before) nodes = before->heights_[height];
    for (std::size_t i = nodes.size(); i < below.size() / 2; ++i)
      nodes.push_back(node_hash(below[2 * i], below[2 * i + 1]));
    heights_.push_back(std::move(nodes));
  }
}

std::size_t StoredTile::bytes() const {
  std::size_t bytes = sizeof(StoredTile) + heights * sizeof(std::vector<Digest>);
  for (const std::vector<Digest>& nodes : heights_)
    bytes += nodes.capacity() * sizeof(Digest);
  return bytes;
}

std::size_t TreeCache::Hash::operator()(const Place& place) const {
  return std::hash<std::uint64_t>{}((place.second << 3U) ^ place.first);
}

Result<std::shared_ptr<const StoredTile>> TreeCache::tile(const Database& database,
                                                          const ReadSnapshot* snapshot, unsigned level,
                                                          std::uint64_t index, unsigned width) {
  const Place place{level, index};
  const auto before = known(place);
  if (before && before->hashes().size() >= width) return before;
  const auto have = before ? static_cast<unsigned>(before->hashes().size()) : 0U;
  auto more = stored_tile(database, snapshot, level, index, have, width);
  if (!more) return pass(more);
  std::vector<Digest> hashes;
  hashes.reserve(width);
  if (before) hashes = before->hashes();
  hashes.insert(hashes.end(), more->begin(), more->end());
  auto tile = std::make_shared<const StoredTile>(std::move(hashes), before.get());
  keep(place, tile);
  return tile;
}

std::shared_ptr<const StoredTile> TreeCache::known(const Place& place) {
  const Lock lock(mutex_);
  const auto* found = tiles_.find(place);
  return found ? *found : nullptr;
}

// Never less than another thread has kept meanwhile.
void TreeCache::keep(const Place& place, const std::shared_ptr<const StoredTile>& tile) {
  const Lock lock(mutex_);
  const auto* found = tiles_.find(place);
  if (found && (*found)->hashes().size() >= tile->hashes().size()) return;
  tiles_.put(place, tile, tile->bytes());
}

}  // namespace anta
