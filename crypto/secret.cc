#include "crypto/secret.h"

#include <sodium.h>

#include <algorithm>

namespace anta {

void wipe(std::span<std::uint8_t> bytes) { sodium_memzero(bytes.data(), bytes.size()); }

Secret32::Secret32(std::span<const std::uint8_t, size> bytes) {
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

Secret32::~Secret32() { wipe(bytes_); }

Secret32::Secret32(Secret32&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }

Secret32& Secret32::operator=(Secret32&& other) noexcept {
  if (this != &other) {
    bytes_ = other.bytes_;
    wipe(other.bytes_);
  }
  return *this;
}

Result<Secret32> Secret32::random() {
  if (!sodium_ready()) return fail(Code::io, "secret.random", "this system has no source of randomness");
  Secret32 secret;
  random_bytes(secret.bytes_);
  return secret;
}

bool same_secret(const Secret32& left, const Secret32& right) {
  return sodium_memcmp(left.view().data(), right.view().data(), Secret32::size) == 0;
}

bool sodium_ready() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

void random_bytes(std::span<std::uint8_t> bytes) {
  ANTA_INVARIANT(sodium_ready());
  randombytes_buf(bytes.data(), bytes.size());
}

}  // namespace anta
