// The one encoding of the ledger's documents, both directions: statements, genesis, state records, seals.
//
// Payload structs (payload/) and state records (state/) are described once each, field by field, in
// schema_*.cc; decoding, encoding and the shape that views print by are all made from that one description.
// Everything is deterministic CBOR (RFC 8949 4.2.1); unknown, missing or repeated fields, wrong types and
// lengths are Code::malformed with the path of the field in the message ("lots[2].measurement.wet_g: above
// 9007199254740991"). Pure, any thread. Golden bytes: tests/ledger/golden.
#pragma once

#include <memory>
#include <string_view>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/keys.h"
#include "storage/ledger/shape.h"
#include "storage/ledger/statement.h"
#include "storage/ledger/value.h"

namespace anta {

inline constexpr std::size_t statement_bytes_limit = 64 * 1024;

// Bytes of one COSE_Sign1 -> statement. Checks everything that needs no state: canonical form, header, type,
// fields, that `sub` is what the payload says, NFC, limits. Does not check the signature.
Result<SignedStatement> decode_statement(std::shared_ptr<const Bytes> bytes);

// The payload's canonical bytes, its type word, and the `sub` its envelope must carry.
Bytes encode_payload(const payload::Payload& payload);
Result<payload::Payload> decode_payload(std::string_view type, ByteView bytes);
std::string_view type_word(const payload::Payload& payload);
std::string subject_of(const payload::Payload& payload);

// Signs a payload as `issuer`. iat is given by the caller; cti is 16 random bytes.
Bytes sign_statement(const payload::Payload& payload, const PartyId& issuer, const SigningKey& key,
                     std::int64_t iat_seconds, const std::array<std::uint8_t, 16>& cti);

// Generic CBOR <-> Value, for views.
Result<Value> decode_value(ByteView bytes);
Bytes encode_value(const Value& value);

// The shape of a statement type's payload, or of a state kind's record; null for an unknown word.
const Shape* payload_shape(std::string_view type);
const Shape* record_shape(std::string_view kind);

}  // namespace anta
