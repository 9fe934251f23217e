#include "storage/crc32c.h"

#include <array>

namespace anta {
namespace {

constexpr std::uint32_t polynomial = 0x82F63B78;  // Castagnoli's, reflected
using ByteTable = std::array<std::uint32_t, 256>;

// tables[k][b]: the checksum's change by byte b with k zero bytes after it, so that eight bytes go at once
// (Kounavis and Berry, "Novel table lookup-based algorithms for high-performance CRC generation", 2008).
constexpr std::array<ByteTable, 8> make_tables() {
  std::array<ByteTable, 8> tables = {};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = before >> 8 ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr std::array<ByteTable, 8> tables = make_tables();

std::uint32_t extend(std::uint32_t crc, ByteView bytes) {
  while (bytes.size() >= 8) {
    const std::uint32_t mixed = crc ^ (bytes[0] | std::uint32_t{bytes[1]} << 8 |
                                       std::uint32_t{bytes[2]} << 16 | std::uint32_t{bytes[3]} << 24);
    crc = tables[7][mixed & 0xFF] ^ tables[6][mixed >> 8 & 0xFF] ^ tables[5][mixed >> 16 & 0xFF] ^
          tables[4][mixed >> 24] ^ tables[3][bytes[4]] ^ tables[2][bytes[5]] ^ tables[1][bytes[6]] ^
          tables[0][bytes[7]];
    bytes = bytes.subspan(8);
  }
  for (const std::uint8_t byte : bytes)
    crc = crc >> 8 ^ tables[0][(crc ^ byte) & 0xFF];
  return crc;
}

}  // namespace

std::uint32_t crc32c(std::initializer_list<ByteView> parts) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const ByteView part : parts)
    crc = extend(crc, part);
  return ~crc;
}

}  // namespace anta
