#include "crypto/cose.h"

#include <gtest/gtest.h>

#include "crypto/cbor.h"
#include "tests/crypto/outcome.h"

namespace anta {
namespace {

using test::bytes;
using test::outcome;

SignedHeader header_of(const SigningKey& key) {
  SignedHeader header;
  header.content_type = content_type_of("lot");
  header.kid = key.kid();
  header.issuer = "nasca-sur";
  header.subject = "lot-1";
  header.iat_seconds = 1754000000;
  header.cti = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  return header;
}

// The protected header's parts as hex, so that a test can spoil one of them.
struct Parts {
  std::string alg = "0127";
  std::string content_type = "03781d6170706c69636174696f6e2f766e642e616e74612e6c6f742b63626f72";
  std::string kid = "045820" + std::string(64, '1');
  std::string claims =
      "0fa4"
      "01616e"
      "02616c"
      "0601"
      "0750"
      "000102030405060708090a0b0c0d0e0f";
  std::string count = "a4";

  std::string header() const { return count + alg + content_type + kid + claims; }
};

// A statement around this protected header, with a signature of zeros.
std::string decode_outcome(const std::string& protected_hex) {
  cbor::Writer out;
  out.tag(18).array(4).bytes(bytes(protected_hex)).map(0).bytes(bytes("a0")).bytes(Bytes(64));
  return outcome(decode_cose(out.take()));
}

TEST(Cose, SignsWhatItDecodesAndVerifies) {
  // Goal: header, payload and signature come back; the signature is over Sig_structure with the bytes as
  // received.
  const SigningKey key(test::seed(3));
  const Bytes payload = bytes("a1616101");
  auto statement = sign_cose(header_of(key), payload, key);
  ASSERT_TRUE(statement) << statement.error().message;
  auto decoded = decode_cose(*statement);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->header, header_of(key));
  EXPECT_EQ(to_bytes(decoded->payload), payload);
  EXPECT_TRUE(verify_cose(*decoded, key.public_key()));
  // ["Signature1", protected, h'', payload], spelled out
  Bytes input = bytes("84 6a5369676e617475726531 58");
  input.push_back(static_cast<std::uint8_t>(decoded->protected_bytes.size()));
  input.insert(input.end(), decoded->protected_bytes.begin(), decoded->protected_bytes.end());
  for (std::uint8_t byte : bytes("40 44 a1616101"))
    input.push_back(byte);
  EXPECT_EQ(cose_signature_input(decoded->protected_bytes, decoded->payload), input);
  EXPECT_TRUE(verify(key.public_key(), input, decoded->signature));
}

TEST(Cose, TheKidIsFoundWithoutDecodingTheRest) {
  // Goal: peek_kid is header.kid of whatever decodes, needs nothing behind it, and is never found where the
  // envelope is none.
  const SigningKey key(test::seed(3));
  const Bytes statement = *sign_cose(header_of(key), bytes("a1616101"), key);
  EXPECT_EQ(*peek_kid(statement), key.kid());
  const ByteView protected_bytes = decode_cose(statement)->protected_bytes;
  const auto end =
      static_cast<std::size_t>(protected_bytes.data() - statement.data()) + protected_bytes.size();
  EXPECT_EQ(*peek_kid(ByteView(statement).first(end)), key.kid());
  for (std::size_t size = 0; size < end; ++size)
    EXPECT_FALSE(peek_kid(ByteView(statement).first(size))) << size;
  EXPECT_EQ(outcome(peek_kid(bytes("d284"))), outcome(decode_cose(bytes("d284"))));
  EXPECT_EQ(outcome(peek_kid(bytes("d183404040"))), "cose.tag");
  Parts junk;
  junk.claims = "0f40";  // no claims at all: nothing that decodes, and yet a kid
  cbor::Writer out;
  out.tag(18).array(4).bytes(bytes(junk.header())).map(0).bytes({}).bytes({});
  EXPECT_EQ(hex(*peek_kid(out.take())), std::string(64, '1'));
}

TEST(Cose, AlgAndKidComeFromTheKey) {
  // Goal: a header that names another algorithm or key cannot be signed into a statement that lies.
  const SigningKey key(test::seed(3));
  SignedHeader header = header_of(SigningKey(test::seed(4)));
  header.alg = alg_ed25519;
  auto decoded_bytes = sign_cose(header, bytes("a0"), key);
  ASSERT_TRUE(decoded_bytes);
  auto decoded = decode_cose(*decoded_bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->header.alg, alg_eddsa);
  EXPECT_EQ(decoded->header.kid, key.kid());
}

TEST(Cose, AcceptsTheNewerNameOfTheAlgorithm) {
  // Goal: -19 (RFC 9864) verifies like -8, when the signer put it under the signature.
  const SigningKey key(test::seed(3));
  SignedHeader header = header_of(key);
  header.alg = alg_ed25519;
  const Bytes payload = bytes("a0");
  auto protected_bytes = encode_protected(header);
  ASSERT_TRUE(protected_bytes);
  auto statement =
      assemble_cose(*protected_bytes, payload, key.sign(cose_signature_input(*protected_bytes, payload)));
  ASSERT_TRUE(statement);
  auto decoded = decode_cose(*statement);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->header.alg, -19);
  EXPECT_TRUE(verify_cose(*decoded, key.public_key()));
}

