#include "node/http_budget.h"

namespace anta {

std::size_t HttpBudget::limit_of(std::size_t total) const {
  return total > small_bytes ? bytes_max_ - bytes_max_ / 4 : bytes_max_;
}

bool HttpBudget::has_room(std::size_t more, std::size_t total) const {
  const std::size_t limit = limit_of(total);
  return used_ <= limit && more <= limit - used_;
}

bool HttpShare::could_hold(std::size_t bytes) const {
  return budget_ == nullptr || bytes <= held_ || budget_->has_room(bytes - held_, bytes);
}

bool HttpShare::hold(std::size_t bytes) {
  if (!could_hold(bytes)) return false;
  hold_anyway(bytes);
  return true;
}

void HttpShare::hold_anyway(std::size_t bytes) {
  if (budget_ == nullptr || bytes <= held_) return;
  budget_->used_ += bytes - held_;
  held_ = bytes;
}

void HttpShare::release() {
  if (budget_ != nullptr) budget_->used_ -= held_;
  held_ = 0;
}

}  // namespace anta
