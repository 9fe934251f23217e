// Membership: rules 8, 9 and 10. A change is one entry, or two with a joint configuration between; whoever
// leads finishes what it finds.
#include <algorithm>
#include <tuple>
#include <utility>

#include "consensus/raft/mutant.h"
#include "consensus/raft/state.h"

namespace anta::raft {

ConfigurationChange Raft::State::in_force() const {
  return {membership.index(), membership.now(), membership.index() <= commit};
}

void Raft::State::on_propose_configuration(ProposeConfiguration& proposal) {
  const auto refuse = [&](Transition why, Code code, const std::string& message) {
    trace(why, membership.index());
    out.proposal = fail(code, "raft.configuration", message);
  };
  if (role != Role::leader) {
    out.proposal = fail(Code::not_leader, "this node does not lead");
    return;
  }
  const bool open = membership.index() > commit || membership.now().joint();
  if ((!in_office && !ANTA_MUTANT(configuration_without_office)) || transfer)
    return refuse(Transition::configuration_refused, Code::busy, "this leader is not in office");
  if (open && !ANTA_MUTANT(second_configuration))
    return refuse(Transition::configuration_refused, Code::busy, "another change of membership is open");
  const Configuration from = ANTA_MUTANT(second_configuration) ? left(membership.now()) : membership.now();
  Result<Configuration> step = first_step(from, proposal.wanted);
  if (!step) return refuse(Transition::configuration_refused, step.error().code, step.error().message);
  for (const Member& voter : step->voters) {
    if (membership.now().is_voter(voter.id) || caught_up(voter)) continue;
    return refuse(Transition::promotion_refused, Code::busy, voter.id.value + " has not caught up yet");
  }
  if (step->joint() && !can_decide(step->voters))
    return refuse(Transition::configuration_refused, Code::busy,
                  "of the voters that there would be, fewer than a majority are here");
  append_configuration({.configuration = std::move(*step), .statement = proposal.statement});
  out.proposal = Proposed{membership.index(), term};
  broadcast_appends(false);
}

// It follows, and lacks no more than a moment's entries: the cluster does not stand still for it once it
// counts.
bool Raft::State::caught_up(const Member& member) {
  const Progress* peer = progress_of(member.id);
  return peer && peer->member == member && peer->active && has_nearly_all(*peer);
}

bool Raft::State::has_nearly_all(const Progress& peer) const {
  const Tail& tail = journal.tail();
  return !peer.amnesiac && peer.mode == Progress::Mode::replicate && peer.match.next() >= tail.first() &&
         tail.bytes_after(peer.match) <= options.catch_up_bytes_max;
}

// Whether a majority of them would go on deciding at once: without it the change could neither be finished
// nor undone.
bool Raft::State::can_decide(const std::vector<Member>& voters) {
  const auto able = std::count_if(voters.begin(), voters.end(), [this](const Member& voter) {
    return voter == options.self || caught_up(voter);
  });
  return static_cast<std::size_t>(able) > voters.size() / 2;
}

void Raft::State::append_configuration(const ConfigurationRecord& record) {
  const LogIndex index = append_own(EntryKind::configuration, Millis{},
                                    std::make_shared<const Bytes>(encode_configuration(record)));
  take_configuration(index, record.configuration);
}

// From now on every decision of this node is made by it (rule 8).
void Raft::State::take_configuration(LogIndex index, Configuration configuration) {
  membership.take(index, std::move(configuration));
  ++membership_revision;
  trace(Transition::configuration_taken, index);
  if (role == Role::leader) refresh_progress();
}

bool Raft::State::truncate_configurations(LogIndex from) {
  const LogIndex before = membership.index();
  if (!membership.truncate(from)) return false;
  if (membership.index() == before) return true;
  ++membership_revision;
  trace(Transition::configuration_rolled_back, before);
  return true;
}

// One Progress for each member of the configuration in force, and for those who still have to learn that they
// are none any more: who is in `progress` now or, for a new leader, who was a member before.
void Raft::State::refresh_progress() {
  const Configuration& now_in_force = membership.now();
  std::vector<Member> wanted = now_in_force.members();
  std::vector<Member> before = progress.empty() ? membership.departed() : std::vector<Member>{};
  for (const Progress& peer : progress)
    before.push_back(peer.member);
  before.push_back(options.self);
  for (const Member& member : before) {
    const bool listed = std::find_if(wanted.begin(), wanted.end(),
                                     [&](const Member& m) { return m.id == member.id; }) != wanted.end();
    if (!listed) wanted.push_back(member);
  }
  std::vector<Progress> next;
  for (const Member& member : wanted) {
    Progress* known = progress_of(member.id);
    const bool same = known && known->member == member;
    Progress peer = same ? std::move(*known) : Progress{};
    if (!same) {
      peer.member = member;
      peer.next = journal.last().next();
      peer.active = true;
    }
    const auto on = [&](const std::vector<Member>& side) {
      return std::find(side.begin(), side.end(), member) != side.end();
    };
    peer.incoming = on(now_in_force.voters);
    peer.outgoing = on(now_in_force.outgoing);
    const bool departs = !now_in_force.contains(member.id);
    if (!departs) peer.departs_at = LogIndex{};
    if (departs && !peer.departing()) peer.departs_at = std::max(membership.index(), LogIndex{1});
    if (!departs || !same) peer.departed = peer.told = 0;
    next.push_back(std::move(peer));
  }
  std::sort(next.begin(), next.end(),
            [](const Progress& a, const Progress& b) { return a.member < b.member; });
  progress = std::move(next);
}

// What is committed has its next step: a joint configuration is left, and a leader that is no voter any more
// hands over (rule 10).
void Raft::State::finish_change() {
  if (stopped || role != Role::leader || !in_office || transfer || membership.index() > commit) return;
  if (membership.now().joint()) {
    append_configuration({.configuration = left(membership.now()), .statement = {}});
    trace(Transition::joint_left, membership.index());
    broadcast_appends(false);
    return;
  }
  if (membership.now().votes(options.self)) return;
  trace(Transition::removed_leader_leaves, membership.index());
  std::ignore = on_transfer(std::nullopt);
  if (!transfer) become_follower(term, std::nullopt);
}

// A removed node gets entries and heartbeats until it has had the time to hear that its removal is committed;
// one that is not there is given up.
void Raft::State::release_departed() {
  for (Progress& peer : progress) {
    if (!peer.departing() || peer.departs_at > commit) continue;
    ++peer.departed;
    if (peer.match >= peer.departs_at) ++peer.told;
  }
  const std::uint64_t given_up = std::uint64_t{options.departed_elections} * options.election_ticks;
  std::erase_if(progress, [&](const Progress& peer) {
    const bool done = peer.told > options.election_ticks || peer.departed > given_up;
    if (!peer.departing() || peer.member == options.self || !done) return false;
    trace(Transition::departed_released, peer.departs_at, peer.member.id);
    return true;
  });
}

}  // namespace anta::raft
