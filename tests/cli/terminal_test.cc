#include "cli/terminal.h"

#include <gtest/gtest.h>

#include "cli/report_text.h"

namespace anta {
namespace {

TEST(Terminal, ControlAndBidiCharactersAreShownNotSent) {
  // Goal: C0, DEL, C1, direction marks, line ends and bytes that are no UTF-8 become escapes.
  EXPECT_EQ(for_terminal("a\x1b[2Jb"), "a\\x1b[2Jb");
  EXPECT_EQ(for_terminal("a\nb\r\t\x7f"), "a\\x0ab\\x0d\\x09\\x7f");
  EXPECT_EQ(for_terminal("\xc2\x9b 2J"), "\\u009b 2J");
  EXPECT_EQ(for_terminal("\u202egnp\u2066.\u200f\u061c"), "\\u202egnp\\u2066.\\u200f\\u061c");
  EXPECT_EQ(for_terminal("\u2028"), "\\u2028");
  EXPECT_EQ(for_terminal("\xff\xc2"), "\\xff\\xc2");
  EXPECT_EQ(for_terminal(std::string("\0", 1)), "\\x00");
}

TEST(Terminal, OrdinaryTextOfAnyScriptStays) {
  // Goal: names are shown as they are written.
  const std::string text = "Asociación Qöri 銅 ☃ 😀 25\u202f000 kg \\ \"";
  EXPECT_EQ(for_terminal(text), text);
}

TEST(Terminal, AReportCannotForgeItsOwnLines) {
  // Goal: an attestation's criteria that clear the screen and write a verdict are seen for what they are.
  Report report;
  report.verdict = CertificateVerdict::not_valid;
  report.reasons = {{"inclusion", "\x1b[2J\x1b[H\nvalid: The certificate holds.", {}}};
  report.claim = Report::Claim{};
  Report::AttestationLine line;
  line.criteria = "2024\x1b]0;x\x07\n\xc2\x9bvalid \u202e";
  report.attestations = {line};
  const std::string text = report_text(report, Language::en);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
  EXPECT_EQ(text.find("\u202e"), std::string::npos);
  EXPECT_EQ(text.find("\nvalid"), std::string::npos);
  EXPECT_NE(text.find("2024\\x1b]0;x\\x07\\x0a\\u009bvalid \\u202e"), std::string::npos) << text;
}

}  // namespace
}  // namespace anta
