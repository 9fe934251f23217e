// The payload of every statement type, as a plain struct, and their sum.
//
// The codec fills and reads these; the law judges them. Pure data, any thread.
// Source: storage/ledger/statements.cddl.
#pragma once

#include <variant>

#include "storage/ledger/payload/claim.h"
#include "storage/ledger/payload/governance.h"
#include "storage/ledger/payload/lot.h"
#include "storage/ledger/payload/party.h"
#include "storage/ledger/payload/site.h"
#include "storage/ledger/payload/transfer.h"

namespace anta::payload {

// Every statement type, in the order of statements.cddl. The alternative's place is not stored anywhere.
using Payload =
    std::variant<Party, PartyUpdate, RoleGrant, RoleRevoke, KeyRotate, KeyRevoke, Site, Formalisation,
                 Accreditation, Attestation, AttestationStatus, Lot, Dispatch, Handover, Receipt,
                 ReceiptReply, DisputeResolution, DispatchEnd, Countersign, Relation, Ownership, Split, Blend,
                 Process, Adjust, Loss, Hold, Release, BalanceOpen, BalanceClose, Certificate,
                 CertificateStatus, Document, Correction, ParameterProposal, Vote, Node>;

// The part every payload has.
const Common& common(const Payload& payload);

}  // namespace anta::payload
