// A transparent statement (crypto/cose_receipt.h), a policy and a moment -> what can be said of it offline.
//
// The verdict has the words of a certificate's (storage/ledger/verify.h). `valid` says one thing: as many
// organisations as the policy demands signed a root that this very statement is under. It does not say how
// things stand since (revoked, corrected, received), nor that the organisations signed one and the same root:
// that is told apart, as checked.one_root. The statement's own signature is not checked, since nothing here
// says which keys its party had; the organisations checked it when they recorded it. Pure.
#pragma once

#include <string>
#include <vector>

#include "crypto/cose_receipt.h"
#include "storage/ledger/value.h"
#include "storage/ledger/verify.h"

namespace anta {

struct ReceiptReport {
  CertificateVerdict verdict = CertificateVerdict::cannot_evaluate;
  std::vector<Report::Reason> reasons = {};
  TransparentStatement transparent = {};  // empty when the file is none
  ReceiptVerdict receipts = {};
  std::vector<std::string> checked = {};  // codes of the catalogue
  std::vector<std::string> not_checked = {};
};

// Without a policy, below its quorum, and where the assertions ask for what no receipt tells (a greatest
// age): cannot_evaluate. Assertions about certificates do not apply.
ReceiptReport verify_transparent(ByteView file, const Trust& trust);

Value receipt_report_value(const ReceiptReport& report);

}  // namespace anta
