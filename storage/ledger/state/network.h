// State records of the network itself: its nodes, and what its organisations propose and vote on.
#pragma once

#include <variant>

#include "storage/ledger/payload/governance.h"
#include "storage/ledger/state/common.h"

namespace anta::state {

// Kind node, id = node id: what the genesis or approved `node` statements say of it. An id is one
// organisation's for ever. `stamp.by` is the last statement that changed it: the deciding vote, or the `node`
// statement where that decided alone.
struct Node {
  Stamp stamp = {};
  NodeId id = {};
  PartyId organisation = {};
  payload::NodeKeySet keys = {};
  Text address = {};
  NodeStanding standing = NodeStanding::voter;
  std::uint64_t incarnation = 1;  // rises when the node begins anew with an empty disk
  List<PublicKey> retired = {};   // keys it had before, in order: nobody's ever again
};

// Kind proposal, id = proposal id. It holds all that is proposed, so that the deciding vote needs no other
// statement. Exactly one of `node` and `parameter` is there.
struct Proposal {
  Stamp stamp = {};
  ProposalId id = {};
  Digest statement = {};  // that opened it
  Millis opened = {};     // its event time: no vote is earlier
  struct NodeChange {
    NodeId node = {};
    PartyId organisation = {};
    NodeAction action = NodeAction::learner;
    Maybe<payload::NodeKeySet> keys = {};
    Maybe<Text> address = {};
    Maybe<PublicKey> key = {};  // of a witness
    // The node's `stamp.by` when this was proposed: of another node it is not meant. Of a witness the
    // network record's.
    Digest before = {};
  };
  Maybe<NodeChange> node = {};
  struct ParameterChange {
    Text name = {};
    std::variant<std::int64_t, Text> value = std::int64_t{0};
    Millis effective_from = {};
  };
  Maybe<ParameterChange> parameter = {};
  struct Ballot {
    PartyId organisation = {};
    bool approve = false;
  };
  List<Ballot> votes = {};  // in order of recording; the first is who opened it
  ProposalStatus status = ProposalStatus::open;
};

// Kind network, id = "nodes": names everything that the law cannot find by key.
struct Network {
  Stamp stamp = {};
  List<NodeId> nodes = {};  // every node ever known, removed ones too, in order of id
  struct Witness {
    NodeId id = {};
    PublicKey key = {};
  };
  List<Witness> witnesses = {};         // as they are now, in order of id
  Maybe<List<PublicKey>> retired = {};  // keys that witnesses had before, in order: nobody's ever again
};

}  // namespace anta::state
