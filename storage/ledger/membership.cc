// Nodes and witnesses: which there are, whose they are, which of them vote. Each change is proposed and voted
// on (vote.cc).
#include <algorithm>
#include <array>
#include <span>

#include "crypto/text.h"
#include "storage/ledger/governance.h"
#include "storage/ledger/mutant.h"
#include "storage/ledger/network.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

using NodeChange = state::Proposal::NodeChange;

std::array<PublicKey, 3> all_of(const payload::NodeKeySet& keys) {
  return {keys.log, keys.cosigner, keys.tls};
}

state::Network network_of(const Draft& draft) {
  return draft.get<state::Network>(network_record_id).value_or(state::Network{});
}

// What the law knows of the network while a change is looked at.
struct Members {
  std::vector<state::Node> known = {};  // removed ones too
  state::Network network = {};

  explicit Members(const Draft& draft) : known(known_nodes(draft.view())), network(network_of(draft)) {}

  const state::Node* find(const NodeId& id) const {
    const auto found =
        std::find_if(known.begin(), known.end(), [&](const state::Node& node) { return node.id == id; });
    return found == known.end() ? nullptr : &*found;
  }
  std::size_t count(NodeStanding standing) const {
    return static_cast<std::size_t>(std::count_if(
        known.begin(), known.end(), [&](const state::Node& node) { return node.standing == standing; }));
  }
  const state::Network::Witness* witness(std::string_view id) const {
    const auto found = std::find_if(network.witnesses.begin(), network.witnesses.end(),
                                    [&](const auto& w) { return w.id.value == id; });
    return found == network.witnesses.end() ? nullptr : &*found;
  }
  bool has_voter(const PartyId& organisation) const {
    return std::any_of(known.begin(), known.end(), [&](const state::Node& n) {
      return n.organisation == organisation && n.standing == NodeStanding::voter;
    });
  }
  bool is_full() const {
    return count(NodeStanding::voter) + network.witnesses.size() >= genesis_cosigners_max;
  }
  bool is_last_voter(const state::Node& node) const {
    return node.standing == NodeStanding::voter && count(NodeStanding::voter) == 1;
  }
};

// An organisation that runs a node is an operator, the genesis's founders among them; others are by their
// role.
Verdict check_operator(const Draft& draft, const Members& members, const PartyId& organisation) {
  const bool runs_one = std::any_of(members.known.begin(), members.known.end(), [&](const state::Node& node) {
    return node.organisation == organisation && node.standing != NodeStanding::removed;
  });
  if (runs_one || holds_role(draft.view(), organisation, Role::node_operator, draft.event_time())) return {};
  if (!party_exists(draft.view(), organisation)) {
    return violated("unknown_reference", "no party " + organisation.value);
  }
  return violated("role_missing", organisation.value + " is not a node_operator");
}

bool holds(std::span<const PublicKey> keys, const PublicKey& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// Each key is one node's or witness's, one role's, and nobody else's: not a party's.
Verdict check_keys(const Draft& draft, const Members& members, const NodeId& whose,
                   std::span<const PublicKey> keys) {
  const auto taken = [](const PublicKey& key) {
    return violated("duplicate_id", "key " + to_hex(key.view()).substr(0, 16) + " is in use already");
  };
  const payload::List<PublicKey> retired = members.network.retired.value_or(payload::List<PublicKey>{});
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (holds(keys.first(i), keys[i])) return taken(keys[i]);
    if (draft.view().read(Kind::key, hex(kid_of(keys[i])))) return taken(keys[i]);
    for (const auto& witness : members.network.witnesses) {
      if (witness.id != whose && witness.key == keys[i]) return taken(keys[i]);
    }
    if (holds(retired, keys[i]) && !ANTA_LAW_MUTANT(retired_key)) return taken(keys[i]);
    for (const state::Node& node : members.known) {
      if (holds(node.retired, keys[i]) && !ANTA_LAW_MUTANT(retired_key)) return taken(keys[i]);
      if (node.id != whose && holds(all_of(node.keys), keys[i])) return taken(keys[i]);
    }
  }
  return {};
}

