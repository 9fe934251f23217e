#include "storage/ledger/policy_proof.h"

#include <utility>

#include "storage/ledger/certificate_reading.h"
#include "storage/ledger/cosigners.h"
#include "storage/ledger/network.h"
#include "storage/ledger/present_state.h"

namespace anta {
namespace {

using namespace certificate_reading;

const StateKey network_key{Kind::network, std::string(network_record_id)};

Result<void> read_proof_field(cbor::Reader& in, std::int64_t key, PolicyProof& proof) {
  switch (key) {
    case 1: return read_format(in);
    case 2: return read_text(in, certificate_note_bytes_max, proof.note, "the checkpoint note");
    case 5: {
      auto state = read_proven_state(in);
      if (!state) return pass(state);
      proof.state = std::move(*state);
      return {};
    }
    default: return in.refuse("certificate.field", "unknown field " + std::to_string(key));
  }
}

tl::unexpected<Error> incomplete(const std::string& what) {
  return fail(Code::malformed, "policy.incomplete", "the proof of the policy lacks " + what);
}

}  // namespace

Bytes encode_policy_proof(const PolicyProof& proof) {
  cbor::Writer out;
  out.map(3);
  out.integer(1).integer(certificate_format);
  out.integer(2).text(proof.note);
  out.integer(5);
  write_proven_state(out, proof.state);
  return out.take();
}

Result<PolicyProof> decode_policy_proof(ByteView bytes) {
  if (bytes.size() > certificate_file_bytes_max)
    return fail(Code::malformed, "certificate.too_large", "the proof of a policy is too large");
  cbor::Reader in(bytes);
  const auto pairs = in.map();
  if (!pairs) return pass(pairs);
  PolicyProof proof;
  for (std::size_t i = 0; i < *pairs; ++i) {
    const auto key = in.integer();
    if (!key) return pass(key);
    if (auto field = read_proof_field(in, *key, proof); !field) return pass(field);
  }
  if (auto end = in.finish(); !end) return pass(end);
  if (*pairs != 3)
    return fail(Code::malformed, "certificate.missing", "the proof of a policy has the fields 1, 2 and 5");
  return proof;
}

std::vector<StateKey> policy_keys(const LedgerView& view) {
  std::vector<StateKey> keys = {network_key};
  const auto network = state::look<state::Network>(view, network_key.id);
  if (!network) return keys;
  for (const NodeId& node : network->nodes)
    keys.push_back({Kind::node, node.value});
  return keys;
}

Result<Policy> proven_policy(const PolicyProof& proof, const Checkpoint& checkpoint) {
  if (const auto bad = check_present_state(proof.state, checkpoint))
    return fail(Code::malformed, bad->code, bad->message);
  MemoryView view;
  for (const ProvenRecord& proven : proof.state.records) {
    if (proven.record) view.write(proven.key, proven.record);
  }
  if (!view.read(Kind::network, network_key.id)) return incomplete("the record of the network");
  for (const StateKey& key : policy_keys(view)) {
    if (!view.read(key.kind, key.id)) return incomplete(std::string(word(key.kind)) + " " + key.id);
  }
  const auto network = state::look<state::Network>(view, network_key.id);
  const Result<CosignerSet> set =
      cosigner_set(checkpoint.origin, TreeSize{checkpoint.size}, network_nodes(view), network->witnesses);
  if (!set) return pass(set);
  return set->policy;
}

}  // namespace anta
