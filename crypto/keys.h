// Keys that sign, and how a node gets its three from one seed.
//
// A SigningKey is made from a 32-byte seed (RFC 8032 section 5.1.5); the expanded key lives in it and is
// wiped with it. A node keeps one seed (sealed.h) and derives a key per role, so that one file is protected
// and the roles stay apart: crypto_kdf_derive_from_key(32, generation, context) with the contexts anta_log,
// anta_cos, anta_tls. Renewing a role's key raises its generation; a compromised seed means replacing the
// node (proofs.md section 3). Any thread; signing does not change the key.
#pragma once

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/secret.h"
#include "crypto/signature.h"

namespace anta {

class SigningKey {
 public:
  explicit SigningKey(const Secret32& seed);
  ~SigningKey();
  SigningKey(SigningKey&& other) noexcept;
  SigningKey& operator=(SigningKey&& other) noexcept;
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;

  // A new key from the system's random source.
  static Result<SigningKey> generate();

  const PublicKey& public_key() const { return public_key_; }
  const Digest& kid() const { return kid_; }
  Signature sign(ByteView message) const;

  // The seed, for the TLS library and for sealing. Secret: do not copy it anywhere that is not wiped.
  std::span<const std::uint8_t, Secret32::size> seed() const;

 private:
  std::array<std::uint8_t, 64> expanded_ = {};  // libsodium's form: seed, then public key
  PublicKey public_key_ = {};
  Digest kid_ = {};
};

// Which renewal of each role's key is in force; starts at 1, raised by a `node` statement.
struct KeyGenerations {
  std::uint64_t log = 1;
  std::uint64_t cosigner = 1;
  std::uint64_t tls = 1;
};

struct NodeKeys {
  SigningKey log;       // signs checkpoints while this node leads
  SigningKey cosigner;  // cosigns checkpoints for the organisation
  SigningKey tls;       // authenticates the node to its peers
};

NodeKeys derive_node_keys(const Secret32& seed, const KeyGenerations& generations = {});

}  // namespace anta
