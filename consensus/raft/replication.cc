// The follower's side of replication: rules 2, 3, 4, 6 and 11.
#include <algorithm>
#include <utility>

#include "consensus/raft/mutant.h"
#include "consensus/raft/state.h"

namespace anta::raft {

// `from` sent an append or a heartbeat of the current term, so it leads this term.
bool Raft::State::accept_leader(const Member& from) {
  if (role == Role::leader || (term_leader && *term_leader != from.id)) {
    stop(Code::corrupt,
         "two leaders in term " + std::to_string(term.value) + ": " + term_leader->value + " and " +
             from.id.value,
         from.id);
    return false;
  }
  term_leader = from.id;
  leader_member = from;
  failed_campaigns = 0;
  if (role != Role::follower || leader != from.id) become_follower(term, from.id);
  election_elapsed = 0;
  return true;
}

// The first index at which the append has what this log has not.
LogIndex Raft::State::first_unknown(const Append& append) const {
  LogIndex index = append.prev_index.next();
  for (const LogEntry& entry : append.entries) {
    if (index > journal.last() || journal.terms().at(index) != entry.header.term) break;
    index = index.next();
  }
  return index;
}

// What our own leader never sends, whatever happened: entries out of place, without payload, of terms that
// fall or lie ahead, or not chained; a configuration that is no step from the one before it. The transport
// authenticates peers; this keeps a broken one from breaking us.
bool Raft::State::well_formed(const Append& append) const {
  Term before = append.prev_term;
  LogIndex index = append.prev_index;
  const Digest* chain = nullptr;
  // What of it is here already was held against its predecessor when it came.
  const LogIndex first_new = first_unknown(append);
  std::optional<Configuration> newest;  // after the newest configuration of this append that is new
  for (const LogEntry& entry : append.entries) {
    index = index.next();
    if (entry.index != index || !entry.payload) return false;
    if (entry.header.kind == EntryKind::configuration) {
      auto record = decode_configuration(*entry.payload);
      if (!record) return false;
      const Configuration* there = newest ? &*newest : membership.before(first_new);
      const bool decided = std::find(options.recoveries.begin(), options.recoveries.end(),
                                     RecoveryEntry{entry.index, entry.hash}) != options.recoveries.end();
      const bool step = index < first_new || there == nullptr || decided || follows(*there, *record);
      if (!step && !ANTA_MUTANT(second_configuration)) return false;
      if (index >= first_new) newest = std::move(record->configuration);
    }
    if (entry.header.term < before || entry.header.term > term || entry.header.term == Term{}) return false;
    if (chain && entry.header.prev_hash != *chain) return false;
    before = entry.header.term;
    chain = &entry.hash;
  }
  return true;
}

void Raft::State::on_append(const Member& from, Append& append) {
  if (!well_formed(append)) return trace(Transition::malformed_message_dropped, append.prev_index, from.id);
  if (!accept_leader(from)) return;
  if (append.prev_index > journal.last() || journal.terms().at(append.prev_index) != append.prev_term) {
    // Nothing of a term above prev_term can match, nor anything after prev_index (rule 6).
    const LogIndex hint = journal.terms().last_at_or_below(append.prev_index, append.prev_term);
    trace(Transition::append_rejected, append.prev_index, from.id);
    return send(from, AppendReply{true, {}, append.prev_index, hint, journal.terms().at(hint)});
  }
  const LogIndex end = append.prev_index.plus(append.entries.size());
  if (!merge(from, append)) return;
  verified = std::max(verified, end);
  learn_commit(append.commit);
  advance_commit();

  // What is durable already is acknowledged at once, also when it is nothing new: the leader may have lost
  // our word. The rest when the disk has it.
  acknowledge(std::min(verified, journal.persisted()) >= end);
}

// Brings the entries into the log. False: stopped.
bool Raft::State::merge(const Member& from, Append& append) {
  const LogIndex prev = append.prev_index;
  if (!append.entries.empty()) {
    const auto known = journal.tail().hash_at(prev);
    if (known && append.entries.front().header.prev_hash != *known) {
      stop(Code::corrupt, "entry " + std::to_string(prev.value) + " has one term and two hashes", from.id,
           journal.tail().find(prev), &append.entries.front());
      return false;
    }
  }
  std::size_t first_new = 0;  // skip what is here already
  while (first_new < append.entries.size()) {
    const LogEntry& entry = append.entries[first_new];
    if (ANTA_MUTANT(matching_prefix_truncated)) break;
    if (entry.index > journal.last() || journal.terms().at(entry.index) != entry.header.term) break;
    if (!agrees(from, entry)) return false;
    ++first_new;
  }
  if (first_new == append.entries.size()) return true;

  const LogEntry& conflict = append.entries[first_new];
  if (conflict.index <= journal.last()) {
    if (conflict.index <= known_commit) {
      stop(Code::corrupt,
           "asked to replace entry " + std::to_string(conflict.index.value) + ", which is committed", from.id,
           journal.tail().find(conflict.index), &conflict);
      return false;
    }
    if (!truncate_configurations(conflict.index)) {
      stop(Code::corrupt, "asked to replace a configuration that no other precedes", from.id,
           journal.tail().find(conflict.index), &conflict);
      return false;
    }
    trace(Transition::suffix_truncated, conflict.index, from.id);
    journal.truncate(conflict.index);
  }
  for (std::size_t i = first_new; i < append.entries.size(); ++i) {
    LogEntry& entry = append.entries[i];
    if (entry.header.kind == EntryKind::configuration)
      take_configuration(entry.index, decode_configuration(*entry.payload)->configuration);
    journal.append(std::move(entry));
  }
  return true;
}

// The same (index, term) must be the same entry (rule 11). Entries that left memory are taken on trust: they
// were chained when they came.
bool Raft::State::agrees(const Member& from, const LogEntry& entry) {
  const LogEntry* ours = journal.tail().find(entry.index);
  if (!ours || ours->hash == entry.hash) return true;
  stop(Code::corrupt, "entry " + std::to_string(entry.index.value) + " has one term and two hashes", from.id,
       ours, &entry);
  return false;
}

// Says how far this log equals the leader's and is on this disk (rule 2), when that is news to the leader.
// Made here and not kept waiting beside the disk: an acknowledgement from before a vote must not leave after
// it.
void Raft::State::acknowledge(bool again) {
  if (role != Role::follower || !leader) return;
  LogIndex match = std::min(verified, journal.persisted());
  if (ANTA_MUTANT(ack_before_persisted)) match = verified;
  if (match <= acknowledged && !again) return;
  acknowledged = match;
  send(leader_member, AppendReply{false, match, {}, {}, {}});
}

// The leader's commit counts up to what its appends of this term verified, no further (rule 4).
void Raft::State::learn_commit(LogIndex leader_commit) {
  const LogIndex limit = ANTA_MUTANT(commit_not_clamped) ? journal.last() : verified;
  if (leader_commit > limit) trace(Transition::commit_clamped, leader_commit);
  const LogIndex clamped = std::min(leader_commit, limit);
  if (clamped <= known_commit) return;
  known_commit = clamped;
  if (known_commit > journal.persisted()) trace(Transition::commit_waits_for_disk, known_commit);
}

// Rule 3: what is not durable here is not applied here.
void Raft::State::advance_commit() {
  const LogIndex durable = ANTA_MUTANT(commit_before_durable) ? journal.last() : journal.persisted();
  commit = std::max(commit, std::min(known_commit, durable));
  membership.committed(commit);
}

void Raft::State::on_heartbeat(const Member& from, const Heartbeat& heartbeat) {
  if (!accept_leader(from)) return;
  const bool here = heartbeat.match_index <= journal.last();
  if (here && journal.terms().at(heartbeat.match_index) == heartbeat.match_term) {
    verified = std::max(verified, heartbeat.match_index);
  }
  learn_commit(heartbeat.commit);
  advance_commit();
  send(from, HeartbeatReply{heartbeat.sent, verified, heartbeat.round});
  if (std::min(verified, journal.persisted()) > heartbeat.match_index) acknowledge(true);  // it was not heard
}

}  // namespace anta::raft
