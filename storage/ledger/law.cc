#include "storage/ledger/law.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "crypto/cose.h"
#include "crypto/text.h"
#include "storage/ledger/draft.h"
#include "storage/ledger/mass.h"
#include "storage/ledger/network.h"
#include "storage/ledger/parameter.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

// Somebody else than who states the old fact vouched for this very statement. That the supporter may do so
// was judged at its own event (support.cc): an auditor of today may speak for a fact older than its office.
bool is_countersigned(const Draft& draft) {
  const auto record = draft.look<state::Countersign>(hex(draft.statement.digest));
  if (!record) return false;
  return std::any_of(record->entries.begin(), record->entries.end(),
                     [&](const auto& entry) { return entry.party != draft.issuer(); });
}

// Against the block's time, which the replay of a part of the ledger does not know.
Verdict check_event_time(const Draft& draft) {
  if (draft.moment.partial) return {};
  const std::int64_t ahead = draft.event_time().value - draft.moment.block_time.value;
  if (ahead > draft.parameter("event_ahead_max_ms")) {
    return violated("event_in_future", "the event lies after the block's time");
  }
  if (-ahead > draft.parameter("event_age_max_days") * day_ms && !is_countersigned(draft)) {
    return violated("event_too_old", "the event is too long ago and nobody countersigned it");
  }
  return {};
}

// Sequence numbers rise per device; acceptance consumes the number, because only then take() is called.
Verdict check_device(Draft& draft) {
  const payload::Common& common = payload::common(draft.statement.payload);
  if (!common.device_seq) return {};
  if (!common.device) return violated("device_sequence", "device_seq without a device");
  const std::string id = draft.issuer().value + "/" + common.device->value;
  std::optional<state::Device> device = draft.get<state::Device>(id);
  if (device && *common.device_seq <= device->last_seq) {
    return violated("device_sequence",
                    "the device has already sent number " + std::to_string(device->last_seq));
  }
  state::Device next = device.value_or(state::Device{});
  next.last_seq = *common.device_seq;
  draft.put(id, std::move(next));
  return {};
}

template <typename P>
constexpr bool has_rule = !std::is_same_v<P, payload::BalanceClose>;

Verdict apply_rule(Draft& draft) {
  return std::visit(
      [&](const auto& p) -> Verdict {
        if constexpr (has_rule<std::decay_t<decltype(p)>>) {
          return rule(draft, p);
        } else {
          return violated("not_enabled", "this network's law has no rule for " + draft.statement.type);
        }
      },
      draft.statement.payload);
}

template <typename T>
StateChange record_of(Kind kind, std::string id, const T& record) {
  return {StateKey{kind, std::move(id)}, std::make_shared<const Bytes>(state::encode_record(record))};
}

// Genesis records are stamped with the genesis's own identity.
struct GenesisWriter {
  Digest by = {};
  std::vector<StateChange> changes = {};

  template <typename T>
  void put(std::string id, T record) {
    record.stamp.by = by;
    changes.push_back(record_of(state::KindOf<T>::kind, std::move(id), record));
  }
};

void put_registrar(GenesisWriter& writer, const Genesis& genesis) {
  const PartyId& id = genesis.registrar.id;
  state::Party party;
  party.id = id;
  party.registered = genesis.created;
  writer.put(id.value, std::move(party));
  state::RoleHeld role;
  role.held = {{Millis{0}, std::nullopt}};  // a network may record what happened before it was founded
  writer.put(role_record_id(id, Role::registrar), std::move(role));
  state::Key key;
  key.party = id;
  key.key = genesis.registrar.key;
  key.since = genesis.created;
  writer.put(hex(kid_of(genesis.registrar.key)), std::move(key));
}

Result<void> put_parameters(GenesisWriter& writer, const Genesis& genesis) {
  for (const auto& [name, value] : genesis.parameters) {
    if (const Result<void> known = check_parameter(name, value); !known) return pass(known);
  }
  for (const ParameterInfo& info : all_parameters()) {
    state::Parameter record;
    state::Parameter::Entry entry{standard_value(info), genesis.created};
    for (const auto& [name, value] : genesis.parameters) {
      if (name == info.name) entry.value = value;
    }
    record.entries.push_back(std::move(entry));
    writer.put(std::string(info.name), std::move(record));
  }
  for (const GenesisScheme& scheme : genesis.schemes) {
    state::Parameter record;
    record.entries.push_back({scheme.owner.value, genesis.created});
    writer.put("scheme/" + scheme.id.value, std::move(record));
  }
  return {};
}

