// How many bytes of bodies and answers all connections may hold together.
//
// A connection takes its share when it knows what it needs: of a request's body as the body comes (64 KiB at
// a time, so that a length that is only announced keeps nobody out), of an answer until it is written. The
// last quarter is kept for what is small: clients that fill the budget with large bodies do not keep out a
// statement. Belongs to the HTTP thread; the budget outlives its shares.
#pragma once

#include <cstddef>

namespace anta {

class HttpBudget {
 public:
  static constexpr std::size_t small_bytes = std::size_t{64} << 10;

  explicit HttpBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // What is held already stays held; nothing is added until it fits again.
  void set_bytes_max(std::size_t bytes_max) { bytes_max_ = bytes_max; }

  // Whether a share of `total` bytes may take `more` of them now.
  bool has_room(std::size_t more, std::size_t total) const;
  // Whether it could have all of them if nobody else held any: if not, waiting does not help.
  bool could_ever(std::size_t total) const { return total <= limit_of(total); }
  std::size_t used() const { return used_; }

 private:
  friend class HttpShare;
  std::size_t limit_of(std::size_t total) const;
  std::size_t bytes_max_ = 0;
  std::size_t used_ = 0;
};

// What one connection holds of it; given back at the latest when it goes.
class HttpShare {
 public:
  explicit HttpShare(HttpBudget* budget) : budget_(budget) {}  // null: nobody counts
  ~HttpShare() { release(); }
  HttpShare(const HttpShare&) = delete;
  HttpShare& operator=(const HttpShare&) = delete;

  // Whether something of that size could be held now, and whether it ever could.
  bool could_hold(std::size_t bytes) const;
  bool could_ever_hold(std::size_t bytes) const { return budget_ == nullptr || budget_->could_ever(bytes); }
  // Holds at least `bytes`; false, and nothing changes, when there is no room.
  bool hold(std::size_t bytes);
  // The same whether there is room or not: for what is small and must be said.
  void hold_anyway(std::size_t bytes);
  void release();

 private:
  HttpBudget* budget_ = nullptr;
  std::size_t held_ = 0;
};

}  // namespace anta
