// Certificates over very many sources: the summary, the whole, and the two together.
#include "node/certificate_summary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/node/certificate_rig.h"
#include "tests/node/many_sources.h"

namespace anta::test {
namespace {

constexpr std::size_t small_file = std::size_t{200} << 10;

// Made once: 500 sources in three batches and a blend.
struct Blended {
  Blended() {
    ManySources{world}.make(500);
    rig.emplace(world, true);
    summary = *rig->assemble("C-ALL", small_file);
    whole = *rig->assemble("C-ALL");
  }
  World world = rich_world();
  std::optional<CertificateRig> rig = {};
  Bytes summary = {};
  Bytes whole = {};
};

class CertificateSummary : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { made_ = new Blended; }
  static void TearDownTestSuite() {
    delete made_;
    made_ = nullptr;
  }
  static const CertificateRig& rig() { return *made_->rig; }
  static const Bytes& summary() { return made_->summary; }
  static const Bytes& whole() { return made_->whole; }

  static Bytes changed(const Bytes& of, const std::function<void(CertificateFile&)>& change) {
    auto file = decode_certificate_file(of);
    EXPECT_TRUE(file);
    change(*file);
    return encode_certificate_file(*file);
  }
  static std::string code_of_summary(const std::function<void(CertificateFile&)>& change) {
    const Report report = rig().verify(changed(summary(), change));
    return report.reasons.empty() ? std::string(word(report.verdict)) : report.reasons.front().code;
  }

