#include "storage/ledger/codec.h"

#include <algorithm>

#include "crypto/cbor.h"
#include "crypto/cose.h"
#include "crypto/text.h"
#include "storage/ledger/schema_payload.h"
#include "storage/ledger/schema_state.h"
#include "storage/ledger/spelling.h"

namespace anta {
namespace {

constexpr std::size_t payload_bytes_usual = 512;  // what a buffer starts with

// The words of statements.cddl, in the order of Payload's alternatives.
constexpr std::array<std::string_view, std::variant_size_v<payload::Payload>> type_words = {
    "party",
    "party-update",
    "role-grant",
    "role-revoke",
    "key-rotate",
    "key-revoke",
    "site",
    "formalisation",
    "accreditation",
    "attestation",
    "attestation-status",
    "lot",
    "dispatch",
    "handover",
    "receipt",
    "receipt-answer",
    "dispute-resolution",
    "dispatch-end",
    "countersign",
    "relation",
    "ownership",
    "split",
    "blend",
    "process",
    "adjust",
    "loss",
    "hold",
    "release",
    "balance-open",
    "balance-close",
    "certificate",
    "certificate-status",
    "document",
    "correction",
    "parameter-proposal",
    "vote",
    "node"};

std::size_t alternative_of(std::string_view type) {
  return static_cast<std::size_t>(std::find(type_words.begin(), type_words.end(), type) - type_words.begin());
}

template <std::size_t... alternative>
payload::Payload empty_payload(std::size_t wanted, std::index_sequence<alternative...>) {
  payload::Payload payload;
  ((alternative == wanted ? static_cast<void>(payload.emplace<alternative>()) : void()), ...);
  return payload;
}

void* address_of(payload::Payload& payload) {
  return std::visit([](auto& p) -> void* { return &p; }, payload);
}
const void* address_of(const payload::Payload& payload) {
  return std::visit([](const auto& p) -> const void* { return &p; }, payload);
}

// The `sub` of each type: one overload per way to name it.
template <typename P>
  requires requires(const P& p) { p.id; }
std::string subject(const P& p) {
  return p.id.value;
}
template <typename P>
  requires requires(const P& p) { p.dispatch; }
std::string subject(const P& p) {
  return p.dispatch.value;
}
template <typename P>
  requires(requires(const P& p) { p.party; })
std::string subject(const P& p) {
  return p.party.value;
}
template <typename P>
  requires(
      requires(const P& p) { p.lot; } && !requires(const P& p) { p.id; })
std::string subject(const P& p) {
  return p.lot.value;
}
template <typename P>
  requires requires(const P& p) { p.of; }
std::string subject(const P& p) {
  return hex(p.of);
}
std::string subject(const payload::Formalisation& p) { return p.subject.value; }
std::string subject(const payload::Accreditation& p) { return p.body.value; }
std::string subject(const payload::AttestationStatus& p) { return p.attestation.value; }
std::string subject(const payload::Blend& p) {
  return p.inputs.empty() ? std::string() : p.inputs.front().lot.value;
}
std::string subject(const payload::BalanceClose& p) { return p.account.value; }
std::string subject(const payload::CertificateStatus& p) { return p.certificate.value; }
std::string subject(const payload::Document& p) { return hex(p.digest); }
std::string subject(const payload::Vote& p) { return p.proposal.value; }
std::string subject(const payload::Node& p) { return p.node.value; }

}  // namespace

std::span<const std::string_view> statement_types() { return type_words; }

std::string_view type_word(const payload::Payload& payload) { return type_words[payload.index()]; }

std::string subject_of(const payload::Payload& payload) {
  return std::visit([](const auto& p) { return subject(p); }, payload);
}

Bytes encode_payload(const payload::Payload& payload) {
  cbor::Writer out(payload_bytes_usual);
  schema::payload_type(payload.index()).write(out, address_of(payload));
  return out.take();
}

Result<payload::Payload> decode_payload(std::string_view type, ByteView bytes) {
  const std::size_t alternative = alternative_of(type);
  if (alternative == type_words.size()) {
    return fail(Code::malformed, "unknown_type",
                "unknown type \"" + std::string(type.substr(0, statement_type_bytes_max)) + "\"" +
                    suggestion(type, type_words));
  }
  payload::Payload payload =
      empty_payload(alternative, std::make_index_sequence<std::variant_size_v<payload::Payload>>());
  cbor::Reader in(bytes);
  const schema::Place top;
  auto read = schema::payload_type(alternative).read(in, address_of(payload), {}, top);
  if (!read) return pass(read);
  if (auto end = in.finish(); !end) return pass(end);
  return payload;
}

Result<SignedStatement> decode_statement(std::shared_ptr<const Bytes> bytes) {
  const Digest digest = sha256(*bytes);
  return decode_statement(std::move(bytes), digest);
}

Result<SignedStatement> decode_statement(std::shared_ptr<const Bytes> bytes, const Digest& digest) {
  auto envelope = decode_cose(*bytes);
  if (!envelope) return pass(envelope);
  const auto type = statement_type_of(envelope->header.content_type);
  if (!type) return pass(type);
  auto payload = decode_payload(*type, envelope->payload);
  if (!payload) return pass(payload);
  if (!is_id(envelope->header.issuer)) {
    return fail(Code::malformed, "issuer", "the issuer (iss) is not an id");
  }
  if (const std::string due = subject_of(*payload); envelope->header.subject != due) {
    return fail(Code::malformed, "subject", "the subject (sub) is not the payload's: \"" + due + "\" is due");
  }
  SignedStatement statement;
  statement.digest = digest;
  statement.type = *type;  // a view into the header
  statement.header = std::move(envelope->header);
  statement.signature = envelope->signature;
  statement.protected_bytes = envelope->protected_bytes;
  statement.signed_payload = envelope->payload;
  statement.payload = std::move(*payload);
  statement.bytes = std::move(bytes);
  return statement;
}

Result<Bytes> sign_statement(const payload::Payload& payload, const PartyId& issuer, const SigningKey& key,
                             std::int64_t iat_seconds, const std::array<std::uint8_t, 16>& cti) {
  if (!is_id(issuer.value)) return fail(Code::malformed, "issuer", "the issuer (iss) is not an id");
  const std::string_view type = type_word(payload);
  const Bytes encoded = encode_payload(payload);
  if (const auto again = decode_payload(type, encoded); !again) return pass(again);
  SignedHeader header;
  header.content_type = content_type_of(type);
  header.issuer = issuer.value;
  header.subject = subject_of(payload);
  header.iat_seconds = iat_seconds;
  header.cti = cti;
  return sign_cose(header, encoded, key);
}

const Shape* payload_shape(std::string_view type) {
  static const auto shapes = [] {
    std::array<std::shared_ptr<const Shape>, type_words.size()> all = {};
    for (std::size_t i = 0; i < all.size(); ++i)
      all[i] = schema::payload_type(i).shape(schema::Strictness::statement);
    return all;
  }();
  const std::size_t alternative = alternative_of(type);
  return alternative == shapes.size() ? nullptr : shapes[alternative].get();
}

const Shape* record_shape(std::string_view kind) {
  static const auto shapes = [] {
    std::array<std::shared_ptr<const Shape>, Words<Kind>::list.size()> all = {};
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i] = schema::record_type(static_cast<Kind>(i))->shape(schema::Strictness::record);
    }
    return all;
  }();
  const auto known = from_word<Kind>(kind);
  return known ? shapes[static_cast<std::size_t>(*known)].get() : nullptr;
}

}  // namespace anta
