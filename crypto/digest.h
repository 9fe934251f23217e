// SHA-256 and the byte types everything else is made of.
//
// Digest is 32 bytes that are the SHA-256 of something (or stand where one is due). Hashing goes through
// OpenSSL, which uses the CPU's SHA instructions; a test holds it against libsodium's. Any thread.
// Source: FIPS 180-4.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anta {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// Text seen as bytes, and bytes seen as text. No copy; the view lives as long as what it looks at.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }

struct Digest {
  static constexpr std::size_t size = 32;
  std::array<std::uint8_t, size> bytes = {};

  auto operator<=>(const Digest&) const = default;
  ByteView view() const { return {bytes.data(), bytes.size()}; }
  bool is_zero() const { return *this == Digest{}; }
};

// SHA-256 of one run of bytes, or of several as if they stood in a row.
Digest sha256(ByteView bytes);
Digest sha256(std::initializer_list<ByteView> parts);

}  // namespace anta

template <>
struct std::hash<anta::Digest> {
  std::size_t operator()(const anta::Digest& digest) const noexcept {
    std::size_t value = 0;  // a digest's own bytes are as good a hash as any
    std::memcpy(&value, digest.bytes.data(), sizeof value);
    return value;
  }
};
