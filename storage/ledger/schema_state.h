// The descriptions of the state's records (state.h), for codec and views. Internal to the codec.
//
// A record has the keys `by` and `flags` (state::Stamp) and its members' names. Member added to a struct of
// state/: add it here too; Schema::make aborts on a struct with a hole. Source: statements.cddl, state part.
#pragma once

#include "storage/ledger/schema_types.h"
#include "storage/ledger/state.h"

namespace anta::schema {

void describe(Schema& schema, const state::Stamp& stamp);
void describe(Schema& schema, const state::Interval& interval);
void describe(Schema& schema, const state::Figures& figures);
void describe(Schema& schema, const state::Party& party);
void describe(Schema& schema, const state::Key& key);
void describe(Schema& schema, const state::RoleHeld& role_held);
void describe(Schema& schema, const state::Relation::Entry& entry);
void describe(Schema& schema, const state::Relation& relation);
void describe(Schema& schema, const state::Device& device);
void describe(Schema& schema, const state::Parameter::Entry& entry);
void describe(Schema& schema, const state::Parameter& parameter);
void describe(Schema& schema, const state::Node& node);
void describe(Schema& schema, const state::Proposal::NodeChange& change);
void describe(Schema& schema, const state::Proposal::ParameterChange& change);
void describe(Schema& schema, const state::Proposal::Ballot& ballot);
void describe(Schema& schema, const state::Proposal& proposal);
void describe(Schema& schema, const state::Network::Witness& witness);
void describe(Schema& schema, const state::Network& network);
void describe(Schema& schema, const state::Rejected& rejected);
void describe(Schema& schema, const state::Countersign::Entry& entry);
void describe(Schema& schema, const state::Countersign& countersign);
void describe(Schema& schema, const state::Document& document);
void describe(Schema& schema, const state::Site& site);
void describe(Schema& schema, const state::Formalisation::Entry& entry);
void describe(Schema& schema, const state::Formalisation& formalisation);
void describe(Schema& schema, const state::Accreditation::Entry& entry);
void describe(Schema& schema, const state::Accreditation& accreditation);
void describe(Schema& schema, const state::Attestation::Change& change);
void describe(Schema& schema, const state::Attestation& attestation);
void describe(Schema& schema, const state::Origination::Entry& entry);
void describe(Schema& schema, const state::Origination::Part& part);
void describe(Schema& schema, const state::Origination& origination);
void describe(Schema& schema, const state::Lot::SchemeEligibility& scheme_eligibility);
void describe(Schema& schema, const state::Lot::Source& source);
void describe(Schema& schema, const state::Lot::Credit& credit);
void describe(Schema& schema, const state::Lot& lot);
void describe(Schema& schema, const state::Process& process);
void describe(Schema& schema, const state::Dispatch::Line& line);
void describe(Schema& schema, const state::Dispatch& dispatch);
void describe(Schema& schema, const state::Taken& taken);
void describe(Schema& schema, const state::Account& account);
void describe(Schema& schema, const state::Certificate::Debit& debit);
void describe(Schema& schema, const state::Certificate& certificate);

// The type of a kind's record.
const Type* record_type(Kind kind);

}  // namespace anta::schema
