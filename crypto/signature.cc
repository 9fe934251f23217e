#include "crypto/signature.h"

#include <sodium.h>

#include <algorithm>
#include <string>

namespace anta {

namespace {

// Bytes of exactly the length of `Array`, named in the error as `what`.
template <typename Array>
Result<Array> array_from(ByteView bytes, std::string_view what) {
  Array array = {};
  if (bytes.size() != array.size()) {
    return fail(Code::malformed, "signature.size",
                std::string(what) + " is " + std::to_string(array.size()) + " bytes, these are " +
                    std::to_string(bytes.size()));
  }
  std::copy(bytes.begin(), bytes.end(), array.begin());
  return array;
}

}  // namespace

Result<PublicKey> public_key_from(ByteView bytes) {
  auto array = array_from<std::array<std::uint8_t, PublicKey::size>>(bytes, "an Ed25519 public key");
  if (!array) return pass(array);
  return PublicKey{*array};
}

Result<Signature> signature_from(ByteView bytes) {
  return array_from<Signature>(bytes, "an Ed25519 signature");
}

Digest kid_of(const PublicKey& key) {
  // {1: 1 (OKP), -1: 6 (Ed25519), -2: x}: the encoding is the same for every key up to x
  constexpr std::uint8_t before_x[] = {0xA3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20};
  return sha256({before_x, key.view()});
}

bool verify(const PublicKey& key, ByteView message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.bytes.data()) == 0;
}

}  // namespace anta
