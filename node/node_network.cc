// What a node does when the ledger changes the network's nodes: its replica follows the new plan, and its
// checkpoints are cosigned by the new set.
#include <algorithm>

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
  network.set(std::make_shared<const NetworkState>(std::move(*applied)));
  return {};
}

// What this node is to follow now. On the thread that starts it, then on the disk's.
MembershipPlan Node::Parts::plan() const {
  const std::shared_ptr<const NetworkState> applied = network.get();
  MembershipPlan plan = membership_plan(*applied, identity.self.id, config.peers);
  // Where to reach whom is taken from the newer of the two; who should be a member is the ledger's alone.
  if (members) plan.peers = membership_plan(*members, identity.self.id, config.peers).peers;
  return plan;
}

// The set in force, and before it the one that the newest finished note was made under, as far as the ledger
// still tells.
Result<std::vector<CosignerSet>> Node::Parts::cosigner_sets(const std::optional<std::string>& note) {
  const std::shared_ptr<const NetworkState> now = network.get();
  const std::string& origin = identity.genesis.origin;
  Result<CosignerSet> current = cosigner_set(origin, now->from, now->present());
  if (!current) return pass(current);
  std::vector<CosignerSet> sets;
  const auto parsed = note ? parse_note(*note) : Result<Note>(fail(Code::not_found, "note", "none"));
  if (const auto checkpoint = parsed ? parse_checkpoint(parsed->text) : Result<Checkpoint>(pass(parsed));
      checkpoint && checkpoint->size > 0 && checkpoint->size < now->from.value) {
    const auto reader = ledger->reader_at(LeafIndex{checkpoint->size - 1});
    const auto before = reader ? network_state(*reader) : Result<NetworkState>(pass(reader));
    auto set =
        before ? cosigner_set(origin, before->from, before->present()) : Result<CosignerSet>(pass(before));
    if (set) sets.push_back(std::move(*set));
  }
  cosigners.set(std::make_shared<const CosignerSet>(*current));
  sets.push_back(std::move(*current));
  return sets;
}

// On the disk thread, after a block that changed a node, before anybody hears of that block.
void Node::Parts::network_changed(const Applied& applied) {
  const bool caught_up = members && applied.leaves >= members->from;
  if (caught_up) members.reset();
  const Result<LedgerReader> reader = ledger->reader();
  Result<NetworkState> now = reader ? network_state(*reader) : Result<NetworkState>(pass(reader));
  if (!now) {
    log.write(LogLevel::error, "network_unread", {{"reason", now.error().message}});
    return;
  }
  network.set(std::make_shared<const NetworkState>(*now));
  replica->follow(plan());
  Result<CosignerSet> set = cosigner_set(identity.genesis.origin, applied.leaves, now->present());
  if (!set) {  // the law keeps one voter at least
    log.write(LogLevel::error, "cosigners_unusable", {{"reason", set.error().message}});
    return;
  }
  cosigners.set(std::make_shared<const CosignerSet>(*set));
  checkpointer->on_cosigners(std::move(*set));
}

}  // namespace anta
