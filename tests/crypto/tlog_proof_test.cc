#include "crypto/tlog_proof.h"

#include <gtest/gtest.h>

#include "crypto/merkle.h"
#include "crypto/policy.h"
#include "tests/crypto/outcome.h"

namespace anta {
namespace {

std::string vector() { return test::vector_file("statement-100.tlog-proof"); }

std::string rule_of(const std::string& text) {
  const auto proof = parse_tlog_proof(text);
  return proof ? std::string("accepted") : proof.error().rule;
}

// The vector with one part of it replaced.
std::string with(const std::string& part, const std::string& other) {
  std::string text = vector();
  const std::size_t at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return text.replace(at, part.size(), other);
}

}  // namespace

TEST(TlogProof, TheVectorIsReadAndWrittenByteForByte) {
  // Goal: the independent proof of leaf 100 parses, and what was parsed encodes to the same bytes.
  const auto proof = parse_tlog_proof(vector());
  ASSERT_TRUE(proof.has_value()) << proof.error().message;
  EXPECT_EQ(proof->index, 100u);
  EXPECT_EQ(proof->path.size(), 9u);
  EXPECT_TRUE(proof->note.starts_with("ledger.example/anta-test\n300\n"));
  EXPECT_EQ(encode_tlog_proof(*proof), vector());
}

TEST(TlogProof, ExtraDataAreAllowedAndNotKept) {
  // Goal: a proof with opaque extra data in base64 is read; other extra data are refused.
  EXPECT_EQ(rule_of(with("index 100", "extra AAEC\nindex 100")), "accepted");
  EXPECT_EQ(rule_of(with("index 100", "extra AAE\nindex 100")), "tlog_proof.extra");
  EXPECT_EQ(rule_of(with("index 100", "extra AAEC\nextra AAEC\nindex 100")), "tlog_proof.index");
}

TEST(TlogProof, BadInputIsRefusedByItsPart) {
  // Goal: another version, a bad index, bad path lines, a missing blank line, no note, and too much.
  EXPECT_EQ(rule_of(""), "tlog_proof.header");
  EXPECT_EQ(rule_of(with("@v1", "@v2")), "tlog_proof.header");
  EXPECT_EQ(rule_of(with("@v1\n", "@v1\r\n")), "tlog_proof.header");
  for (const char* index :
       {"index 0100", "index +5", "index -1", "index ", "index 18446744073709551616", "Index 1"})
    EXPECT_EQ(rule_of(with("index 100", index)), "tlog_proof.index") << index;
  EXPECT_EQ(rule_of(with("RlcNYW357EgV", "RlcNYW357Eg")), "tlog_proof.path");
  EXPECT_EQ(rule_of(with("\n\nledger.example", "\nledger.example")), "tlog_proof.path");
  const std::string start = "c2sp.org/tlog-proof@v1\nindex 1\n";
  EXPECT_EQ(rule_of(start), "tlog_proof.path");
  EXPECT_EQ(rule_of(start + "\n"), "tlog_proof.note");
  std::string long_path = start;
  for (int i = 0; i < 65; ++i)
    long_path += "RlcNYW357EgV+tIND5SyRDRQtzOtH/A9uQh5uX2l7iU=\n";
  EXPECT_EQ(rule_of(long_path + "\nnote\n"), "tlog_proof.path");
  EXPECT_EQ(rule_of(vector() + std::string(200'000, 'x')), "tlog_proof.header");
}

}  // namespace anta
