#include "tests/sim/network.h"

#include <algorithm>

namespace anta::sim {

Network::Network(const Plan& plan, Counts& counts)
    : nodes_(plan.nodes + plan.spares),
      loss_permille_(plan.loss_permille),
      delay_max_(plan.delay_max),
      reorder_(plan.has(Fault::message_reordered)),
      delayed_(plan.has(Fault::message_delayed)),
      random_(plan.seed, 2),
      counts_(counts),
      links_(nodes_ * nodes_) {}

std::optional<Time> Network::arrival(std::size_t from, std::size_t to, Time now) {
  Link& l = link(from, to);
  const bool flapped = now < l.flap_until && (now / l.flap_period) % 2 == 1;
  if (now < l.cut_until || flapped) return std::nullopt;
  if (loss_permille_ > 0 && random_.chance(loss_permille_)) {
    counts_.count(Fault::message_lost);
    return std::nullopt;
  }
  Time at = now + random_.between(1, delay_max_);
  if (delayed_ && at > now + 2 * tick_units) counts_.count(Fault::message_delayed);
  at = std::max(at, l.clogged_until);
  if (reorder_ && random_.chance(100)) {
    at += random_.below(5 * tick_units);
    if (at < l.last_arrival) counts_.count(Fault::message_reordered);
    return at;
  }
  if (!reorder_) at = std::max(at, l.last_arrival);
  if (at < l.last_arrival) counts_.count(Fault::message_reordered);
  l.last_arrival = std::max(at, l.last_arrival);
  return at;
}

void Network::flap(std::size_t from, std::size_t to, Time until, Time period) {
  link(from, to).flap_until = until;
  link(from, to).flap_period = period;
}

void Network::heal() {
  loss_permille_ = 0;
  delay_max_ = 3;
  reorder_ = false;
  for (Link& l : links_)
    l = Link{};
}

}  // namespace anta::sim
