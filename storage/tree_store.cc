#include "storage/tree_store.h"

#include <algorithm>
#include <map>
#include <utility>

#include "storage/big_endian.h"
#include "storage/rebuild.h"

namespace anta {
namespace {

constexpr unsigned tile_height = 8;
constexpr std::uint64_t tile_width = 1u << tile_height;

Bytes hash_key(unsigned tile_level, std::uint64_t index) {
  Bytes key = {static_cast<std::uint8_t>(tile_level)};
  put_u64(key, index);
  return key;
}

// The tiles that one answer needs, looked up once.
class Tiles {
 public:
  Tiles(const Database& database, std::shared_ptr<const ReadSnapshot> snapshot, TreeSize size,
        std::shared_ptr<TreeCache> cache)
      : database_(database), snapshot_(std::move(snapshot)), size_(size), cache_(std::move(cache)) {}

  Result<Digest> node(unsigned level, std::uint64_t index) {
    const std::uint64_t nodes = level < 64 ? size_.value >> level : 0;
    if (index >= nodes) return fail(Code::not_found, "tree.node", "the tree does not have this node yet");
    const unsigned inside = level % tile_height;
    const std::uint64_t first = index << inside;  // of the hashes below it, on the tile's level
    auto tile = load(level / tile_height, first / tile_width);
    if (!tile) return pass(tile);
    return (*tile)->node(inside, (first % tile_width) >> inside);
  }

 private:
  using Place = std::pair<unsigned, std::uint64_t>;

  Result<const StoredTile*> load(unsigned tile_level, std::uint64_t tile) {
    const Place place{tile_level, tile};
    if (const auto known = tiles_.find(place); known != tiles_.end()) return known->second.get();
    const std::uint64_t hashes = size_.value >> (tile_level * tile_height);
    const auto width = static_cast<unsigned>(std::min(tile_width, hashes - tile * tile_width));
    auto read = cache_->tile(database_, snapshot_.get(), tile_level, tile, width);
    if (!read) return pass(read);
    return tiles_.emplace(place, std::move(*read)).first->second.get();
  }

  const Database& database_;
  std::shared_ptr<const ReadSnapshot> snapshot_;
  TreeSize size_;
  std::shared_ptr<TreeCache> cache_;
  std::map<Place, std::shared_ptr<const StoredTile>> tiles_ = {};
};

}  // namespace

NodeSource stored_nodes(const Database& database, std::shared_ptr<const ReadSnapshot> snapshot, TreeSize size,
                        std::shared_ptr<TreeCache> cache) {
  if (!cache) cache = std::make_shared<TreeCache>(0);
  auto tiles = std::make_shared<Tiles>(database, std::move(snapshot), size, std::move(cache));
  return [tiles](unsigned level, std::uint64_t index) { return tiles->node(level, index); };
}

Result<std::vector<Digest>> stored_tile(const Database& database, const ReadSnapshot* snapshot,
                                        unsigned level, std::uint64_t index, unsigned from, unsigned width) {
  ANTA_INVARIANT(from < width && width <= tile_width && level < tile_height);
  if (index >= std::uint64_t{1} << 56) return fail(Code::not_found, "tree.tile", "there is no such tile");
  std::vector<Digest> hashes;
  hashes.reserve(width - from);
  Cursor cursor = database.cursor(Family::tree, snapshot);
  cursor.seek(hash_key(level, index * tile_width + from));
  for (std::uint64_t i = from; i < width && cursor.valid(); ++i, cursor.next()) {
    if (!std::ranges::equal(cursor.key(), hash_key(level, index * tile_width + i))) break;
    if (cursor.value().size() != Digest::size) break;
    std::ranges::copy(cursor.value(), hashes.emplace_back().bytes.begin());
  }
  if (auto read = cursor.status(); !read) return pass(read);
  if (from + hashes.size() < width) {
    return fail(Code::not_found, "tree.tile",
                "hash " + std::to_string(index * tile_width + from + hashes.size()) + " on tile level " +
                    std::to_string(level) + " is not stored");
  }
  return hashes;
}

Result<TreeStore> TreeStore::open(const Database& database, TreeSize size) {
  TreeStore store;
  if (size.value == 0) return store;
  auto range = range_at(size.value, stored_nodes(database, nullptr, size));
  if (!range && range.error().rule == "store.damaged") return pass(range);  // names its file and what to do
  if (!range) {
    return fail(Code::corrupt, "tree.damaged",
                "the Merkle tree of " + std::to_string(size.value) +
                    " leaves cannot be read: " + range.error().message + rebuild_next_step);
  }
  store.range_ = std::move(*range);
  return store;
}

void TreeStore::append(const Digest& entry, Batch& batch) {
  range_.append(leaf_hash(entry.view()), [&batch](unsigned level, std::uint64_t index, const Digest& hash) {
    if (level % tile_height == 0) batch.put(Family::tree, hash_key(level / tile_height, index), hash.view());
  });
}

}  // namespace anta
