#include "storage/ledger/cosigners.h"

#include <algorithm>

namespace anta {

std::size_t cosigner_quorum(std::size_t cosigners) { return 2 * cosigners / 3 + 1; }

std::string cosigner_name(const PartyId& organisation) { return organisation.value + "/anta"; }

const state::Node* CosignerSet::find(const NodeId& id) const {
  const auto found =
      std::find_if(signers.begin(), signers.end(), [&id](const auto& n) { return n.id == id; });
  return found == signers.end() ? nullptr : &*found;
}

VerifierKey CosignerSet::log_key(const state::Node& node) const {
  return {.name = origin, .type = KeyType::ed25519, .key = node.keys.log};
}

VerifierKey CosignerSet::cosigner_key(const state::Node& node) const {
  return {.name = cosigner_name(node.organisation), .type = KeyType::cosignature, .key = node.keys.cosigner};
}

VerifierKey witness_key(const state::Network::Witness& witness) {
  return {.name = cosigner_name(PartyId{witness.id.value}), .type = KeyType::cosignature, .key = witness.key};
}

std::optional<VerifierKey> CosignerSet::key_of(const NodeId& id) const {
  if (const state::Node* node = find(id)) return cosigner_key(*node);
  const auto found =
      std::find_if(witnesses.begin(), witnesses.end(), [&id](const auto& w) { return w.id == id; });
  return found == witnesses.end() ? std::nullopt : std::optional(witness_key(*found));
}

Result<CosignerSet> cosigner_set(const std::string& origin, TreeSize from,
                                 const std::vector<state::Node>& nodes, const WitnessList& witnesses) {
  CosignerSet set{.from = from, .origin = origin, .witnesses = witnesses};
  std::vector<VerifierKey> logs;
  std::vector<VerifierKey> cosigners;
  for (const state::Node& node : nodes) {
    set.audience.push_back(node.id);
    if (node.standing != NodeStanding::voter) continue;
    set.signers.push_back(node);
    logs.push_back(set.log_key(node));
    cosigners.push_back(set.cosigner_key(node));
  }
  if (!logs.empty()) {
    for (const auto& witness : witnesses)
      cosigners.push_back(witness_key(witness));
  }
  Result<Policy> policy = quorum_policy(logs, cosigners, cosigner_quorum(cosigners.size()));
  if (!policy) return pass(policy);
  set.policy = std::move(*policy);
  return set;
}

std::vector<state::Node> founding_nodes(const Genesis& genesis) {
  std::vector<state::Node> nodes;
  for (const GenesisNode& founder : genesis.nodes) {
    state::Node node;
    node.id = founder.id;
    node.organisation = founder.organisation;
    node.keys = founder.keys;
    node.address = founder.address;
    nodes.push_back(std::move(node));
  }
  return nodes;
}

WitnessList founding_witnesses(const Genesis& genesis) {
  WitnessList witnesses;
  if (!genesis.witnesses) return witnesses;
  for (const GenesisWitness& founder : *genesis.witnesses)
    witnesses.push_back({founder.id, founder.key});
  std::sort(witnesses.begin(), witnesses.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return witnesses;
}

Result<Policy> network_policy(const Genesis& genesis) {
  const Result<CosignerSet> set =
      cosigner_set(genesis.origin, TreeSize{}, founding_nodes(genesis), founding_witnesses(genesis));
  if (!set) return pass(set);
  return set->policy;
}

}  // namespace anta
