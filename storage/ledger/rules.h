// One rule per statement type: what judge dispatches to. Internal to the law.
//
// A rule checks in the order of ledger.md 6.8 (first hit wins) and writes its records through the draft; it
// is called after the checks that every statement shares (event time, device sequence, the issuer is
// registered). It returns the first violation, or nothing and leaves its effects in the draft.
#pragma once

#include "crypto/error.h"
#include "storage/ledger/draft.h"
#include "storage/ledger/payload.h"

namespace anta {

using Verdict = Result<void>;

// party.cc
// event_order when a period ends before it begins. One that ends as it begins is empty, which takes back what
// was said.
Verdict in_order(Millis from, const std::optional<Millis>& until);
Verdict rule(Draft& draft, const payload::Party& p);
Verdict rule(Draft& draft, const payload::PartyUpdate& p);
Verdict rule(Draft& draft, const payload::RoleGrant& p);
Verdict rule(Draft& draft, const payload::RoleRevoke& p);
Verdict rule(Draft& draft, const payload::Relation& p);
// key.cc
Verdict rule(Draft& draft, const payload::KeyRotate& p);
Verdict rule(Draft& draft, const payload::KeyRevoke& p);
// site.cc
Verdict rule(Draft& draft, const payload::Site& p);
Verdict rule(Draft& draft, const payload::Formalisation& p);
// attestation.cc
Verdict rule(Draft& draft, const payload::Accreditation& p);
Verdict rule(Draft& draft, const payload::Attestation& p);
Verdict rule(Draft& draft, const payload::AttestationStatus& p);
// lot.cc
Verdict rule(Draft& draft, const payload::Lot& p);
Verdict rule(Draft& draft, const payload::Adjust& p);
Verdict rule(Draft& draft, const payload::Loss& p);
Verdict rule(Draft& draft, const payload::Hold& p);
Verdict rule(Draft& draft, const payload::Release& p);
Verdict rule(Draft& draft, const payload::Ownership& p);
// process.cc
Verdict rule(Draft& draft, const payload::Split& p);
Verdict rule(Draft& draft, const payload::Blend& p);
Verdict rule(Draft& draft, const payload::Process& p);
// dispatch.cc
Verdict rule(Draft& draft, const payload::Dispatch& p);
Verdict rule(Draft& draft, const payload::Handover& p);
Verdict rule(Draft& draft, const payload::DispatchEnd& p);
// receipt.cc
Verdict rule(Draft& draft, const payload::Receipt& p);
Verdict rule(Draft& draft, const payload::ReceiptReply& p);
Verdict rule(Draft& draft, const payload::DisputeResolution& p);
// account.cc
Verdict rule(Draft& draft, const payload::BalanceOpen& p);
// certificate.cc
Verdict rule(Draft& draft, const payload::Certificate& p);
Verdict rule(Draft& draft, const payload::CertificateStatus& p);
// support.cc
Verdict rule(Draft& draft, const payload::Countersign& p);
Verdict rule(Draft& draft, const payload::Document& p);
// correction.cc
Verdict rule(Draft& draft, const payload::Correction& p);

// membership.cc
Verdict rule(Draft& draft, const payload::Node& p);
// amendment.cc
Verdict rule(Draft& draft, const payload::ParameterProposal& p);
// vote.cc
Verdict rule(Draft& draft, const payload::Vote& p);

// The one type that decodes but has no rule yet: balance-close (law.cc answers not_enabled).

}  // namespace anta
