#include "crypto/note.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/crypto/outcome.h"

namespace anta {
namespace {

using test::outcome;
using test::with;

constexpr std::string_view text = "ledger.example/anta\n7\nAAAA\n";
constexpr std::string_view dash = "\xE2\x80\x94 ";

VerifierKey verifier(const SigningKey& key, std::string name, KeyType type) {
  return {.name = std::move(name), .type = type, .key = key.public_key()};
}

// A well-formed signature line of the name, with four bytes of key id and one of signature.
std::string line(const std::string& name, std::string_view base64 = "AAAAAAA=") {
  return std::string(dash) + name + " " + std::string(base64) + "\n";
}

std::string note(const std::string& signatures = line("a")) { return std::string(text) + "\n" + signatures; }

TEST(Note, ParsesTheSpecificationsExample) {
  // Goal: key and note of C2SP signed-note's own example verify, and print back as they were.
  const std::string key_text = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
  const std::string note_text =
      "This is an example message.\n\n" + std::string(dash) +
      "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3m"
      "FXmRKuwHjG1Yu72IneyaQM=\n";
  auto key = parse_verifier_key(key_text);
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->name, "example.com/foo");
  EXPECT_EQ(key->type, KeyType::ed25519);
  EXPECT_EQ(to_hex(key->id()), "530d903a");
  EXPECT_EQ(encode_verifier_key(*key), key_text);
  auto parsed = parse_note(note_text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->text, "This is an example message.\n");
  EXPECT_EQ(encode_note(*parsed), note_text);
  EXPECT_TRUE(verify_note_line(*key, parsed->text, parsed->signatures.at(0)));
  EXPECT_EQ(outcome(verify_note_line(*key, "This is another message.\n", parsed->signatures.at(0))),
            "note.signature");
}

TEST(Note, SignsLinesThatVerify) {
  // Goal: both kinds of signature verify under their key, and survive being sent as a line.
  const SigningKey key(test::seed(5));
  const auto log = sign_note_line(text, "ledger.example/anta", key);
  const auto cosignature = sign_cosignature(text, "mine.example/anta", key, 1754000000);
  const auto log_key = verifier(key, "ledger.example/anta", KeyType::ed25519);
  const auto cosigner_key = verifier(key, "mine.example/anta", KeyType::cosignature);
  EXPECT_TRUE(verify_note_line(log_key, text, log));
  EXPECT_EQ(verify_cosignature(cosigner_key, text, cosignature, 1754000000), 1754000000U);
  EXPECT_EQ(log.blob.size(), 64U);
  EXPECT_EQ(cosignature.blob.size(), 72U);
  EXPECT_EQ(to_hex(ByteView(cosignature.blob).first(8)), "00000000688bea80");
  for (const NoteSignature& signature : {log, cosignature}) {
    EXPECT_EQ(parse_signature_line(encode_signature_line(signature)), signature);
  }
  EXPECT_TRUE(verify(key.public_key(), as_bytes("cosignature/v1\ntime 1754000000\n" + std::string(text)),
                     *signature_from(ByteView(cosignature.blob).subspan(8))));
}

TEST(Note, EachBadNoteHasItsOwnRule) {
  // Goal: the malformed notes of proofs.md section 9, one by one.
  EXPECT_EQ(outcome(parse_note(note())), "ok");
  EXPECT_EQ(outcome(parse_note(with(note(), "\n7\n", "\r\n7\r\n"))), "note.crlf");
  EXPECT_EQ(outcome(parse_note(with(note(), "7", "7\t"))), "note.control");
  EXPECT_EQ(outcome(parse_note(with(note(), "7", std::string(1, '\0')))), "note.control");
  EXPECT_EQ(outcome(parse_note(with(note(), "7", "\xFF"))), "note.utf8");
  std::string unfinished = note();
  unfinished.pop_back();
  EXPECT_EQ(outcome(parse_note(unfinished)), "note.final_newline");
  EXPECT_EQ(outcome(parse_note("")), "note.final_newline");
  EXPECT_EQ(outcome(parse_note(text)), "note.no_signatures");
  EXPECT_EQ(outcome(parse_note(note(""))), "note.no_signatures");
  EXPECT_EQ(outcome(parse_note(with(note(), "\n7\n", "\n\n7\n"))), "note.inner_blank");
  EXPECT_EQ(outcome(parse_note(with(note(), "AAAA\n", "AAAA\n\n"))), "note.inner_blank");
  EXPECT_EQ(outcome(parse_note("\n" + note())), "note.inner_blank");
  EXPECT_EQ(outcome(parse_note("\n\n" + line("a"))), "note.inner_blank");
  EXPECT_EQ(outcome(parse_note(std::string(note_bytes_max, 'x') + note())), "note.too_large");
}

TEST(Note, EachBadSignatureLineHasItsOwnRule) {
  // Goal: dash, name, base64 and length of a signature line, and how many and how often they may stand.
  EXPECT_EQ(outcome(parse_note(note("- a AAAAAAA=\n"))), "note.signature_line");
  EXPECT_EQ(outcome(parse_note(note("\xE2\x80\x94 a\n"))), "note.signature_line");
  EXPECT_EQ(outcome(parse_note(note("a AAAAAAA=\n"))), "note.signature_line");
  EXPECT_EQ(outcome(parse_note(note(line("")))), "note.key_name");
  EXPECT_EQ(outcome(parse_note(note(line("a+b")))), "note.key_name");
  EXPECT_EQ(outcome(parse_note(note(line("a\xC2\xA0"
                                         "b")))),
            "note.key_name");
  EXPECT_EQ(outcome(parse_note(note(line("a", " AAAAAAA=")))), "note.base64");
  EXPECT_EQ(outcome(parse_note(note(line("a", "AAAAAAA")))), "note.base64");
  EXPECT_EQ(outcome(parse_note(note(line("a", "AAAAAAB=")))), "note.base64");
  EXPECT_EQ(outcome(parse_note(note(line("a", "AAAA*AA=")))), "note.base64");
  EXPECT_EQ(outcome(parse_note(note(line("a", "AAAAAA==")))), "note.blob_size");
  EXPECT_EQ(outcome(parse_note(note(line("a", "")))), "note.blob_size");
  EXPECT_EQ(outcome(parse_note(note(line("a") + line("b") + line("a")))), "note.duplicate");
  EXPECT_EQ(outcome(parse_note(note(line("a") + line("a", "AAAAAAAB")))), "note.duplicate");
  EXPECT_EQ(outcome(parse_note(note(line("a") + line("a", "AAAAAAE=")))), "note.duplicate");
  EXPECT_EQ(outcome(parse_note(note(line("a") + line("a", "AQAAAAA=")))), "ok") << "another key id";
  std::string many;
  for (std::size_t i = 0; i < note_signatures_max; ++i)
    many += line("key" + std::to_string(i));
  EXPECT_EQ(outcome(parse_note(note(many))), "ok");
  EXPECT_EQ(outcome(parse_note(note(many + line("one-more")))), "note.too_many");
  EXPECT_EQ(outcome(parse_signature_line("\xE2\x80\x94 a AAAAAAA=\nb\n")), "note.signature_line");
}

TEST(Note, EachBadVerifierKeyHasItsOwnRule) {
  // Goal: parts, name, id, type and length of a verifier key.
  const SigningKey key(test::seed(5));
  const std::string good = encode_verifier_key(verifier(key, "mine.example/anta", KeyType::cosignature));
  EXPECT_EQ(outcome(parse_verifier_key(good)), "ok");
  EXPECT_EQ(parse_verifier_key(good)->type, KeyType::cosignature);
  EXPECT_EQ(outcome(parse_verifier_key("mine.example/anta")), "note.key");
  EXPECT_EQ(outcome(parse_verifier_key("mine.example/anta+00000000")), "note.key");
  EXPECT_EQ(outcome(parse_verifier_key(good.substr(good.find('+')))), "note.key_name");
  EXPECT_EQ(outcome(parse_verifier_key(with(good, "mine", "mi ne"))), "note.key_name");
  EXPECT_EQ(outcome(parse_verifier_key(with(good, "mine", "mime"))), "note.key_id");
  EXPECT_EQ(outcome(parse_verifier_key("a+000000+AQ==")), "note.key_id");
  EXPECT_EQ(outcome(parse_verifier_key("a+0000000G+AQ==")), "text.hex");
  EXPECT_EQ(outcome(parse_verifier_key("a+00000000+AQ")), "text.base64");
  EXPECT_EQ(outcome(parse_verifier_key("a+00000000+")), "note.key");
  EXPECT_EQ(outcome(parse_verifier_key("a+00000000+AQ==")), "signature.size");
  for (const Bytes& type : {Bytes{2}, Bytes{5}, Bytes{6}, Bytes{0}, Bytes{0xFF}}) {
    EXPECT_EQ(outcome(parse_verifier_key("a+00000000+" + to_base64(type))), "note.key_type");
  }
}

TEST(Note, ALogKeyShownAsACosignersIsRefused) {
  // Goal: the type is under the key id: the same public key cannot change its purpose unnoticed.
  const SigningKey key(test::seed(5));
  const auto as_log = verifier(key, "a.example", KeyType::ed25519);
  const auto as_cosigner = verifier(key, "a.example", KeyType::cosignature);
  EXPECT_NE(as_log.id(), as_cosigner.id());
  std::string shown = encode_verifier_key(as_cosigner);
  shown = with(shown, to_hex(as_cosigner.id()), to_hex(as_log.id()));
  EXPECT_EQ(outcome(parse_verifier_key(shown)), "note.key_id");
  const auto log_line = sign_note_line(text, "a.example", key);
  EXPECT_FALSE(is_by(log_line, as_cosigner));
  EXPECT_EQ(outcome(verify_cosignature(as_cosigner, text, log_line, 1)), "note.other_key");
  EXPECT_EQ(outcome(verify_cosignature(as_log, text, log_line, 1)), "note.key_type");
  EXPECT_EQ(outcome(verify_note_line(as_cosigner, text, log_line)), "note.key_type");
}

TEST(Note, EachBadCosignatureHasItsOwnRule) {
  // Goal: length, time and signature of a cosignature.
  const SigningKey key(test::seed(5));
  const auto cosigner = verifier(key, "mine.example/anta", KeyType::cosignature);
  const auto good = sign_cosignature(text, cosigner.name, key, 1000);
  EXPECT_EQ(outcome(verify_cosignature(cosigner, text, good, 1000)), "ok");
  for (std::size_t size : {std::size_t{71}, std::size_t{73}, std::size_t{64}, std::size_t{1}}) {
    auto resized = good;  // 75 and 77 bytes with the key id, and others
    resized.blob.resize(size);
    EXPECT_EQ(outcome(verify_cosignature(cosigner, text, resized, 1000)), "note.blob_size") << size;
  }
  // signatures that are good but for their time
  const auto at = [&](std::uint64_t time) {
    const std::string message = "cosignature/v1\ntime " + std::to_string(time) + "\n" + std::string(text);
    const Signature signature = key.sign(as_bytes(message));
    NoteSignature made = good;
    made.blob.clear();
    for (int shift = 56; shift >= 0; shift -= 8)
      made.blob.push_back(static_cast<std::uint8_t>(time >> shift));
    made.blob.insert(made.blob.end(), signature.begin(), signature.end());
    return made;
  };
  EXPECT_EQ(at(1000), good);
  EXPECT_EQ(outcome(verify_cosignature(cosigner, text, at(0), 1000)), "note.time_zero");
  EXPECT_EQ(outcome(verify_cosignature(cosigner, text, at(std::uint64_t{1} << 63), UINT64_MAX)),
            "note.time_range");
  EXPECT_EQ(outcome(verify_cosignature(cosigner, text, at((std::uint64_t{1} << 63) - 1), UINT64_MAX)), "ok");
  EXPECT_EQ(outcome(verify_cosignature(cosigner, text, at(1060), 1000)), "ok");
  EXPECT_EQ(outcome(verify_cosignature(cosigner, text, at(1061), 1000)), "note.time_future");
  EXPECT_EQ(outcome(verify_cosignature(cosigner, text, at(1), 1000)), "ok") << "age is for the caller";
  auto moved = good;
  moved.blob[7] ^= 1;
  EXPECT_EQ(outcome(verify_cosignature(cosigner, text, moved, 2000)), "note.signature");
  EXPECT_EQ(outcome(verify_cosignature(cosigner, "other\n1\nAAAA\n", good, 1000)), "note.signature");
}

}  // namespace
}  // namespace anta
