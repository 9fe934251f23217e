#include "cli/report_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/views/whole_report.h"

namespace anta {
namespace {

using test::whole_report;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ReportText, EnglishSaysEverythingTheReportHolds) {
  // Goal: verdict first, then claim, chain, standing, flags, cosigners and the lists of checks.
  const std::string text = report_text(whole_report(), Language::en);
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
  const std::string text = report_text(whole_report(), Language::es);
  EXPECT_THAT(text,
              AllOf(HasSubstr("Certificado C-9 (live)"), HasSubstr("Declara\n"), HasSubstr("No declara\n"),
                    HasSubstr("Cadena hasta las minas"), HasSubstr("extraído por warmi en mina"),
                    HasSubstr("Avisos\n"), HasSubstr("Notas\n"), HasSubstr("2 de 3 cofirmas"),
                    HasSubstr("faltan: sello/anta"), HasSubstr("hoja 44")));
  for (const char* english :
       {"It claims", "Chain back", "leaf ", "cosignatures", "Checked", "the ", "issued"})
    EXPECT_THAT(text, Not(HasSubstr(english)));
}

TEST(ReportText, ManySourcesAreToldByDistrict) {
  // Goal: of a summary it is said whose word the districts are; of a long chain, what is left out.
  Report report = whole_report();
  report.sources_told = true;
  report.sources = SourceSummary{{}, {{"", 1, Grams{10}, Grams{1}}, {"040302", 9'999, Grams{40}, Grams{4}}}};
  EXPECT_THAT(report_text(report, Language::en),
              AllOf(HasSubstr("10000 sources; the districts are the serving node's word\n  none named  1"),
                    HasSubstr("  040302  9999 sources  0.040 kg dry, 0.004 kg Cu")));
  report.sources_told = false;
  EXPECT_THAT(report_text(report, Language::en), Not(HasSubstr("10000 sources")));
  report.chain.resize(250, report.chain.back());
  EXPECT_THAT(report_text(report, Language::en),
              AllOf(HasSubstr("and 50 lots more"), HasSubstr("10000 sources by district")));
  EXPECT_THAT(report_text(report, Language::es), HasSubstr("10000 orígenes por distrito"));
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

}  // namespace
}  // namespace anta
