#include "cli/receipt_report.h"

#include <gtest/gtest.h>

#include "cli/catalogue.h"
#include "crypto/cose.h"
#include "crypto/merkle.h"

namespace anta {
namespace {

constexpr std::string_view origin_of_receipts = "anta.example/receipts-01234567";

SigningKey organisation_key(unsigned organisation) {
  std::array<std::uint8_t, 32> seed = {};
  seed[0] = static_cast<std::uint8_t>(organisation);
  return SigningKey(Secret32(seed));
}

// A ledger of two leaves, of which the second is the statement.
struct VouchedStatement {
  VouchedStatement() {
    SignedHeader header;
    header.content_type = content_type_of("lot");
    header.issuer = "nasca-sur";
    header.subject = "L-1";
    statement = *sign_cose(header, Bytes{0xA0}, organisation_key(9));
    sibling = leaf_hash(sha256(Bytes{1}).view());
    root = node_hash(sibling, leaf_hash(sha256(statement).view()));
    std::vector<VerifierKey> cosigners;
    for (unsigned i = 1; i <= 3; ++i)
      cosigners.push_back({name_of(i), KeyType::cosignature, organisation_key(i).public_key()});
    trust.policy = *quorum_policy(
        {{std::string(origin_of_receipts), KeyType::ed25519, organisation_key(8).public_key()}}, cosigners,
        2);
  }
  static std::string name_of(unsigned organisation) { return "org" + std::to_string(organisation) + "/anta"; }
  Bytes by(unsigned organisation) const {
    const RootSignature signature =
        sign_root(name_of(organisation), origin_of_receipts, root, organisation_key(organisation));
    return encode_receipt(signature, 2, 1, {{sibling}});
  }
  // "verdict reason" of the statement with these organisations' receipts.
  std::string verdict(const std::vector<unsigned>& organisations, const Trust& with) const {
    std::vector<Bytes> receipts;
    for (const unsigned organisation : organisations)
      receipts.push_back(by(organisation));
    return told(verify_transparent(*attach_receipts(statement, receipts), with));
  }
  static std::string told(const ReceiptReport& report) {
    std::string text(word(report.verdict));
    for (const auto& reason : report.reasons) {
      text += " " + reason.code;
      EXPECT_NE(find_saying(reason.code), nullptr) << reason.code;
    }
    for (const auto* list : {&report.checked, &report.not_checked}) {
      for (const std::string& code : *list)
        EXPECT_NE(find_saying(code), nullptr) << code;
    }
    return text;
  }

  Bytes statement = {};
  Digest sibling = {};
  Digest root = {};
  Trust trust = {};
};

TEST(ReceiptReport, TheVerdictIsTheQuorums) {
  // Goal: enough organisations is a yes; too few, no policy and none without receipts have their words.
  const VouchedStatement ledger;
  EXPECT_EQ(ledger.verdict({1, 2}, ledger.trust), "valid");
  EXPECT_EQ(ledger.verdict({1, 1}, ledger.trust), "cannot_evaluate receipts.no_quorum");
  EXPECT_EQ(ledger.verdict({1, 7}, ledger.trust), "cannot_evaluate receipts.no_quorum");
  EXPECT_EQ(ledger.verdict({1, 2}, Trust{}), "cannot_evaluate no_policy");
  EXPECT_EQ(VouchedStatement::told(verify_transparent(ledger.statement, ledger.trust)),
            "not_valid transparent.none");
  EXPECT_EQ(VouchedStatement::told(verify_transparent(Bytes{0xF4}, ledger.trust)), "not_valid cbor.kind");
}

TEST(ReceiptReport, AQuorumOfNoneIsNobodysWord) {
  // Goal: `quorum none` would be met by nobody; that is no pass.
  VouchedStatement ledger;
  ledger.trust.policy->quorum.reset();
  EXPECT_EQ(ledger.verdict({1, 2, 3}, ledger.trust), "cannot_evaluate receipts.no_quorum");
}

TEST(ReceiptReport, AssertionsThatReceiptsCannotMeetAreNoPass) {
  // Goal: a greatest age cannot be judged; the genesis is no part of such a file, and that is said.
  VouchedStatement ledger;
  Trust aged = ledger.trust;
  aged.assertions.max_age_seconds = 60;
  EXPECT_EQ(ledger.verdict({1, 2}, aged), "cannot_evaluate receipts.no_time");
  Trust bound = ledger.trust;
  bound.assertions.genesis = Digest{};
  const auto report =
      verify_transparent(*attach_receipts(ledger.statement, {{ledger.by(1), ledger.by(2)}}), bound);
  EXPECT_EQ(VouchedStatement::told(report), "valid");
  EXPECT_EQ(report.not_checked.back(), "not_checked.receipt_genesis");
}

TEST(ReceiptReport, WhatItSaysIsData) {
  // Goal: organisations, who is missing, and that the trees were one; a changed statement is a no.
  const VouchedStatement ledger;
  Bytes transparent = *attach_receipts(ledger.statement, {{ledger.by(1), ledger.by(3)}});
  const ReceiptReport report = verify_transparent(transparent, ledger.trust);
  EXPECT_EQ(report.receipts.missing, std::vector<std::string>{"org2/anta"});
  EXPECT_NE(std::find(report.checked.begin(), report.checked.end(), "checked.one_root"),
            report.checked.end());
  const Value value = receipt_report_value(report);
  EXPECT_EQ(std::get<std::string>(value.find("subject")->data), "L-1");
  EXPECT_EQ(std::get<std::string>(value.find("type")->data), "lot");
  EXPECT_EQ(std::get<ValueList>(value.find("organisations")->data).size(), 2u);
  transparent.back() ^= 1;  // the statement's signature is part of what is recorded
  EXPECT_EQ(VouchedStatement::told(verify_transparent(transparent, ledger.trust)),
            "not_valid receipt.signature");
}

}  // namespace
}  // namespace anta