Verdict last_voter(const NodeId& node) {
  return violated("last_voter", "without " + node.value + " the network would have no voting node");
}

// A new node, or an old one that begins anew: what it was before, a voter or a learner, ends with it.
Verdict check_learner(const Draft& draft, const Members& members, const NodeChange& change) {
  if (const Verdict verdict = check_operator(draft, members, change.organisation); !verdict) return verdict;
  const state::Node* old_self = members.find(change.node);
  if (members.witness(change.node.value) != nullptr ||
      (old_self != nullptr && old_self->organisation != change.organisation)) {
    return violated("duplicate_id", change.node.value + " names another member of the network");
  }
  if (const Verdict verdict = check_keys(draft, members, change.node, all_of(*change.keys)); !verdict)
    return verdict;
  if (old_self != nullptr && members.is_last_voter(*old_self)) return last_voter(change.node);
  const bool joins = old_self == nullptr || old_self->standing == NodeStanding::removed;
  if (joins &&
      members.count(NodeStanding::voter) + members.count(NodeStanding::learner) >= network_members_max) {
    return violated("out_of_scope",
                    "a network has at most " + std::to_string(network_members_max) + " nodes");
  }
  return {};
}

Verdict no_room() {
  return violated("out_of_scope", "a checkpoint has room for " + std::to_string(genesis_cosigners_max) +
                                      " cosigners, voters and witnesses together");
}

Verdict check_promote(const Members& members, const state::Node& node) {
  if (node.standing != NodeStanding::learner) {
    return violated("wrong_state", node.id.value + " is no learner");
  }
  if (members.has_voter(node.organisation) && !ANTA_LAW_MUTANT(second_voter)) {
    return violated("second_voter", node.organisation.value + " has a voting node already");
  }
  if (members.witness(node.organisation.value) != nullptr) {
    return violated("second_voter", node.organisation.value + " cosigns as a witness already");
  }
  return members.is_full() ? no_room() : Verdict{};
}

// A new witness, another key of one that there is, or, without a key, its end. An organisation cosigns once:
// with its voting node or as a witness, and under its own name.
Verdict check_witness(const Draft& draft, const Members& members, const NodeChange& change) {
  const state::Network::Witness* known = members.witness(change.node.value);
  if (!change.key) {
    if (known != nullptr) return {};
    return violated("unknown_reference", "no witness " + change.node.value);
  }
  if (known == nullptr) {
    if (const Verdict verdict = check_operator(draft, members, change.organisation); !verdict) return verdict;
    if (members.find(change.node) != nullptr) {
      return violated("duplicate_id", change.node.value + " names a node of the network");
    }
  }
  const std::span<const PublicKey> keys(&*change.key, 1);
  if (const Verdict verdict = check_keys(draft, members, change.node, keys); !verdict) return verdict;
  if (known != nullptr) {
    if (known->key != *change.key) return {};
    return violated("wrong_state", change.node.value + " has this key already");
  }
  if (members.has_voter(change.organisation) && !ANTA_LAW_MUTANT(second_voter)) {
    return violated("second_voter", change.organisation.value + " cosigns with its voting node already");
  }
  return members.is_full() ? no_room() : Verdict{};
}

Verdict check_new_keys(const Draft& draft, const Members& members, const state::Node& node,
                       const NodeChange& change) {
  if (const Verdict verdict = check_keys(draft, members, change.node, all_of(*change.keys)); !verdict)
    return verdict;
  if (all_of(node.keys) == all_of(*change.keys)) {
    return violated("wrong_state", node.id.value + " has these keys already");
  }
  return {};
}

