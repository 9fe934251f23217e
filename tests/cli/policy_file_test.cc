#include "cli/policy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/crypto/outcome.h"
#include "tests/crypto/temporary_directory.h"

namespace anta {
namespace {

using ::testing::HasSubstr;

std::string complaint(std::string_view yaml) {
  const auto parsed = parse_assertions(yaml);
  return parsed ? "accepted" : parsed.error().message;
}

TEST(PolicyFile, ReadsEveryAssertion) {
  // Goal: each key reaches its field.
  const auto read =
      parse_assertions("genesis: \"" + std::string(62, '0') +
                       "ab\"\nmax_age_seconds: 86400\nschemes: [crp, other]\nissuers: [smelter]\n"
                       "models: [segregated]\ncertificate: C-9\nbuyer: nordkabel\nrequire_state: true\n");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  ASSERT_TRUE(read->genesis.has_value());
  EXPECT_EQ(read->genesis->bytes[31], 0xab);
  EXPECT_EQ(read->max_age_seconds, 86400);
  EXPECT_EQ(read->schemes, (std::vector<SchemeId>{SchemeId{"crp"}, SchemeId{"other"}}));
  EXPECT_EQ(read->issuers, (std::vector<PartyId>{PartyId{"smelter"}}));
  EXPECT_EQ(read->models, (std::vector<CocModel>{CocModel::segregated}));
  EXPECT_EQ(read->certificate, CertificateId{"C-9"});
  EXPECT_EQ(read->buyer, PartyId{"nordkabel"});
  EXPECT_TRUE(read->require_state);
}

TEST(PolicyFile, AnUnknownAssertionIsAnErrorWithItsLine) {
  // Goal: a typo never makes a policy weaker in silence.
  const std::string message = complaint("max_age_seconds: 1\nrequire_stat: true\n");
  EXPECT_THAT(message, HasSubstr("line 2"));
  EXPECT_THAT(message, HasSubstr("\"require_stat\""));
  EXPECT_THAT(message, HasSubstr("\"require_state\""));
}

TEST(PolicyFile, AValueOfTheWrongFormIsAnErrorWithItsLine) {
  // Goal: short hashes, negative ages, unknown models and words for numbers are refused where they stand.
  EXPECT_THAT(complaint("genesis: \"abcd\"\n"), HasSubstr("line 1"));
  EXPECT_THAT(complaint("schemes: [a]\nmax_age_seconds: -1\n"), HasSubstr("line 2"));
  EXPECT_THAT(complaint("max_age_seconds: soon\n"), HasSubstr("line 1"));
  EXPECT_THAT(complaint("models: [segregated, pure]\n"), HasSubstr("'pure'"));
  EXPECT_THAT(complaint("schemes: crp\n"), HasSubstr("a list"));
  EXPECT_THAT(complaint("schemes: [a]\ncertificate: \"no id\"\n"), HasSubstr("line 2"));
  EXPECT_THAT(complaint("buyer: [a]\n"), HasSubstr("line 1"));
  EXPECT_THAT(complaint("require_state: yes\n"), HasSubstr("true or false"));
}

TEST(PolicyFile, AssertionsBesideThePolicyAreReadUnlessOthersAreNamed) {
  // Goal: policy.assertions.yaml beside policy.txt holds by itself; a named file takes its place; a missing
  // one that was named is an error.
  const test::TemporaryDirectory directory;
  const std::string policy = directory.path() / "policy.txt";
  std::ofstream(policy) << test::vector_file("policy.txt");
  auto trust = read_trust(policy, {});
  ASSERT_TRUE(trust.has_value()) << trust.error().message;
  EXPECT_TRUE(trust->policy.has_value());
  EXPECT_TRUE(trust->assertions.require_state);
  std::ofstream(directory.path() / "policy.assertions.yaml") << "require_state: false\n";
  trust = read_trust(policy, {});
  ASSERT_TRUE(trust.has_value());
  EXPECT_FALSE(trust->assertions.require_state);
  const std::string other = directory.path() / "other.yaml";
  EXPECT_FALSE(read_trust(policy, other).has_value());
  std::ofstream(other) << "max_age_seconds: 5\n";
  trust = read_trust(policy, other);
  ASSERT_TRUE(trust.has_value());
  EXPECT_TRUE(trust->assertions.require_state);
  EXPECT_EQ(trust->assertions.max_age_seconds, 5);
}

TEST(PolicyFile, ABrokenPolicyNamesItsFile) {
  // Goal: the user learns which of the two files is wrong.
  const test::TemporaryDirectory directory;
  const std::string policy = directory.path() / "p.txt";
  std::ofstream(policy) << "logg x\n";
  const auto trust = read_trust(policy, {});
  ASSERT_FALSE(trust.has_value());
  EXPECT_EQ(trust.error().code, Code::malformed);
  EXPECT_THAT(trust.error().message, HasSubstr("p.txt: "));
}

}  // namespace
}  // namespace anta
