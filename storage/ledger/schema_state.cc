#include "storage/ledger/schema_state.h"

#include <array>
#include <string_view>

#include "storage/ledger/schema_payload.h"
#include "storage/ledger/state.h"

namespace anta::schema {

void describe(Schema& schema, const state::Stamp& stamp) {
  schema.add("by", stamp.by).add("flags", stamp.flags);
}

void describe(Schema& schema, const state::Interval& interval) {
  schema.add("from", interval.from).add("until", interval.until);
}

void describe(Schema& schema, const state::Figures& figures) {
  schema.add("wet_g", figures.wet_g).add("dry_g", figures.dry_g).add("cu_g", figures.cu_g);
}

void describe(Schema& schema, const state::Party& party) {
  describe(schema, party.stamp);
  schema.add("id", party.id)
      .add("kind", party.kind)
      .add("name", party.name)
      .add("country", party.country)
      .add("ubigeo", party.ubigeo)
      .add("capacity_class", party.capacity_class)
      .add("languages", party.languages)
      .add("registered", party.registered);
}

void describe(Schema& schema, const state::Key& key) {
  describe(schema, key.stamp);
  schema.add("party", key.party)
      .add("key", key.key)
      .add("state", key.state)
      .add("since", key.since)
      .add("compromised_since", key.compromised_since);
}

void describe(Schema& schema, const state::RoleHeld& role_held) {
  describe(schema, role_held.stamp);
  schema.add("held", role_held.held);
}

void describe(Schema& schema, const state::Relation::Entry& entry) {
  schema.add("kind", entry.kind).add("during", entry.during).add("by", entry.by).add("again", entry.again);
}

void describe(Schema& schema, const state::Relation& relation) {
  describe(schema, relation.stamp);
  schema.add("entries", relation.entries);
}

void describe(Schema& schema, const state::Device& device) {
  describe(schema, device.stamp);
  schema.add("last_seq", device.last_seq);
}

void describe(Schema& schema, const state::Parameter::Entry& entry) {
  schema.add("value", entry.value).add("effective_from", entry.effective_from);
}

void describe(Schema& schema, const state::Parameter& parameter) {
  describe(schema, parameter.stamp);
  schema.add("entries", parameter.entries);
}

void describe(Schema& schema, const state::Node& node) {
  describe(schema, node.stamp);
  schema.add("id", node.id)
      .add("organisation", node.organisation)
      .add("keys", node.keys)
      .add("address", node.address)
      .add("standing", node.standing)
      .add("incarnation", node.incarnation)
      .add("retired", node.retired);
}

void describe(Schema& schema, const state::Proposal::NodeChange& change) {
  schema.add("node", change.node)
      .add("organisation", change.organisation)
      .add("action", change.action)
      .add("keys", change.keys)
      .add("address", change.address)
      .add("key", change.key)
      .add("before", change.before);
}

void describe(Schema& schema, const state::Proposal::ParameterChange& change) {
  schema.add("name", change.name).add("value", change.value).add("effective_from", change.effective_from);
}

void describe(Schema& schema, const state::Proposal::Ballot& ballot) {
  schema.add("organisation", ballot.organisation).add("approve", ballot.approve);
}

void describe(Schema& schema, const state::Proposal& proposal) {
  describe(schema, proposal.stamp);
  schema.add("id", proposal.id)
      .add("statement", proposal.statement)
      .add("opened", proposal.opened)
      .add("node", proposal.node)
      .add("parameter", proposal.parameter)
      .add("votes", proposal.votes)
      .add("status", proposal.status);
}

void describe(Schema& schema, const state::Network::Witness& witness) {
  schema.add("id", witness.id).add("key", witness.key);
}

void describe(Schema& schema, const state::Network& network) {
  describe(schema, network.stamp);
  schema.add("nodes", network.nodes).add("witnesses", network.witnesses).add("retired", network.retired);
}

void describe(Schema& schema, const state::Rejected& rejected) {
  describe(schema, rejected.stamp);
  schema.add("rule", rejected.rule).add("block_time", rejected.block_time);
}

void describe(Schema& schema, const state::Countersign::Entry& entry) {
  schema.add("party", entry.party).add("event_time", entry.event_time);
}

void describe(Schema& schema, const state::Countersign& countersign) {
  describe(schema, countersign.stamp);
  schema.add("entries", countersign.entries);
}

void describe(Schema& schema, const state::Document& document) {
  describe(schema, document.stamp);
  schema.add("media_type", document.media_type)
      .add("title", document.title)
      .add("subject", document.subject)
      .add("retain_until", document.retain_until)
      .add("event_time", document.event_time)
      .add("withdrawn", document.withdrawn);
}

void describe(Schema& schema, const state::Site& site) {
  describe(schema, site.stamp);
  schema.add("id", site.id)
      .add("operator", site.operator_id)
      .add("kind", site.kind)
      .add("ubigeo", site.ubigeo)
      .add("country", site.country)
      .add("concession", site.concession)
      .add("concession_holder", site.concession_holder)
      .add("capacity_g_per_day", site.capacity_g_per_day)
      .add("processes", site.processes)
      .add("coc_model", site.coc_model)
      .add("latitude_e2", site.latitude_e2)
      .add("longitude_e2", site.longitude_e2)
      .add("registered", site.registered)
      .add("attestations", site.attestations)
      .add("accounts", site.accounts)
      .add("last_lot", site.last_lot);
}

void describe(Schema& schema, const state::Formalisation::Entry& entry) {
  schema.add("scheme", entry.scheme)
      .add("status", entry.status)
      .add("effective_from", entry.effective_from)
      .add("concession", entry.concession)
      .add("code", entry.code)
      .add("statement", entry.statement);
}

void describe(Schema& schema, const state::Formalisation& formalisation) {
  describe(schema, formalisation.stamp);
  schema.add("entries", formalisation.entries);
}

void describe(Schema& schema, const state::Accreditation::Entry& entry) {
  schema.add("status", entry.status)
      .add("during", entry.during)
      .add("by_party", entry.by_party)
      .add("statement", entry.statement);
}

void describe(Schema& schema, const state::Accreditation& accreditation) {
  describe(schema, accreditation.stamp);
  schema.add("entries", accreditation.entries);
}

void describe(Schema& schema, const state::Attestation::Change& change) {
  schema.add("status", change.status)
      .add("effective_from", change.effective_from)
      .add("void_from", change.void_from)
      .add("statement", change.statement);
}

void describe(Schema& schema, const state::Attestation& attestation) {
  describe(schema, attestation.stamp);
  schema.add("id", attestation.id)
      .add("scheme", attestation.scheme)
      .add("criteria", attestation.criteria)
      .add("kind", attestation.kind)
      .add("body", attestation.body)
      .add("subject", attestation.subject)
      .add("sites", attestation.sites)
      .add("materials", attestation.materials)
      .add("coc_models", attestation.coc_models)
      .add("valid", attestation.valid)
      .add("issued", attestation.issued)
      .add("changes", attestation.changes);
}

void describe(Schema& schema, const state::Origination::Entry& entry) {
  schema.add("event_time", entry.event_time).add("dry_g", entry.dry_g);
}

void describe(Schema& schema, const state::Origination::Part& part) {
  schema.add("from", part.from).add("dry_g", part.dry_g);
}

void describe(Schema& schema, const state::Origination& origination) {
  describe(schema, origination.stamp);
  schema.add("entries", origination.entries).add("parts", origination.parts);
}

void describe(Schema& schema, const state::Lot::SchemeEligibility& scheme_eligibility) {
  schema.add("scheme", scheme_eligibility.scheme).add("status", scheme_eligibility.status);
}

void describe(Schema& schema, const state::Lot::Source& source) {
  schema.add("lot", source.lot).add("dry_g", source.dry_g).add("cu_g", source.cu_g).add("next", source.next);
}

void describe(Schema& schema, const state::Lot::Credit& credit) {
  schema.add("account", credit.account)
      .add("cu_g", credit.cu_g)
      .add("over_cu_g", credit.over_cu_g)
      .add("by_certificate", credit.by_certificate)
      .add("lot", credit.lot);
}

void describe(Schema& schema, const state::Lot& lot) {
  describe(schema, lot.stamp);
  schema.add("id", lot.id)
      .add("material", lot.material)
      .add("form", lot.form)
      .add("state", lot.state)
      .add("maker", lot.maker)
      .add("made_site", lot.made_site)
      .add("site", lot.site)
      .add("holder", lot.holder)
      .add("owner", lot.owner)
      .add("made_at", lot.made_at)
      .add("made_latest", lot.made_latest)
      .add("settled_at", lot.settled_at)
      .add("accepted", lot.accepted)
      .add("remaining_dry_g", lot.remaining_dry_g)
      .add("remaining_cu_g", lot.remaining_cu_g)
      .add("status", lot.status)
      .add("dry_raised", lot.dry_raised)
      .add("dispatch", lot.dispatch)
      .add("hold", lot.hold)
      .add("owner_offered", lot.owner_offered)
      .add("origin", lot.origin)
      .add("coc_model", lot.coc_model)
      .add("schemes", lot.schemes)
      .add("previous", lot.previous)
      .add("sources", lot.sources)
      .add("first_child", lot.first_child)
      .add("certified_dry_g", lot.certified_dry_g)
      .add("certified_cu_g", lot.certified_cu_g)
      .add("certificates", lot.certificates)
      .add("credits", lot.credits)
      .add("lost_credits", lot.lost_credits);
}

void describe(Schema& schema, const state::Process& process) {
  describe(schema, process.stamp);
  schema.add("site", process.site)
      .add("event_time", process.event_time)
      .add("inputs", process.inputs)
      .add("outputs", process.outputs);
}

void describe(Schema& schema, const state::Dispatch::Line& line) {
  schema.add("lot", line.lot)
      .add("before", line.before)
      .add("before_state", line.before_state)
      .add("before_accepted", line.before_accepted)
      .add("before_settled_at", line.before_settled_at)
      .add("before_status", line.before_status)
      .add("before_owner", line.before_owner)
      .add("before_dry_raised", line.before_dry_raised)
      .add("sent", line.sent)
      .add("received", line.received)
      .add("proposed", line.proposed)
      .add("reversed", line.reversed);
}

void describe(Schema& schema, const state::Dispatch& dispatch) {
  describe(schema, dispatch.stamp);
  schema.add("id", dispatch.id)
      .add("state", dispatch.state)
      .add("sender", dispatch.sender)
      .add("from_site", dispatch.from_site)
      .add("to", dispatch.to)
      .add("to_site", dispatch.to_site)
      .add("ownership_moves", dispatch.ownership_moves)
      .add("carrier", dispatch.carrier)
      .add("waybill", dispatch.waybill)
      .add("seals", dispatch.seals)
      .add("departed", dispatch.departed)
      .add("handed_over", dispatch.handed_over)
      .add("lines", dispatch.lines)
      .add("received_at", dispatch.received_at)
      .add("proposed_by", dispatch.proposed_by)
      .add("proposed_at", dispatch.proposed_at)
      .add("settled_at", dispatch.settled_at);
}

void describe(Schema& schema, const state::Taken& taken) {
  describe(schema, taken.stamp);
  schema.add("by_id", taken.by_id);
}

void describe(Schema& schema, const state::Account& account) {
  describe(schema, account.stamp);
  schema.add("id", account.id)
      .add("site", account.site)
      .add("scheme", account.scheme)
      .add("product", account.product)
      .add("method", account.method)
      .add("period", account.period)
      .add("conversion_ppm", account.conversion_ppm)
      .add("operator", account.operator_id)
      .add("opened", account.opened)
      .add("open", account.open)
      .add("balance_g", account.balance_g);
}

void describe(Schema& schema, const state::Certificate::Debit& debit) {
  schema.add("account", debit.account).add("cu_g", debit.cu_g);
}

void describe(Schema& schema, const state::Certificate& certificate) {
  describe(schema, certificate.stamp);
  schema.add("id", certificate.id)
      .add("lot", certificate.lot)
      .add("site", certificate.site)
      .add("holder", certificate.holder)
      .add("dry_g", certificate.dry_g)
      .add("cu_g", certificate.cu_g)
      .add("coc_model", certificate.coc_model)
      .add("schemes", certificate.schemes)
      .add("buyer", certificate.buyer)
      .add("issued", certificate.issued)
      .add("valid_until", certificate.valid_until)
      .add("state", certificate.state)
      .add("superseded_by", certificate.superseded_by)
      .add("debits", certificate.debits);
}

const Type* record_type(Kind kind) {
  switch (kind) {
    case Kind::party: return &type_of<state::Party>();
    case Kind::key: return &type_of<state::Key>();
    case Kind::role: return &type_of<state::RoleHeld>();
    case Kind::relation: return &type_of<state::Relation>();
    case Kind::device: return &type_of<state::Device>();
    case Kind::parameter: return &type_of<state::Parameter>();
    case Kind::node: return &type_of<state::Node>();
    case Kind::rejected: return &type_of<state::Rejected>();
    case Kind::countersign: return &type_of<state::Countersign>();
    case Kind::document: return &type_of<state::Document>();
    case Kind::site: return &type_of<state::Site>();
    case Kind::formalisation: return &type_of<state::Formalisation>();
    case Kind::accreditation: return &type_of<state::Accreditation>();
    case Kind::attestation: return &type_of<state::Attestation>();
    case Kind::origination: return &type_of<state::Origination>();
    case Kind::lot: return &type_of<state::Lot>();
    case Kind::process: return &type_of<state::Process>();
    case Kind::dispatch: return &type_of<state::Dispatch>();
    case Kind::account: return &type_of<state::Account>();
    case Kind::certificate: return &type_of<state::Certificate>();
    case Kind::proposal: return &type_of<state::Proposal>();
    case Kind::network: return &type_of<state::Network>();
    case Kind::waybill:
    case Kind::ticket:
    case Kind::container_seal: return &type_of<state::Taken>();
  }
  return nullptr;
}

}  // namespace anta::schema

