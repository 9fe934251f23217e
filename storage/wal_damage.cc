#include "storage/wal_damage.h"

#include <utility>

#include "storage/crc32c.h"

namespace anta {
namespace {

constexpr std::size_t block_bytes = 32768;
constexpr std::size_t header_bytes = 7;
constexpr std::size_t batch_header_bytes = 12;
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

// Where a batch stands and the first sequence number after it.
struct WalBatch {
  std::size_t offset = 0;
  std::uint64_t next = 0;
};

// Of a logical record's first fragment; nothing when it is too short to say.
std::optional<std::pair<std::uint64_t, std::uint32_t>> batch_header(ByteView file, std::size_t offset,
                                                                    const Look& look) {
  if (look.size < header_bytes + batch_header_bytes) return std::nullopt;
  const ByteView in = file.subspan(offset + header_bytes, batch_header_bytes);
  const std::uint64_t low = little_u32(in);
  const std::uint64_t high = little_u32(in.subspan(4));
  return std::pair(low | high << 32, little_u32(in.subspan(8)));
}

bool can_follow(ByteView file, std::size_t offset, const Look& look, const std::optional<WalBatch>& last) {
  const bool fills_block = (offset + look.size) % block_bytes == 0;
  if (look.type == first && !fills_block) return false;
  const auto header = batch_header(file, offset, look);
  if (!header) return look.type == first;
  const auto [sequence, count] = *header;
  if (look.type == full && count > look.size) return false;
  if (!last) return true;
  return sequence >= last->next && sequence - last->next <= offset - last->offset;
}

// From `offset` on, at whatever byte: the start of a logical record that is intact and can follow `batch`.
bool record_begins_after(ByteView file, std::size_t offset, const std::optional<WalBatch>& batch) {
  for (; offset < file.size(); ++offset) {
    if (block_bytes - offset % block_bytes < header_bytes) continue;
    const Look look = look_at(file, offset);
    if (look.found == Found::intact && look.type <= first && can_follow(file, offset, look, batch))
      return true;
  }
  return false;
}

}  // namespace

std::optional<WalDamage> find_wal_damage(ByteView file) {
  std::size_t offset = 0;
  std::optional<WalBatch> batch;  // the last that began
  while (offset < file.size()) {
    const std::size_t room = block_bytes - offset % block_bytes;
    if (room < header_bytes) {
      offset += room;
      continue;
    }
    const Look look = look_at(file, offset);
    if (look.found == Found::short_end) return std::nullopt;
    if (look.found == Found::damaged) return WalDamage{offset, record_begins_after(file, offset + 1, batch)};
    if (look.type <= first) {
      if (const auto header = batch_header(file, offset, look))
        batch = WalBatch{offset, header->first + header->second};
    }
    offset += look.size;
  }
  return std::nullopt;
}

}  // namespace anta
