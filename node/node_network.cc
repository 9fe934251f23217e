// What a node does when the ledger changes the network's nodes or witnesses: its replica follows the new
// plan, and its checkpoints are cosigned by the new set. And how organisations say who leads.
#include <algorithm>

#include "node/divergence.h"
#include "node/node_parts.h"

namespace anta {
namespace {

// The newest of what the ledger says and, for a node that joins, what it was told.
const NetworkState& newer(const NetworkState& applied, const std::optional<NetworkState>& told) {
  return told ? *told : applied;
}

}  // namespace

Result<void> Node::Parts::read_network() {
  if (!config.members.empty()) {
    Result<NetworkState> told = read_members(config.members);
    if (!told) return pass(told);
    members = std::move(*told);
  }
  const Result<LedgerReader> reader = ledger->reader();
  if (!reader) return pass(reader);
  Result<NetworkState> applied = network_state(*reader);
  if (!applied) return pass(applied);
  if (members && reader->applied().leaves >= members->from) members.reset();
  if (auto good = check_self(identity, config, newer(*applied, members)); !good) return good;
  Result<CosignerSet> set =
      cosigner_set(identity.genesis.origin, applied->from, applied->present(), applied->witnesses);
  if (!set) return pass(set);
  cosigners.set(std::make_shared<const CosignerSet>(std::move(*set)));
  network.set(std::make_shared<const NetworkState>(std::move(*applied)));
  return {};
}

// What this node is to follow now. On the thread that starts it, then on the disk's.
MembershipPlan Node::Parts::plan() const {
  const std::shared_ptr<const NetworkState> applied = network.get();
  MembershipPlan plan = membership_plan(*applied, identity.self.id, config.peers);
  std::erase_if(plan.because, [this](const auto& one) { return one.second == identity.network; });
  // Where to reach whom is taken from the newer of the two; who should be a member is the ledger's alone.
  if (!members) return plan;
  plan.peers = membership_plan(*members, identity.self.id, config.peers).peers;
  for (const state::Node& node : members->present())
    plan.told.insert(node.id);
  return plan;
}

// Who cosigns a tree of this size, as far as the ledger still tells.
Result<CosignerSet> Node::Parts::cosigners_at(TreeSize size) const {
  const std::shared_ptr<const CosignerSet> now = cosigners.get();
  if (size >= now->from) return *now;
  if (size.value == 0)
    return fail(Code::malformed, "checkpoint.size", "nothing is cosigned before the genesis");
  const Result<LedgerReader> reader = ledger->reader_at(LeafIndex{size.value - 1});
  if (!reader) return pass(reader);
  const Result<NetworkState> before = network_state(*reader);
  if (!before) return pass(before);
  return cosigner_set(identity.genesis.origin, before->from, before->present(), before->witnesses);
}

// On the disk thread, after a block that changed a node, before anybody hears of that block. An error is
// final: this node would judge by members that are none any more.
Result<void> Node::Parts::network_changed(const Applied& applied) {
  const bool caught_up = members && applied.leaves >= members->from;
  if (caught_up) members.reset();
  const Result<LedgerReader> reader = ledger->reader();
  if (!reader) return pass(reader);
  Result<NetworkState> now = network_state(*reader);
  if (!now) return pass(now);
  Result<CosignerSet> set =
      cosigner_set(identity.genesis.origin, applied.leaves, now->present(), now->witnesses);
  if (!set) return pass(set);
  network.set(std::make_shared<const NetworkState>(std::move(*now)));
  cosigners.set(std::make_shared<const CosignerSet>(*set));
  warn_of_witnesses();
  replica->follow(plan());
  checkpointer->on_cosigners(std::move(*set));
  return {};
}

void Node::Parts::make_lead_requests() {
  LeadPorts ports;
  ports.authorise = [this](const SignedLeadOrder& order) -> Result<void> {
    const Result<LedgerReader> reader = ledger->reader();
    if (!reader) return pass(reader);
    return authorise(*reader->view(), order, identity.network, wall_clock());
  };
  ports.transfer = [this](const NodeId& to, Term term, auto callback) {
    replica->transfer_leadership(to, term, std::move(callback));
  };
  ports.send = [this](const NodeId& to, PeerKind kind, Bytes bytes) {
    replica->send_app(to, static_cast<std::uint8_t>(kind), std::move(bytes));
  };
  lead_requests = std::make_unique<LeadRequests>(LeadRequests::Options{.self = identity.self.id},
                                                 std::move(ports), *service);
}

void Node::Parts::make_state_watch() {
  StateWatchPorts ports;
  ports.self = identity.self.id;
  ports.send = [this](const NodeId& to, PeerKind kind, Bytes bytes) {
    replica->send_app(to, static_cast<std::uint8_t>(kind), std::move(bytes));
  };
  ports.peers = [this] {
    std::vector<NodeId> up;
    for (const ReplicaPeer& peer : replica->status().peers) {
      if (peer.up) up.push_back(peer.id);
    }
    return up;
  };
  ports.voters = [this] {
    std::vector<NodeId> voters;
    for (const raft::Member& voter : replica->status().configuration.configuration.voters)
      voters.push_back(voter.id);
    return voters;
  };
  ports.set_aside = [this](const StateDifference& difference) {
    const Error why = set_aside(config, difference);
    log.error("state_diverged", why);
    if (on_fatal) on_fatal(why);
  };
  ports.applied_by_majority = [this](std::optional<LogIndex> index) {
    submission->on_applied_by_majority(index);
  };
  ports.log = log.sink();
  state_watch = std::make_unique<StateWatch>(std::move(ports), *service);
}

}  // namespace anta
