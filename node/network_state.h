// The network's nodes as the ledger applied here has them, and what a node makes of it: the plan that its
// replica follows. A node that joins is behind; it is told the present members by a file, and goes by it
// until its own ledger has come as far (node.yaml: members).
//
// Pure but for the reader and the file it is given; any thread.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "consensus/membership_plan.h"
#include "node/config.h"
#include "storage/ledger/state.h"
#include "storage/ledger_reader.h"

namespace anta {

struct NetworkState {
  TreeSize from = {};                   // the smallest tree that says so; 0: the genesis
  std::vector<state::Node> nodes = {};  // in order of id, removed ones included
  // Who cosigns without a ledger, in order of id; nobody where it was read from a members file.
  std::vector<state::Network::Witness> witnesses = {};

  const state::Node* find(const NodeId& id) const;
  std::vector<state::Node> present() const;  // without the removed ones
};

// As of the reader's moment. io or corrupt.
Result<NetworkState> network_state(const LedgerReader& reader);

// What `anta network node list --output json` printed: {size, nodes: [{id, organisation, standing,
// incarnation, address, keys: {log, cosigner, tls}}, ...]}. `from` is its size. malformed, with the place.
Result<NetworkState> read_members(const std::filesystem::path& file);

// `self` leaves out this node. Where `overrides` names a node it is reached there. Addresses are the law's to
// check: a node with one that is no address is left out.
MembershipPlan membership_plan(const NetworkState& network, const NodeId& self,
                               const std::map<std::string, Endpoint>& overrides);

}  // namespace anta