void put_nodes(GenesisWriter& writer, const Genesis& genesis) {
  state::Network network;
  for (const GenesisNode& node : genesis.nodes) {
    network.nodes.push_back(node.id);
    state::Node record;
    record.id = node.id;
    record.organisation = node.organisation;
    record.keys = node.keys;
    record.address = node.address;
    writer.put(node.id.value, std::move(record));
  }
  for (const GenesisWitness& witness : genesis.witnesses.value_or(std::vector<GenesisWitness>{}))
    network.witnesses.push_back({witness.id, witness.key});
  std::sort(network.nodes.begin(), network.nodes.end());
  std::sort(network.witnesses.begin(), network.witnesses.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  writer.put(std::string(network_record_id), std::move(network));
}

}  // namespace

bool verify_signature(const SignedStatement& statement, const PublicKey& key) {
  return verify_cose(statement.header.kid, statement.protected_bytes, statement.signed_payload,
                     statement.signature, key);
}

bool key_signs_for(const state::Key& key, const SignedStatement& statement) {
  return key.party == statement.issuer() && key.state == KeyState::active &&
         !(key.compromised_since && *key.compromised_since <= statement.event_time());
}

Result<PublicKey> authenticate(const LedgerView& view, const SignedStatement& statement,
                               const SignatureCheck& check) {
  const auto key = state::look<state::Key>(view, hex(statement.header.kid));
  // Without the key nothing can be verified, so an unknown key is what it is called, whoever signed.
  if (!key || !key_signs_for(*key, statement)) {
    return violated("unknown_key", "no valid key " + hex(statement.header.kid).substr(0, 16) +
                                       " is registered for " + statement.header.issuer);
  }
  if (!check(statement, key->key)) {
    return fail(Code::bad_signature, "bad_signature", "the signature does not verify");
  }
  return key->key;
}

Result<Effects> judge(const LedgerView& view, const SignedStatement& statement, Moment moment) {
  Draft draft(view, statement, moment);
  if (const Verdict verdict = check_event_time(draft); !verdict) return pass(verdict);
  if (const Verdict verdict = check_device(draft); !verdict) return pass(verdict);
  if (const Verdict verdict = apply_rule(draft); !verdict) return pass(verdict);
  return draft.take();
}

Result<void> law_known(const LedgerView& view, Millis block_time, std::int64_t known) {
  const std::int64_t version = parameter_at(view, "law_version", block_time);
  if (version <= known) return {};
  return fail(Code::not_found, "law_version",
              "version " + std::to_string(version) + " of the law is in force and this release knows up to " +
                  std::to_string(known) + ": install a newer release, then start again");
}

bool rejection_is_recorded(std::string_view rule) {
  return rule != "malformed" && rule != "bad_signature" && rule != "unknown_key" && rule != "event_in_future";
}

StateChange rejection_record(const SignedStatement& statement, std::string_view rule, Moment moment) {
  state::Rejected record;
  record.stamp.by = statement.digest;
  record.rule = std::string(rule);
  record.block_time = moment.block_time;
  return record_of(Kind::rejected, hex(statement.digest), record);
}

Result<Effects> decide(Overlay& overlay, const SignedStatement& statement, Moment moment,
                       const SignatureCheck& check) {
  const Result<PublicKey> key = authenticate(overlay, statement, check);
  Result<Effects> effects = key ? judge(overlay, statement, moment) : Result<Effects>(pass(key));
  if (effects) {
    for (StateChange& change : std::exchange(effects->changes, {}))
      overlay.write(change.key, std::move(change.value));
    overlay.remember(statement.digest, statement.bytes);
  } else if (rejection_is_recorded(effects.error().rule)) {
    StateChange record = rejection_record(statement, effects.error().rule, moment);
    overlay.write(record.key, std::move(record.value));
  }
  return effects;
}

Result<Effects> genesis_effects(const Genesis& genesis) {
  GenesisWriter writer;
  writer.by = sha256(encode_genesis(genesis));
  put_registrar(writer, genesis);
  if (const Result<void> parameters = put_parameters(writer, genesis); !parameters) return pass(parameters);
  put_nodes(writer, genesis);
  Effects effects;
  effects.changes = std::move(writer.changes);
  std::sort(effects.changes.begin(), effects.changes.end(),
            [](const StateChange& a, const StateChange& b) { return a.key < b.key; });
  effects.subjects = {{Kind::party, genesis.registrar.id.value}};
  return effects;
}

}  // namespace anta
