// The vectors that an independent program made from the public specifications (tests/vectors), byte for byte.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "crypto/cbor.h"
#include "crypto/cose.h"
#include "crypto/merkle.h"
#include "crypto/policy.h"
#include "crypto/tlog_proof.h"
#include "tests/crypto/outcome.h"

namespace anta {
namespace {

using nlohmann::json;
using test::bytes;
using test::digest;
using test::outcome;

constexpr std::uint64_t then = 1754003604;  // just after the note's cosignatures

const json& tree() {
  static const json parsed = json::parse(test::vector_file("tree.json"));
  return parsed;
}

std::vector<Digest> digests(const json& list) {
  std::vector<Digest> out;
  for (const auto& item : list)
    out.push_back(digest(item.get<std::string>()));
  return out;
}

// All complete nodes of the tree of the first `size` vectors, level by level.
NodeSource nodes_of(std::vector<Digest> leaves) {
  std::vector<std::vector<Digest>> levels = {std::move(leaves)};
  while (levels.back().size() > 1) {
    std::vector<Digest> above;
    for (std::size_t i = 0; i + 1 < levels.back().size(); i += 2) {
      above.push_back(node_hash(levels.back()[i], levels.back()[i + 1]));
    }
    levels.push_back(std::move(above));
  }
  return
      [levels](unsigned level, std::uint64_t index) -> Result<Digest> { return levels.at(level).at(index); };
}

TEST(Vectors, StatementsDecodeVerifyAndHash) {
  // Goal: kid, signature, canonical payload and leaf hash of each given statement; signing again gives its
  // bytes' form.
  const PublicKey key{test::array<32>(tree().at("public_key").get<std::string>())};
  EXPECT_EQ(hex(kid_of(key)), tree().at("kid").get<std::string>());
  const json& statements = tree().at("statements");
  ASSERT_EQ(statements.size(), 3U);
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const Bytes statement = bytes(statements[i].get<std::string>());
    auto decoded = decode_cose(statement);
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(hex(decoded->header.kid), tree().at("kid").get<std::string>());
    EXPECT_EQ(statement_type_of(decoded->header.content_type), "lot");
    EXPECT_EQ(decoded->header.issuer, "party-1");
    EXPECT_EQ(decoded->header.subject, "lot-00000" + std::to_string(i));
    EXPECT_EQ(decoded->header.iat_seconds, 1754000000 + static_cast<std::int64_t>(i));
    EXPECT_TRUE(verify_cose(*decoded, key));
    EXPECT_TRUE(cbor::check(decoded->payload));
    EXPECT_EQ(*encode_protected(decoded->header), to_bytes(decoded->protected_bytes));
    EXPECT_EQ(*assemble_cose(decoded->protected_bytes, decoded->payload, decoded->signature), statement);
    EXPECT_EQ(hex(leaf_hash(sha256(statement).view())), tree().at("leaf_hashes")[i]);
  }
}

TEST(Vectors, TreeProofsAreTheSame) {
  // Goal: roots, inclusion and consistency proofs at all nine sizes, made and verified.
  const auto leaves = digests(tree().at("leaf_hashes"));
  ASSERT_EQ(leaves.size(), 300U);
  const NodeSource nodes = nodes_of(leaves);
  std::vector<std::uint64_t> sizes;
  for (const json& vector : tree().at("cases")) {
    const auto size = vector.at("size").get<std::uint64_t>();
    sizes.push_back(size);
    const Digest root = digest(vector.at("root").get<std::string>());
    EXPECT_EQ(*root_at(size, nodes), root);
    const auto index = vector.at("index").get<std::uint64_t>();
    const Digest leaf = digest(vector.at("leaf_hash").get<std::string>());
    EXPECT_EQ(leaves[index], leaf);
    const auto path = digests(vector.at("inclusion"));
    EXPECT_EQ(*inclusion_proof(index, size, nodes), path);
    EXPECT_TRUE(verify_inclusion(leaf, index, size, path, root));
    const auto old_size = vector.at("old_size").get<std::uint64_t>();
    const Digest old_root = digest(vector.at("old_root").get<std::string>());
    const auto proof = digests(vector.at("consistency"));
    EXPECT_EQ(*root_at(old_size, nodes), old_root);
    EXPECT_EQ(*consistency_proof(old_size, size, nodes), proof);
    EXPECT_TRUE(verify_consistency(old_size, size, proof, old_root, root));
  }
  EXPECT_EQ(sizes, (std::vector<std::uint64_t>{1, 2, 3, 7, 8, 255, 256, 257, 300}));
}

TEST(Vectors, NoteMeetsItsPolicy) {
  // Goal: one log signature, four cosignatures, 3 of 4; and both files print back byte for byte.
  const std::string note_text = test::vector_file("checkpoint.note");
  const std::string policy_text = test::vector_file("policy.txt");
  auto note = parse_note(note_text);
  ASSERT_TRUE(note) << note.error().message;
  EXPECT_EQ(encode_note(*note), note_text);
  auto policy = parse_policy(policy_text);
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(encode_policy(*policy), policy_text);
  auto verdict = check_note(*policy, note_text, then);
  ASSERT_TRUE(verdict) << verdict.error().message;
  EXPECT_TRUE(verdict->quorum_met);
  EXPECT_EQ(verdict->checkpoint.origin, "ledger.example/anta-test");
  EXPECT_EQ(verdict->checkpoint.size, 300U);
  EXPECT_EQ(hex(verdict->checkpoint.root), tree().at("cases").back().at("root"));
  EXPECT_EQ(encode_checkpoint(verdict->checkpoint), note->text);
  ASSERT_EQ(verdict->cosigners.size(), 4U);
  EXPECT_EQ(verdict->cosigners[0].name, "plant");
  EXPECT_EQ(verdict->cosigners[3].name, "port");
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(verdict->cosigners[i].time_seconds, 1754003600 + i);
  EXPECT_EQ(verdict->quorum_time_seconds, 1754003601U) << "the third newest of four";
  EXPECT_TRUE(verdict->missing.empty());
}

TEST(Vectors, EveryFlippedByteOfTheNoteIsRefused) {
  // Goal: no byte of the note, text or signatures, can change without an error or a lost signature.
  const std::string note_text = test::vector_file("checkpoint.note");
  auto policy = parse_policy(test::vector_file("policy.txt"));
  ASSERT_TRUE(policy);
  for (std::size_t i = 0; i < note_text.size(); ++i) {
    std::string changed = note_text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    auto verdict = check_note(*policy, changed, then);
    EXPECT_FALSE(verdict && verdict->cosigners.size() == 4 && !verdict->logs.empty()) << i;
  }
}

TEST(Vectors, TlogProofOfLeaf100) {
  // Goal: the C2SP tlog-proof file: its path leads from leaf 100 to the root of its checkpoint, which meets
  // the policy.
  const auto proof = parse_tlog_proof(test::vector_file("statement-100.tlog-proof"));
  ASSERT_TRUE(proof) << proof.error().message;
  auto policy = parse_policy(test::vector_file("policy.txt"));
  ASSERT_TRUE(policy);
  auto verdict = check_note(*policy, proof->note, then);
  ASSERT_TRUE(verdict) << verdict.error().message;
  EXPECT_TRUE(verdict->quorum_met);
  const auto leaves = digests(tree().at("leaf_hashes"));
  EXPECT_TRUE(verify_inclusion(leaves[100], proof->index, verdict->checkpoint.size, proof->path,
                               verdict->checkpoint.root));
  EXPECT_EQ(*inclusion_proof(100, 300, nodes_of(leaves)), proof->path);
}

}  // namespace
}  // namespace anta
