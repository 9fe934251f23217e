#include "consensus/raft/membership.h"

#include <algorithm>
#include <utility>

#include "consensus/raft/mutant.h"
#include "crypto/error.h"

namespace anta::raft {

Membership::Membership(std::vector<PlacedConfiguration> restored) : placed_(std::move(restored)) {
  ANTA_INVARIANT(!placed_.empty());
  for (std::size_t i = 0; i < placed_.size(); ++i) {
    placed_[i].configuration.order();
    ANTA_INVARIANT(placed_[i].configuration.valid());
    ANTA_INVARIANT(i == 0 || placed_[i - 1].index < placed_[i].index);
  }
}

void Membership::take(LogIndex index, Configuration configuration) {
  if (ANTA_MUTANT(configuration_not_rolled_back))
    std::erase_if(placed_, [&](const PlacedConfiguration& placed) { return placed.index >= index; });
  ANTA_INVARIANT(placed_.empty() || index > placed_.back().index);
  configuration.order();
  placed_.push_back({index, std::move(configuration)});
}

bool Membership::truncate(LogIndex from) {
  if (ANTA_MUTANT(configuration_not_rolled_back)) return true;
  if (placed_.front().index >= from && from > LogIndex{}) return false;
  while (placed_.back().index >= from)
    placed_.pop_back();
  return true;
}

void Membership::committed(LogIndex commit) {
  const auto newer = std::find_if(placed_.begin(), placed_.end(),
                                  [&](const PlacedConfiguration& placed) { return placed.index > commit; });
  if (newer - placed_.begin() > 2) placed_.erase(placed_.begin(), newer - 2);
}

bool Membership::may_campaign(const Member& member, LogIndex commit) const {
  for (auto placed = placed_.rbegin(); placed != placed_.rend(); ++placed) {
    if (placed->configuration.votes(member)) return true;
    if (placed->index <= commit) return false;
  }
  return false;
}

const Configuration* Membership::before(LogIndex index) const {
  const auto later = std::find_if(placed_.begin(), placed_.end(),
                                  [&](const PlacedConfiguration& placed) { return placed.index >= index; });
  return later == placed_.begin() ? nullptr : &std::prev(later)->configuration;
}

std::vector<Member> Membership::departed() const {
  std::vector<Member> gone;
  for (auto placed = placed_.rbegin() + 1; placed != placed_.rend(); ++placed) {
    for (const Member& member : placed->configuration.members()) {
      const bool known =
          now().contains(member.id) || std::ranges::find(gone, member.id, &Member::id) != gone.end();
      if (!known) gone.push_back(member);  // of two incarnations the newer one
    }
  }
  std::sort(gone.begin(), gone.end());
  return gone;
}

}  // namespace anta::raft
