// The members: going from the configuration in force to the one that the ledger wants, and keeping transport,
// clock guard and status in step with both.
#include <algorithm>
#include <utility>
#include <variant>

#include "consensus/turns.h"

namespace anta {
namespace {

std::string ids(const std::vector<raft::Member>& members) {
  std::string text;
  for (const raft::Member& member : members) {
    text += (text.empty() ? "" : " ") + member.id.value;
    if (member.incarnation > 1) text += "#" + std::to_string(member.incarnation);
  }
  return text;
}

}  // namespace

void Turns::follow(MembershipPlan next) {
  if (!running() || next == plan) return;
  plan = std::move(next);
  connect_members();
  pursue_plan();
}

void Turns::configuration_changed(const raft::ConfigurationChange& change) {
  guard.set_configuration(change.configuration);
  say(LogLevel::info, "configuration",
      {{"index", std::to_string(change.index.value)},
       {"committed", change.committed ? "true" : "false"},
       {"voters", ids(change.configuration.voters)},
       {"outgoing", ids(change.configuration.outgoing)},
       {"learners", ids(change.configuration.learners)}});
  connect_members();
}

// Connected is who is wanted, who is a member here or is said to be one elsewhere, and who still has to hear
// that it is none.
void Turns::connect_members() {
  const raft::Status now = core->status();
  const raft::Configuration& in_force = now.configuration.configuration;
  std::vector<TransportPeer> wanted;
  for (const TransportPeer& peer : plan.peers) {
    const auto hears = [&peer](const raft::PeerStatus& known) { return known.id == peer.id; };
    if (peer.id == options.self.id) continue;
    if (!plan.wanted.contains(peer.id) && !plan.told.contains(peer.id) && !in_force.contains(peer.id) &&
        std::none_of(now.peers.begin(), now.peers.end(), hears))
      continue;
    // A node that was admitted anew takes the old one's place only once the old one votes no more (rule 10).
    const raft::Member* member = in_force.find(peer.id);
    const auto before = std::find_if(connected.begin(), connected.end(),
                                     [&peer](const TransportPeer& known) { return known.id == peer.id; });
    const bool still = before != connected.end() && member && member->incarnation == before->incarnation;
    wanted.push_back(still && before->incarnation != peer.incarnation ? *before : peer);
  }
  members = now.peers.size();
  if (wanted == connected) return;
  connected = wanted;
  std::erase_if(peers, [&wanted](const auto& entry) {
    return std::none_of(wanted.begin(), wanted.end(), [&](const auto& p) { return p.id == entry.first; });
  });
  for (const TransportPeer& peer : wanted)
    peers.emplace(peer.id, false);
  // Not within this turn: it may be a connection that is let go which called.
  post([this] {
    if (!running()) return;
    if (auto set = transport->set_peers(connected); !set)
      say(LogLevel::error, "peers_refused", {{"reason", set.error().message}});
  });
}

// Whether this step makes a voter of a learner that has the log and has not applied it: it could vote, and
// neither answer nor cosign for as long as that takes. One of a release that does not say is taken for such.
bool Turns::promotes_unapplied(const raft::Configuration& now, const raft::NextChange& next) const {
  if (!now.is_learner(next.node) || !next.configuration.is_voter(next.node)) return false;
  const auto said = applied_there.find(next.node);
  const LogIndex there = said == applied_there.end() ? LogIndex{} : said->second;
  return commit.value > there.value + options.unapplied_entries_max;
}

// A leader's: the first step towards the plan that the core takes. What it refuses (a change is open, a
// learner lacks entries still) is asked for again after a heartbeat's time. Only by a plan that is not older
// than what this node leads: else it would undo what others did.
void Turns::pursue_plan() {
  if (!running() || !role.in_office || handed_over != nullptr || applied < office_commit) return;
  const raft::ConfigurationChange now = core->status().configuration;
  if (!now.committed || applied < now.index) return;
  std::string refused;
  for (const raft::NextChange& next : raft::next_changes(now.configuration, plan.wanted)) {
    const std::optional<Digest> because = reason_for(next.node);
    if (!because) {
      refused += next.node.value + ": no statement asks for this; ";
      continue;
    }
    if (promotes_unapplied(now.configuration, next)) {
      refused += next.node.value + ": it has not applied the ledger yet; ";
      continue;
    }
    turn(raft::ProposeConfiguration{next.configuration, *because});
    const auto answer = std::exchange(proposal, std::nullopt);
    if (!running() || (answer && *answer)) break;
    if (answer) refused += next.node.value + ": " + answer->error().message + "; ";
  }
  if (refused != std::exchange(plan_waits_for, refused) && !refused.empty())
    say(LogLevel::info, "configuration_waits", {{"reason", refused}});
}

// Which statement asks for a change of this node. One that nobody changed since the genesis was set aside by
// the newest recovery, and is taken in again because the ledger still wants it.
std::optional<Digest> Turns::reason_for(const NodeId& node) const {
  const auto because = plan.because.find(node);
  if (because != plan.because.end()) return because->second;
  if (options.recoveries.empty()) return std::nullopt;
  return digest_of(options.recoveries.back());
}

// Whether the ledger as applied here stands behind a configuration: the statement that asks for it is
// recorded, and every member is a node that it knows, none of a later incarnation. Both only ever grow.
bool Turns::asked_for(const raft::ConfigurationRecord& record) const {
  const bool decided =
      std::any_of(options.recoveries.begin(), options.recoveries.end(),
                  [&record](const Recovery& recovery) { return digest_of(recovery) == record.statement; });
  if (record.statement != Digest{} && !decided && !machine.knows(record.statement)) return false;
  const std::vector<raft::Member> all = record.configuration.members();
  return std::all_of(all.begin(), all.end(), [this](const raft::Member& member) {
    if (member.id == options.self.id) return true;
    const auto known = std::find_if(plan.peers.begin(), plan.peers.end(),
                                    [&member](const TransportPeer& peer) { return peer.id == member.id; });
    return known != plan.peers.end() && member.incarnation <= known->incarnation;
  });
}

// Cuts an append before the first configuration that is not asked for: a peer that leads cannot make members
// of its own accord. What comes before is taken, so that a node that is behind gets there. False: nothing is
// left.
bool Turns::cut_unasked(raft::Append& append) {
  const auto unasked =
      std::find_if(append.entries.begin(), append.entries.end(), [this](const LogEntry& entry) {
        if (entry.header.kind != EntryKind::configuration || entry.index <= applied || !entry.payload)
          return false;
        const auto is_it = [&entry](const Recovery& recovery) {
          return entry_of(recovery).hash == entry.hash;
        };
        if (std::any_of(options.recoveries.begin(), options.recoveries.end(), is_it)) return false;
        const auto record = raft::decode_configuration(*entry.payload);
        return record && !asked_for(*record);  // what is none is the core's to refuse
      });
  if (unasked == append.entries.end()) return true;
  ++counts.appends_dropped_members;
  if (std::exchange(unasked_at, unasked->index) != unasked->index)
    say(LogLevel::warning, "configuration_unasked",
        {{"index", std::to_string(unasked->index.value)}, {"applied", std::to_string(applied.value)}});
  append.entries.erase(unasked, append.entries.end());
  return !append.entries.empty();
}

}  // namespace anta
