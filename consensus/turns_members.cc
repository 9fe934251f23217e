// The members: going from the configuration in force to the one that the ledger wants, and keeping transport,
// clock guard and status in step with both.
#include <algorithm>
#include <utility>
#include <variant>

#include "consensus/turns.h"
#include "crypto/text.h"

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

// Connected is who is wanted, who is a member here, and who still has to hear that it is none.
void Turns::connect_members() {
  const raft::Status now = core->status();
  std::vector<TransportPeer> wanted;
  for (const TransportPeer& peer : plan.peers) {
    const auto told = [&peer](const raft::PeerStatus& known) { return known.id == peer.id; };
    if (peer.id == options.self.id) continue;
    if (plan.wanted.contains(peer.id) || now.configuration.configuration.contains(peer.id) ||
        std::any_of(now.peers.begin(), now.peers.end(), told))
      wanted.push_back(peer);
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

// A leader's: the next step, if one is due. What is refused (a change is open, a learner lacks entries still)
// is asked for again after a heartbeat's time.
void Turns::pursue_plan() {
  if (!running() || !role.in_office || handed_over != nullptr) return;
  const raft::ConfigurationChange now = core->status().configuration;
  if (!now.committed) return;
  const auto next = raft::next_change(now.configuration, plan.wanted);
  if (!next) return;
  const auto because = plan.because.find(next->node);
  if (because == plan.because.end()) {
    if (std::exchange(unexplained, next->node) != next->node)
      say(LogLevel::error, "configuration_unexplained",
          {{"peer", next->node.value}, {"reason", "no statement asks for this change"}});
    return;
  }
  turn(raft::ProposeConfiguration{next->configuration, because->second});
  const auto answer = std::exchange(proposal, std::nullopt);
  const std::string text = answer && !*answer ? answer->error().message : "";
  if (text != std::exchange(plan_waits_for, text) && !text.empty())
    say(LogLevel::info, "configuration_waits", {{"peer", next->node.value}, {"reason", text}});
}

// Whether a configuration comes with a statement that is neither applied here nor earlier in the log: a peer
// that leads cannot make members of its own accord. What cannot be told yet (the block left memory and is not
// applied) is asked again with the next append.
bool Turns::unasked(const raft::Append& append) const {
  const auto changes = [](const LogEntry& entry) { return entry.header.kind == EntryKind::configuration; };
  if (std::none_of(append.entries.begin(), append.entries.end(), changes)) return false;
  std::vector<const LogEntry*> blocks;
  bool gap = false;
  for (LogIndex at = applied.next(); at <= append.prev_index; at = at.next()) {
    const LogEntry* entry = core->find_entry(at);
    gap = gap || entry == nullptr;
    if (entry != nullptr && entry->header.kind == EntryKind::block) blocks.push_back(entry);
  }
  for (const LogEntry& entry : append.entries) {
    if (entry.header.kind == EntryKind::block) blocks.push_back(&entry);
    if (entry.header.kind != EntryKind::configuration || !entry.payload) continue;
    const auto record = raft::decode_configuration(*entry.payload);
    if (!record || record->statement == Digest{}) continue;  // the core's to judge
    if (entry.index <= applied || machine.knows(record->statement, blocks)) continue;
    say(gap ? LogLevel::info : LogLevel::warning, "configuration_unasked",
        {{"index", std::to_string(entry.index.value)}, {"statement", hex(record->statement)}});
    return true;
  }
  return false;
}

}  // namespace anta
