#include "node/join_anchor.h"

#include <algorithm>
#include <functional>

namespace anta {

JoinAnchor::JoinAnchor(std::vector<NodeId> voters) : voters_(std::move(voters)) {}

void JoinAnchor::said(const NodeId& from, const JoinOffer& offer) {
  if (found_ || offer.asked != question_ || std::ranges::find(voters_, from) == voters_.end()) return;
  if (question_.value > 0 && offer.index != question_) return;  // it is not there yet: asked again
  offers_.insert_or_assign(from, offer);
  if (offers_.size() < majority()) return;
  if (question_.value == 0) {
    std::vector<LogIndex> applied;
    for (const auto& [id, said] : offers_)
      applied.push_back(said.index);
    std::ranges::sort(applied, std::greater<>{});
    question_ = applied[majority() - 1];
    offers_.clear();
    if (question_.value == 0) found_ = Found{};
    return;
  }
  const auto same =
      std::ranges::count_if(offers_, [&offer](const auto& entry) { return entry.second.hash == offer.hash; });
  if (static_cast<std::size_t>(same) >= majority()) found_ = Found{.index = question_, .hash = offer.hash};
}

bool JoinAnchor::disagrees() const {
  return !found_ && question_.value > 0 && offers_.size() == voters_.size();
}

void JoinAnchor::again() {
  question_ = {};
  offers_.clear();
}

}  // namespace anta
