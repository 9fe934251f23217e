#include "crypto/tile.h"

#include <algorithm>
#include <array>

#include "crypto/text.h"

namespace anta {
namespace {

constexpr std::size_t group_digits = 3;
constexpr std::size_t groups_max = 7;  // 2^64 has 20 digits
constexpr std::size_t entry_bytes = 2 + Digest::size;
constexpr std::string_view partial_mark = ".p";

tl::unexpected<Error> refuse(const char* rule, const char* message) {
  return fail(Code::malformed, rule, message);
}

bool are_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Digest digest_from(ByteView bytes) {
  Digest digest;
  std::ranges::copy(bytes, digest.bytes.begin());
  return digest;
}

}  // namespace

std::string tile_number(std::uint64_t number) {
  std::string text;
  for (bool last = true; last || number > 0; last = false) {
    const std::string digits = std::to_string(1000 + number % 1000).substr(1);
    text = last ? digits : "x" + digits + "/" + text;
    number /= 1000;
  }
  return text;
}

Result<std::uint64_t> parse_tile_number(std::span<const std::string> segments) {
  if (segments.empty() || segments.size() > groups_max)
    return refuse("tile.number", "a tile's number has one to seven groups of three digits");
  std::string digits;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    std::string_view group = segments[i];
    const bool last = i + 1 == segments.size();
    if (!last && !group.starts_with('x'))
      return refuse("tile.number", "all groups of a tile's number but the last begin with x");
    if (!last) group.remove_prefix(1);
    if (group.size() != group_digits || !are_digits(group))
      return refuse("tile.number", "a tile's number is written in groups of three digits: x001/x234/067");
    if (i == 0 && !last && group == "000")
      return refuse("tile.number", "a tile's number does not begin with a group of zeros");
    digits += group;
  }
  const std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  const auto number = decimal(std::string_view(digits).substr(zeros));
  if (!number) return refuse("tile.number", "a tile's number is below 2^64");
  return *number;
}

std::string tile_place(const TilePlace& place) {
  const std::string number = tile_number(place.index);
  return place.width == tile_width ? number : number + ".p/" + std::to_string(place.width);
}

Result<TilePlace> parse_tile_place(std::span<const std::string> segments) {
  TilePlace place;
  std::vector<std::string> number(segments.begin(), segments.end());
  if (number.size() >= 2 && number[number.size() - 2].ends_with(partial_mark)) {
    const auto width = decimal(number.back());
    if (!width || *width == 0 || *width >= tile_width)
      return refuse("tile.width", "a partial tile's width is 1 to 255, without leading zeros");
    place.width = static_cast<unsigned>(*width);
    number.pop_back();
    number.back().resize(number.back().size() - partial_mark.size());
  }
  const auto index = parse_tile_number(number);
  if (!index) return pass(index);
  place.index = *index;
  return place;
}

std::string tile_path(unsigned level, const TilePlace& place) {
  return "tile/" + std::to_string(level) + "/" + tile_place(place);
}

std::string entries_path(const TilePlace& place) { return "tile/entries/" + tile_place(place); }

unsigned tile_hashes(std::uint64_t size, unsigned level, std::uint64_t index) {
  if (level >= tile_levels) return 0;
  const std::uint64_t hashes = size >> (level * tile_height);
  if (index > hashes / tile_width) return 0;
  return static_cast<unsigned>(std::min(tile_width, hashes - index * tile_width));
}

Digest tile_root(std::span<const Digest> full) {
  ANTA_INVARIANT(full.size() == tile_width);
  std::vector<Digest> row(full.begin(), full.end());
  while (row.size() > 1) {
    for (std::size_t i = 0; i < row.size() / 2; ++i)
      row[i] = node_hash(row[2 * i], row[2 * i + 1]);
    row.resize(row.size() / 2);
  }
  return row[0];
}

Bytes encode_tile(std::span<const Digest> hashes) {
  Bytes bytes;
  bytes.reserve(hashes.size() * Digest::size);
  for (const Digest& hash : hashes)
    bytes.insert(bytes.end(), hash.bytes.begin(), hash.bytes.end());
  return bytes;
}

Result<std::vector<Digest>> decode_tile(ByteView bytes, unsigned width) {
  if (bytes.size() != width * Digest::size)
    return refuse("tile.size", "a tile has 32 bytes for each of its hashes");
  std::vector<Digest> hashes(width);
  for (unsigned i = 0; i < width; ++i)
    hashes[i] = digest_from(bytes.subspan(i * Digest::size, Digest::size));
  return hashes;
}

Bytes encode_entries(std::span<const Digest> entries) {
  Bytes bytes;
  bytes.reserve(entries.size() * entry_bytes);
  for (const Digest& entry : entries) {
    bytes.push_back(0);
    bytes.push_back(static_cast<std::uint8_t>(Digest::size));
    bytes.insert(bytes.end(), entry.bytes.begin(), entry.bytes.end());
  }
  return bytes;
}

Result<std::vector<Digest>> decode_entries(ByteView bytes, unsigned width) {
  if (bytes.size() != width * entry_bytes)
    return refuse("tile.entries", "an entry bundle has 34 bytes for each of its entries");
  std::vector<Digest> entries(width);
  for (unsigned i = 0; i < width; ++i) {
    const ByteView entry = bytes.subspan(i * entry_bytes, entry_bytes);
    if (entry[0] != 0 || entry[1] != Digest::size)
      return refuse("tile.entries", "an entry of this ledger is 32 bytes long");
    entries[i] = digest_from(entry.subspan(2));
  }
  return entries;
}

}  // namespace anta
