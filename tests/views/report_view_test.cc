#include "node/views/report_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "node/views/shape_view.h"
#include "tests/views/whole_report.h"

namespace anta::views {
namespace {

const std::string zeros(64, '0');

std::string without_spaces(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  return text;
}

// What the header, the contract that programs are written against, says that a report has: the words that
// begin its table's rows.
std::vector<std::string> members_in_the_header() {
  std::ifstream file(ANTA_SOURCE_DIR "/node/views/report_view.h");
  std::vector<std::string> members;
  for (std::string line; std::getline(file, line) && line.starts_with("//");) {
    if (!line.starts_with("//   ") || line.size() < 6 || line[5] == ' ') continue;
    const std::string word = line.substr(5, line.find(' ', 5) - 5);
    members.push_back(word.ends_with('?') ? word.substr(0, word.size() - 1) : word);
  }
  return members;
}

Report report_of_everything() {
  Report report = test::whole_report();
  report.chain[1].sources = {{LotId{"CAT-1"}, Grams{5}, Grams{2}}};
  report.attestations[0].sites = {SiteId{"mina"}};
  report.sources_told = true;
  report.sources = SourceSummary{{}, {{"", 1, Grams{10}, Grams{1}}, {"040302", 2, Grams{40}, Grams{4}}}};
  return report;
}

TEST(ReportView, TheHeaderListsItsMembers) {
  // Goal: the header's table names each member of a report, and nothing else (it had lost `sources`, and its
  // formatter had run four of them into one line).
  std::vector<std::string> told = members_in_the_header();
  std::vector<std::string> given;
  const Value report = report_value(report_of_everything());
  for (const auto& member : std::get<ValueMap>(report.data))
    given.push_back(member.first);
  std::ranges::sort(told);
  std::ranges::sort(given);
  EXPECT_EQ(told, given);
}

TEST(ReportView, EveryFactHasItsNameAndNoneIsLeftOut) {
  // Goal: the whole JSON of a report with one of everything, as programs read it.
  const std::string wanted = R"({
    "verdict": "valid_with_flags", "reasons": [],
    "claim": {"certificate": "C-9", "lot": "CAT-1", "material": "cathode", "dry_g": 25000006, "cu_g": 999,
      "coc_model": "mass_balance", "schemes": ["crp"], "holder": "bahia-sur", "buyer": "nordkabel",
      "issued": "2025-11-13T02:13:20Z", "valid_until": "2026-02-02T02:40:00Z", "state": "live"},
    "claimed": ["claim.quantity", "claim.model.mass_balance"],
    "not_claimed": ["not_claimed.physical_origin"],
    "chain": [
      {"lot": "CAT-1", "depth": 0, "material": "cathode", "maker": "bahia-sur", "site": "ilo",
       "ubigeo": "180303", "dry_g": 0, "cu_g": 0, "coc_model": "none", "eligible": ["crp"], "state": "",
       "origin": false, "sources": []},
      {"lot": "ORE-1", "depth": 2, "material": "ore_sulphide", "maker": "warmi", "site": "mina",
       "ubigeo": "040302", "dry_g": 0, "cu_g": 0, "coc_model": "none", "eligible": [], "state": "",
       "origin": true, "sources": [{"lot": "CAT-1", "dry_g": 5, "cu_g": 2}]}],
    "sources": {"told": true, "count": 3, "dry_g": 50, "cu_g": 5, "root": ")" +
                             zeros + R"(", "districts": [
      {"district": "", "sources": 1, "dry_g": 10, "cu_g": 1},
      {"district": "040302", "sources": 2, "dry_g": 40, "cu_g": 4}]},
    "attestations": [{"attestation": "att-warmi", "scheme": "crp", "criteria": "2024",
      "kind": "site_production", "body": "sello", "subject": "warmi", "sites": ["mina"],
      "at_event": "in_force", "at_checkpoint": "suspended"}],
    "formalisations": [{"party": "warmi", "at_event": "vigente", "at_checkpoint": "excluido"}],
    "flags": [
      {"code": "upstream_under_review", "on": "lotORE-1", "leaf": 44, "statement": ")" +
                             zeros + R"(", "moves_verdict": true},
      {"code": "batch_closure", "on": "processB-1", "leaf": 50, "statement": "", "moves_verdict": true},
      {"code": "no_handover", "on": "dispatchD-1", "leaf": 60, "statement": "", "moves_verdict": false}],
    "origin": "anta.example/sur-0123abcd", "genesis": ")" +
                             zeros + R"(", "size": 173, "root": ")" + zeros + R"(",
    "checkpoint_time": "2025-11-24T16:00:00Z",
    "cosigners": [{"name": "nasca/anta", "time": "2025-11-24T16:00:00Z"},
      {"name": "bahia/anta", "time": "2025-11-24T16:00:01Z"}],
    "missing_cosigners": ["sello/anta"], "statements": 61, "checked": ["checked.quorum"],
    "not_checked": ["not_checked.present_state"]})";
  EXPECT_EQ(without_spaces(to_json(report_value(report_of_everything()))), without_spaces(wanted));
}

TEST(ReportView, WhatTheReportDoesNotHaveIsAbsent) {
  // Goal: no claim, a bearer's certificate and a reason without a leaf have no member, not an empty one.
  EXPECT_EQ(report_value(Report{}).find("claim"), nullptr);
  Report report = test::whole_report();
  report.claim->buyer.reset();
  report.reasons = {{"inclusion", "not its leaf", LeafIndex{7}}, {"no_quorum", "too few", std::nullopt}};
  const Value value = report_value(report);
  EXPECT_EQ(value.find("claim")->find("buyer"), nullptr);
  const auto& reasons = std::get<ValueList>(value.find("reasons")->data);
  EXPECT_EQ(std::get<std::int64_t>(reasons.at(0).find("leaf")->data), 7);
  EXPECT_EQ(reasons.at(1).find("leaf"), nullptr);
}

}  // namespace
}  // namespace anta::views
