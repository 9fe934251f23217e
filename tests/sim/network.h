// The simulated network: for each message, when it arrives, if at all. Links are directed.
#pragma once

#include <optional>
#include <vector>

#include "consensus/raft/messages.h"
#include "tests/sim/plan.h"
#include "tests/sim/random.h"

namespace anta::sim {

class Network {
 public:
  Network(const Plan& plan, Counts& counts);

  // When a message that leaves `from` now reaches `to`; none: lost.
  std::optional<Time> arrival(std::size_t from, std::size_t to, Time now);

  void cut(std::size_t from, std::size_t to, Time until) { link(from, to).cut_until = until; }
  void flap(std::size_t from, std::size_t to, Time until, Time period);
  void clog(std::size_t from, std::size_t to, Time until) { link(from, to).clogged_until = until; }

  // No faults any more: short delays, in order, nothing lost.
  void heal();

 private:
  struct Link {
    Time cut_until = 0;
    Time flap_until = 0;
    Time flap_period = 1;
    Time clogged_until = 0;
    Time last_arrival = 0;  // in order, unless reordering
  };
  Link& link(std::size_t from, std::size_t to) { return links_[from * nodes_ + to]; }

  std::size_t nodes_;
  std::uint64_t loss_permille_;
  Time delay_max_;
  bool reorder_;
  bool delayed_;
  Random random_;
  Counts& counts_;
  std::vector<Link> links_;
};

}  // namespace anta::sim