Verdict check_action(const Draft& draft, const Members& members, const NodeChange& change) {
  if (change.action == NodeAction::witness) return check_witness(draft, members, change);
  if (change.action == NodeAction::learner) return check_learner(draft, members, change);
  const state::Node* node = members.find(change.node);
  if (node == nullptr || node->organisation != change.organisation) {
    return violated("unknown_reference", "no node " + change.node.value + " of " + change.organisation.value);
  }
  if (node->standing == NodeStanding::removed) {
    return violated("wrong_state", change.node.value + " was removed");
  }
  if (change.action == NodeAction::promote) return check_promote(members, *node);
  if (change.action == NodeAction::keys) return check_new_keys(draft, members, *node, change);
  return members.is_last_voter(*node) ? last_voter(change.node) : Verdict{};
}

// The statement that changed last what the change is about; zero when there is no such thing yet.
Digest last_change_of(const Draft& draft, const NodeId& id, NodeAction action) {
  if (action == NodeAction::witness) return network_of(draft).stamp.by;
  const auto node = draft.look<state::Node>(id.value);
  return node ? node->stamp.by : Digest{};
}

// Witnesses have no record of their own: the network's names them.
void enact_witness(Draft& draft, const NodeChange& change) {
  state::Network network = network_of(draft);
  auto& all = network.witnesses;
  const auto at = std::lower_bound(all.begin(), all.end(), change.node,
                                   [](const auto& witness, const NodeId& id) { return witness.id < id; });
  const bool known = at != all.end() && at->id == change.node;
  if (known) {
    if (!network.retired) network.retired.emplace();
    network.retired->push_back(at->key);
  }
  if (known && change.key) {
    at->key = *change.key;
  } else if (known) {
    all.erase(at);
  } else if (change.key) {
    all.insert(at, {change.node, *change.key});
  }
  draft.put(network_record_id, std::move(network));
  draft.concerns(Kind::party, change.organisation.value);
}

}  // namespace

Verdict check(const Draft& draft, const NodeChange& change) {
  const Members members(draft);
  if (const Verdict verdict = check_action(draft, members, change); !verdict) return verdict;
  // A second proposal to admit a node anew would else make it begin a third time.
  if (last_change_of(draft, change.node, change.action) != change.before &&
      !ANTA_LAW_MUTANT(node_changed_since)) {
    return violated("wrong_state", change.node.value + " has been changed since this was proposed");
  }
  return {};
}

void enact(Draft& draft, const NodeChange& change) {
  if (change.action == NodeAction::witness) return enact_witness(draft, change);
  std::optional<state::Node> known = draft.get<state::Node>(change.node.value);
  state::Node node = known.value_or(state::Node{});
  if (change.keys && known) {
    const std::array<PublicKey, 3> kept = all_of(*change.keys);
    for (const PublicKey& key : all_of(node.keys)) {
      if (!holds(kept, key)) node.retired.push_back(key);
    }
  }
  if (change.keys) node.keys = *change.keys;  // of learner and keys alone: the codec refuses them elsewhere
  if (change.address) node.address = *change.address;
  switch (change.action) {
    case NodeAction::learner:
      node.id = change.node;
      node.organisation = change.organisation;
      node.standing = NodeStanding::learner;
      if (known) ++node.incarnation;
      break;
    case NodeAction::promote: node.standing = NodeStanding::voter; break;
    case NodeAction::remove: node.standing = NodeStanding::removed; break;
    case NodeAction::keys:
    case NodeAction::witness: break;
  }
  draft.put(change.node.value, std::move(node));
  draft.concerns(Kind::party, change.organisation.value);
  if (known) return;
  state::Network network = network_of(draft);
  network.nodes.insert(std::upper_bound(network.nodes.begin(), network.nodes.end(), change.node),
                       change.node);
  draft.put(network_record_id, std::move(network));
}

Verdict rule(Draft& draft, const payload::Node& p) {
  if (const Verdict verdict = may_open(draft, p.proposal); !verdict) return verdict;
  state::Proposal proposal;
  proposal.id = p.proposal;
  proposal.node = NodeChange{
      p.node, p.organisation, p.action, p.keys, p.address, p.key, last_change_of(draft, p.node, p.action)};
  if (const Verdict verdict = check(draft, *proposal.node); !verdict) return verdict;
  return open(draft, std::move(proposal));
}

}  // namespace anta
