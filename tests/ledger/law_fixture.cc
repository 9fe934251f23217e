#include "tests/ledger/law_fixture.h"

#include <algorithm>

#include "storage/ledger/mass.h"

namespace anta::test {
namespace {

void add_to(MassFlow::Amount& sum, const MassFlow::Amount& amount) {
  sum.dry_g += amount.dry_g;
  sum.cu_g += amount.cu_g;
}

payload::Maybe<payload::List<CocModel>> listed(std::vector<CocModel> models) {
  if (models.empty()) return std::nullopt;
  return models;
}

}  // namespace

payload::Measurement measured(std::int64_t wet_g, std::int64_t moisture_ppm, std::int64_t cu_ppm,
                              MeasurementStatus status) {
  payload::Measurement m;
  m.wet_g = Grams{wet_g};
  m.moisture_ppm = Ppm{moisture_ppm};
  m.cu_ppm = Ppm{cu_ppm};
  m.status = status;
  return m;
}

payload::Measurement some_ore() { return measured(20 * tonne, 30000, 50000); }

payload::NodeKeySet node_keys(const std::string& of) {
  const auto made = [&](const char* role) { return PublicKey{sha256(as_bytes(of + role)).bytes}; };
  return {made("/log"), made("/cosigner"), made("/tls")};
}

World::World(Parameters parameters) {
  genesis.network = NetworkId{"test"};
  genesis.origin = "anta.example/test";
  genesis.created = Millis{t0};
  genesis.registrar = {PartyId{"registrar"}, key("registrar").public_key()};
  genesis.schemes = {{SchemeId{"crp"}, PartyId{"owner"}}};
  genesis.parameters = std::move(parameters);
  for (const char* organisation : {"plant", "smelter", "owner"}) {
    const std::string node = std::string("n-") + organisation;
    genesis.nodes.push_back({NodeId{node}, PartyId{organisation}, node_keys(node), "127.0.0.1:7101"});
  }
  bind_origin(genesis);
  const Result<Effects> effects = genesis_effects(genesis);
  if (!effects) {
    ADD_FAILURE() << effects.error().message;
    return;
  }
  for (const StateChange& change : effects->changes)
    view.write(change.key, change.value);
  found();
}

const SigningKey& World::key(const std::string& party) {
  const auto known = keys_.find(party);
  if (known != keys_.end()) return known->second;
  const Digest seed = sha256(as_bytes("test key of " + party));
  return keys_.emplace(party, SigningKey(Secret32(std::span<const std::uint8_t, 32>(seed.bytes))))
      .first->second;
}

Bytes World::sign(const std::string& as, const payload::Payload& payload) {
  std::array<std::uint8_t, 16> cti = {};
  ++cti_;
  for (std::size_t i = 0; i < 8; ++i)
    cti[i] = static_cast<std::uint8_t>(cti_ >> (8 * i));
  const Result<Bytes> bytes =
      sign_statement(payload, PartyId{as}, key(as), std::max<std::int64_t>(now / second, 0), cti);
  if (!bytes) {
    last_message = bytes.error().message;
    return {};
  }
  return *bytes;
}

std::string World::submit(const std::string& as, const payload::Payload& payload) {
  Bytes bytes = sign(as, payload);
  return bytes.empty() ? "malformed" : submit_bytes(std::move(bytes));
}

std::string World::submit_bytes(Bytes bytes) {
  const Moment moment{Millis{block_time()}, LeafIndex{leaf_}};
  const auto shared = std::make_shared<const Bytes>(bytes);
  const auto note = [&](std::string outcome) {
    log.push_back({std::move(bytes), moment, outcome});
    return outcome;
  };
  const Result<SignedStatement> statement = decode_statement(shared);
  if (!statement) {
    last_message = statement.error().message;
    return note("malformed");
  }
  last_digest = statement->digest;
  const Result<PublicKey> signer = authenticate(view, *statement);
  const Result<Effects> effects = signer ? judge(view, *statement, moment) : pass(signer);
  if (!effects) {
    last_message = effects.error().message;
    const std::string& rule = effects.error().rule;
    if (rejection_is_recorded(rule)) {
      const StateChange record = rejection_record(*statement, rule, moment);
      view.write(record.key, record.value);
    }
    return note(rule);
  }
  last = *effects;
  for (const StateChange& change : last.changes)
    view.write(change.key, change.value);
  view.remember(statement->digest, shared);
  add_to(mass.originated, last.mass.originated);
  add_to(mass.gained, last.mass.gained);
  add_to(mass.lost, last.mass.lost);
  add_to(mass.processed_away, last.mass.processed_away);
  add_to(mass.exported, last.mass.exported);
  ++leaf_;
  return note("accepted");
}

void World::must(const std::string& as, const payload::Payload& payload) {
  const std::string outcome = submit(as, payload);
  EXPECT_EQ(outcome, "accepted") << type_word(payload) << " by " << as << ": " << last_message;
}

bool World::flagged(std::string_view code) const {
  return std::find(last.flags.begin(), last.flags.end(), code) != last.flags.end();
}

// --- parties and sites ---

void World::party(const std::string& id, std::vector<Role> roles,
                  std::optional<CapacityClass> capacity_class) {
  payload::Party p = party_payload(id);
  p.roles = std::move(roles);
  p.capacity_class = capacity_class;
  p.keys = {key(id).public_key()};
  must("registrar", p);
}

void World::site(const std::string& id, const std::string& operator_id, SiteKind kind,
                 std::vector<ProcessKind> processes) {
  payload::Site p = site_payload(id, operator_id, kind);
  if (!processes.empty()) p.processes = std::move(processes);
  must(operator_id, p);
}

void World::formalise(const std::string& party_id, FormalisationStatus status, std::int64_t effective_from) {
  payload::Formalisation p = formalisation(party_id, status);
  p.effective_from = Millis{effective_from};
  must("ministry", p);
}

void World::attest(const std::string& id, AttestationKind kind, const std::string& subject,
                   const std::string& site_id, std::vector<CocModel> models) {
  payload::Attestation p = attestation(id, subject, site_id);
  p.kind = kind;
  p.coc_models = listed(std::move(models));
  must("body", p);
}

void World::found() {
  party("miner", {Role::producer}, CapacityClass::pma);
  party("miner2", {Role::producer}, CapacityClass::ppm);
  party("plant", {Role::processing_plant});
  party("smelter", {Role::smelter, Role::refinery});
  party("truck", {Role::transporter});
  party("lab", {Role::laboratory});
  party("body", {Role::assurance_body});
  party("owner", {Role::scheme_owner, Role::accreditation_body});
  party("ministry", {Role::authority});
  party("auditor", {Role::auditor});
  party("buyer", {Role::buyer});
  site("mine", "miner", SiteKind::mine);
  site("mine2", "miner2", SiteKind::mine);
  site("mill", "plant", SiteKind::plant, {ProcessKind::flotation, ProcessKind::crushing});
  site("works", "smelter", SiteKind::smelter, {ProcessKind::smelting, ProcessKind::electrorefining});
  site("store", "buyer", SiteKind::warehouse);
  payload::Accreditation accreditation;
  accreditation.common = common();
  accreditation.body = PartyId{"body"};
  accreditation.scheme = SchemeId{"crp"};
  accreditation.from = Millis{t0};
  accreditation.until = Millis{t0 + 3000 * day};
  must("owner", accreditation);
  formalise("miner", FormalisationStatus::vigente, t0 - 300 * day);
  formalise("miner2", FormalisationStatus::vigente, t0 - 300 * day);
  attest("att-mine", AttestationKind::site_production, "miner", "mine");
  attest("att-mine2", AttestationKind::site_production, "miner2", "mine2");
  attest("att-mill", AttestationKind::chain_of_custody, "plant", "mill", {CocModel::segregated});
  attest("att-works", AttestationKind::chain_of_custody, "smelter", "works", {CocModel::mass_balance});
  now = t0 + 2 * day;
}

// --- builders ---

payload::Common World::common() const {
  payload::Common c;
  c.event_time = Millis{now};
  return c;
}

payload::Party World::party_payload(const std::string& id) const {
  payload::Party p;
  p.common = common();
  p.id = PartyId{id};
  p.name = "The " + id;
  p.country = "PE";
  p.roles = {Role::trader};
  const Digest unused = sha256(as_bytes("a key that nobody holds: " + id));
  p.keys = {PublicKey{unused.bytes}};
  return p;
}

payload::Site World::site_payload(const std::string& id, const std::string& operator_id,
                                  SiteKind kind) const {
  payload::Site p;
  p.common = common();
  p.id = SiteId{id};
  p.operator_id = PartyId{operator_id};
  p.kind = kind;
  p.ubigeo = "030414";
  return p;
}

payload::Formalisation World::formalisation(const std::string& subject, FormalisationStatus status) const {
  payload::Formalisation p;
  p.common = common();
  p.subject = PartyId{subject};
  p.scheme = "REINFO";
  p.status = status;
  p.effective_from = Millis{now};
  return p;
}

payload::Attestation World::attestation(const std::string& id, const std::string& subject,
                                        const std::string& site_id) const {
  payload::Attestation p;
  p.common = common();
  p.id = AttestationId{id};
  p.scheme = SchemeId{"crp"};
  p.criteria = "2024";
  p.subject = PartyId{subject};
  p.sites = {SiteId{site_id}};
  p.valid_from = Millis{t0};
  p.valid_until = Millis{t0 + 1000 * day};
  return p;
}

payload::AttestationStatus World::attestation_status(const std::string& id, AttestationChange change) const {
  payload::AttestationStatus p;
  p.common = common();
  p.attestation = AttestationId{id};
  p.status = change;
  p.reason = "a reason";
  p.effective_from = Millis{now};
  return p;
}

payload::Lot World::lot(const std::string& id, payload::Measurement measurement) const {
  payload::Lot p;
  p.common = common();
  p.id = LotId{id};
  p.site = SiteId{"mine"};
  p.measurement = std::move(measurement);
  p.extracted_from = Millis{now - day};
  p.extracted_until = Millis{now};
  return p;
}

payload::Dispatch World::dispatch(const std::string& id, const std::vector<std::string>& lots,
                                  payload::Measurement each) const {
  payload::Dispatch p;
  p.common = common();
  p.id = DispatchId{id};
  for (const std::string& lot_id : lots)
    p.lots.push_back({LotId{lot_id}, each});
  p.from_site = SiteId{"mine"};
  p.to = PartyId{"plant"};
  p.to_site = SiteId{"mill"};
  p.ownership_moves = true;
  p.carrier = PartyId{"truck"};
  p.waybill = "T001-" + id;
  p.tax_deposit = "DET-" + id;
  return p;
}

payload::Handover World::handover(const std::string& dispatch_id) const {
  payload::Handover p;
  p.common = common();
  p.dispatch = DispatchId{dispatch_id};
  return p;
}

payload::Receipt World::receipt(const std::string& dispatch_id, const std::vector<std::string>& lots,
                                payload::Measurement each) const {
  payload::Receipt p;
  p.common = common();
  p.dispatch = DispatchId{dispatch_id};
  for (const std::string& lot_id : lots)
    p.lots.push_back({LotId{lot_id}, each});
  p.seals_intact = true;
  p.ticket = "B-" + dispatch_id;
  return p;
}

payload::Take World::all_of(const std::string& lot_id) const {
  const auto lot_record = get<state::Lot>(lot_id);
  return {LotId{lot_id}, lot_record.remaining_dry_g, lot_record.remaining_cu_g};
}

payload::Process World::flotation(const std::string& id, const std::vector<std::string>& lots,
                                  const std::string& output) const {
  std::vector<payload::Take> inputs;
  for (const std::string& lot_id : lots)
    inputs.push_back(all_of(lot_id));
  return flotation_of(id, std::move(inputs), output);
}

payload::Process World::flotation_of(const std::string& id, std::vector<payload::Take> inputs,
                                     const std::string& output) const {
  payload::Process p;
  p.common = common();
  p.id = ProcessId{id};
  p.site = SiteId{"mill"};
  p.process = ProcessKind::flotation;
  p.inputs = std::move(inputs);
  std::int64_t dry = 0;
  std::int64_t cu = 0;
  for (const payload::Take& take : p.inputs) {
    dry += take.dry_g.value;
    cu += take.cu_g.value;
  }
  const std::int64_t wet = cu * 90 / 100 * 100 / 24 * 100 / 91;  // 9 % moist, 24 % Cu
  const payload::Measurement made = measured(wet, 90000, 240000);
  p.outputs.push_back({LotId{output}, Material::concentrate, "bulk", made});
  const state::Figures figures = figures_of(made);
  p.tailings = payload::Mass{Grams{dry - figures.dry_g.value}, Grams{cu - figures.cu_g.value}};
  return p;
}

payload::Certificate World::certificate(const std::string& id, const std::string& lot_id, CocModel model,
                                        std::optional<std::string> buyer) const {
  payload::Certificate p;
  p.common = common();
  p.id = CertificateId{id};
  p.lot = LotId{lot_id};
  const payload::Take all = all_of(lot_id);
  p.dry_g = all.dry_g;
  p.cu_g = all.cu_g;
  p.coc_model = model;
  p.schemes = {SchemeId{"crp"}};
  if (buyer) p.buyer = PartyId{*buyer};
  p.valid_until = Millis{t0 + 5000 * day};
  return p;
}

void World::deliver(const std::string& lot_id, payload::Measurement measurement) {
  must("miner", lot(lot_id, measurement));
  now += hour;
  must("miner", dispatch("D-" + lot_id, {lot_id}, measurement));
  now += hour;
  must("truck", handover("D-" + lot_id));
  now += 22 * hour;
  must("plant", receipt("D-" + lot_id, {lot_id}, measurement));
}

}  // namespace anta::test
