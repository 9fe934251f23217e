// The descriptions of every payload and of the structs inside payloads: one function each, in schema_*.cc by
// subject. Internal to the codec. Source: statements.cddl; limits of ledger.md section 2.
#pragma once

#include "storage/ledger/payload.h"
#include "storage/ledger/schema_types.h"

namespace anta::schema {

// schema_payload.cc: what payloads share
void describe(Schema& schema, const payload::Common& common);
void describe(Schema& schema, const payload::Measurement& measurement);
// schema_party.cc
void describe(Schema& schema, const payload::Party& party);
void describe(Schema& schema, const payload::PartyUpdate& update);
void describe(Schema& schema, const payload::RoleGrant& grant);
void describe(Schema& schema, const payload::RoleRevoke& revoke);
void describe(Schema& schema, const payload::KeyRotate& rotate);
void describe(Schema& schema, const payload::KeyRevoke& revoke);
void describe(Schema& schema, const payload::Relation& relation);
// schema_site.cc
void describe(Schema& schema, const payload::Site& site);
void describe(Schema& schema, const payload::Formalisation& formalisation);
void describe(Schema& schema, const payload::Accreditation& accreditation);
void describe(Schema& schema, const payload::Attestation& attestation);
void describe(Schema& schema, const payload::AttestationStatus& status);
// schema_lot.cc
void describe(Schema& schema, const payload::Lot& lot);
void describe(Schema& schema, const payload::Take& take);
void describe(Schema& schema, const payload::Make& make);
void describe(Schema& schema, const payload::Mass& mass);
void describe(Schema& schema, const payload::Child& child);
void describe(Schema& schema, const payload::Split& split);
void describe(Schema& schema, const payload::BlendOutput& output);
void describe(Schema& schema, const payload::Blend& blend);
void describe(Schema& schema, const payload::Process& process);
void describe(Schema& schema, const payload::Adjust& adjust);
void describe(Schema& schema, const payload::Loss& loss);
void describe(Schema& schema, const payload::Hold& hold);
void describe(Schema& schema, const payload::Release& release);
void describe(Schema& schema, const payload::Ownership& ownership);
// schema_transfer.cc
void describe(Schema& schema, const payload::LotMeasurement& line);
void describe(Schema& schema, const payload::Dispatch& dispatch);
void describe(Schema& schema, const payload::Handover& handover);
void describe(Schema& schema, const payload::Receipt& receipt);
void describe(Schema& schema, const payload::ReceiptReply& reply);
void describe(Schema& schema, const payload::DisputeResolution& resolution);
void describe(Schema& schema, const payload::DispatchEnd& end);
// schema_claim.cc
void describe(Schema& schema, const payload::BalanceOpen& open);
void describe(Schema& schema, const payload::BalanceClose& close);
void describe(Schema& schema, const payload::Certificate& certificate);
void describe(Schema& schema, const payload::CertificateStatus& status);
// schema_governance.cc
void describe(Schema& schema, const payload::Countersign& countersign);
void describe(Schema& schema, const payload::Document& document);
void describe(Schema& schema, const payload::Correction& correction);
void describe(Schema& schema, const payload::ParameterProposal& proposal);
void describe(Schema& schema, const payload::Vote& vote);
void describe(Schema& schema, const payload::NodeKeySet& keys);
void describe(Schema& schema, const payload::Node& node);
bool is_address(std::string_view address);  // "host:port", "[2001:db8::1]:7000"

// The type of one alternative of Payload, by its place in the variant.
const Type& payload_type(std::size_t alternative);

}  // namespace anta::schema
