// Every certificate of random ledgers, through the node's own assembly and the verifier.
#include <algorithm>
#include <map>
#include <set>

#include "tests/ledger/law_generator.h"
#include "tests/node/certificate_rig.h"

namespace anta::test {
namespace {

constexpr std::uint64_t lives = 20;
constexpr int steps = 260;

std::vector<state::Certificate> certificates(const World& world) {
  std::vector<state::Certificate> found;
  for (const auto& [key, value] : world.view.records()) {
    if (key.kind == Kind::certificate && value)
      found.push_back(*state::decode_record<state::Certificate>(*value));
  }
  return found;
}

std::set<std::string> moving_flags(const state::Stamp& stamp) {
  std::set<std::string> codes;
  for (const state::Flag& flag : stamp.flags) {
    if (flag.code == "upstream_under_review" || flag.code == "batch_closure") codes.insert(flag.code);
  }
  return codes;
}

// The report says of the certificate and of its lot what the ledger says.
void expect_same(const World& world, const state::Certificate& certificate, const Report& report) {
  ASSERT_TRUE(report.claim);
  EXPECT_EQ(report.claim->state, word(certificate.state));
  EXPECT_EQ(report.claim->dry_g, certificate.dry_g);
  EXPECT_EQ(report.claim->cu_g, certificate.cu_g);
  ASSERT_FALSE(report.chain.empty());
  const auto lot = world.get<state::Lot>(certificate.lot.value);
  EXPECT_EQ(report.chain.front().lot, certificate.lot);
  EXPECT_EQ(report.chain.front().dry_g, lot.accepted.dry_g);
  EXPECT_EQ(report.chain.front().cu_g, lot.accepted.cu_g);
  EXPECT_EQ(report.chain.front().coc_model, lot.coc_model);
  EXPECT_EQ(report.chain.front().state, word(lot.state));
  for (const Report::ChainLot& line : report.chain) {
    std::set<std::string> told;
    for (const Report::FlagLine& flag : report.flags) {
      if (flag.on == "lot " + line.lot.value) told.insert(flag.code);
    }
    for (const std::string& code : moving_flags(world.get<state::Lot>(line.lot.value).stamp))
      EXPECT_TRUE(told.contains(code)) << code << " on " << line.lot.value;
  }
}

TEST(CertificateProperty, EveryStandingCertificateIsAcceptedAndEveryOtherRefused) {
  // Goal: whatever was drawn, mixed, sold, corrected or superseded around it, a live or consumed certificate
  // verifies offline with the ledger's own figures, and an ended one is refused for that reason alone.
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 1; seed <= lives; ++seed) {
    Generator g(seed);
    for (int i = 0; i < steps; ++i)
      g.step();
    const auto all = certificates(g.world);
    if (all.empty()) continue;
    CertificateRig rig(g.world);
    for (const state::Certificate& certificate : all) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", certificate " + certificate.id.value);
      const auto file = rig.assemble(certificate.id.value);
      if (certificate.state == CertificateState::withdrawn && !file) continue;
      ASSERT_TRUE(file) << file.error().message;
      const Report report = rig.verify(*file);
      ++seen[std::string(word(certificate.state))];
      const bool stands =
          certificate.state == CertificateState::live || certificate.state == CertificateState::consumed;
      EXPECT_EQ(is_yes(report), stands) << in_words(report);
      if (!stands) {
        ASSERT_EQ(report.reasons.size(), 1u) << in_words(report);
        EXPECT_EQ(report.reasons[0].code, "certificate_not_live") << in_words(report);
      }
      expect_same(g.world, certificate, report);
      if (HasFailure()) return;
    }
  }
  EXPECT_GE(seen["live"], 20);
  EXPECT_GE(seen["consumed"], 10);
  EXPECT_GE(seen["superseded"], 5);
  EXPECT_GE(seen["void"], 5);
}

}  // namespace
}  // namespace anta::test