  static Blended* made_;
};
Blended* CertificateSummary::made_ = nullptr;

TEST_F(CertificateSummary, StandsForAFileThatWouldBeTooLarge) {
  // Goal: beyond the bound a summary comes, which says what it proves and is no yes; below it the whole does.
  EXPECT_GT(whole().size(), small_file);
  EXPECT_LT(summary().size(), small_file);
  EXPECT_EQ(*rig().assemble("C-ALL", whole().size()), whole());
  EXPECT_EQ(*rig().assemble("C-ALL", whole().size() - 1), summary());
  const Report report = rig().verify(summary());
  ASSERT_EQ(report.reasons.size(), 1u) << in_words(report);
  EXPECT_EQ(report.reasons[0].code, "sources_summarised") << in_words(report);
  EXPECT_EQ(report.verdict, CertificateVerdict::cannot_evaluate);
  EXPECT_EQ(report.claim->lot.value, "K-ALL");
  EXPECT_EQ(report.chain.size(), 4u);
  EXPECT_TRUE(report.sources_told);
  EXPECT_EQ(report.sources->sources(), 500u);
}

TEST_F(CertificateSummary, SaysWhatIsNotCheckedNoLessThanTheWhole) {
  // Goal: a summary checks less, so whatever a whole file leaves open (capacity, balances, other uses, times)
  // is open here too.
  const Report part = rig().verify(summary());
  const Report all = rig().verify(whole());
  EXPECT_GE(all.not_checked.size(), 5u);
  for (const std::string& code : all.not_checked)
    EXPECT_EQ(std::count(part.not_checked.begin(), part.not_checked.end(), code), 1) << code;
  EXPECT_EQ(part.not_checked.front(), "not_checked.sources");
}

TEST_F(CertificateSummary, WithTheWholeItHasTheFullVerdict) {
  // Goal: the whole is verified as always and tells of the same districts, computed and not told.
  const Report report = rig().verify(summary(), whole());
  EXPECT_TRUE(is_yes(report)) << in_words(report);
  EXPECT_FALSE(report.sources_told);
  EXPECT_EQ(report.sources, rig().verify(summary()).sources);
  EXPECT_EQ(report.sources->districts.size(), 3u);
  EXPECT_EQ(report.sources->sources(), 500u);
  EXPECT_EQ(report.chain.size(), 504u);
}

TEST_F(CertificateSummary, AChangedSummaryIsRefused) {
  // Goal: whatever is changed in a summary has its code: grams, numbers, records, statement, key.
  EXPECT_EQ(code_of_summary([](auto&) {}), "sources_summarised");
  EXPECT_EQ(code_of_summary([](auto& f) { ++f.summary->districts[0].sources; }), "summary_sum");
  EXPECT_EQ(code_of_summary([](auto& f) { ++f.summary->districts[1].dry_g.value; }), "summary_sum");
  EXPECT_EQ(code_of_summary([](auto& f) { --f.summary->districts[1].cu_g.value; }), "summary_sum");
  EXPECT_EQ(code_of_summary([](auto& f) { f.summary->districts.pop_back(); }), "summary_sum");
  EXPECT_EQ(code_of_summary([](auto& f) { f.evidence[0].path.pop_back(); }), "inclusion");
  EXPECT_EQ(code_of_summary([](auto& f) { f.subject = CertificateId{"C-9"}; }), "certificate_missing");
  EXPECT_EQ(code_of_summary([](auto& f) { f.genesis_path.pop_back(); }), "inclusion");
  for (std::size_t i = 0; i < decode_certificate_file(summary())->state->records.size(); ++i) {
    const auto without = [i](CertificateFile& f) {
      f.state->records.erase(f.state->records.begin() + static_cast<std::ptrdiff_t>(i));
    };
    const std::string code = code_of_summary(without);
    EXPECT_TRUE(code == "state_not_proven" || code == "summary_sum" || code == "summary_stray") << code;
  }
}

TEST_F(CertificateSummary, WhatNoSummaryHoldsIsRefused) {
  // Goal: other evidence, an earlier tree or an opening beside field 9, or no state, is malformed.
  EXPECT_EQ(code_of_summary([](auto& f) { f.state.reset(); }), "file_malformed");
  EXPECT_EQ(code_of_summary([](auto& f) { f.evidence.clear(); }), "file_malformed");
  EXPECT_EQ(code_of_summary([](auto& f) { f.authority = f.evidence; }), "file_malformed");
  EXPECT_EQ(code_of_summary([](auto& f) { f.disclosures.push_back(Bytes{1}); }), "file_malformed");
  EXPECT_EQ(code_of_summary([](auto& f) { f.earlier = EarlierTree{1, Digest{}, {}}; }), "file_malformed");
  EXPECT_EQ(code_of_summary([](auto& f) { std::swap(f.summary->districts[0], f.summary->districts[1]); }),
            "file_malformed");
  EXPECT_EQ(code_of_summary([](auto& f) { f.summary->districts[0].sources = 0; }), "file_malformed");
}

TEST_F(CertificateSummary, AStrayLotIsRefused) {
  // Goal: a source's own record is none of a summary's: it would take a source out of the sum.
  const auto file = decode_certificate_file(whole());
  ASSERT_TRUE(file);
  const auto add = [&](const std::string& id) {
    return code_of_summary([&](CertificateFile& f) {
      for (const ProvenRecord& record : file->state->records) {
        if (record.key == StateKey{Kind::lot, id}) f.state->records.push_back(record);
      }
    });
  };
  EXPECT_EQ(add("L-0-7"), "summary_stray");
}

TEST_F(CertificateSummary, ALieAboutDistrictsShowsAgainstTheWhole) {
  // Goal: sources moved to another district add up, so the summary alone cannot tell; with the whole of the
  // same checkpoint it is refused, and so is a wrong root, and the whole of another certificate.
  const auto verdict = [](const Bytes& told) {
    EXPECT_EQ(rig().verify(told).reasons.front().code, "sources_summarised");
    const Report report = rig().verify(told, whole());
    EXPECT_EQ(report.verdict, CertificateVerdict::not_valid);
    return report.reasons.front().code;
  };
  EXPECT_EQ(verdict(changed(summary(), [](auto& f) { f.summary->districts[2].district = "150101"; })),
            "summary_contradicts");
  EXPECT_EQ(verdict(changed(summary(), [](auto& f) { f.summary->root.bytes[0] ^= 1; })),
            "summary_contradicts");
  const Bytes broken = changed(whole(), [](auto& f) { f.evidence.erase(f.evidence.begin() + 40); });
  EXPECT_EQ(rig().verify(summary(), broken).verdict, CertificateVerdict::not_valid);
}

TEST_F(CertificateSummary, IsNoSourcesOfItself) {
  // Goal: a summary in the place of the whole stays undecided; of a whole file the sources change nothing.
  EXPECT_EQ(rig().verify(summary(), summary()).reasons.front().code, "sources_summarised");
  EXPECT_TRUE(is_yes(rig().verify(whole(), summary())));
}

TEST(CertificateSummaries, OneOfAnotherCertificateIsRefused) {
  // Goal: the whole file of another certificate of the same network does not stand behind a summary.
  World world = rich_world();
  ManySources{world}.make(300);
  concentrate(world, "L-1", "K-X");
  auto other = world.certificate("C-1", "K-X", CocModel::segregated, "smelter");
  other.valid_until = Millis{1'900'000'000'000};
  world.must("plant", other);
  CertificateRig rig(world, true);
  const auto summary = rig.assemble("C-ALL", std::size_t{100} << 10);
  ASSERT_TRUE(summary) << summary.error().message;
  const Report report = rig.verify(*summary, *rig.assemble("C-1"));
  ASSERT_EQ(report.reasons.size(), 1u) << in_words(report);
  EXPECT_EQ(report.reasons[0].code, "sources_other");
  EXPECT_EQ(rig.assemble("C-1", 1000).error().rule, "certificate_too_large");
}

TEST(CertificateSummaries, SourcesOlderThanTheSummaryAreNoYes) {
  // Goal: what was recorded between the two is in the summary alone, so the older whole says nothing final,
  // although it holds by itself; a newer one does.
  World world = rich_world();
  ManySources{world}.make(300);
  const CertificateRig before(world, true);
  const Bytes old_whole = *before.assemble("C-ALL");
  const Bytes old_summary = *before.assemble("C-ALL", std::size_t{100} << 10);
  concentrate(world, "L-1", "K-X");
  const CertificateRig after(world, true);
  ASSERT_TRUE(is_yes(after.verify(old_whole))) << in_words(after.verify(old_whole));
  const Report report = after.verify(*after.assemble("C-ALL", std::size_t{100} << 10), old_whole);
  EXPECT_EQ(report.verdict, CertificateVerdict::cannot_evaluate);
  ASSERT_EQ(report.reasons.size(), 1u) << in_words(report);
  EXPECT_EQ(report.reasons[0].code, "sources_older");
  EXPECT_TRUE(is_yes(after.verify(old_summary, *after.assemble("C-ALL"))));
}

TEST(CertificateSummaries, ACertificateThatEndedIsToldByItsSummary) {
  // Goal: the state's word that the certificate is void makes a no of a summary too, without the whole.
  World world = rich_world();
  ManySources{world}.make(300);
  world.must("plant", certificate_status(world, "C-ALL", CertificateChange::voided));
  CertificateRig rig(world, true);
  const auto summary = rig.assemble("C-ALL", std::size_t{100} << 10);
  ASSERT_TRUE(summary) << summary.error().message;
  const Report report = rig.verify(*summary);
  EXPECT_EQ(report.verdict, CertificateVerdict::not_valid);
  ASSERT_EQ(report.reasons.size(), 1u) << in_words(report);
  EXPECT_EQ(report.reasons[0].code, "certificate_not_live");
}

}  // namespace
}  // namespace anta::test
