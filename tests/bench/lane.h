// One strand of the mix: a sequence of lawful statements over lots of its own, drawn by seed.
//
// A lane assumes that what it made before was accepted, so its statements are sent in order, each after the
// answer to the one before, or together in one sequence. Lanes never touch each other's lots; they share
// parties, sites and accounts, whose rules do not depend on the order between lanes. Every hundred statements
// hold the mix of performance.md exactly (`quota`), in an order drawn from what is possible at the time.
//
// Not thread-safe; different lanes may be used by different threads at once.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/ledger/payload.h"
#include "tests/bench/trade.h"
#include "tests/sim/random.h"

namespace anta::bench {

enum class Act : std::uint8_t {
  lot,
  dispatch,
  handover,
  receipt,
  process,
  split,
  certificate,
  document,
  hold,
  release,
  loss,
  adjust,
  ownership,
};
inline constexpr std::size_t act_count = 13;

// Of every hundred: 30 lot, 45 transfer, 10 process and split, 15 other.
inline constexpr std::array<int, act_count> quota = {30, 15, 15, 15, 5, 5, 3, 3, 2, 2, 2, 1, 2};

class Lane {
 public:
  Lane(const Trade& trade, std::uint64_t seed, std::uint64_t number);

  struct Step {
    Act act = Act::lot;
    const Trader* signer = nullptr;
    payload::Payload payload = {};
  };
  Step stock();  // a lot for the shelves before the mix begins
  Step next();
  Bytes sign(const Step& step);

 private:
  // A lot as this lane knows it: what remains of it, and when it was last settled.
  struct Card {
    LotId id = {};
    std::size_t producer = 0;
    payload::Measurement measurement = {};
    std::int64_t dry_g = 0;
    std::int64_t cu_g = 0;
    std::int64_t at_ms = 0;
  };
  struct Load {
    DispatchId id = {};
    std::vector<Card> cards = {};
    std::size_t carrier = 0;
    std::int64_t at_ms = 0;
  };

  bool possible(Act act) const;
  Act draw();
  Step make(Act act);
  Step lot();
  Step dispatch();
  Step handover();
  Step receipt();
  Step process();
  Step split();
  Step certificate();
  Step document();
  Step hold();
  Step release();
  Step loss();
  Step adjust();
  Step ownership();

  payload::Common common(std::int64_t at_ms) const;
  payload::Common papered(std::int64_t at_ms);  // with a photograph's digest, as lots and receipts have
  std::string name(const char* stem);
  Digest paper();
  Card take(std::vector<Card>& cards);
  Card& any(std::vector<Card>& cards) { return cards[random_.below(cards.size())]; }
  const Trader& plant() const { return trade_.plants()[plant_]; }

  const Trade& trade_;
  sim::Random random_;
  std::uint64_t number_ = 0;
  std::size_t plant_ = 0;
  std::uint64_t names_ = 0;
  std::array<int, act_count> left_ = quota;

  std::vector<Card> at_mine_ = {};
  std::vector<Load> sent_ = {};
  std::vector<Load> on_road_ = {};
  std::vector<Card> at_plant_ = {};
  std::vector<Card> made_ = {};  // concentrate without a certificate
  std::vector<Card> held_ = {};
  std::vector<Card> offered_ = {};  // the plant has offered it to `offered_to_`
  std::size_t offered_to_ = 0;
};

}  // namespace anta::bench
