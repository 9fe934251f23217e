#include "tests/bench/trade.h"

#include <cstdio>
#include <cstring>

#include "storage/ledger/codec.h"

namespace anta::bench {
namespace {

constexpr std::int64_t day_ms = 24 * hour_ms;

SigningKey key_of(std::uint64_t seed, const std::string& name) {
  const Digest secret = sha256(as_bytes("bench key " + std::to_string(seed) + " of " + name));
  return SigningKey(Secret32(std::span<const std::uint8_t, 32>(secret.bytes)));
}

Trader one(std::uint64_t seed, const std::string& name) {
  return {PartyId{name}, key_of(seed, name), SiteId{"sitio-" + name}};
}

// Collects the founding: each statement an hour of its own wave after the founding.
class Founding {
 public:
  Founding(Millis founded, Millis now) : founded_(founded), now_(now) {}

  void add(const PartyId& issuer, const SigningKey& key, std::int64_t wave, payload::Payload payload) {
    std::visit([&](auto& p) { p.common.event_time = at(wave); }, payload);
    std::array<std::uint8_t, 16> cti = {};
    const std::uint64_t number = statements.size();
    std::memcpy(cti.data(), &number, sizeof number);
    statements.push_back(signed_by(issuer, key, payload, now_, cti));
  }
  Millis at(std::int64_t wave) const { return {founded_.value + wave * hour_ms}; }

  std::vector<Bytes> statements = {};

