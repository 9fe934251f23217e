#include "storage/applied_moments.h"

#include <algorithm>
#include <utility>

namespace anta {
namespace {

auto place_of(const std::deque<std::shared_ptr<const AppliedMoment>>& moments, TreeSize size) {
  return std::lower_bound(moments.begin(), moments.end(), size,
                          [](const auto& moment, TreeSize at) { return moment->applied.leaves < at; });
}

}  // namespace

void AppliedMoments::add(std::shared_ptr<const AppliedMoment> moment) {
  std::shared_ptr<const AppliedMoment> gone;  // let go outside the lock
  const std::lock_guard lock(mutex_);
  recent_.push_back(std::move(moment));
  if (recent_.size() <= recent_max) return;
  gone = std::move(recent_.front());
  recent_.pop_front();
}

void AppliedMoments::finish(TreeSize size) {
  std::deque<std::shared_ptr<const AppliedMoment>> gone;
  const std::lock_guard lock(mutex_);
  const auto found = place_of(recent_, size);
  const bool kept = found != recent_.end() && (*found)->applied.leaves == size;
  if (!kept && (!finished_ || size <= finished_->applied.leaves)) return;
  gone.push_back(std::exchange(finished_, kept ? *found : nullptr));
  const auto older = std::min<std::ptrdiff_t>(found - recent_.begin(), std::ssize(recent_) - 1);
  for (auto count = older; count > 0; --count) {
    gone.push_back(std::move(recent_.front()));
    recent_.pop_front();
  }
}

std::shared_ptr<const AppliedMoment> AppliedMoments::newest() const {
  const std::lock_guard lock(mutex_);
  return recent_.empty() ? nullptr : recent_.back();
}

std::shared_ptr<const AppliedMoment> AppliedMoments::find(TreeSize size) const {
  const std::lock_guard lock(mutex_);
  if (finished_ && finished_->applied.leaves == size) return finished_;
  const auto found = place_of(recent_, size);
  return found != recent_.end() && (*found)->applied.leaves == size ? *found : nullptr;
}

}  // namespace anta
