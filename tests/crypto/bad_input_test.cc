// The bad input that proofs.md section 9 lists, in one place: each is refused in words of its own.
#include <gtest/gtest.h>

#include <map>

#include "crypto/cbor.h"
#include "crypto/checkpoint.h"
#include "crypto/merkle.h"
#include "crypto/note.h"
#include "crypto/policy.h"
#include "crypto/text.h"
#include "tests/crypto/outcome.h"

namespace anta {
namespace {

// What was said of each bad input. Two that are not the same mistake must not be told in the same words.
class Said {
 public:
  template <typename T>
  void add(const std::string& what, const Result<T>& result) {
    ASSERT_FALSE(result) << what;
    const Error& error = result.error();
    EXPECT_FALSE(error.rule.empty()) << what;
    EXPECT_FALSE(error.message.empty()) << what;
    const auto [before, is_new] = said_.emplace(error.rule + ": " + error.message, what);
    EXPECT_TRUE(is_new) << what << " and " << before->second << " are both told as '" << before->first << "'";
  }
  std::size_t count() const { return said_.size(); }

 private:
  std::map<std::string, std::string> said_ = {};
};

const std::string root = to_base64(Bytes(32));

std::string signature_line(const std::string& name, const std::string& blob = "AAAAAAA=") {
  return "\xE2\x80\x94 " + name + " " + blob + "\n";
}
std::string signed_by(const std::string& text, const std::string& lines = signature_line("a")) {
  return text + "\n" + lines;
}
std::string text_of(const std::string& size, const std::string& its_root = root) {
  return "a.example\n" + size + "\n" + its_root + "\n";
}

TEST(BadInput, OfNotes) {
  // Goal: CRLF, a missing last LF, signatures twice and seventeen of them, bad base64, an inner blank line.
  Said said;
  std::string many;
  for (int i = 0; i < 17; ++i)
    many += signature_line("key" + std::to_string(i));
  const std::string good = signed_by(text_of("7"));
  ASSERT_TRUE(parse_note(good));
  said.add("CRLF", parse_note(signed_by("a.example\r\n7\r\n" + root + "\r\n")));
  said.add("no last LF", parse_note(good.substr(0, good.size() - 1)));
  said.add("a signature twice",
           parse_note(signed_by(text_of("7"), signature_line("a") + signature_line("a"))));
  said.add("17 signatures", parse_note(signed_by(text_of("7"), many)));
  said.add("bad base64", parse_note(signed_by(text_of("7"), signature_line("a", "AAAA*AA="))));
  said.add("an inner blank line", parse_note(signed_by("a.example\n\n7\n" + root + "\n")));
  EXPECT_EQ(said.count(), 6u);
}

TEST(BadInput, OfCheckpoints) {
  // Goal: sizes 007, +5 and 2^64, roots of 31 and 33 bytes.
  Said said;
  for (const char* size : {"007", "+5", "18446744073709551616"})
    said.add(size, parse_checkpoint(text_of(size)));
  said.add("a root of 31 bytes", parse_checkpoint(text_of("7", to_base64(Bytes(31)))));
  said.add("a root of 33 bytes", parse_checkpoint(text_of("7", to_base64(Bytes(33)))));
  EXPECT_EQ(said.count(), 5u);
}

TEST(BadInput, OfCosignatures) {
  // Goal: time 0 and in the future, blobs of 75 and 77 bytes with their key id, a type-01 key shown as 04.
  Said said;
  const SigningKey key(test::seed(5));
  const VerifierKey cosigner{"a.example/anta", KeyType::cosignature, key.public_key()};
  const VerifierKey log{"a.example/anta", KeyType::ed25519, key.public_key()};
  const std::string text = text_of("7");
  const NoteSignature good = sign_cosignature(text, cosigner.name, key, 1000);
  ASSERT_TRUE(verify_cosignature(cosigner, text, good, 1000));
  NoteSignature at_0 = good;
  std::fill_n(at_0.blob.begin(), 8, std::uint8_t{0});
  said.add("time 0", verify_cosignature(cosigner, text, at_0, 1000));
  said.add("the future", verify_cosignature(cosigner, text, good, 1000 - cosignature_ahead_seconds_max - 1));
  for (const std::size_t size : {std::size_t{71}, std::size_t{73}}) {
    NoteSignature resized = good;
    resized.blob.resize(size);
    said.add(std::to_string(size + 4) + " bytes", verify_cosignature(cosigner, text, resized, 1000));
  }
  said.add("a log's line as a cosigner's",
           verify_cosignature(cosigner, text, sign_note_line(text, log.name, key), 1000));
  said.add("a log's key as a cosigner's", verify_cosignature(log, text, good, 1000));
  EXPECT_EQ(said.count(), 6u);
}

TEST(BadInput, OfProofs) {
  // Goal: extra, missing and swapped siblings, of both kinds of proof.
  std::vector<std::vector<Digest>> levels;
  CompactRange range;
  for (int i = 0; i < 11; ++i) {
    range.append(leaf_hash(as_bytes(std::to_string(i))),
                 [&](unsigned level, std::uint64_t, const Digest& hash) {
                   if (levels.size() <= level) levels.resize(level + 1);
                   levels[level].push_back(hash);
                 });
  }
  const NodeSource nodes = [&](unsigned level, std::uint64_t index) -> Result<Digest> {
    return levels.at(level).at(index);
  };
  const auto spoilt = [](std::vector<Digest> path, int way) {
    if (way == 0) path.push_back(path.front());
    if (way == 1) path.pop_back();
    if (way == 2) std::swap(path[0], path[1]);
    return path;
  };
  const Digest leaf = levels[0][5];
  const auto path = inclusion_proof(5, 11, nodes).value();
  const auto growth = consistency_proof(6, 11, nodes).value();
  const Digest old_root = root_at(6, nodes).value();
  ASSERT_TRUE(verify_inclusion(leaf, 5, 11, path, range.root()));
  ASSERT_TRUE(verify_consistency(6, 11, growth, old_root, range.root()));
  Said included;
  Said grown;
  for (int way = 0; way < 3; ++way) {
    const std::string what = std::to_string(way);
    included.add(what, verify_inclusion(leaf, 5, 11, spoilt(path, way), range.root()));
    grown.add(what, verify_consistency(6, 11, spoilt(growth, way), old_root, range.root()));
  }
  EXPECT_EQ(included.count(), 3u);
  EXPECT_EQ(grown.count(), 3u);
}

TEST(BadInput, OfCbor) {
  // Goal: every kind of CBOR that is not canonical.
  Said said;
  const std::pair<const char*, const char*> cases[] = {
      {"a longer head", "1817"},
      {"an indefinite array", "9fff"},
      {"a float", "f93c00"},
      {"undefined", "f7"},
      {"unordered keys", "a202000100"},
      {"a key twice", "a201000100"},
      {"a key that is a list", "a18000"},
      {"text that is not UTF-8", "61ff"},
      {"a length beyond the input", "4201"},
      {"bytes after the item", "0000"},
      {"too deep", "81818181818181818181818181818181818100"}};
  for (const auto& [what, hex] : cases)
    said.add(what, cbor::check(from_hex(hex).value()));
  EXPECT_EQ(said.count(), std::size(cases));
}

TEST(BadInput, OfPolicies) {
  // Goal: a member twice, a forward reference, two quorum lines.
  Said said;
  std::string witnesses;
  for (std::uint8_t i = 1; i <= 2; ++i) {
    const VerifierKey key{"a.example/" + std::to_string(i), KeyType::cosignature,
                          SigningKey(test::seed(i)).public_key()};
    witnesses += "witness w" + std::to_string(i) + " " + encode_verifier_key(key) + "\n";
  }
  ASSERT_TRUE(parse_policy(witnesses + "group g 2 w1 w2\nquorum g\n"));
  said.add("a member twice", parse_policy(witnesses + "group g 1 w1 w1\nquorum g\n"));
  said.add("a forward reference", parse_policy(witnesses + "group g 1 h\ngroup h 1 w1\nquorum g\n"));
  said.add("two quorum lines", parse_policy(witnesses + "quorum w1\nquorum w2\n"));
  EXPECT_EQ(said.count(), 3u);
}

}  // namespace
}  // namespace anta
