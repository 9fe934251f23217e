#include "crypto/cose.h"

#include <algorithm>

#include "crypto/cbor.h"
#include "crypto/text.h"

namespace anta {

namespace {

constexpr std::uint64_t tag_cose_sign1 = 18;
constexpr std::uint64_t label_alg = 1;
constexpr std::uint64_t label_critical = 2;
constexpr std::uint64_t label_content_type = 3;
constexpr std::uint64_t label_kid = 4;
constexpr std::uint64_t label_claims = 15;
constexpr std::uint64_t label_receipts = 394;  // RFC 9942
constexpr std::uint64_t claim_issuer = 1;
constexpr std::uint64_t claim_subject = 2;
constexpr std::uint64_t claim_issued_at = 6;
constexpr std::uint64_t claim_cti = 7;

constexpr std::string_view in_protected = "the protected header";
constexpr std::string_view content_type_before = "application/vnd.anta.";
constexpr std::string_view content_type_after = "+cbor";

// The next key of a map must be this one: both maps have exactly the listed keys, and CBOR orders them.
Result<void> expect_label(cbor::Reader& in, std::uint64_t label, std::string_view where) {
  auto kind = in.peek();
  if (!kind) return pass(kind);
  if (*kind != cbor::Kind::uint) {
    return in.refuse("cose.label", std::string(where) + " has a label that is not listed");
  }
  auto found = in.uint();
  if (!found) return pass(found);
  if (*found == label) return {};
  if (*found == label_critical && where == in_protected) {
    return in.refuse("cose.critical", "critical headers are not understood here");
  }
  return in.refuse("cose.label", std::string(where) + " has label " + std::to_string(*found) + " where " +
                                     std::to_string(label) + " is due");
}

Result<std::size_t> enter_map(cbor::Reader& in, std::size_t pairs, std::string_view where) {
  auto found = in.map();
  if (found && *found < pairs) return in.refuse("cose.label", std::string(where) + " lacks a label");
  return found;
}

// After the listed labels nothing more may come. (What comes between them shows as a wrong label.)
Result<void> leave_map(cbor::Reader& in, std::size_t found, std::size_t pairs, std::string_view where) {
  if (found == pairs) return {};
  return in.refuse("cose.label", std::string(where) + " has a label that is not listed");
}

Result<std::string> claim_text(cbor::Reader& in, std::string_view what) {
  auto text = in.text();
  if (!text) return pass(text);
  if (text->empty() || text->size() > claim_bytes_max) {
    return in.refuse("cose.claim", std::string(what) + " is empty or longer than " +
                                       std::to_string(claim_bytes_max) + " bytes");
  }
  if (!is_nfc(*text)) return in.refuse("cose.claim", std::string(what) + " is not in NFC");
  return std::string(*text);
}

// A byte string of exactly the length of `out`.
template <std::size_t N>
Result<void> fixed_bytes(cbor::Reader& in, std::array<std::uint8_t, N>& out, std::string_view what) {
  auto bytes = in.bytes();
  if (!bytes) return pass(bytes);
  if (bytes->size() != N) {
    return in.refuse("cose.size", std::string(what) + " is not " + std::to_string(N) + " bytes");
  }
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return {};
}

Result<void> decode_claims(cbor::Reader& in, SignedHeader& header) {
  constexpr std::string_view where = "the CWT claims map";
  auto pairs = enter_map(in, 4, where);
  if (!pairs) return pass(pairs);
  if (auto label = expect_label(in, claim_issuer, where); !label) return label;
  auto issuer = claim_text(in, "iss");
  if (!issuer) return pass(issuer);
  if (auto label = expect_label(in, claim_subject, where); !label) return label;
  auto subject = claim_text(in, "sub");
  if (!subject) return pass(subject);
  if (auto label = expect_label(in, claim_issued_at, where); !label) return label;
  auto issued_at = in.uint();
  if (!issued_at) return pass(issued_at);
  if (*issued_at > static_cast<std::uint64_t>(iat_seconds_max)) {
    return in.refuse("cose.claim", "iat is after the year 9999");
  }
  if (auto label = expect_label(in, claim_cti, where); !label) return label;
  if (auto cti = fixed_bytes(in, header.cti, "cti"); !cti) return cti;
  if (auto left = leave_map(in, *pairs, 4, where); !left) return left;
  header.issuer = std::move(*issuer);
  header.subject = std::move(*subject);
  header.iat_seconds = static_cast<std::int64_t>(*issued_at);
  return {};
}

// alg, content type and kid, which come first. How many pairs the map has.
Result<std::size_t> decode_until_kid(cbor::Reader& in, SignedHeader& header) {
  constexpr std::string_view where = in_protected;
  auto pairs = enter_map(in, 4, where);
  if (!pairs) return pass(pairs);
  if (auto label = expect_label(in, label_alg, where); !label) return pass(label);
  auto alg = in.integer();
  if (!alg) return pass(alg);
  if (*alg != alg_eddsa && *alg != alg_ed25519) {
    return in.refuse("cose.alg", "algorithm " + std::to_string(*alg) + " is neither -8 nor -19");
  }
  header.alg = *alg;
  if (auto label = expect_label(in, label_content_type, where); !label) return pass(label);
  auto content_type = in.text();
  if (!content_type) return pass(content_type);
  if (auto type = statement_type_of(*content_type); !type) return pass(type);
  header.content_type = *content_type;
  if (auto label = expect_label(in, label_kid, where); !label) return pass(label);
  if (auto kid = fixed_bytes(in, header.kid.bytes, "kid"); !kid) return pass(kid);
  return pairs;
}

// Up to the protected header, the first of the four parts.
Result<ByteView> enter_envelope(cbor::Reader& in) {
  auto tag = in.tag();
  if (!tag) return pass(tag);
  if (*tag != tag_cose_sign1) return in.refuse("cose.tag", "a statement is a COSE_Sign1, tag 18");
  auto parts = in.array();
  if (!parts) return pass(parts);
  if (*parts != 4) return in.refuse("cose.parts", "a COSE_Sign1 has four parts");
  return in.bytes();
}

// The receipts of a transparent statement have words of their own: whoever sends one has the statement in
// hand.
Result<void> expect_empty_map(cbor::Reader& in) {
  auto pairs = in.map();
  if (!pairs) return pass(pairs);
  if (*pairs == 0) return {};
  auto kind = in.peek();
  if (!kind) return pass(kind);
  if (*kind == cbor::Kind::uint) {
    auto label = in.uint();
    if (!label) return pass(label);
    if (*label == label_receipts) {
      return in.refuse("cose.transparent",
                       "this is a transparent statement: the ledger takes the statement without its receipts "
                       "(label 394)");
    }
  }
  return in.refuse("cose.unprotected", "the unprotected header is not empty");
}

Result<ByteView> attached_payload(cbor::Reader& in) {
  auto kind = in.peek();
  if (!kind) return pass(kind);
  if (*kind == cbor::Kind::null)
    return in.refuse("cose.payload", "the payload is detached; a statement carries its own");
  return in.bytes();
}

Result<SignedHeader> decode_protected(ByteView bytes) {
  SignedHeader header;
  cbor::Reader in(bytes);
  auto pairs = decode_until_kid(in, header);
  if (!pairs) return pass(pairs);
  if (auto label = expect_label(in, label_claims, in_protected); !label) return pass(label);
  if (auto claims = decode_claims(in, header); !claims) return pass(claims);
  if (auto left = leave_map(in, *pairs, 4, in_protected); !left) return pass(left);
  if (auto end = in.finish(); !end) return pass(end);
  return header;
}

bool is_type(std::string_view type) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view all = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return !type.empty() && type.size() <= statement_type_bytes_max &&
         letters.find(type.front()) != std::string_view::npos &&
         type.find_first_not_of(all) == std::string_view::npos;
}

Error within(std::string_view part, Error error) {
  error.message = std::string(part) + ": " + error.message;
  return error;
}

}  // namespace

