#include "storage/applied_moments.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace anta {
namespace {

auto place_of(const std::deque<std::shared_ptr<const AppliedMoment>>& moments, TreeSize size) {
  return std::lower_bound(moments.begin(), moments.end(), size,
                          [](const auto& moment, TreeSize at) { return moment->applied.leaves < at; });
}

}  // namespace

void AppliedMoments::add(std::shared_ptr<const AppliedMoment> moment) {
  std::vector<Moment> gone;  // let go outside the lock
  const Lock lock(mutex_);
  if (!recent_.empty()) bytes_ += moment->replaced_bytes;
  recent_.push_back(std::move(moment));
  while (recent_.size() > recent_max || (recent_.size() > 1 && bytes_ > recent_bytes_max))
    gone.push_back(take_oldest());
}

// What the next one's update keeps, it keeps for this one and earlier.
AppliedMoments::Moment AppliedMoments::take_oldest() {
  Moment oldest = std::move(recent_.front());
  recent_.pop_front();
  bytes_ -= recent_.empty() ? 0 : recent_.front()->replaced_bytes;
  return oldest;
}

void AppliedMoments::hold(TreeSize size) {
  Moment gone;  // let go outside the lock
  const Lock lock(mutex_);
  if (held_ && held_->applied.leaves >= size) return;
  if (Moment moment = known(size)) gone = std::exchange(held_, std::move(moment));
}

AppliedMoments::Moment AppliedMoments::known(TreeSize size) const {
  for (const Moment& kept : {finished_, held_}) {
    if (kept && kept->applied.leaves == size) return kept;
  }
  const auto found = place_of(recent_, size);
  return found != recent_.end() && (*found)->applied.leaves == size ? *found : nullptr;
}

void AppliedMoments::finish(TreeSize size) {
  std::deque<std::shared_ptr<const AppliedMoment>> gone;
  const Lock lock(mutex_);
  Moment moment = known(size);
  if (!moment && (!finished_ || size <= finished_->applied.leaves)) return;
  gone.push_back(std::exchange(finished_, std::move(moment)));
  if (held_ && held_->applied.leaves <= size) gone.push_back(std::exchange(held_, nullptr));
  const auto found = place_of(recent_, size);
  const auto older = std::min<std::ptrdiff_t>(found - recent_.begin(), std::ssize(recent_) - 1);
  for (auto count = older; count > 0; --count)
    gone.push_back(take_oldest());
}

std::shared_ptr<const AppliedMoment> AppliedMoments::newest() const {
  const Lock lock(mutex_);
  return recent_.empty() ? nullptr : recent_.back();
}

std::shared_ptr<const AppliedMoment> AppliedMoments::find(TreeSize size) const {
  const Lock lock(mutex_);
  return known(size);
}

}  // namespace anta
