// What peers send: the shell's own rules (disk reserve, clock, amnesia, members) before the core hears of it.
#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "consensus/turns.h"
#include "storage/write_mutant.h"

namespace anta {
namespace {

using std::chrono::milliseconds;

constexpr std::uint8_t clock_notice_kind = replica_kind_first;

Millis system_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return Millis{std::chrono::duration_cast<milliseconds>(now).count()};
}

// Committed as its leader knows it, which may be far beyond what this node has.
std::optional<LogIndex> told_commit(const raft::Message& message) {
  if (const auto* append = std::get_if<raft::Append>(&message.body)) return append->commit;
  if (const auto* heartbeat = std::get_if<raft::Heartbeat>(&message.body)) return heartbeat->commit;
  return std::nullopt;
}

}  // namespace

void Turns::received(raft::Message message) {
  if (!running() || guard.deafens(role.role) || of_other_epoch(message)) return;
  // An amnesiac may have promised what it no longer knows: it gives no vote and takes no office. Nor does who
  // has a gap.
  if (takes_no_office() && (std::holds_alternative<raft::VoteRequest>(message.body) ||
                            std::holds_alternative<raft::TimeoutNow>(message.body)))
    return;
  if (auto* append = std::get_if<raft::Append>(&message.body); append && !append->entries.empty()) {
    ++counts.appends_received;
    if (options.disk_low && options.disk_low()) {
      ++counts.appends_dropped_disk;
      return;
    }
    if (guard.refuses(message, options.clock ? options.clock() : system_time()))
      return refuse_for_clock(message);
    if (!cut_unasked(*append)) return;
    if (hooks.on_entries) hooks.on_entries(append->entries);
  }
  if (const auto* reply = std::get_if<raft::HeartbeatReply>(&message.body);
      reply && role.role == raft::Role::leader && message.term == role.term)
    applied_there[message.from.id] = reply->applied;
  const auto* told = std::get_if<raft::Heartbeat>(&message.body);
  const raft::Heartbeat heartbeat = told ? *told : raft::Heartbeat{};
  const std::optional<LogIndex> committed = told_commit(message);
  const NodeId from = message.from.id;
  const Term term = message.term;
  turn(raft::Receive{std::move(message)});
  // Only what the core took for its leader's word.
  if (!committed || !running() || role.leader != from || role.term != term) return;
  leader_commit = {term,
                   leader_commit.first == term ? std::max(leader_commit.second, *committed) : *committed};
  if (told && amnesia.suffers()) amnesia.heard(term, heartbeat);
}

// The core drops it without a word (rule 12); the operator should hear one.
bool Turns::of_other_epoch(const raft::Message& message) {
  if (message.recovery_epoch == options.recoveries.size() && message.cluster == cluster) {
    other_epoch.erase(message.from.id);
    return false;
  }
  if (other_epoch.insert(message.from.id).second)
    say(LogLevel::warning, "other_recovery_epoch",
        {{"peer", message.from.id.value},
         {"epoch", std::to_string(message.recovery_epoch)},
         {"own_epoch", std::to_string(options.recoveries.size())},
         {"next_step", "name the same recovery documents on every node, in order"}});
  return true;
}

void Turns::refuse_for_clock(const raft::Message& message) {
  ++counts.appends_dropped_clock;
  say(LogLevel::warning, "append_dropped_clock",
      {{"peer", message.from.id.value}, {"dropped", std::to_string(counts.appends_dropped_clock)}});
  // Best effort: the next append is refused and told again.
  std::ignore = transport->send_app(message.from.id, clock_notice_kind, encode_clock_notice(message.term));
}

void Turns::received_app(const NodeId& from, std::uint8_t kind, Bytes bytes) {
  if (!running()) return;
  if (kind < replica_kind_first) {
    if (hooks.on_app) hooks.on_app(from, kind, std::move(bytes));
    return;
  }
  if (kind != clock_notice_kind || role.role != raft::Role::leader) return;
  const auto term = decode_clock_notice(bytes);
  if (!term || !guard.note_refusal(from, *term, role.term)) return;
  say(LogLevel::error, "clock_refused",
      {{"term", std::to_string(role.term.value)},
       {"next_step",
        "too many nodes find this node's clock ahead to commit anything: check its time service"}});
}

void Turns::peer_changed(const NodeId& peer, bool up) {
  if (const auto known = peers.find(peer); known != peers.end()) known->second = up;
  if (!up) turn(raft::PeerUnreachable{peer});
  if (running() && hooks.on_peer) hooks.on_peer(peer, up);
}

// Looked at after each commit, each change of role and each tick: what it needs may have come before this
// node knew.
void Turns::maybe_end_amnesia() {
  if (!amnesia.suffers() || !running() || !role.leader) return;
  if (role.in_office && leads_alone()) return end_lone_amnesia();
  if (*role.leader == options.self.id) return;
  const LogEntry* entry = core->find_entry(commit);
  const bool over = entry != nullptr && amnesia.ends(role.term, commit, entry->header.term);
  if (!over && !ANTA_WRITE_MUTANT(amnesia_ends_at_once)) return;
  if (ANTA_WRITE_MUTANT(amnesia_ends_at_once)) amnesia = Amnesia();
  say(LogLevel::info, "amnesia_ended", {{"commit", std::to_string(commit.value)}});
  disk.end_amnesia();
}

bool Turns::leads_alone() const {
  const raft::ConfigurationChange& now = core->status().configuration;
  return now.committed && !now.configuration.joint() && now.configuration.voters.size() == 1;
}

// There is nobody who could bring it past what it lost, and nobody else whom a promise of it counted for. As
// an amnesiac for ever it could not be another voter's majority later.
void Turns::end_lone_amnesia() {
  amnesia = Amnesia();
  say(LogLevel::warning, "amnesia_ended_alone",
      {{"commit", std::to_string(commit.value)},
       {"next_step",
        "the only voter goes on with what its disk has; if learners or backups have more, stop it and "
        "restore"}});
  disk.end_amnesia();
}

}  // namespace anta
