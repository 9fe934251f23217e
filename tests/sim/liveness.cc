// After the chaos: with a quorum that works, everything pending finishes in bounded time and leadership stays
// put.
#include <algorithm>

#include "tests/sim/world.h"

namespace anta::sim {
namespace {

// In ticks.
constexpr Time fault_ticks_max = 60;
constexpr Time transfer_ticks = 30;  // what a leader with a dead disk began is over
constexpr Time recover_ticks = 600;  // and for each tick that a sync may take
constexpr Time recover_ticks_per_sync_tick = 200;
constexpr Time stable_ticks = 100;
constexpr Time cut_ticks = 60;

}  // namespace

std::optional<std::size_t> World::leader_in_office() const {
  std::optional<std::size_t> leader;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].core || nodes_[i].role.role != raft::Role::leader || !nodes_[i].role.in_office) continue;
    if (leader) return std::nullopt;  // two still think so
    leader = i;
  }
  return leader;
}

// Every live member has the same committed log, to its very end, applied; no change of membership is open,
// and no read is pending.
bool World::caught_up() const {
  const auto leader = leader_in_office();
  if (!leader) return false;
  const SimNode& first = nodes_[*leader];
  const raft::ConfigurationChange& by = first.configuration;
  if (!by.committed || by.configuration.joint() || !by.configuration.is_voter(first.member.id)) return false;
  for (const SimNode& n : nodes_) {
    if (!n.core || !by.configuration.contains(n.member.id)) continue;
    if (n.configuration != by) return false;
    const bool whole =
        n.commit == first.commit && n.disk.durable().log.size() == n.commit.value && !n.disk.waiting();
    if (!whole || n.applied != n.commit || !n.reads.empty()) return false;
    if (n.role.leader != first.member.id) return false;
  }
  return true;
}

std::string World::check_liveness() {
  Time over = now_ + fault_ticks_max * tick_units;  // when pauses, stalls and clogs that have begun are over
  for (const SimNode& n : nodes_)
    over = std::max({over, n.disk_stalled_until, n.paused_until, n.sync_ends + transfer_ticks * tick_units});
  heal();
  while (now_ < over && violation().empty())
    happen();
  // Clients ask every live node for a read and go on proposing until one proposal of after the healing is
  // committed.
  const Time patience = recover_ticks * tick_units + recover_ticks_per_sync_tick * plan_.healed_disk_max;
  const Time deadline = now_ + patience;
  const LogIndex before = checker_->told();
  while (now_ < deadline && checker_->told().value < before.value + 5 && violation().empty())
    happen();
  if (!violation().empty()) return violation();
  if (checker_->told().value < before.value + 5) return "liveness: nothing is committed after the healing";

  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto leader_now = leader_in_office();
    const bool member =
        leader_now && nodes_[*leader_now].configuration.configuration.contains(nodes_[i].member.id);
    if (nodes_[i].core && member) read(i);
  }
  plan_.client_max = 1000000000;  // clients rest
  while (now_ < deadline + patience && !caught_up() && violation().empty())
    happen();
  if (!violation().empty()) return violation();
  if (!caught_up()) return "liveness: the healed nodes do not agree on everything in time";

  const std::size_t leader = *leader_in_office();
  const Term term = nodes_[leader].role.term;
  const Time end = now_ + stable_ticks * tick_units;
  while (now_ < end && violation().empty())
    happen();
  if (!violation().empty()) return violation();
  const raft::RoleChange& role = nodes_[leader].role;
  if (role.role != raft::Role::leader || role.term != term)
    return "liveness: a stable quorum lost its leader";
  return check_return(leader);
}

// Rule 7: a follower that was cut off for some elections and comes back takes the leadership from nobody.
std::string World::check_return(std::size_t leader) {
  const Term term = nodes_[leader].role.term;
  const raft::Configuration by = nodes_[leader].configuration.configuration;
  std::optional<std::size_t> follower;
  std::vector<bool> alive(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].core) continue;
    alive[i] = true;
    if (i != leader && by.is_voter(nodes_[i].member.id)) follower = i;
  }
  if (!follower) return {};
  alive[*follower] = false;
  if (!decides(alive, by)) return {};
  const Time back = now_ + cut_ticks * tick_units;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    network_.cut(i, *follower, back);
    network_.cut(*follower, i, back);
  }
  while (now_ < back + stable_ticks * tick_units && violation().empty())
    happen();
  if (!violation().empty()) return violation();
  for (const SimNode& n : nodes_) {
    const bool member = by.contains(n.member.id);
    if (n.core && member && n.role.term != term) return "liveness: a follower that came back raised the term";
  }
  return caught_up() ? "" : "liveness: a follower that came back does not follow";
}

}  // namespace anta::sim