 private:
  Millis founded_ = {};
  Millis now_ = {};
};

payload::Party party_of(const Trader& trader, std::vector<Role> roles) {
  payload::Party p;
  p.id = trader.id;
  p.name = "The " + trader.id.value;
  p.country = "PE";
  p.ubigeo = "040302";
  p.roles = std::move(roles);
  p.keys = {trader.key.public_key()};
  p.languages = payload::List<payload::Text>{"es", "qu"};
  if (p.roles.front() == Role::producer) p.capacity_class = CapacityClass::ppm;
  return p;
}

payload::Site site_of(const Trader& trader, SiteKind kind) {
  payload::Site p;
  p.id = trader.site;
  p.operator_id = trader.id;
  p.kind = kind;
  p.ubigeo = "040302";
  if (kind == SiteKind::plant) p.processes = payload::List<ProcessKind>{ProcessKind::flotation};
  return p;
}

payload::Attestation attestation_of(const Trader& subject, AttestationKind kind, Millis from) {
  payload::Attestation p;
  p.id = AttestationId{"att-" + subject.id.value};
  p.scheme = SchemeId{scheme_id};
  p.criteria = "2024";
  p.kind = kind;
  p.subject = subject.id;
  p.sites = {subject.site};
  p.valid_from = from;
  p.valid_until = {from.value + 1000 * day_ms};
  return p;
}

payload::BalanceOpen account_of(const Trader& plant, Millis from) {
  payload::BalanceOpen p;
  p.id = AccountId{"cuenta-" + plant.id.value};
  p.site = plant.site;
  p.scheme = SchemeId{scheme_id};
  p.product = Material::concentrate;
  p.method = BalanceMethod::credit;
  p.from = from;
  p.until = {from.value + 366 * day_ms};
  p.conversion_ppm = Ppm{850'000};
  return p;
}

}  // namespace

Bytes signed_by(const PartyId& issuer, const SigningKey& key, const payload::Payload& payload, Millis now,
                const std::array<std::uint8_t, 16>& cti) {
  Result<Bytes> bytes = sign_statement(payload, issuer, key, now.value / 1000, cti);
  if (!bytes) std::fprintf(stderr, "bench: %s\n", bytes.error().message.c_str());
  ANTA_INVARIANT(bytes.has_value());
  return std::move(*bytes);
}

Trade::Trade(TradeSize size, std::uint64_t seed, Millis now)
    : seed_(seed),
      now_(now),
      producers_(made("mina", size.producers)),
      plants_(made("planta", size.plants)),
      carriers_(made("carga", size.carriers)),
      buyers_(made("compra", size.buyers)),
      owner_(one(seed, owner_id)),
      body_(one(seed, "sello")),
      authority_(one(seed, "direccion")) {}

std::vector<Trader> Trade::made(const std::string& stem, std::size_t count) const {
  std::vector<Trader> traders;
  for (std::size_t i = 0; i < count; ++i)
    traders.push_back(one(seed_, stem + "-" + std::to_string(i)));
  return traders;
}

std::size_t Trade::keys() const {
  return producers_.size() + plants_.size() + carriers_.size() + buyers_.size() + 3;
}

std::vector<Bytes> Trade::founding(const SigningKey& registrar) const {
  Founding out(founded(), now_);
  const auto enlist = [&](const std::vector<Trader>& traders, const std::vector<Role>& roles) {
    for (const Trader& trader : traders)
      out.add(PartyId{registrar_id}, registrar, 0, party_of(trader, roles));
  };
  enlist(producers_, {Role::producer});
  enlist(plants_, {Role::processing_plant, Role::laboratory});
  enlist(carriers_, {Role::transporter});
  enlist(buyers_, {Role::buyer});
  out.add(PartyId{registrar_id}, registrar, 0,
          party_of(owner_, {Role::scheme_owner, Role::accreditation_body}));
  out.add(PartyId{registrar_id}, registrar, 0, party_of(body_, {Role::assurance_body}));
  out.add(PartyId{registrar_id}, registrar, 0, party_of(authority_, {Role::authority}));

  payload::Accreditation accreditation;
  accreditation.body = body_.id;
  accreditation.scheme = SchemeId{scheme_id};
  accreditation.from = founded();
  accreditation.until = {founded().value + 3000 * day_ms};
  out.add(owner_.id, owner_.key, 1, accreditation);
  for (const Trader& producer : producers_) {
    out.add(producer.id, producer.key, 1, site_of(producer, SiteKind::mine));
    payload::Formalisation formalisation;
    formalisation.subject = producer.id;
    formalisation.scheme = "REINFO";
    formalisation.status = FormalisationStatus::vigente;
    formalisation.effective_from = founded();
    out.add(authority_.id, authority_.key, 1, formalisation);
    out.add(body_.id, body_.key, 2, attestation_of(producer, AttestationKind::site_production, out.at(2)));
  }
  for (std::size_t i = 0; i < plants_.size(); ++i) {
    const Trader& plant = plants_[i];
    out.add(plant.id, plant.key, 1, site_of(plant, SiteKind::plant));
    payload::Attestation custody = attestation_of(plant, AttestationKind::chain_of_custody, out.at(2));
    custody.coc_models =
        payload::List<CocModel>{keeps_account(i) ? CocModel::mass_balance : CocModel::segregated};
    out.add(body_.id, body_.key, 2, custody);
    if (keeps_account(i)) out.add(plant.id, plant.key, 3, account_of(plant, out.at(2)));
  }
  return std::move(out.statements);
}

std::string network_document(std::size_t nodes) {
  std::string list;
  for (std::size_t i = 1; i <= nodes; ++i)
    list += std::string(i > 1 ? ", " : "") + "{\"id\": \"n" + std::to_string(i) + "\"}";
  return std::string("{\"network\": \"bench\", \"registrar\": \"") + registrar_id + "\", \"nodes\": [" +
         list + "], \"schemes\": [{\"id\": \"" + scheme_id + "\", \"owner\": \"" + owner_id +
         "\"}], \"parameters\": {\"event_age_max_days\": " + std::to_string(event_age_max_days) + "}}\n";
}

SigningKey key_by_name(std::string_view name) {
  const Digest secret = sha256(as_bytes("bench key " + std::string(name)));
  return SigningKey(Secret32(std::span<const std::uint8_t, 32>(secret.bytes)));
}

Genesis lone_genesis(const PublicKey& registrar, Millis now) {
  Genesis genesis;
  genesis.network = NetworkId{"bench"};
  genesis.origin = "anta.example/bench";
  genesis.created = now;
  genesis.registrar = {PartyId{registrar_id}, registrar};
  genesis.nodes = {{NodeId{"n1"}, PartyId{"o1"}, {}, "node.example:7001"}};
  genesis.nodes[0].keys = {.log = key_by_name("log").public_key(),
                           .cosigner = key_by_name("cosigner").public_key(),
                           .tls = key_by_name("tls").public_key()};
  genesis.schemes = {{SchemeId{scheme_id}, PartyId{owner_id}}};
  genesis.parameters = {{"event_age_max_days", event_age_max_days}};
  bind_origin(genesis);
  return genesis;
}

}  // namespace anta::bench
