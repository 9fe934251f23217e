// What the ledger says of the network's nodes, as far as it is applied here: the members that there should
// be, and how to reach each. The node makes it at start and after every block that changed a node; the
// Replica goes after it: whoever leads proposes configurations until the one in force is the wanted one
// (consensus.md, section 4 "Membership").
//
// Pure values, any thread.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "consensus/raft/configuration.h"
#include "consensus/transport.h"

namespace anta {

struct MembershipPlan {
  raft::Configuration wanted = {};
  // The statement that made each node what it is, removed ones included. A node without one was not changed
  // since the genesis.
  std::map<NodeId, Digest> because = {};
  // Every node but this one that the ledger ever knew, removed ones included: they are connected while they
  // are members still, and nobody else is made one.
  std::vector<TransportPeer> peers = {};
  // Who is a member elsewhere, as this node was told; its own ledger is behind and does not know yet.
  std::set<NodeId> told = {};

  bool operator==(const MembershipPlan&) const = default;
};

}  // namespace anta