TEST(Cose, OneFlippedBitAnywhereIsRefused) {
  // Goal: no bit of a statement can change and still verify under its key.
  const SigningKey key(test::seed(3));
  const Bytes statement = *sign_cose(header_of(key), bytes("a1616101"), key);
  for (std::size_t bit = 0; bit < statement.size() * 8; ++bit) {
    Bytes changed = statement;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    auto decoded = decode_cose(changed);
    EXPECT_FALSE(decoded && verify_cose(*decoded, key.public_key())) << bit;
  }
  for (std::size_t size = 0; size < statement.size(); ++size) {
    EXPECT_FALSE(decode_cose(ByteView(statement).first(size))) << size;
  }
}

TEST(Cose, AnotherKeyWithTheRightKidDoesNotVerify) {
  // Goal: kid and signature must both be the key's.
  const SigningKey key(test::seed(3));
  const SigningKey other(test::seed(4));
  const Bytes statement = *sign_cose(header_of(key), bytes("a0"), key);
  auto decoded = decode_cose(statement);
  ASSERT_TRUE(decoded);
  EXPECT_FALSE(verify_cose(*decoded, other.public_key()));
  decoded->header.kid = other.kid();
  EXPECT_FALSE(verify_cose(*decoded, other.public_key()));
  EXPECT_FALSE(verify_cose(*decoded, key.public_key())) << "the kid names another key";
}

TEST(Cose, ProtectedHeaderIsExactlyTheProfile) {
  // Goal: each deviation of the protected header has its refusal; the untouched one passes.
  EXPECT_EQ(decode_outcome(Parts{}.header()), "ok");
  EXPECT_EQ(decode_outcome(Parts{.alg = "0126"}.header()), "cose.alg");     // ES256
  EXPECT_EQ(decode_outcome(Parts{.alg = "0132"}.header()), "ok");           // -19
  EXPECT_EQ(decode_outcome(Parts{.alg = "016145"}.header()), "cbor.kind");  // alg as text
  EXPECT_EQ(decode_outcome(Parts{.alg = "0127 028101", .count = "a5"}.header()), "cose.critical");
  EXPECT_EQ(decode_outcome(Parts{.alg = "", .count = "a3"}.header()), "cose.label");
  EXPECT_EQ(decode_outcome(Parts{.alg = "0027", .count = "a4"}.header()), "cose.label");
  EXPECT_EQ(decode_outcome(Parts{.kid = "", .claims = Parts{}.claims + "1000"}.header()), "cose.label");
  EXPECT_EQ(decode_outcome(Parts{.claims = Parts{}.claims + "1000", .count = "a5"}.header()), "cose.label");
  EXPECT_EQ(decode_outcome(Parts{.claims = Parts{}.claims + "617800", .count = "a5"}.header()), "cose.label");
  EXPECT_EQ(decode_outcome(Parts{.kid = "04581f" + std::string(62, '1')}.header()), "cose.size");
  EXPECT_EQ(decode_outcome(Parts{.content_type = "0360"}.header()), "cose.content_type");
  EXPECT_EQ(decode_outcome(Parts{}.header() + "00"), "cbor.trailing");
  EXPECT_EQ(decode_outcome("a0"), "cose.label");
  EXPECT_EQ(decode_outcome(""), "cbor.truncated");
}

TEST(Cose, ClaimsAreExactlyTheProfile) {
  // Goal: iss, sub, iat and cti, in this shape and no other.
  const auto claims = [](const std::string& inside) {
    return decode_outcome(Parts{.claims = "0f" + inside}.header());
  };
  const std::string cti =
      "0750"
      "000102030405060708090a0b0c0d0e0f";
  EXPECT_EQ(claims("a4 01616e 02616c 0600" + cti), "ok");
  EXPECT_EQ(claims("a4 01616e 02616c 061b0000003afff4417f" + cti), "ok");  // the last second of 9999
  EXPECT_EQ(claims("a4 01616e 02616c 061b0000003afff44180" + cti), "cose.claim");
  EXPECT_EQ(claims("a4 01616e 02616c 0620" + cti), "cbor.kind");  // before 1970
  EXPECT_EQ(claims("a4 01616e 02616c 06f90000" + cti), "cbor.float");
  EXPECT_EQ(claims("a4 0160 02616c 0600" + cti), "cose.claim");        // empty iss
  EXPECT_EQ(claims("a4 01636ecc83 02616c 0600" + cti), "cose.claim");  // n and tilde: not NFC
  EXPECT_EQ(claims("a4 01616e 02616c 0600 074f" + cti.substr(4, 30)), "cose.size");
  EXPECT_EQ(claims("a3 01616e 02616c 0600"), "cose.label");
  EXPECT_EQ(claims("a5 01616e 02616c 0600" + cti + "0800"), "cose.label");
  EXPECT_EQ(claims("a5 01616e 02616c 0400 0600" + cti), "cose.label");
  std::string long_text;
  for (int i = 0; i < 200; ++i)
    long_text += "61";
  EXPECT_EQ(claims("a4 0178c8" + long_text + "02616c 0600" + cti), "ok");
  EXPECT_EQ(claims("a4 0178c9" + long_text + "61 02616c 0600" + cti), "cose.claim");
}

