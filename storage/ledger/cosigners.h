// Who cosigns, and how many of them it takes: the nodes of standing `voter` in the ledger's state and the
// witnesses there, one per organisation (proofs.md section 3). Learners do not cosign. A change takes effect
// with the seal of its block: a checkpoint is judged by the set that its own tree says.
//
// Pure values, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "crypto/error.h"
#include "crypto/policy.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/state.h"

namespace anta {

// k of n: floor(2n/3) + 1.
std::size_t cosigner_quorum(std::size_t cosigners);

// "<organisation>/anta", the name under which an organisation cosigns.
std::string cosigner_name(const PartyId& organisation);

using WitnessList = std::vector<state::Network::Witness>;

// A witness's id is its organisation's.
VerifierKey witness_key(const state::Network::Witness& witness);

struct CosignerSet {
  TreeSize from = {};  // in force for trees of this size and larger
  std::string origin = {};
  std::vector<state::Node> signers = {};  // in order of id
  WitnessList witnesses = {};             // likewise; they cosign, and hold no ledger
  std::vector<NodeId> audience = {};      // who is sent finished notes: signers and learners
  Policy policy = {};                     // what a verifier must trust while it is in force

  std::size_t cosigners() const { return signers.size() + witnesses.size(); }
  std::size_t quorum() const { return cosigner_quorum(cosigners()); }
  const state::Node* find(const NodeId& id) const;            // null: no node that cosigns
  std::optional<VerifierKey> key_of(const NodeId& id) const;  // of a node or a witness
  VerifierKey log_key(const state::Node& node) const;
  VerifierKey cosigner_key(const state::Node& node) const;
};

// `nodes`: as network_nodes gives them. An error when none of them votes.
Result<CosignerSet> cosigner_set(const std::string& origin, TreeSize from,
                                 const std::vector<state::Node>& nodes, const WitnessList& witnesses);

// The genesis' nodes and witnesses as the state has them at first, and the policy of the network that they
// make.
std::vector<state::Node> founding_nodes(const Genesis& genesis);
WitnessList founding_witnesses(const Genesis& genesis);
Result<Policy> network_policy(const Genesis& genesis);

}  // namespace anta
