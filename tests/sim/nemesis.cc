// What goes wrong, and when. Every fault is drawn from the run's own mix.
#include <algorithm>

#include "tests/sim/world.h"

namespace anta::sim {

void World::nemesis() {
  if (healed_) return;
  schedule(now_ + nemesis_random_.between(1, plan_.nemesis_max), Kind::nemesis, 0);
  std::vector<Fault> possible;
  for (std::size_t i = 0; i < fault_count; ++i) {
    if (plan_.enabled[i]) possible.push_back(static_cast<Fault>(i));
  }
  if (!possible.empty()) strike(possible[nemesis_random_.below(possible.size())]);
  // Most requests meet a change that is open: many are needed for a few that go through.
  if (plan_.has(Fault::membership_change) && nemesis_random_.chance(600)) change_membership();
}

void World::strike(Fault fault) {
  const Time until = now_ + nemesis_random_.between(5, 60) * tick_units;
  switch (fault) {
    case Fault::message_lost:
    case Fault::message_delayed:
    case Fault::message_reordered:
    case Fault::unsynced_write_lost:
    case Fault::torn_batch:
    case Fault::load_failed: return;  // properties of the run, not moments in it
    case Fault::old_message_repeated: return repeat_old_message();
    case Fault::foreign_message: return inject_foreign_message();
    case Fault::membership_change: return change_membership();
    case Fault::one_way_partition:
    case Fault::partial_partition:
    case Fault::isolation:
    case Fault::flapping_link:
    case Fault::clogged_link: return strike_links(fault, until);
    default: break;
  }
  std::size_t node = nemesis_random_.below(nodes_.size());
  if (nemesis_random_.chance(400)) {  // leaders are the better victims
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].core && nodes_[i].role.role == raft::Role::leader) node = i;
    }
  }
  if (nodes_[node].core) strike_node(fault, node, until);
}

void World::strike_links(Fault fault, Time until) {
  counts_.count(fault);
  const std::size_t a = nemesis_random_.below(nodes_.size());
  const std::size_t b = (a + 1 + nemesis_random_.below(nodes_.size() - 1)) % nodes_.size();
  note(a, name(fault), b, until);
  if (fault == Fault::clogged_link) return network_.clog(a, b, until);
  if (fault == Fault::flapping_link) {
    const Time period = nemesis_random_.between(5, 50);
    network_.flap(a, b, until, period);
    return network_.flap(b, a, until, period);
  }
  if (fault == Fault::partial_partition) {  // two nodes do not see each other, everybody else sees both
    network_.cut(a, b, until);
    return network_.cut(b, a, until);
  }
  for (std::size_t other = 0; other < nodes_.size(); ++other) {
    if (other == a) continue;
    network_.cut(a, other, until);
    if (fault == Fault::isolation) network_.cut(other, a, until);
  }
}

void World::strike_node(Fault fault, std::size_t node, Time until) {
  SimNode& n = nodes_[node];
  switch (fault) {
    case Fault::crash_before_write:
    case Fault::crash_before_send:
    case Fault::crash_amid_send:
    case Fault::crash_before_sync:
    case Fault::crash_after_sync:
    case Fault::sync_error: n.armed = fault; return;
    case Fault::pause: n.paused_until = std::max(n.paused_until, until); break;
    case Fault::slow_node: n.slow_until = until; break;
    case Fault::slow_disk: n.disk_slow_until = until; break;
    case Fault::stalled_disk:
      n.disk_stalled_until =
          std::max(n.disk_stalled_until, now_ + nemesis_random_.between(50, 250) * tick_units);
      break;
    case Fault::full_disk: n.disk_full_until = until; return;  // counted when something is refused
    case Fault::leadership_transfer: break;
    case Fault::peer_unreachable: break;
    default: return;
  }
  counts_.count(fault);
  note(node, name(fault), until);
  const NodeId other = nodes_[nemesis_random_.below(nodes_.size())].member.id;
  if (fault == Fault::peer_unreachable) step(node, raft::PeerUnreachable{other});
  if (fault == Fault::leadership_transfer) {
    raft::TransferLeadership handover;
    if (nemesis_random_.chance(500)) handover.to = other;
    step(node, handover);
  }
}

// Somebody asks whoever leads for other members; what the configuration in force does not allow is asked for,
// too.
void World::change_membership() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    SimNode& n = nodes_[i];
    if (!n.core || n.role.role != raft::Role::leader || now_ < n.paused_until) continue;
    counts_.count(Fault::membership_change);
    note(i, name(Fault::membership_change), n.configuration.index.value);
    Digest asked;
    asked.bytes.front() = 1;
    step(i, raft::ProposeConfiguration{draw_change(n.configuration.configuration), asked});
  }
}

