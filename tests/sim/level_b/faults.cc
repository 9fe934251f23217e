// What goes wrong at level B, and when. Every fault is drawn from the run's own mix.
#include <algorithm>
#include <utility>

#include "tests/sim/level_b/cluster.h"

namespace anta::sim {

void StoreCluster::nemesis() {
  if (healed_) return;
  schedule(now_ + nemesis_random_.between(1, plan_.nemesis_max), Kind::nemesis, 0);
  std::vector<StoreFault> possible;
  for (std::size_t i = 0; i < store_fault_count; ++i) {
    if (plan_.enabled[i]) possible.push_back(static_cast<StoreFault>(i));
  }
  if (!possible.empty()) strike(possible[nemesis_random_.below(possible.size())]);
}

void StoreCluster::strike(StoreFault fault) {
  const Time until = now_ + nemesis_random_.between(50, 800);
  if (fault <= StoreFault::clogged_link) return strike_links(fault, until);
  std::size_t node = nemesis_random_.below(nodes_.size());
  if (const auto led = leader(); led && nemesis_random_.chance(400)) node = *led;
  StoreNode& n = *nodes_[node];
  if (!n.life) return;
  enter(node);
  note(node, name(fault), until);
  switch (fault) {
    case StoreFault::power_cut: n.disk.cut_power(); break;
    case StoreFault::power_cut_within: n.disk.cut_after(nemesis_random_.between(1, 12)); break;
    case StoreFault::cut_amid_sending: n.sends_left = nemesis_random_.between(1, 4); return;  // counted then
    case StoreFault::process_killed: crash(node, false); break;
    case StoreFault::sync_error: n.disk.fail_sync_after(nemesis_random_.between(1, 3)); break;
    case StoreFault::disk_full: n.disk.fail_append_after(nemesis_random_.between(1, 6)); break;
    case StoreFault::slow_disk: n.disk_slow_until = until; break;
    case StoreFault::clock_ahead:
      n.clock_ahead =
          nemesis_random_.chance(500) ? 0 : static_cast<std::int64_t>(nemesis_random_.below(25'000));
      break;
    case StoreFault::leadership_transfer: n.life->turns->turn(raft::TransferLeadership{}); break;
    case StoreFault::stranger: return send_stranger(node);
    default: return;  // a property of the run, not a moment in it
  }
  counts_.count(fault);
  if (node != 0) settle(node);
}

// Somebody shows the key of another node and says a hello that is not that node's now.
void StoreCluster::send_stranger(std::size_t node) {
  const std::size_t other = (node + 1 + nemesis_random_.below(nodes_.size() - 1)) % nodes_.size();
  Hello hello = hello_of(other);
  switch (nemesis_random_.below(4)) {
    case 0: hello.network.bytes[0] ^= 1; break;
    case 1: hello.node = nodes_[node]->id; break;
    case 2: hello.incarnation = nemesis_random_.chance(500) ? 0 : 2; break;
    default: hello.version_min = hello.version_max = peer_protocol_max + 1; break;
  }
  counts_.count(StoreFault::stranger);
  if (agree_on(hello_of(node), hello, nodes_[other]->id, 1))
    judge_->on_stranger(node, "let somebody in who is not node " + nodes_[other]->id.value + " of now");
}

void StoreCluster::strike_links(StoreFault fault, Time until) {
  counts_.count(fault);
  const std::size_t a = nemesis_random_.below(nodes_.size());
  const std::size_t b = (a + 1 + nemesis_random_.below(nodes_.size() - 1)) % nodes_.size();
  note(a, name(fault), b, until);
  if (fault == StoreFault::clogged_link) return network_.clog(a, b, until);
  if (fault == StoreFault::flapping_link) {
    const Time period = nemesis_random_.between(20, 200);
    network_.flap(a, b, until, period);
    return network_.flap(b, a, until, period);
  }
  for (std::size_t other = 0; other < nodes_.size(); ++other) {
    if (other == a) continue;
    network_.cut(a, other, until);
    if (fault == StoreFault::isolation) network_.cut(other, a, until);
  }
}

// Links, disks and clocks heal. A random quorum that knows what it promised stays; of the rest some stay down
// for good.
void StoreCluster::heal() {
  healed_ = true;
  network_.heal();
  std::vector<std::size_t> order(nodes_.size());
  std::size_t sound = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    StoreNode& n = *nodes_[i];
    order[i] = i;
    n.disk.disarm();
    n.sends_left = 0;
    n.disk_slow_until = 0;
    n.clock_ahead = 0;
    if (!n.refused && !n.amnesiac() && !n.damaged && !judge_->in_debt(i)) ++sound;
  }
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[nemesis_random_.below(i)]);
  std::size_t may_die = sound - std::min(sound, nodes_.size() / 2 + 1);
  for (const std::size_t i : order) {
    StoreNode& n = *nodes_[i];
    const bool counts = !n.refused && !n.amnesiac() && !n.damaged && !judge_->in_debt(i);
    if (may_die > 0 && counts && nemesis_random_.chance(500)) {
      --may_die;
      n.dead = true;
      if (n.life) crash(i, true);
    }
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {  // whoever runs an older release is upgraded
    if (std::exchange(nodes_[i]->older, false) && nodes_[i]->life) crash(i, false);
  }
}

}  // namespace anta::sim
