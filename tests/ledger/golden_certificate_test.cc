// A certificate file of a real network, kept: format 1 must go on reading it as it is, with the same verdict.
// It was written anew when paths began to share their ends (2026-11-27), before any release.
#include <gtest/gtest.h>

#include <set>

#include "storage/ledger/certificate_file.h"
#include "storage/ledger/verify.h"
#include "tests/crypto/outcome.h"

namespace anta::test {
namespace {

// The cathode of tests/scenario, under 3 of 3 cosignatures of 2026-11-25.
Bytes golden() { return to_bytes(as_bytes(vector_file("certificate-1.anta"))); }
constexpr Millis day_after{1'795'752'000'000};  // 2026-11-27T04:00:00Z

Trust its_policy() {
  Trust trust;
  trust.policy = parse_policy(vector_file("certificate-1.policy")).value();
  trust.assertions.require_state = false;  // it was made before files proved state
  return trust;
}

TEST(GoldenCertificate, IsReadAndWrittenByteForByte) {
  // Goal: format 1 does not drift: the bytes decode, and encode to themselves.
  const auto file = decode_certificate_file(golden());
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(encode_certificate_file(*file), golden());
}

TEST(GoldenCertificate, VerifiesAsOnTheDayItWasMade) {
  // Goal: a later release gives a file of today the verdict, the claim and the flags of today.
  const Report report = verify_certificate(golden(), its_policy(), day_after);
  ASSERT_EQ(report.verdict, CertificateVerdict::valid_with_flags)
      << (report.reasons.empty() ? "" : report.reasons[0].message);
  EXPECT_EQ(report.claim->certificate.value, "CERT-CATHODE");
  EXPECT_EQ(report.claim->lot.value, "CAT-001");
  EXPECT_EQ(report.claim->dry_g.value, 9'993'000);
  EXPECT_EQ(report.claim->cu_g.value, 9'992'001);
  EXPECT_EQ(report.claim->coc_model, CocModel::mass_balance);
  EXPECT_EQ(report.claim->state, "live");
  EXPECT_EQ(report.cosigners.size(), 3u);
  std::set<std::string> moving;
  for (const auto& flag : report.flags) {
    if (flag.moves_verdict) moving.insert(flag.code + " " + flag.on);
  }
  const std::set<std::string> wanted = {"upstream_revoked attestation att-quebrada-chaparra",
                                        "upstream_under_review certificate CERT-CATHODE",
                                        "upstream_under_review lot ANO-001",
                                        "upstream_under_review lot CAT-001",
                                        "upstream_under_review lot K-021",
                                        "upstream_under_review lot K-021-A",
                                        "upstream_under_review lot L-007"};
  EXPECT_EQ(moving, wanted);
}

}  // namespace
}  // namespace anta::test
