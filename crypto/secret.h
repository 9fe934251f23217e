// Secret32: 32 secret bytes that leave no copy behind.
//
// Moves, never copies; wiped when it dies and when it is moved from; has no operator== (compare through
// same_secret, in constant time) and nothing prints it. A value has one owner; any thread may read it.
#pragma once

#include <array>
#include <span>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

// Overwrites in a way that the optimiser keeps.
void wipe(std::span<std::uint8_t> bytes);

class Secret32 {
 public:
  static constexpr std::size_t size = 32;

  Secret32() = default;  // 32 zero bytes: no secret yet
  explicit Secret32(std::span<const std::uint8_t, size> bytes);
  ~Secret32();
  Secret32(Secret32&& other) noexcept;
  Secret32& operator=(Secret32&& other) noexcept;
  Secret32(const Secret32&) = delete;
  Secret32& operator=(const Secret32&) = delete;

  // Fresh from the system's random source. Fails only where the system has none.
  static Result<Secret32> random();

  ByteView view() const { return bytes_; }

 private:
  std::array<std::uint8_t, size> bytes_ = {};
};

// Equality in constant time.
bool same_secret(const Secret32& left, const Secret32& right);

// Starts libsodium, once; false where the system has no source of randomness. Everything here that draws or
// stretches a secret calls it by itself.
[[nodiscard]] bool sodium_ready();

// Fills `bytes` from the system's random source (nonces, cti, ids). Aborts where the system has none.
void random_bytes(std::span<std::uint8_t> bytes);

}  // namespace anta
