// The one encoding of the ledger's documents, both directions: statements, genesis, state records, seals.
//
// Payload structs (payload/) and state records (state/) are described once each, field by field, in
// schema_*.cc; decoding, encoding and the shape that views print by are all made from that one description.
// Everything is deterministic CBOR (RFC 8949 4.2.1); unknown, missing or repeated fields, wrong types and
// lengths are Code::malformed with the path of the field in the message ("lots[2].measurement.wet_g: above
// 9007199254740991"). Pure, any thread. Golden bytes: tests/ledger/golden.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/keys.h"
#include "storage/ledger/shape.h"
#include "storage/ledger/statement.h"
#include "storage/ledger/value.h"

namespace anta {

// Bytes of one COSE_Sign1 -> statement. Checks everything that needs no state: canonical form, header, type,
// fields, that `sub` is what the payload says, NFC, limits. Does not check the signature. Whoever has hashed
// the bytes already says their digest.
Result<SignedStatement> decode_statement(std::shared_ptr<const Bytes> bytes);
Result<SignedStatement> decode_statement(std::shared_ptr<const Bytes> bytes, const Digest& digest);

// The payload's canonical bytes, its type word, and the `sub` its envelope must carry. decode_payload's other
// direction writes what it is given: limits are checked by reading only.
Bytes encode_payload(const payload::Payload& payload);
Result<payload::Payload> decode_payload(std::string_view type, ByteView bytes);
std::string_view type_word(const payload::Payload& payload);
std::span<const std::string_view> statement_types();  // every type word, in the order of statements.cddl

// The payload's `id`; else its first id field in CDDL order, where fields of `common` do not count and an
// item of a list does (blend: the first input's lot); a countersign's and a correction's `of` and a
// document's `digest` in hex.
std::string subject_of(const payload::Payload& payload);

// Signs a payload as `issuer`. iat is given by the caller; cti is 16 random bytes. malformed:
// decode_statement would refuse it (an issuer that is no id, a field out of its limits, more than 64 KiB), so
// nothing is signed.
Result<Bytes> sign_statement(const payload::Payload& payload, const PartyId& issuer, const SigningKey& key,
                             std::int64_t iat_seconds, const std::array<std::uint8_t, 16>& cti);

// Generic CBOR <-> Value, for views: the profile of crypto/cbor.h with text keys only and without tags. A
// Value may hold what has no encoding (a key twice, text that is not UTF-8): malformed.
Result<Value> decode_value(ByteView bytes);
Result<Bytes> encode_value(const Value& value);

// The shape of a statement type's payload, or of a state kind's record; null for an unknown word.
const Shape* payload_shape(std::string_view type);
const Shape* record_shape(std::string_view kind);
const Shape* genesis_shape();

}  // namespace anta