std::string content_type_of(std::string_view type) {
  return std::string(content_type_before).append(type).append(content_type_after);
}

Result<std::string_view> statement_type_of(std::string_view content_type) {
  std::string_view type = content_type;
  if (type.starts_with(content_type_before) && type.ends_with(content_type_after) &&
      type.size() > content_type_before.size() + content_type_after.size()) {
    type.remove_prefix(content_type_before.size());
    type.remove_suffix(content_type_after.size());
    if (is_type(type)) return type;
  }
  return fail(Code::malformed, "cose.content_type",
              "the content type is not application/vnd.anta.<type>+cbor");
}

Result<CoseSign1> decode_cose(ByteView statement) {
  if (statement.size() > statement_bytes_max) {
    return fail(Code::malformed, "cose.too_large",
                "a statement is at most " + std::to_string(statement_bytes_max) + " bytes, this is " +
                    std::to_string(statement.size()));
  }
  cbor::Reader in(statement);
  auto protected_bytes = enter_envelope(in);
  if (!protected_bytes) return pass(protected_bytes);
  CoseSign1 decoded;
  if (auto empty = expect_empty_map(in); !empty) return pass(empty);
  auto payload = attached_payload(in);
  if (!payload) return pass(payload);
  if (auto signature = fixed_bytes(in, decoded.signature, "the signature"); !signature)
    return pass(signature);
  if (auto end = in.finish(); !end) return pass(end);
  auto header = decode_protected(*protected_bytes);
  if (!header) return tl::unexpected<Error>(within("protected header", std::move(header.error())));
  decoded.header = std::move(*header);
  decoded.protected_bytes = *protected_bytes;
  decoded.payload = *payload;
  return decoded;
}