namespace anta::state {
namespace {

constexpr std::size_t record_bytes_usual = 256;  // what a buffer starts with

}  // namespace

template <typename T>
Bytes encode_record(const T& record) {
  cbor::Writer out(record_bytes_usual);
  schema::type_of<T>().write(out, &record);
  return out.take();
}

template <typename T>
Result<T> decode_record(ByteView bytes) {
  T record = {};
  cbor::Reader in(bytes);
  const schema::Place top = {.strictness = schema::Strictness::record};
  Result<void> read = schema::type_of<T>().read(in, &record, {}, top);
  if (read) read = in.finish();
  if (!read) return fail(Code::corrupt, read.error().rule, "a record of the state: " + read.error().message);
  return record;
}

template Bytes encode_record<Party>(const Party&);
template Result<Party> decode_record<Party>(ByteView);
template Bytes encode_record<Key>(const Key&);
template Result<Key> decode_record<Key>(ByteView);
template Bytes encode_record<RoleHeld>(const RoleHeld&);
template Result<RoleHeld> decode_record<RoleHeld>(ByteView);
template Bytes encode_record<Relation>(const Relation&);
template Result<Relation> decode_record<Relation>(ByteView);
template Bytes encode_record<Device>(const Device&);
template Result<Device> decode_record<Device>(ByteView);
template Bytes encode_record<Parameter>(const Parameter&);
template Result<Parameter> decode_record<Parameter>(ByteView);
template Bytes encode_record<Node>(const Node&);
template Result<Node> decode_record<Node>(ByteView);
template Bytes encode_record<Rejected>(const Rejected&);
template Result<Rejected> decode_record<Rejected>(ByteView);
template Bytes encode_record<Countersign>(const Countersign&);
template Result<Countersign> decode_record<Countersign>(ByteView);
template Bytes encode_record<Document>(const Document&);
template Result<Document> decode_record<Document>(ByteView);
template Bytes encode_record<Site>(const Site&);
template Result<Site> decode_record<Site>(ByteView);
template Bytes encode_record<Formalisation>(const Formalisation&);
template Result<Formalisation> decode_record<Formalisation>(ByteView);
template Bytes encode_record<Accreditation>(const Accreditation&);
template Result<Accreditation> decode_record<Accreditation>(ByteView);
template Bytes encode_record<Attestation>(const Attestation&);
template Result<Attestation> decode_record<Attestation>(ByteView);
template Bytes encode_record<Origination>(const Origination&);
template Result<Origination> decode_record<Origination>(ByteView);
template Bytes encode_record<Lot>(const Lot&);
template Result<Lot> decode_record<Lot>(ByteView);
template Bytes encode_record<Process>(const Process&);
template Result<Process> decode_record<Process>(ByteView);
template Bytes encode_record<Dispatch>(const Dispatch&);
template Result<Dispatch> decode_record<Dispatch>(ByteView);
template Bytes encode_record<Account>(const Account&);
template Result<Account> decode_record<Account>(ByteView);
template Bytes encode_record<Certificate>(const Certificate&);
template Result<Certificate> decode_record<Certificate>(ByteView);
template Bytes encode_record<Proposal>(const Proposal&);
template Result<Proposal> decode_record<Proposal>(ByteView);
template Bytes encode_record<Network>(const Network&);
template Result<Network> decode_record<Network>(ByteView);
template Bytes encode_record<Taken>(const Taken&);
template Result<Taken> decode_record<Taken>(ByteView);

}  // namespace anta::state
