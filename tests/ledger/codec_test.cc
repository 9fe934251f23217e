#include "storage/ledger/codec.h"

#include <gtest/gtest.h>

#include "crypto/cbor.h"
#include "crypto/cose.h"
#include "crypto/text.h"
#include "tests/ledger/payload_generator.h"

namespace anta {
namespace {

SigningKey test_key() {
  std::array<std::uint8_t, 32> seed = {};
  seed.fill(7);
  return SigningKey(Secret32(seed));
}

constexpr std::int64_t iat = 1'736'528'400;
constexpr std::array<std::uint8_t, 16> cti = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

Bytes encoded(const Value& value) {
  auto bytes = encode_value(value);
  EXPECT_TRUE(bytes.has_value());
  return std::move(*bytes);
}

payload::Payload generated(PayloadGenerator& random, std::string_view type) {
  auto payload = decode_payload(type, encoded(random.payload(type)));
  EXPECT_TRUE(payload.has_value()) << type << ": " << payload.error().message;
  return std::move(*payload);
}

TEST(Codec, EveryPayloadEncodesToTheBytesItWasDecodedFrom) {
  // Goal: for every type, decoding and encoding are inverse over generated payloads.
  PayloadGenerator random(1);
  for (const std::string_view type : statement_types()) {
    for (int i = 0; i < 200; ++i) {
      const Bytes bytes = encoded(random.payload(type));
      const auto payload = decode_payload(type, bytes);
      ASSERT_TRUE(payload.has_value()) << type << ": " << payload.error().message;
      EXPECT_EQ(type_word(*payload), type);
      EXPECT_EQ(encode_payload(*payload), bytes) << type;
    }
  }
}

TEST(Codec, AStatementSignsAndDecodesToItself) {
  // Goal: sign_statement's bytes decode to the same header, type, subject and payload, and verify.
  const SigningKey key = test_key();
  PayloadGenerator random(2);
  for (const std::string_view type : statement_types()) {
    const payload::Payload payload = generated(random, type);
    const auto bytes = sign_statement(payload, PartyId{"nasca-sur"}, key, iat, cti);
    ASSERT_TRUE(bytes.has_value()) << type << ": " << bytes.error().message;
    const auto statement = decode_statement(std::make_shared<const Bytes>(*bytes));
    ASSERT_TRUE(statement.has_value()) << type << ": " << statement.error().message;
    EXPECT_EQ(statement->type, type);
    EXPECT_EQ(statement->digest, sha256(*bytes));
    EXPECT_EQ(statement->issuer(), PartyId{"nasca-sur"});
    EXPECT_EQ(statement->header.subject, subject_of(payload));
    EXPECT_EQ(statement->header.iat_seconds, iat);
    EXPECT_EQ(statement->header.cti, cti);
    EXPECT_EQ(statement->header.kid, key.kid());
    EXPECT_EQ(encode_payload(statement->payload), encode_payload(payload));
    const auto cose = decode_cose(*bytes);
    EXPECT_TRUE(verify_cose(*cose, key.public_key()));
  }
}

TEST(Codec, ASubjectIsTheIdOrTheFirstIdField) {
  // Goal: `sub` of each kind of type is what codec.h says.
  Digest digest;
  digest.bytes.fill(0xab);
  EXPECT_EQ(subject_of(payload::Lot{.id = {"L-1"}, .site = {"mina"}}), "L-1");
  EXPECT_EQ(subject_of(payload::Process{.id = {"P-1"}, .site = {"s"}}), "P-1");
  EXPECT_EQ(subject_of(payload::Split{.lot = {"L-2"}}), "L-2");
  EXPECT_EQ(
      subject_of(payload::Blend{.inputs = {{{"L-3"}, {}, {}}, {{"L-4"}, {}, {}}}, .output = {.id = {"L-5"}}}),
      "L-3");
  EXPECT_EQ(subject_of(payload::KeyRotate{.party = {"p"}}), "p");
  EXPECT_EQ(subject_of(payload::Formalisation{.subject = {"apu"}}), "apu");
  EXPECT_EQ(subject_of(payload::Accreditation{.body = {"sello"}, .scheme = {"crp"}}), "sello");
  EXPECT_EQ(subject_of(payload::AttestationStatus{.attestation = {"att"}}), "att");
  EXPECT_EQ(subject_of(payload::Receipt{.dispatch = {"D-1"}}), "D-1");
  EXPECT_EQ(subject_of(payload::BalanceClose{.account = {"A-1"}}), "A-1");
  EXPECT_EQ(subject_of(payload::CertificateStatus{.certificate = {"C-1"}}), "C-1");
  EXPECT_EQ(subject_of(payload::Countersign{.of = digest}), hex(digest));
  EXPECT_EQ(subject_of(payload::Correction{.of = digest}), hex(digest));
  EXPECT_EQ(subject_of(payload::Document{.digest = digest, .subject = PartyId{"apu"}}), hex(digest));
  EXPECT_EQ(subject_of(payload::Vote{.proposal = {"V-1"}}), "V-1");
  EXPECT_EQ(subject_of(payload::Node{.node = {"n"}, .organisation = {"o"}}), "n");
  EXPECT_EQ(subject_of(payload::Ownership{.lot = {"L-9"}, .from = {"a"}, .to = {"b"}}), "L-9");
}

// A statement with any type, issuer and subject, signed as it stands.
Bytes forged(std::string_view type, const std::string& issuer, const std::string& subject, ByteView payload) {
  SignedHeader header;
  header.content_type = content_type_of(type);
  header.issuer = issuer;
  header.subject = subject;
  header.iat_seconds = iat;
  header.cti = cti;
  auto bytes = sign_cose(header, payload, test_key());
  EXPECT_TRUE(bytes.has_value());
  return std::move(*bytes);
}

Error refusal(const Bytes& bytes) {
  const auto statement = decode_statement(std::make_shared<const Bytes>(bytes));
  EXPECT_FALSE(statement.has_value());
  return statement ? Error{} : statement.error();
}

TEST(Codec, AnEnvelopeThatDoesNotFitItsPayloadIsMalformed) {
  // Goal: unknown types, foreign subjects and issuers that are no ids are refused, each by its own rule.
  const payload::Payload release = payload::Release{.common = {.event_time = {1}}, .lot = {"L-1"}};
  const Bytes payload = encode_payload(release);
  ASSERT_TRUE(decode_statement(std::make_shared<const Bytes>(forged("release", "apu", "L-1", payload))));
  const Error unknown = refusal(forged("realease", "apu", "L-1", payload));
  EXPECT_EQ(unknown.code, Code::malformed);
  EXPECT_EQ(unknown.rule, "unknown_type");
  EXPECT_EQ(unknown.message, "unknown type \"realease\"; did you mean \"release\"?");
  const Error subject = refusal(forged("release", "apu", "L-2", payload));
  EXPECT_EQ(subject.rule, "subject");
  EXPECT_EQ(subject.message, "the subject (sub) is not the payload's: \"L-1\" is due");
  EXPECT_EQ(refusal(forged("release", "no id", "L-1", payload)).rule, "issuer");
  Bytes longer = payload;
  longer.push_back(0);
  EXPECT_EQ(refusal(forged("release", "apu", "L-1", longer)).rule, "cbor.trailing");
}

TEST(Codec, NothingIsSignedThatWouldBeRefused) {
  // Goal: sign_statement answers malformed for a bad issuer, a field out of its limits and too many bytes.
  const SigningKey key = test_key();
  const payload::Payload good = payload::Release{.lot = {"L-1"}};
  EXPECT_EQ(sign_statement(good, PartyId{"no id"}, key, iat, cti).error().rule, "issuer");
  const auto bad = sign_statement(payload::Release{.lot = {"a b"}}, PartyId{"apu"}, key, iat, cti);
  EXPECT_EQ(bad.error().rule, "not_an_id");
  payload::Receipt large;
  large.dispatch = {"D-1"};
  payload::Measurement measured;
  measured.ticket = std::string(200, 't');
  measured.assay_certificate = Digest{};
  for (int i = 0; i < 256; ++i)
    large.lots.push_back({LotId{"L-" + std::to_string(i)}, measured});
  const auto too_large = sign_statement(large, PartyId{"apu"}, key, iat, cti);
  ASSERT_FALSE(too_large.has_value());
  EXPECT_EQ(too_large.error().code, Code::malformed);
}

TEST(Codec, ChangedBytesNeverCrashAndWhatDecodesIsCanonical) {
  // Goal: over random mutations of payloads and of whole statements, decoding answers, and whatever it
  // accepts encodes to the very same bytes.
  PayloadGenerator random(3);
  const SigningKey key = test_key();
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string_view type = statement_types()[random.below(statement_types().size())];
    Bytes bytes = encoded(random.payload(type));
    for (std::uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
      const std::size_t at = random.below(bytes.size());
      switch (random.below(4)) {
        case 0: bytes[at] = static_cast<std::uint8_t>(random.below(256)); break;
        case 1: bytes[at] ^= static_cast<std::uint8_t>(1U << random.below(8)); break;
        case 2: bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at)); break;
        default:
          bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                       static_cast<std::uint8_t>(random.below(256)));
      }
      if (bytes.empty()) bytes.push_back(0);
    }
    const auto payload = decode_payload(type, bytes);
    ++(payload ? accepted : refused);
    if (payload) {
      EXPECT_EQ(encode_payload(*payload), bytes);
    } else {
      EXPECT_EQ(payload.error().code, Code::malformed);
    }
  }
  EXPECT_GT(accepted, 100U);  // some mutations only change a number
  EXPECT_GT(refused, 10'000U);
}

