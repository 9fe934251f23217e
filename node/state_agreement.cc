#include "node/state_agreement.h"

#include <algorithm>
#include <set>

namespace anta {
namespace {

const StateAt* find_index(const auto& list, LogIndex index) {
  const auto found = std::ranges::lower_bound(list, index, {}, &StateAt::index);
  return found != list.end() && found->index == index ? &*found : nullptr;
}

}  // namespace

void StateAgreement::applied(const StateAt& now) {
  if (!recent_.empty()) {
    const StateAt& before = recent_.back();
    if (before.index >= now.index) return;
    // The block before was the last one of its span, on every node.
    if (before.index.value / span != now.index.value / span) points_.push_back(before);
    if (points_.size() > points_max) points_.pop_front();
  }
  recent_.push_back(now);
  if (recent_.size() > own_max) recent_.pop_front();
}

std::vector<StateAt> StateAgreement::tell() const {
  std::vector<StateAt> told(points_.begin(), points_.end());
  if (!recent_.empty()) told.push_back(recent_.back());
  return told;
}

void StateAgreement::heard(const NodeId& from, std::vector<StateAt> told) {
  if (told.size() > state_roots_max) told.resize(state_roots_max);
  std::ranges::stable_sort(told, {}, &StateAt::index);
  const auto again = std::ranges::unique(told, {}, &StateAt::index);
  told.erase(again.begin(), again.end());
  peers_[from] = std::move(told);
}

const Digest* StateAgreement::own_at(LogIndex index) const {
  const StateAt* found = find_index(recent_, index);
  if (found == nullptr) found = find_index(points_, index);
  return found ? &found->root : nullptr;
}

std::map<NodeId, StateDifference> StateAgreement::differing() const {
  std::map<NodeId, StateDifference> all;
  for (const auto& [peer, told] : peers_) {
    for (auto at = told.rbegin(); at != told.rend(); ++at) {
      const Digest* own = own_at(at->index);
      if (own == nullptr) continue;
      if (*own != at->root) all.emplace(peer, StateDifference{at->index, *own, at->root});
      break;
    }
  }
  return all;
}

std::optional<LogIndex> StateAgreement::newest() const {
  if (recent_.empty()) return std::nullopt;
  return recent_.back().index;
}

std::optional<LogIndex> StateAgreement::applied_by_majority(const NodeId& self,
                                                            const std::vector<NodeId>& voters) const {
  std::vector<LogIndex> applied;
  for (const NodeId& voter : voters) {
    const auto told = peers_.find(voter);
    if (voter == self && newest()) applied.push_back(*newest());
    if (voter != self && told != peers_.end() && !told->second.empty())
      applied.push_back(told->second.back().index);
  }
  const std::size_t majority = voters.size() / 2 + 1;
  if (applied.size() < majority) return std::nullopt;
  std::sort(applied.begin(), applied.end(), std::greater<>());
  return applied[majority - 1];
}

std::optional<StateDifference> StateAgreement::outvoted(const std::vector<NodeId>& voters) const {
  const std::set<NodeId> counted(voters.begin(), voters.end());
  std::map<LogIndex, std::map<Digest, std::size_t>> voices;
  for (const auto& [peer, told] : peers_) {
    if (!counted.contains(peer)) continue;
    for (const StateAt& at : told)
      ++voices[at.index][at.root];
  }
  for (const auto& [index, roots] : voices) {
    const Digest* own = own_at(index);
    if (own == nullptr) continue;
    for (const auto& [root, count] : roots) {
      if (root != *own && count > counted.size() / 2) return StateDifference{index, *own, root};
    }
  }
  return std::nullopt;
}

}  // namespace anta
