// Numbers in stored keys and records: big-endian, so that RocksDB's bytewise order is the numbers' order.
// Pure, any thread.
#pragma once

#include <cstdint>

#include "crypto/digest.h"

namespace anta {

// Appends `value` to `out`, most significant byte first.
inline void put_u16(Bytes& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}
inline void put_u32(Bytes& out, std::uint32_t value) {
  put_u16(out, static_cast<std::uint16_t>(value >> 16));
  put_u16(out, static_cast<std::uint16_t>(value));
}
inline void put_u64(Bytes& out, std::uint64_t value) {
  put_u32(out, static_cast<std::uint32_t>(value >> 32));
  put_u32(out, static_cast<std::uint32_t>(value));
}
inline void put_bytes(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

// The number in the first 2, 4 or 8 bytes; the caller knows that they are there.
inline std::uint16_t get_u16(ByteView in) { return static_cast<std::uint16_t>(in[0] << 8 | in[1]); }
inline std::uint32_t get_u32(ByteView in) {
  return std::uint32_t{get_u16(in)} << 16 | get_u16(in.subspan(2));
}
inline std::uint64_t get_u64(ByteView in) {
  return std::uint64_t{get_u32(in)} << 32 | get_u32(in.subspan(4));
}

}  // namespace anta
