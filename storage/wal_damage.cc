#include "storage/wal_damage.h"

#include <algorithm>

#include "storage/crc32c.h"

namespace anta {
namespace {

constexpr std::size_t block_bytes = 32768;
constexpr std::size_t header_bytes = 7;
enum Fragment : std::uint8_t { full = 1, first = 2, middle = 3, last = 4 };

std::uint32_t little_u32(ByteView in) {
  return in[0] | std::uint32_t{in[1]} << 8 | std::uint32_t{in[2]} << 16 | std::uint32_t{in[3]} << 24;
}

std::uint32_t masked(std::uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8u; }

enum class Found : std::uint8_t { intact, damaged, short_end };

struct Look {
  Found found = Found::damaged;
  Fragment type = full;
  std::size_t size = 0;  // header and bytes
};

// What stands at `offset`, which has at least a header's room before its block's end.
Look look_at(ByteView file, std::size_t offset) {
  const std::size_t left = file.size() - offset;
  if (left < header_bytes) return {Found::short_end, full, left};
  const ByteView header = file.subspan(offset, header_bytes);
  const std::size_t length = header[4] | std::size_t{header[5]} << 8;
  const std::uint8_t type = header[6];
  const std::size_t room = block_bytes - offset % block_bytes - header_bytes;
  if (type < full || type > last || length > room) return {};
  if (header_bytes + length > left) return {Found::short_end, static_cast<Fragment>(type), left};
  const ByteView typed = file.subspan(offset + 6, 1 + length);  // the checksum covers the type and the bytes
  if (masked(crc32c({typed})) != little_u32(header)) return {};
  return {Found::intact, static_cast<Fragment>(type), header_bytes + length};
}

// From `offset` on, at whatever byte: the start of a logical record that is intact.
bool record_begins_after(ByteView file, std::size_t offset) {
  for (; offset < file.size(); ++offset) {
    if (block_bytes - offset % block_bytes < header_bytes) continue;
    const Look look = look_at(file, offset);
    if (look.found == Found::intact && look.type <= first) return true;
  }
  return false;
}

}  // namespace

std::optional<WalDamage> find_wal_damage(ByteView file) {
  std::size_t offset = 0;
  while (offset < file.size()) {
    const std::size_t room = block_bytes - offset % block_bytes;
    if (room < header_bytes) {
      offset += room;
      continue;
    }
    const Look look = look_at(file, offset);
    if (look.found == Found::short_end) return std::nullopt;
    if (look.found == Found::damaged) return WalDamage{offset, record_begins_after(file, offset + 1)};
    offset += look.size;
  }
  return std::nullopt;
}

}  // namespace anta
