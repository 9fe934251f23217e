#include "cli/receipt_report.h"

#include <algorithm>

#include "crypto/cose.h"
#include "crypto/text.h"

namespace anta {
namespace {

ReceiptReport ends(ReceiptReport report, CertificateVerdict verdict, std::string code, std::string message) {
  report.verdict = verdict;
  report.reasons.push_back({.code = std::move(code), .message = std::move(message)});
  return report;
}

bool is_one_root(const ReceiptVerdict& receipts) {
  const auto& all = receipts.organisations;
  return std::ranges::all_of(all, [&](const auto& line) { return line.root == all.front().root; });
}

ValueList words(const std::vector<std::string>& list) {
  ValueList out;
  for (const std::string& word : list)
    out.push_back(Value{word});
  return out;
}

Value organisation_value(const ReceiptVerdict::Line& line) {
  return Value{ValueMap{{"name", Value{line.name}},
                        {"size", Value{static_cast<std::int64_t>(line.size)}},
                        {"leaf", Value{static_cast<std::int64_t>(line.index)}},
                        {"root", Value{hex(line.root)}}}};
}

}  // namespace

ReceiptReport verify_transparent(ByteView file, const Trust& trust) {
  constexpr auto no = CertificateVerdict::not_valid;
  constexpr auto open = CertificateVerdict::cannot_evaluate;
  ReceiptReport report;
  report.not_checked = {"not_checked.statement_signature", "not_checked.statement_since"};
  auto transparent = decode_transparent(file);
  if (!transparent) return ends(std::move(report), no, transparent.error().rule, transparent.error().message);
  report.transparent = std::move(*transparent);
  if (!trust.policy)
    return ends(std::move(report), open, "no_policy", "a policy names whom to trust; none was given");
  auto receipts = check_receipts(*trust.policy, report.transparent);
  if (!receipts) return ends(std::move(report), no, receipts.error().rule, receipts.error().message);
  report.receipts = std::move(*receipts);
  report.checked.emplace_back("checked.receipts");
  if (!report.receipts.quorum_met || !trust.policy->quorum || report.receipts.organisations.empty()) {
    return ends(std::move(report), open, "receipts.no_quorum",
                "the statement lacks receipts of the organisations that the policy demands");
  }
  report.checked.emplace_back("checked.receipt_quorum");
  if (trust.assertions.genesis) report.not_checked.emplace_back("not_checked.receipt_genesis");
  (is_one_root(report.receipts) ? report.checked : report.not_checked)
      .emplace_back(is_one_root(report.receipts) ? "checked.one_root" : "not_checked.one_root");
  if (trust.assertions.max_age_seconds) {
    return ends(std::move(report), open, "receipts.no_time",
                "the assertions name a max_age, and a receipt says nothing of when it was made");
  }
  report.verdict = CertificateVerdict::valid;
  return report;
}

Value receipt_report_value(const ReceiptReport& report) {
  ValueList reasons;
  for (const auto& reason : report.reasons)
    reasons.push_back(Value{ValueMap{{"code", Value{reason.code}}, {"message", Value{reason.message}}}});
  ValueMap map{{"verdict", Value{std::string(word(report.verdict))}}, {"reasons", Value{std::move(reasons)}}};
  if (const auto statement = decode_cose(report.transparent.statement)) {
    map.emplace_back("statement", Value{hex(sha256(report.transparent.statement))});
    map.emplace_back("type", Value{std::string(*statement_type_of(statement->header.content_type))});
    map.emplace_back("issuer", Value{statement->header.issuer});
    map.emplace_back("subject", Value{statement->header.subject});
  }
  if (!report.receipts.origin.empty()) map.emplace_back("origin", Value{report.receipts.origin});
  ValueList organisations;
  for (const auto& line : report.receipts.organisations)
    organisations.push_back(organisation_value(line));
  map.emplace_back("organisations", Value{std::move(organisations)});
  map.emplace_back("missing", Value{words(report.receipts.missing)});
  map.emplace_back("unknown", Value{static_cast<std::int64_t>(report.receipts.unknown)});
  map.emplace_back("repeated", Value{static_cast<std::int64_t>(report.receipts.repeated)});
  map.emplace_back("checked", Value{words(report.checked)});
  map.emplace_back("not_checked", Value{words(report.not_checked)});
  return Value{std::move(map)};
}

}  // namespace anta
