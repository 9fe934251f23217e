#include "cli/report_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anta {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A report with one of everything.
Report whole() {
  Report report;
  report.verdict = CertificateVerdict::valid_with_flags;
  report.origin = "anta.example/sur-0123abcd";
  report.size = 173;
  report.checkpoint_seconds = 1'764'000'000;
  report.cosigners = {{"nasca/anta", 1'764'000'000}, {"bahia/anta", 1'764'000'001}};
  report.missing_cosigners = {"sello/anta"};
  Report::Claim claim;
  claim.certificate = CertificateId{"C-9"};
  claim.lot = LotId{"CAT-1"};
  claim.material = Material::cathode;
  claim.dry_g = Grams{25'000'006};
  claim.cu_g = Grams{999};
  claim.coc_model = CocModel::mass_balance;
  claim.schemes = {SchemeId{"crp"}};
  claim.holder = PartyId{"bahia-sur"};
  claim.buyer = PartyId{"nordkabel"};
  claim.issued = Millis{1'763'000'000'000};
  claim.valid_until = Millis{1'770'000'000'000};
  claim.state = "live";
  report.claim = claim;
  Report::ChainLot cathode{LotId{"CAT-1"}, 0,       Material::cathode, PartyId{"bahia-sur"},
                           SiteId{"ilo"},  "180303"};
  cathode.eligible = {SchemeId{"crp"}};
  Report::ChainLot ore{LotId{"ORE-1"}, 2, Material::ore_sulphide, PartyId{"warmi"}, SiteId{"mina"}, "040302"};
  ore.origin = true;
  report.chain = {cathode, ore};
  Report::AttestationLine attestation;
  attestation.id = AttestationId{"att-warmi"};
  attestation.scheme = SchemeId{"crp"};
  attestation.criteria = "2024";
  attestation.body = PartyId{"sello"};
  attestation.subject = PartyId{"warmi"};
  attestation.at_event = "in_force";
  attestation.at_checkpoint = "suspended";
  report.attestations = {attestation};
  report.formalisations = {{PartyId{"warmi"}, "vigente", "excluido"}};
  report.flags = {{"upstream_under_review", "lot ORE-1", LeafIndex{44}, Digest{}, true},
                  {"batch_closure", "process B-1", LeafIndex{50}, std::nullopt, true},
                  {"no_handover", "dispatch D-1", LeafIndex{60}, std::nullopt, false}};
  report.statements = 61;
  report.claimed = {"claim.quantity", "claim.model.mass_balance"};
  report.not_claimed = {"not_claimed.physical_origin"};
  report.checked = {"checked.quorum"};
  report.not_checked = {"not_checked.present_state"};
  return report;
}

TEST(ReportText, EnglishSaysEverythingTheReportHolds) {
  // Goal: verdict first, then claim, chain, standing, flags, cosigners and the lists of checks.
  const std::string text = report_text(whole(), Language::en);
  EXPECT_TRUE(text.starts_with("valid_with_flags: ")) << text;
  EXPECT_THAT(text, AllOf(HasSubstr("Certificate C-9 (live)"), HasSubstr("25\u202f000.006 kg"),
                          HasSubstr(" 0.999 kg"), HasSubstr("issued by bahia-sur to nordkabel, 2025-11-13T"),
                          HasSubstr("valid until 2026-02-02T")));
  EXPECT_THAT(text, AllOf(HasSubstr("It claims\n  - this mass of dry material and of copper"),
                          HasSubstr("It does not claim\n  - that the metal itself is from these mines")));
  EXPECT_THAT(text, AllOf(HasSubstr("\n  CAT-1  cathode"), HasSubstr("\n      ORE-1  ore_sulphide"),
                          HasSubstr("mined by warmi at mina (040302)  not eligible")));
  EXPECT_THAT(text, AllOf(HasSubstr("in_force; suspended"), HasSubstr("vigente; excluido")));
  EXPECT_THAT(text,
              AllOf(HasSubstr("upstream_under_review  lot ORE-1, leaf 44 0000000000000000"),
                    HasSubstr("Ask the plant for its explanation."), HasSubstr("Notes\n  no_handover")));
  EXPECT_THAT(text, AllOf(HasSubstr("2 of 3 cosignatures: nasca/anta 2025-11-24T16:00:00Z"),
                          HasSubstr("missing: sello/anta"), HasSubstr("61 statements verified and replayed"),
                          HasSubstr("173 leaves")));
  EXPECT_LT(text.find("Checked here"), text.find("Not checked here"));
  EXPECT_THAT(text, HasSubstr("present state: the serving node's word"));
}

TEST(ReportText, SpanishHasNoEnglishSentence) {
  // Goal: the same facts, in the reader's language from the first line to the last.
  const std::string text = report_text(whole(), Language::es);
  EXPECT_THAT(text,
              AllOf(HasSubstr("Certificado C-9 (live)"), HasSubstr("Declara\n"), HasSubstr("No declara\n"),
                    HasSubstr("Cadena hasta las minas"), HasSubstr("extraído por warmi en mina"),
                    HasSubstr("Avisos\n"), HasSubstr("Notas\n"), HasSubstr("2 de 3 cofirmas"),
                    HasSubstr("faltan: sello/anta"), HasSubstr("hoja 44")));
  for (const char* english :
       {"It claims", "Chain back", "leaf ", "cosignatures", "Checked", "the ", "issued"})
    EXPECT_THAT(text, Not(HasSubstr(english)));
}

TEST(ReportText, ARefusalNamesLeafCauseAndNextStep) {
  // Goal: a report without a claim is short: what is wrong, where, and what to do.
  Report report;
  report.verdict = CertificateVerdict::not_valid;
  report.reasons = {{"inclusion", "a statement is not the leaf it claims to be", LeafIndex{7}}};
  const std::string english = report_text(report, Language::en);
  EXPECT_THAT(english, AllOf(HasSubstr("not_valid: "), HasSubstr("  inclusion (leaf 7): a statement is not"),
                             HasSubstr("tell the network's operators")));
  EXPECT_THAT(english, Not(HasSubstr("Chain")));
  EXPECT_THAT(report_text(report, Language::es), HasSubstr("(hoja 7)"));
}

TEST(ReportText, AsDataNamesAndCodesAreStable) {
  // Goal: a program reads the same facts by name, in no language.
  const Value value = report_value(whole());
  const auto text = [](const Value* at) {
    return at ? std::get<std::string>(at->data) : std::string("absent");
  };
  EXPECT_EQ(text(value.find("verdict")), "valid_with_flags");
  const Value* claim = value.find("claim");
  ASSERT_NE(claim, nullptr);
  EXPECT_EQ(text(claim->find("certificate")), "C-9");
  EXPECT_EQ(text(claim->find("coc_model")), "mass_balance");
  EXPECT_EQ(text(claim->find("buyer")), "nordkabel");
  EXPECT_EQ(std::get<std::int64_t>(claim->find("dry_g")->data), 25'000'006);
  const auto& flags = std::get<ValueList>(value.find("flags")->data);
  ASSERT_EQ(flags.size(), 3u);
  EXPECT_EQ(text(flags[0].find("code")), "upstream_under_review");
  EXPECT_EQ(std::get<bool>(flags[2].find("moves_verdict")->data), false);
  EXPECT_EQ(std::get<ValueList>(value.find("chain")->data).size(), 2u);
  EXPECT_EQ(std::get<ValueList>(value.find("missing_cosigners")->data).size(), 1u);
  EXPECT_EQ(report_value(Report{}).find("claim"), nullptr);
}

}  // namespace
}  // namespace anta
