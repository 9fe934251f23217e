// COSE_Sign1 (RFC 9052) in Anta's one profile: the envelope of every statement.
//
//     18([ protected bstr, {}, payload bstr, signature bstr64 ])
//     protected = { 1: alg, 3: "application/vnd.anta.<type>+cbor", 4: kid,
//                   15: { 1: iss, 2: sub, 6: iat seconds, 7: cti } }
//
// The signature is over ["Signature1", protected, h'', payload] with the bytes as received. Decoding refuses
// everything else: other or missing labels, critical headers, a non-empty unprotected map, an encoding that
// is not deterministic, more than statement_bytes_max. It does not look into the payload (the codec does) and
// does not verify. iss and sub are text of 1 to claim_bytes_max bytes, NFC. Pure, any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/keys.h"
#include "crypto/signature.h"

namespace anta {

inline constexpr std::size_t statement_bytes_max = std::size_t{64} << 10;
inline constexpr std::size_t claim_bytes_max = 200;  // iss and sub
inline constexpr std::size_t statement_type_bytes_max = 64;
inline constexpr std::int64_t iat_seconds_max = 253402300799;  // the end of the year 9999

inline constexpr std::int64_t alg_eddsa = -8;     // RFC 9053; what we emit
inline constexpr std::int64_t alg_ed25519 = -19;  // RFC 9864; accepted as the same

struct SignedHeader {
  std::int64_t alg = alg_eddsa;
  std::string content_type = {};          // "application/vnd.anta.lot+cbor"; see content_type_of
  Digest kid = {};                        // RFC 9679 thumbprint of the signer's key
  std::string issuer = {};                // iss: the party
  std::string subject = {};               // sub: the payload's id
  std::int64_t iat_seconds = 0;           // when it was signed, seconds since 1970 UTC; 0..iat_seconds_max
  std::array<std::uint8_t, 16> cti = {};  // random: makes the statement's digest unguessable and unique

  bool operator==(const SignedHeader&) const = default;
};

// The views point into the bytes that were decoded.
struct CoseSign1 {
  SignedHeader header = {};
  ByteView payload = {};
  Signature signature = {};
  ByteView protected_bytes = {};
};

// "lot" <-> "application/vnd.anta.lot+cbor". A type is [a-z][a-z0-9-]{0,63}.
std::string content_type_of(std::string_view type);
Result<std::string_view> statement_type_of(std::string_view content_type);

Result<CoseSign1> decode_cose(ByteView statement);

// The kid that a statement's bytes name, without looking at what stands behind it: for who must know whose it
// claims to be before it is worth decoding. Of what decodes it is header.kid; other bytes may name one, too.
Result<Digest> peek_kid(ByteView statement);

// Sig_structure of RFC 9052 section 4.4: what the signature is over.
Bytes cose_signature_input(ByteView protected_bytes, ByteView payload);

// The header as its deterministic encoding. `header` must be valid: type, claims and alg as decoding demands.
Result<Bytes> encode_protected(const SignedHeader& header);

// A whole statement. alg and kid are filled in from the key, whatever the header says. malformed: the header
// would not decode, or the result is larger than statement_bytes_max.
Result<Bytes> sign_cose(const SignedHeader& header, ByteView payload, const SigningKey& key);

// The same from a signature made elsewhere (a device, a hardware module).
Result<Bytes> assemble_cose(ByteView protected_bytes, ByteView payload, const Signature& signature);

// The signature verifies and kid names this very key. The parts are those of a CoseSign1.
[[nodiscard]] bool verify_cose(const CoseSign1& statement, const PublicKey& key);
[[nodiscard]] bool verify_cose(const Digest& kid, ByteView protected_bytes, ByteView payload,
                               const Signature& signature, const PublicKey& key);

}  // namespace anta
