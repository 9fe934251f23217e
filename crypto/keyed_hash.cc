#include "crypto/keyed_hash.h"

#include <sodium.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace anta {

std::size_t keyed_hash(ByteView bytes) {
  using Key = std::array<std::uint8_t, crypto_shorthash_KEYBYTES>;
  static const Key key = [] {
    Key drawn{};
    randombytes_buf(drawn.data(), drawn.size());
    return drawn;
  }();
  std::array<std::uint8_t, crypto_shorthash_BYTES> out{};
  crypto_shorthash(out.data(), bytes.data(), bytes.size(), key.data());
  std::size_t hash = 0;
  static_assert(sizeof hash == sizeof out);
  std::memcpy(&hash, out.data(), sizeof hash);
  return hash;
}

}  // namespace anta
