// How many statements a leader decides in a second, measured while more wait than its blocks take: only then
// is what is decided what can be decided.
//
// Told of each applied block. A measurement takes window_ms of a queue that never runs dry; of two in a row
// the mean counts, so that one stall does not. Pure, one thread.
#pragma once

#include <cstdint>
#include <optional>

namespace anta {

class DecisionRate {
 public:
  static constexpr std::int64_t window_ms = 500;

  // `now_ms`: steady. `more_waits`: there are statements that no block has taken yet.
  void decided(std::size_t statements, std::int64_t now_ms, bool more_waits) {
    if (since_) {
      counted_ += statements;
      const std::int64_t passed = now_ms - *since_;
      if (passed >= window_ms) {
        const auto sample = static_cast<double>(counted_) * 1'000 / static_cast<double>(passed);
        per_second_ = per_second_ ? (*per_second_ + sample) / 2 : sample;
        since_.reset();
      }
    }
    if (!more_waits) since_.reset();
    if (more_waits && !since_) {
      since_ = now_ms;
      counted_ = 0;
    }
  }

  std::optional<double> per_second() const { return per_second_; }  // nothing: not measured yet

 private:
  std::optional<double> per_second_ = {};
  std::optional<std::int64_t> since_ = {};  // a measurement is under way
  std::size_t counted_ = 0;
};

}  // namespace anta