raft::Configuration World::draw_change(const raft::Configuration& now) {
  raft::Configuration wanted = raft::left(now);
  const auto take = [&](std::vector<raft::Member>& from) {
    const auto at = from.begin() + static_cast<std::ptrdiff_t>(nemesis_random_.below(from.size()));
    const raft::Member member = *at;
    from.erase(at);
    return member;
  };
  const std::uint64_t kind = nemesis_random_.below(5);
  if (kind == 0 || kind == 1) {  // a learner joins
    const raft::Member& member = nodes_[nemesis_random_.below(nodes_.size())].member;
    if (!wanted.contains(member.id)) wanted.learners.push_back(member);
  }
  if ((kind == 2 || kind == 3) && !wanted.learners.empty()) wanted.voters.push_back(take(wanted.learners));
  if (kind >= 3 && wanted.voters.size() > 1) take(wanted.voters);  // kind 3: one for another
  if (kind == 1 && !wanted.learners.empty() && nemesis_random_.chance(300)) take(wanted.learners);
  for (auto* set : {&wanted.voters, &wanted.learners})
    std::sort(set->begin(), set->end());
  return wanted;
}

void World::repeat_old_message() {
  if (archive_.empty()) return;
  for (std::uint64_t i = nemesis_random_.between(1, 8); i > 0; --i) {
    const raft::Message& old = archive_[nemesis_random_.below(archive_.size())];
    counts_.count(Fault::old_message_repeated);
    const std::uint64_t slot = ++sequence_;
    schedule(now_ + nemesis_random_.between(1, 20), Kind::deliver, index_of(old.to.id), slot);
    in_flight_.emplace(slot, old);
  }
}

// A message of another cluster, incarnation or epoch, with entries and a commit index that would do harm.
void World::inject_foreign_message() {
  const std::size_t from = nemesis_random_.below(nodes_.size());
  const std::size_t to = (from + 1) % nodes_.size();
  counts_.count(Fault::foreign_message);
  const Durable& durable = nodes_[to].disk.durable();
  const LogIndex prev{durable.log.size()};
  const Term term{durable.hard_state.term.value + nemesis_random_.below(3)};
  raft::Message message{{}, 0, nodes_[from].member, nodes_[to].member, term, {}};
  message.cluster.bytes[0] = 7;
  switch (nemesis_random_.below(4)) {
    case 0: message.cluster.bytes[1] = 1; break;
    case 1: message.recovery_epoch = 9; break;
    case 2:  // before the one that is known; where members change, it may be known no more on arrival
      if (plan_.has(Fault::membership_change)) message.cluster.bytes[1] = 1;
      message.from.incarnation = 0;
      break;
    default: message.to.incarnation = 2; break;
  }
  raft::Append append{prev, durable.term_at(prev), prev.next(), {}};
  if (term >= durable.term_at(prev) && term > Term{}) {
    const Digest prev_hash = durable.entry(prev) ? durable.entry(prev)->hash : Digest{};
    auto payload = std::make_shared<const Bytes>(Bytes(16, 0xff));
    append.entries.push_back(
        make_entry(prev.next(), {term, EntryKind::block, prev_hash, Millis{1}}, payload));
  }
  message.body = std::move(append);
  const std::uint64_t slot = ++sequence_;
  in_flight_.emplace(slot, std::move(message));
  schedule(now_ + 1, Kind::deliver, to, slot);
}

// Whether one of these can win: by its own configuration, among those with a log not longer than its own. It
// may be that none can: who has the longest log is a learner by it, and a voter by the newest configuration
// of another, that needs its vote and does not get it.
bool World::electable(const std::vector<bool>& up) const {
  const auto end = [this](std::size_t i) {
    const Durable& durable = nodes_[i].disk.durable();
    const LogIndex last{durable.log.size()};
    return std::pair(durable.term_at(last), last);
  };
  for (std::size_t candidate = 0; candidate < nodes_.size(); ++candidate) {
    const raft::Configuration& by = checker_->configurations_of(candidate).back().configuration;
    if (!up[candidate] || !by.is_voter(nodes_[candidate].member.id)) continue;
    std::vector<bool> grants(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      grants[i] = up[i] && end(i) <= end(candidate);
    if (decides(grants, by)) return true;
  }
  return false;
}

// A random quorum heals; the rest stays down for good.
void World::heal() {
  healed_ = true;
  network_.heal();
  std::vector<std::size_t> order(nodes_.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[nemesis_random_.below(i)]);
  // Enough for every configuration that somebody may still decide by.
  std::vector<bool> up(nodes_.size());
  const auto enough = [&] {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (!decides(up, checker_->configurations_of(i).back().configuration)) return false;
    }
    return electable(up);
  };
  std::size_t fewest = 0;
  while (fewest < order.size() && !enough())
    up[order[fewest++]] = true;
  const std::size_t alive = nemesis_random_.between(fewest, nodes_.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    SimNode& n = nodes_[order[i]];
    n.armed.reset();
    n.paused_until = n.slow_until = n.disk_slow_until = n.disk_full_until = 0;
    n.disk_stalled_until = 0;
    if (i >= alive) {
      n.dead = true;
      n.core.reset();
      ++n.life;
    } else if (!n.core) {
      start(order[i]);
    }
  }
}

}  // namespace anta::sim
