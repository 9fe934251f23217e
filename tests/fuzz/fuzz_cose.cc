// Fuzz target: the statement envelope. No input may crash it, and what decodes is the one encoding of its
// parts.
//
// Invariants: an accepted statement, assembled again from its decoded header, payload and signature, is the
// input; its header keeps the limits of cose.h; the kid that is peeked at is the header's; a stranger's key
// never verifies it.
#include <cstddef>
#include <cstdint>

#include "crypto/cose.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anta;
  static const SigningKey stranger{Secret32(std::array<std::uint8_t, 32>{0x5A})};
  const ByteView input(data, size);
  auto decoded = decode_cose(input);
  const auto peeked = peek_kid(input);
  ANTA_INVARIANT(peeked || peeked.error().code == Code::malformed);
  if (!decoded) {
    ANTA_INVARIANT(decoded.error().code == Code::malformed && !decoded.error().rule.empty());
    return 0;
  }
  ANTA_INVARIANT(size <= statement_bytes_max);
  const SignedHeader& header = decoded->header;
  ANTA_INVARIANT(peeked && *peeked == header.kid);
  ANTA_INVARIANT(header.alg == alg_eddsa || header.alg == alg_ed25519);
  ANTA_INVARIANT(!header.issuer.empty() && header.issuer.size() <= claim_bytes_max);
  ANTA_INVARIANT(!header.subject.empty() && header.subject.size() <= claim_bytes_max);
  ANTA_INVARIANT(header.iat_seconds >= 0 && header.iat_seconds <= iat_seconds_max);
  auto type = statement_type_of(header.content_type);
  ANTA_INVARIANT(type && content_type_of(*type) == header.content_type);
  auto protected_bytes = encode_protected(header);
  ANTA_INVARIANT(protected_bytes && *protected_bytes == to_bytes(decoded->protected_bytes));
  auto statement = assemble_cose(*protected_bytes, decoded->payload, decoded->signature);
  ANTA_INVARIANT(statement && *statement == to_bytes(input));
  ANTA_INVARIANT(!verify_cose(*decoded, stranger.public_key()));
  return 0;
}
