#include "crypto/keys.h"

#include <sodium.h>

#include <algorithm>

namespace anta {

SigningKey::SigningKey(const Secret32& seed) {
  static_assert(crypto_sign_SECRETKEYBYTES == 64 && crypto_sign_PUBLICKEYBYTES == PublicKey::size);
  ANTA_INVARIANT(crypto_sign_seed_keypair(public_key_.bytes.data(), expanded_.data(), seed.view().data()) ==
                 0);
  kid_ = kid_of(public_key_);
}

SigningKey::~SigningKey() { wipe(expanded_); }

SigningKey::SigningKey(SigningKey&& other) noexcept
    : expanded_(other.expanded_), public_key_(other.public_key_), kid_(other.kid_) {
  wipe(other.expanded_);
}

SigningKey& SigningKey::operator=(SigningKey&& other) noexcept {
  if (this != &other) {
    expanded_ = other.expanded_;
    public_key_ = other.public_key_;
    kid_ = other.kid_;
    wipe(other.expanded_);
  }
  return *this;
}

Result<SigningKey> SigningKey::generate() {
  auto seed = Secret32::random();
  if (!seed) return pass(seed);
  return SigningKey(*seed);
}

Signature SigningKey::sign(ByteView message) const {
  Signature signature = {};
  ANTA_INVARIANT(
      crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), expanded_.data()) == 0);
  return signature;
}

std::span<const std::uint8_t, Secret32::size> SigningKey::seed() const {
  return std::span<const std::uint8_t, 64>(expanded_).first<Secret32::size>();
}

namespace {

SigningKey derived(const Secret32& seed, std::uint64_t generation, const char (&context)[9]) {
  static_assert(crypto_kdf_CONTEXTBYTES == 8 && crypto_kdf_KEYBYTES == Secret32::size);
  std::array<std::uint8_t, Secret32::size> bytes = {};
  ANTA_INVARIANT(
      crypto_kdf_derive_from_key(bytes.data(), bytes.size(), generation, context, seed.view().data()) == 0);
  const Secret32 subkey(bytes);
  wipe(bytes);
  return SigningKey(subkey);
}

}  // namespace

NodeKeys derive_node_keys(const Secret32& seed, const KeyGenerations& generations) {
  return {.log = derived(seed, generations.log, "anta_log"),
          .cosigner = derived(seed, generations.cosigner, "anta_cos"),
          .tls = derived(seed, generations.tls, "anta_tls")};
}

}  // namespace anta