Result<Digest> peek_kid(ByteView statement) {
  cbor::Reader envelope(statement);
  const auto protected_bytes = enter_envelope(envelope);
  if (!protected_bytes) return pass(protected_bytes);
  cbor::Reader in(*protected_bytes);
  SignedHeader header;
  if (const auto pairs = decode_until_kid(in, header); !pairs) return pass(pairs);
  return header.kid;
}

Bytes cose_signature_input(ByteView protected_bytes, ByteView payload) {
  cbor::Writer out(protected_bytes.size() + payload.size() + 32);
  out.array(4).text("Signature1").bytes(protected_bytes).bytes({}).bytes(payload);
  return out.take();
}

Result<Bytes> encode_protected(const SignedHeader& header) {
  cbor::Writer out(320);
  out.map(4);
  out.uint(label_alg).integer(header.alg);
  out.uint(label_content_type).text(header.content_type);
  out.uint(label_kid).bytes(header.kid.view());
  out.uint(label_claims).map(4);
  out.uint(claim_issuer).text(header.issuer).uint(claim_subject).text(header.subject);
  out.uint(claim_issued_at).integer(header.iat_seconds).uint(claim_cti).bytes(header.cti);
  Bytes encoded = out.take();
  // What we emit is what we accept: one set of rules, the decoder's.
  if (auto decoded = decode_protected(encoded); !decoded) return pass(decoded);
  return encoded;
}

Result<Bytes> sign_cose(const SignedHeader& header, ByteView payload, const SigningKey& key) {
  SignedHeader own = header;
  own.alg = alg_eddsa;
  own.kid = key.kid();
  auto protected_bytes = encode_protected(own);
  if (!protected_bytes) return pass(protected_bytes);
  return assemble_cose(*protected_bytes, payload, key.sign(cose_signature_input(*protected_bytes, payload)));
}

Result<Bytes> assemble_cose(ByteView protected_bytes, ByteView payload, const Signature& signature) {
  cbor::Writer out(protected_bytes.size() + payload.size() + 96);
  out.tag(tag_cose_sign1).array(4).bytes(protected_bytes).map(0).bytes(payload).bytes(signature);
  Bytes statement = out.take();
  if (auto decoded = decode_cose(statement); !decoded) return pass(decoded);
  return statement;
}

bool verify_cose(const CoseSign1& statement, const PublicKey& key) {
  return verify_cose(statement.header.kid, statement.protected_bytes, statement.payload, statement.signature,
                     key);
}

bool verify_cose(const Digest& kid, ByteView protected_bytes, ByteView payload, const Signature& signature,
                 const PublicKey& key) {
  return kid == kid_of(key) && verify(key, cose_signature_input(protected_bytes, payload), signature);
}

}  // namespace anta
