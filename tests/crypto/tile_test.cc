#include "crypto/tile.h"

#include <gtest/gtest.h>

#include <map>

namespace anta {
namespace {

using Segments = std::vector<std::string>;

Digest entry_of(std::uint64_t leaf) {
  const std::string text = "leaf " + std::to_string(leaf);
  return sha256(as_bytes(text));
}

Segments split(const std::string& path) {
  Segments segments(1);
  for (const char c : path) {
    if (c == '/') {
      segments.emplace_back();
    } else {
      segments.back() += c;
    }
  }
  return segments;
}

TEST(Tile, NumbersAreWrittenInGroupsOfThree) {
  // Goal: C2SP's own example, the ends of each length, and every number back from its path.
  EXPECT_EQ(tile_number(1234067), "x001/x234/067");
  EXPECT_EQ(tile_number(0), "000");
  EXPECT_EQ(tile_number(999), "999");
  EXPECT_EQ(tile_number(1000), "x001/000");
  EXPECT_EQ(tile_number(UINT64_MAX), "x018/x446/x744/x073/x709/x551/615");
  for (const std::uint64_t number : {0ul, 7ul, 999ul, 1000ul, 70'000ul, 1'000'000ul, 1'234'067ul, UINT64_MAX})
    EXPECT_EQ(*parse_tile_number(split(tile_number(number))), number);
  EXPECT_EQ(tile_path(1, {1067, 5}), "tile/1/x001/067.p/5");
  EXPECT_EQ(entries_path({1067}), "tile/entries/x001/067");
}

TEST(Tile, APlaceHasOnePath) {
  // Goal: whatever is written otherwise is refused, so no cache keeps a tile twice.
  for (const char* path : {"",
                           "0",
                           "00",
                           "0000",
                           "x000/000",
                           "x001",
                           "001/000",
                           "x01/000",
                           "X001/000",
                           "x001/00a",
                           "+01",
                           "-01",
                           "000.p",
                           "000.p/",
                           "000.p/0",
                           "000.p/256",
                           "000.p/01",
                           "000.p/+1",
                           "000.p/1/2",
                           "000.P/1",
                           "000.p/x",
                           "x000.p/1",
                           ".p/1",
                           "x001.p/1",
                           "000/000",
                           "x018/x446/x744/x073/x709/x551/616",
                           "x001/x001/x001/x001/x001/x001/x001/001"}) {
    EXPECT_FALSE(parse_tile_place(split(path))) << path;
  }
  EXPECT_EQ(*parse_tile_place(split("x001/067.p/255")), (TilePlace{1067, 255}));
  EXPECT_EQ(*parse_tile_place(split("067")), (TilePlace{67, 256}));
  EXPECT_FALSE(parse_tile_place({}));
}

// All tiles of a tree of this size, by their paths, as a log makes them.
std::map<std::string, std::vector<Digest>> tiles_of(std::uint64_t size, CompactRange& range) {
  std::map<std::pair<unsigned, std::uint64_t>, std::vector<Digest>> rows;
  for (std::uint64_t leaf = 0; leaf < size; ++leaf) {
    range.append(leaf_hash(entry_of(leaf).view()),
                 [&](unsigned level, std::uint64_t index, const Digest& hash) {
                   if (level % tile_height == 0)
                     rows[{level / tile_height, index / tile_width}].push_back(hash);
                 });
  }
  std::map<std::string, std::vector<Digest>> tiles;
  for (const auto& [at, hashes] : rows) {
    EXPECT_EQ(hashes.size(), tile_hashes(size, at.first, at.second));
    tiles[tile_path(at.first, {at.second, static_cast<unsigned>(hashes.size())})] = hashes;
  }
  return tiles;
}

TEST(Tile, FullTilesMakeTheHashesAboveAndPartialOnesTheRoot) {
  // Goal: at sizes 1, 2, 255, 256, 257 and 70 000 the tiles are those that tile_hashes counts, each full one
  // makes one hash of the next level, and the partial ones alone make the root.
  for (const std::uint64_t size : {1ul, 2ul, 255ul, 256ul, 257ul, 70'000ul}) {
    CompactRange range;
    const auto tiles = tiles_of(size, range);
    std::size_t counted = 0;
    for (unsigned level = 0; level < tile_levels; ++level) {
      for (std::uint64_t i = 0; const unsigned width = tile_hashes(size, level, i); ++i) {
        ++counted;
        const auto& hashes = tiles.at(tile_path(level, {i, width}));
        EXPECT_EQ(*decode_tile(encode_tile(hashes), width), hashes);
        if (width < tile_width) continue;
        const unsigned above = tile_hashes(size, level + 1, i / tile_width);
        EXPECT_EQ(tile_root(hashes), tiles.at(tile_path(level + 1, {i / tile_width, above}))[i % tile_width]);
      }
    }
    EXPECT_EQ(counted, tiles.size()) << size;
    const auto root = root_at(size, [&](unsigned level, std::uint64_t index) -> Result<Digest> {
      const unsigned inside = level % tile_height;
      const std::uint64_t tile = (index << inside) / tile_width;
      const unsigned width = tile_hashes(size, level / tile_height, tile);
      EXPECT_LT(width, tile_width) << "a peak stands in a partial tile";
      const auto& hashes = tiles.at(tile_path(level / tile_height, {tile, width}));
      CompactRange part;  // the same arithmetic over any nodes
      for (std::uint64_t i = 0; i < std::uint64_t{1} << inside; ++i)
        part.append(hashes[(index << inside) % tile_width + i]);
      return part.root();
    });
    ASSERT_TRUE(root);
    EXPECT_EQ(*root, range.root()) << size;
  }
}

TEST(Tile, CountsNothingBeyondTheTree) {
  // Goal: past the end, past the levels, and at the largest sizes there is no overflow.
  EXPECT_EQ(tile_hashes(256, 0, 1), 0u);
  EXPECT_EQ(tile_hashes(256, 1, 0), 1u);
  EXPECT_EQ(tile_hashes(255, 1, 0), 0u);
  EXPECT_EQ(tile_hashes(257, 0, UINT64_MAX), 0u);
  EXPECT_EQ(tile_hashes(UINT64_MAX, 0, UINT64_MAX >> 8), 255u);
  EXPECT_EQ(tile_hashes(UINT64_MAX, 7, 0), 255u);
  EXPECT_EQ(tile_hashes(UINT64_MAX, 8, 0), 0u);
}

TEST(Tile, FilesOfAnotherSizeAreRefused) {
  // Goal: a byte too many or too few, and an entry that is no SHA-256, are malformed.
  std::vector<Digest> entries;
  for (std::uint64_t i = 0; i < 3; ++i)
    entries.push_back(entry_of(i));
  Bytes bundle = encode_entries(entries);
  EXPECT_EQ(bundle.size(), 3 * 34u);
  EXPECT_EQ(*decode_entries(bundle, 3), entries);
  EXPECT_FALSE(decode_entries(bundle, 2));
  EXPECT_FALSE(decode_tile(bundle, 3));
  bundle[35] = 31;
  EXPECT_EQ(decode_entries(bundle, 3).error().rule, "tile.entries");
  Bytes tile = encode_tile(entries);
  tile.pop_back();
  EXPECT_EQ(decode_tile(tile, 3).error().rule, "tile.size");
}

}  // namespace
}  // namespace anta