TEST(Cose, EnvelopeIsExactlyTheProfile) {
  // Goal: tag, number of parts, empty unprotected map, attached payload, 64-byte signature, nothing behind.
  const Bytes header = bytes(Parts{}.header());
  const Bytes signature(64);
  const auto tagged = [&](std::uint64_t tag) {
    cbor::Writer out;
    out.tag(tag).array(4).bytes(header).map(0).bytes({}).bytes(signature);
    return out.take();
  };
  EXPECT_EQ(outcome(decode_cose(tagged(18))), "ok");
  EXPECT_EQ(outcome(decode_cose(tagged(17))), "cose.tag");
  EXPECT_EQ(outcome(decode_cose(ByteView(tagged(18)).subspan(1))), "cbor.kind");
  cbor::Writer unprotected;
  unprotected.tag(18).array(4).bytes(header).map(1).uint(4).bytes({}).bytes({}).bytes(signature);
  EXPECT_EQ(outcome(decode_cose(unprotected.take())), "cose.unprotected");
  cbor::Writer detached;
  detached.tag(18).array(4).bytes(header).map(0).null().bytes(signature);
  EXPECT_EQ(outcome(decode_cose(detached.take())), "cose.payload");
  cbor::Writer five;
  five.tag(18).array(5).bytes(header).map(0).bytes({}).bytes(signature).null();
  EXPECT_EQ(outcome(decode_cose(five.take())), "cose.parts");
  cbor::Writer short_signature;
  short_signature.tag(18).array(4).bytes(header).map(0).bytes({}).bytes(Bytes(63));
  EXPECT_EQ(outcome(decode_cose(short_signature.take())), "cose.size");
  Bytes trailing = tagged(18);
  trailing.push_back(0);
  EXPECT_EQ(outcome(decode_cose(trailing)), "cbor.trailing");
}

TEST(Cose, StatementsHaveALargestSize) {
  // Goal: exactly 64 KiB passes, one byte more does not, in both directions.
  const SigningKey key(test::seed(3));
  const std::size_t around = sign_cose(header_of(key), Bytes(60000), key)->size() - 60000;
  const Bytes largest(statement_bytes_max - around);
  auto statement = sign_cose(header_of(key), largest, key);
  ASSERT_TRUE(statement);
  EXPECT_EQ(statement->size(), statement_bytes_max);
  EXPECT_EQ(outcome(sign_cose(header_of(key), Bytes(largest.size() + 1), key)), "cose.too_large");
  EXPECT_EQ(outcome(decode_cose(Bytes(statement_bytes_max + 1))), "cose.too_large");
}

TEST(Cose, ContentTypesNameTheStatementType) {
  // Goal: type to content type and back; everything around it is fixed.
  EXPECT_EQ(content_type_of("party-update"), "application/vnd.anta.party-update+cbor");
  EXPECT_EQ(statement_type_of("application/vnd.anta.party-update+cbor"), "party-update");
  for (std::string_view bad :
       {"", "application/cbor", "application/vnd.anta.+cbor", "application/vnd.anta.lot+json",
        "application/vnd.anta.Lot+cbor", "application/vnd.anta.l t+cbor", "application/vnd.anta.-lot+cbor",
        "Application/vnd.anta.lot+cbor", "application/vnd.anta.lot+cbor ", "application/vnd.anta+cbor"}) {
    EXPECT_EQ(outcome(statement_type_of(bad)), "cose.content_type") << bad;
  }
  EXPECT_EQ(outcome(statement_type_of(content_type_of(std::string(64, 'a')))), "ok");
  EXPECT_EQ(outcome(statement_type_of(content_type_of(std::string(65, 'a')))), "cose.content_type");
  const SigningKey key(test::seed(3));
  SignedHeader header = header_of(key);
  header.content_type = "application/json";
  EXPECT_EQ(outcome(sign_cose(header, {}, key)), "cose.content_type");
  header = header_of(key);
  header.subject = "";
  EXPECT_EQ(outcome(sign_cose(header, {}, key)), "cose.claim");
}

}  // namespace
}  // namespace anta