TEST(Value, IsWhatItsBytesSay) {
  // Goal: generic values round trip, with keys in canonical order whatever order they came in.
  const Value value{ValueMap{{"bb", Value{std::int64_t{-1}}},
                             {"a", Value{ValueList{Value{true}, Value{nullptr}, Value{Bytes{1, 2}}}}},
                             {"c", Value{std::string("ñ")}}}};
  const Bytes bytes = encoded(value);
  EXPECT_EQ(to_hex(bytes),
            "a361618"
            "3f5f642010261"
            "6362c3b1626262"
            "20");
  const auto again = decode_value(bytes);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again->find("bb"), Value{std::int64_t{-1}});
  EXPECT_EQ(encoded(*again), bytes);
  EXPECT_EQ(again->find("d"), nullptr);
}

TEST(Value, ThatHasNoEncodingIsRefused) {
  // Goal: a key twice, broken UTF-8 and bottomless nesting are malformed, not an abort.
  EXPECT_EQ(encode_value(Value{ValueMap{{"a", Value{}}, {"a", Value{}}}}).error().rule,
            "value.duplicate_key");
  EXPECT_EQ(encode_value(Value{std::string("\xff")}).error().rule, "value.utf8");
  Value deep{ValueList{}};  // an empty list inside as many as may be open
  for (std::size_t i = 0; i < cbor::depth_max; ++i)
    deep = Value{ValueList{deep}};
  const auto deepest = encode_value(deep);
  ASSERT_TRUE(deepest.has_value());
  EXPECT_EQ(decode_value(*deepest), deep);
  EXPECT_EQ(encode_value(Value{ValueList{deep}}).error().rule, "value.depth");
  EXPECT_EQ(encode_value(Value{ValueMap{{"a", deep}}}).error().rule, "value.depth");
  EXPECT_EQ(decode_value(Bytes{0xc1, 0x00}).error().rule, "value.tag");
}

TEST(Shapes, ExistForEveryTypeAndKindAndNoOther) {
  // Goal: payload_shape and record_shape answer for every word, null for others; coc_model offers no "none".
  for (const std::string_view type : statement_types())
    EXPECT_NE(payload_shape(type), nullptr) << type;
  EXPECT_EQ(payload_shape("lots"), nullptr);
  EXPECT_EQ(record_shape("lots"), nullptr);
  const Shape* certificate = payload_shape("certificate");
  EXPECT_EQ(certificate->find("coc_model")->shape->words.size(), 5U);
  EXPECT_EQ(record_shape("certificate")->find("coc_model")->shape->words.size(), 6U);
  EXPECT_TRUE(certificate->find("buyer")->optional);
  EXPECT_EQ(certificate->find("buyer")->shape->id_of, "party");
  EXPECT_EQ(certificate->fields.front().name, "event_time");
}

}  // namespace
}  // namespace anta
