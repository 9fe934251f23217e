// Ed25519 as a verifier sees it: public keys, signatures, and the one function that says yes.
//
// Every node must give the same answer for every input, also for crafted ones, or two nodes fork.
// Implementations of Ed25519 disagree on edge cases (S not below the group order, points of small order,
// non-canonical points), so `verify` is libsodium's crypto_sign_verify_detached and nothing else is ever
// used; it refuses all three. Source: RFC 8032; RFC 9679 for kid. Pure, any thread; `verify` takes about 50
// microseconds.
#pragma once

#include <array>
#include <compare>
#include <functional>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

struct PublicKey {
  static constexpr std::size_t size = 32;
  std::array<std::uint8_t, size> bytes = {};

  auto operator<=>(const PublicKey&) const = default;
  ByteView view() const { return {bytes.data(), bytes.size()}; }
};

using Signature = std::array<std::uint8_t, 64>;

// From exactly 32, or 64, bytes. The point itself is judged by `verify`.
Result<PublicKey> public_key_from(ByteView bytes);
Result<Signature> signature_from(ByteView bytes);

// RFC 9679: SHA-256 of the COSE_Key {1: 1, -1: 6, -2: x} in deterministic CBOR. How statements name keys.
Digest kid_of(const PublicKey& key);

[[nodiscard]] bool verify(const PublicKey& key, ByteView message, const Signature& signature);

}  // namespace anta

template <>
struct std::hash<anta::PublicKey> {
  std::size_t operator()(const anta::PublicKey& key) const noexcept {
    std::size_t value = 0;  // a curve point's own bytes are as good a hash as any
    std::memcpy(&value, key.bytes.data(), sizeof value);
    return value;
  }
};
