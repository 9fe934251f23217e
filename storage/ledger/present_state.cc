#include "storage/ledger/present_state.h"

#include <algorithm>

#include "crypto/merkle.h"
#include "storage/ledger/report_facts.h"
#include "storage/ledger/seal.h"
#include "storage/ledger/state.h"

namespace anta {
namespace {

std::string words_of(const StateKey& key) { return std::string(word(key.kind)) + " " + key.id; }

// And is the record of this very thing, where it says of what it is.
template <typename T>
bool reads(const StateKey& key, const Bytes& bytes) {
  const Result<T> record = state::decode_record<T>(bytes);
  if (!record) return false;
  if constexpr (requires { record->id.value; }) return record->id.value == key.id;
  return true;
}

// Of the kinds that are laid over the evidence or make a policy; others are proven and not looked at.
bool is_readable(const StateKey& key, const Bytes& record) {
  switch (key.kind) {
    case Kind::certificate: return reads<state::Certificate>(key, record);
    case Kind::lot: return reads<state::Lot>(key, record);
    case Kind::attestation: return reads<state::Attestation>(key, record);
    case Kind::accreditation: return reads<state::Accreditation>(key, record);
    case Kind::formalisation: return reads<state::Formalisation>(key, record);
    case Kind::account: return reads<state::Account>(key, record);
    case Kind::key: return reads<state::Key>(key, record);
    case Kind::network: return reads<state::Network>(key, record);
    case Kind::node: return reads<state::Node>(key, record);
    case Kind::parameter: return reads<state::Parameter>(key, record);
    default: return true;
  }
}

}  // namespace

std::optional<ReplayFailure> check_present_state(const ProvenState& state, const Checkpoint& checkpoint) {
  const LeafIndex leaf = state.leaf;
  const Digest entry = sha256(state.seal);
  const Result<Seal> seal = decode_seal(state.seal);
  const bool newest = leaf.value + 1 == checkpoint.size;
  if (!seal || !newest ||
      !verify_inclusion(leaf_hash(entry.view()), leaf.value, checkpoint.size, state.path, checkpoint.root)) {
    return ReplayFailure{"state_seal", "the state is not under the newest seal of the checkpoint", leaf};
  }
  for (const ProvenRecord& record : state.records) {
    const auto value = record.record ? std::optional(sha256(*record.record)) : std::nullopt;
    const auto proven = verify_state_proof(seal->state_root, tree_key(record.key), value, record.proof);
    if (!proven) {
      return ReplayFailure{code_of(proven.error()), words_of(record.key) + ": " + proven.error().message, {}};
    }
    if (record.record && !is_readable(record.key, *record.record)) {
      return ReplayFailure{
          "state_record", words_of(record.key) + ": the record cannot be read, or is another's", {}};
    }
  }
  return std::nullopt;
}

std::vector<StateKey> relied_keys(const Evidence& evidence, const CertificateId& certificate,
                                  Millis checkpoint_time) {
  Report scratch;
  Rested rested;
  if (!describe(evidence, certificate, checkpoint_time, scratch, rested)) return {};
  return {rested.records.begin(), rested.records.end()};
}

std::vector<StateKey> unproven(const std::set<StateKey>& relied, const std::optional<ProvenState>& state) {
  std::set<StateKey> left = relied;
  if (state) {
    for (const ProvenRecord& record : state->records)
      left.erase(record.key);
  }
  return {left.begin(), left.end()};
}

}  // namespace anta
