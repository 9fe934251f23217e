// Tiles: the tree as files that any static server can give out (C2SP tlog-tiles v1.0.0).
//
// A tile holds up to 256 neighbouring hashes of one of the levels 0, 8, 16, ... of the tree; tile level L is
// tree level 8 L. Full tiles never change; the last tile of a level is partial, of a width that follows from
// the tree's size. A number in a path is written in groups of three digits, all but the last with an x:
// 1234067 is x001/x234/067. Beside the hashes stand entry bundles: the entries of the leaves that a tile of
// level 0 has the hashes of, each as u16 big-endian length and bytes. In Anta an entry is a SHA-256.
//
//     tile/<L>/<N>[.p/<W>]            hashes
//     tile/entries/<N>[.p/<W>]        entries
//
// Parsing is strict, so that one tile has one path. Errors are `malformed` with a rule tile.*. Pure, any
// thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/merkle.h"

namespace anta {

inline constexpr unsigned tile_height = 8;
inline constexpr std::uint64_t tile_width = 1u << tile_height;
inline constexpr unsigned tile_levels = 8;  // of a tree of up to 2^64 - 1 leaves

// What stands at <N>[.p/<W>]: a full tile (width 256) or the first `width` of it.
struct TilePlace {
  std::uint64_t index = 0;
  unsigned width = tile_width;

  bool operator==(const TilePlace&) const = default;
};

// "x001/x234/067"; and back, from the segments between the slashes. `tile.number`.
std::string tile_number(std::uint64_t number);
Result<std::uint64_t> parse_tile_number(std::span<const std::string> segments);

// "x001/x234/067" or "x001/x234/067.p/5".
std::string tile_place(const TilePlace& place);
Result<TilePlace> parse_tile_place(std::span<const std::string> segments);

// "tile/1/x001/067.p/5", "tile/entries/...".
std::string tile_path(unsigned level, const TilePlace& place);
std::string entries_path(const TilePlace& place);

// How many hashes a tile of this level and index has in a tree of `size` leaves: 0 to 256.
unsigned tile_hashes(std::uint64_t size, unsigned level, std::uint64_t index);

// The root over a full tile's 256 hashes: one hash of the level above.
Digest tile_root(std::span<const Digest> full);

Bytes encode_tile(std::span<const Digest> hashes);
// Exactly `width` hashes. `tile.size`.
Result<std::vector<Digest>> decode_tile(ByteView bytes, unsigned width);

Bytes encode_entries(std::span<const Digest> entries);
// Exactly `width` entries of 32 bytes each. `tile.entries`.
Result<std::vector<Digest>> decode_entries(ByteView bytes, unsigned width);

}  // namespace anta
