// How many statements a leader decides in a second, measured while more wait than its blocks take: only then
// is what is decided what can be decided.
//
// Told of each applied block, and when the queue runs dry. A measurement takes window_ms of a queue that
// never does; of two in a row the mean counts, so that one stall does not. One that took longer than
// window_max_ms saw something stand still, and says nothing. That a queue stands for a moment only because
// the log has not said yet where the last block is does not matter: it has to stand so for all of a window,
// and what holds it up then is what decides how much can be decided. Pure, one thread.
#pragma once

#include <cstdint>
#include <optional>

namespace anta {

class DecisionRate {
 public:
  static constexpr std::int64_t window_ms = 500;
  static constexpr std::int64_t window_max_ms = 10'000;  // a full block at a hundred a second takes that long

  // `now_ms`: steady. `more_waits`: there are statements that no block has taken yet.
  void decided(std::size_t statements, std::int64_t now_ms, bool more_waits) {
    if (since_) {
      counted_ += statements;
      const std::int64_t passed = now_ms - *since_;
      if (passed > window_max_ms) since_.reset();
      if (since_ && passed >= window_ms) {
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

  // No statement waits for a block any more, decided or gone: a measurement under way ends without a result.
  void ran_dry() { since_.reset(); }

  std::optional<double> per_second() const { return per_second_; }  // nothing: not measured yet

 private:
  std::optional<double> per_second_ = {};
  std::optional<std::int64_t> since_ = {};  // a measurement is under way
  std::size_t counted_ = 0;
};

}  // namespace anta
