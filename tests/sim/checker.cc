#include "tests/sim/checker.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

namespace anta::sim {

using raft::Append;
using raft::AppendReply;
using raft::Heartbeat;
using raft::Message;
using raft::VoteReply;
using raft::VoteRequest;

std::uint64_t operation_of(const LogEntry& entry) {
  std::uint64_t operation = 0;
  if (entry.payload->size() >= sizeof operation)
    std::memcpy(&operation, entry.payload->data(), sizeof operation);
  return operation;
}

Checker::Checker(std::vector<NodeId> ids, std::vector<const Disk*> disks, raft::Configuration genesis)
    : ids_(std::move(ids)), disks_(std::move(disks)), seen_(ids_.size()), genesis_(std::move(genesis)) {
  for (Seen& seen : seen_)
    seen.configurations = {{LogIndex{}, genesis_}};
}

void Checker::fail(std::size_t node, const std::string& what) {
  if (violation_.empty()) violation_ = ids_[node].value + ": " + what;
}

void Checker::on_start(std::size_t node) {
  seen_[node].commit = LogIndex{};
  seen_[node].handed_term = Term{};
  seen_[node].truncations.clear();
  seen_[node].configurations = {{LogIndex{}, genesis_}};
  take_configurations(node, disk(node).log);
}

void Checker::on_handed(std::size_t node, const raft::Persist& batch, LogIndex commit) {
  auto& known = seen_[node].configurations;
  while (batch.truncate_from && known.back().index >= *batch.truncate_from)
    known.pop_back();
  take_configurations(node, batch.entries);
  Seen& seen = seen_[node];
  if (batch.hard_state) seen.handed_term = batch.hard_state->term;
  const Term term = std::max(seen.handed_term, seen.durable_term);
  if (batch.truncate_from) seen.truncations.push_back({canonical_.size(), term});
  for (const LogEntry& entry : batch.entries)
    if (entry.header.kind == EntryKind::configuration) check_office(node, entry, commit);
}

// A leader changes members only once it has committed an entry of its own term. (In a later term it may get
// back what it wrote as a leader.)
void Checker::check_office(std::size_t node, const LogEntry& entry, LogIndex commit) {
  const auto leader = leader_of_.find(entry.header.term);
  if (leader == leader_of_.end() || leader->second != node) return;
  if (std::max(seen_[node].handed_term, seen_[node].durable_term) > entry.header.term) return;
  const LogEntry* newest = disks_[node]->written(commit);
  if (!newest || newest->header.term != entry.header.term)
    fail(node, "changed members before it committed in its own term");
}

void Checker::take_configurations(std::size_t node, const std::vector<LogEntry>& entries) {
  for (const LogEntry& entry : entries) {
    if (entry.header.kind != EntryKind::configuration) continue;
    const auto record = raft::decode_configuration(*entry.payload);
    if (!record) return fail(node, "wrote a configuration that is none");
    check_configuration(node, entry, record->configuration);
    seen_[node].configurations.push_back({entry.index, record->configuration});
  }
}

// From one configuration of a log to the next: voters change by way of a joint one, which is left for its new
// side, and nobody votes who was not a learner before.
void Checker::check_configuration(std::size_t node, const LogEntry& entry, const raft::Configuration& next) {
  const raft::Configuration& now = seen_[node].configurations.back().configuration;
  const auto at = " at " + std::to_string(entry.index.value);
  if (now.joint()) {
    if (next != raft::left(now)) fail(node, "left a joint configuration for another" + at);
    return;
  }
  if (next.joint() ? next.outgoing != now.voters : next.voters != now.voters)
    fail(node, "changed voters without a joint configuration" + at);
  for (const raft::Member& voter : next.voters) {
    if (!now.contains(voter.id)) fail(node, voter.id.value + " votes and was no learner" + at);
  }
}

void Checker::on_stop(std::size_t node, const raft::Stop& stop) {
  if (stop.error.code == Code::corrupt) fail(node, "stopped: " + stop.error.message);
}

void Checker::on_send(std::size_t node, const Message& message) {
  // A term that was shown is on disk, so it never falls, not across a restart either.
  if (message.term > disk(node).hard_state.term) fail(node, "showed a term that is not durable");
  if (message.term < seen_[node].wire_term) fail(node, "its term fell");
  seen_[node].wire_term = message.term;

  if (const auto* request = std::get_if<VoteRequest>(&message.body)) {
    check_claim(node, *request);
    if (!request->pre) check_vote(node, message.term, ids_[node]);
  }
  if (const auto* reply = std::get_if<VoteReply>(&message.body); reply && !reply->pre && reply->granted) {
    check_vote(node, message.term, message.to.id);
  }
  if (const auto* append = std::get_if<Append>(&message.body)) {
    check_leader(node, message.term);
    if (const auto prev = entries_.find({append->prev_index, append->prev_term}); prev != entries_.end())
      sent_[{message.term, append->prev_index}] = prev->second;
    for (const LogEntry& entry : append->entries) {
      check_entry(node, entry);
      sent_[{message.term, entry.index}] = entry.hash;
    }
    check_no_op(node, *append);
    check_commit(node, append->commit);
  }
  if (const auto* heartbeat = std::get_if<Heartbeat>(&message.body)) {
    check_leader(node, message.term);
    check_match(node, message, *heartbeat);
    check_commit(node, heartbeat->commit);
  }
  if (const auto* reply = std::get_if<AppendReply>(&message.body); reply && !reply->rejected) {
    check_ack(node, message, *reply);
  }
}

// A (pre-)candidate claims an entry that is on its disk.
void Checker::check_claim(std::size_t node, const VoteRequest& request) {
  if (request.last_index.value > disk(node).log.size())
    return fail(node, "campaigned with an entry that is not durable");
  if (disk(node).term_at(request.last_index) != request.last_term) fail(node, "campaigned with a wrong term");
}

// One vote in a term, for all time; and it is on disk when it is shown.
void Checker::check_vote(std::size_t node, Term term, const NodeId& candidate) {
  const auto [vote, first] = votes_.emplace(std::pair(node, term), candidate);
  if (!first && vote->second != candidate)
    return fail(node, "voted twice in term " + std::to_string(term.value));
  const raft::HardState& durable = disk(node).hard_state;
  const bool on_disk = durable.term > term || (durable.term == term && durable.vote == candidate);
  if (!on_disk) fail(node, "a vote left before it was durable");
}

// One leader in a term, for all time; and it has everything that was committed in terms before. What counts
// is the term in which an entry was committed, not its own: one of term 1 that is committed in term 3 may be
// unknown to the leader of term 2, who says its first word late.
void Checker::check_leader(std::size_t node, Term term) {
  seen_[node].leading = std::max(seen_[node].leading, term);
  const auto [leader, first] = leader_of_.emplace(term, node);
  if (!first) {
    if (leader->second != node) fail(node, "second leader of term " + std::to_string(term.value));
    return;
  }
  for (std::size_t i = 0; i < canonical_.size() && canonical_[i].term < term; ++i) {
    const LogEntry* entry = disk(node).entry(LogIndex{i + 1});
    if (!entry || entry->hash != canonical_[i].hash) {
      return fail(node, "leads term " + std::to_string(term.value) + " without committed entry " +
                            std::to_string(i + 1));
    }
  }
}

// Equal (index, term), equal entry; and since an entry's hash covers the one before, equal prefix.
void Checker::check_entry(std::size_t node, const LogEntry& entry) {
  const auto [known, first] = entries_.emplace(std::pair(entry.index, entry.header.term), entry.hash);
  if (!first && known->second != entry.hash) {
    fail(node, "two entries at index " + std::to_string(entry.index.value) + " of one term");
  }
}

// A leadership begins with a no-op, or nothing of the terms before would ever commit by itself.
void Checker::check_no_op(std::size_t node, const Append& append) {
  Term before = append.prev_term;
  for (const LogEntry& entry : append.entries) {
    if (entry.header.term > before && entry.header.kind != EntryKind::no_op)
      fail(node, "leads without a no-op");
    before = entry.header.term;
  }
}

// What is acknowledged is on the disk, and it is what the leader of that term sent.
void Checker::check_ack(std::size_t node, const Message& message, const AppendReply& reply) {
  if (reply.match.value > disk(node).log.size()) return fail(node, "acknowledged what is not durable");
  const auto sent = sent_.find({message.term, reply.match});
  if (sent != sent_.end() && disk(node).entry(reply.match)->hash != sent->second)
    return fail(node, "acknowledged another entry than its leader's");
  LogIndex& acknowledged = acknowledged_[{message.term, node}];
  acknowledged = std::max(acknowledged, reply.match);
}

// A leader believes of a peer only what that peer acknowledged in this term.
void Checker::check_match(std::size_t node, const Message& message, const Heartbeat& heartbeat) {
  const auto peer =
      static_cast<std::size_t>(std::find(ids_.begin(), ids_.end(), message.to.id) - ids_.begin());
  const auto acknowledged = acknowledged_.find({message.term, peer});
  const LogIndex limit = acknowledged == acknowledged_.end() ? LogIndex{} : acknowledged->second;
  if (heartbeat.match_index > limit) fail(node, "takes more for acknowledged than was");
}

void Checker::on_durable(std::size_t node, const raft::Persist& batch) {
  Seen& seen = seen_[node];
  auto [committed_then, term] = std::pair(canonical_.size(), std::max(seen.handed_term, seen.durable_term));
  if (batch.truncate_from && !seen.truncations.empty()) {
    std::tie(committed_then, term) = seen.truncations.front();
    seen.truncations.pop_front();
  }
  if (batch.truncate_from && batch.truncate_from->value <= disk(node).log.size()) {
    ++truncations_;
    if (*batch.truncate_from <= seen.commit_ever) fail(node, "truncated below what it said is committed");
    const std::size_t at = batch.truncate_from->value - 1;
    const bool same = at < committed_then && disk(node).log[at].hash == canonical_[at].hash;
    if (same && canonical_[at].term <= term) {
      fail(node, "truncated committed entry " + std::to_string(at + 1));
    }
  }
  LogIndex next{batch.truncate_from ? batch.truncate_from->value : disk(node).log.size() + 1};
  for (const LogEntry& entry : batch.entries) {
    if (entry.index != next) fail(node, "wrote entry " + std::to_string(entry.index.value) + " out of place");
    next = next.next();
    check_entry(node, entry);
  }
  if (batch.hard_state) check_hard_state(node, *batch.hard_state);
}

// Nothing in it falls, a vote stays, and a term begins by a campaign only: asking beforehand raises none.
void Checker::check_hard_state(std::size_t node, const raft::HardState& hard_state) {
  Seen& seen = seen_[node];
  if (hard_state.term < seen.durable_term) fail(node, "its durable term fell");
  if (hard_state.commit < seen.hint) fail(node, "its durable commit hint fell");
  const raft::HardState& old = disk(node).hard_state;
  const bool changed = hard_state.term == old.term && !old.vote.empty() && hard_state.vote != old.vote;
  if (changed) fail(node, "changed its durable vote");
  if (hard_state.vote == ids_[node]) campaigned_.insert(hard_state.term);
  if (!campaigned_.contains(hard_state.term)) fail(node, "took a term for which nobody campaigned");
  seen.durable_term = hard_state.term;
  seen.hint = hard_state.commit;
}

void Checker::on_decided(std::size_t node, LogIndex commit) { check_commit(node, commit); }

void Checker::on_commit(std::size_t node, LogIndex commit) {
  Seen& seen = seen_[node];
  if (commit < seen.commit) return fail(node, "its commit index fell");
  check_commit(node, commit);
  if (!violation_.empty()) return;
  for (LogIndex i = seen.commit.next(); i <= commit; i = i.next()) {
    if (canonical_[i.value - 1].hash == disk(node).entry(i)->hash) continue;
    return fail(node, "committed another entry " + std::to_string(i.value));
  }
  seen.commit = commit;
  seen.commit_ever = std::max(seen.commit_ever, commit);
  told_ = std::max(told_, commit);
}

// A commit index, told to clients or sent to followers: durable here, and if it is news, rightly so.
void Checker::check_commit(std::size_t node, LogIndex commit) {
  if (commit.value > disk(node).log.size()) return fail(node, "committed what is not durable here");
  if (commit.value <= canonical_.size()) return;
  check_commit_rule(node, commit);
  for (LogIndex i{canonical_.size() + 1}; i <= commit; i = i.next())
    extend_history(node, *disk(node).entry(i));
}

// The first to say that an entry is committed is a leader, by an entry of its own term, which a majority has
// on disk and said so.
void Checker::check_commit_rule(std::size_t node, LogIndex commit) {
  const Term term = seen_[node].leading;
  const LogEntry& entry = *disk(node).entry(commit);
  if (term == Term{} || leader_of_[term] != node) return fail(node, "committed first without leading");
  if (entry.header.term != term) return fail(node, "committed an entry of an older term by counting");
  const auto holds = [&](const raft::Member& member) {
    const auto other =
        static_cast<std::size_t>(std::find(ids_.begin(), ids_.end(), member.id) - ids_.begin());
    const auto acknowledged = acknowledged_.find({term, other});
    const bool said =
        other == node || (acknowledged != acknowledged_.end() && acknowledged->second >= commit);
    const LogEntry* held = disk(other).entry(commit);
    return said && held && held->hash == entry.hash;
  };
  const raft::Configuration& by = seen_[node].configurations.back().configuration;
  for (const auto* side : {&by.voters, &by.outgoing}) {
    const auto holders = static_cast<std::size_t>(std::count_if(side->begin(), side->end(), holds));
    if (!side->empty() && holders * 2 <= side->size()) fail(node, "committed without a majority");
  }
}

// The one history grows by an entry whose predecessor is its last, and no client's operation stands in it
// twice.
void Checker::extend_history(std::size_t node, const LogEntry& entry) {
  const Digest before = canonical_.empty() ? Digest{} : canonical_.back().hash;
  if (entry.header.prev_hash != before) fail(node, "committed an entry that does not follow the history");
  canonical_.push_back({seen_[node].leading, entry.hash});
  if (entry.header.kind == EntryKind::configuration) ++configurations_;
  if (entry.header.kind != EntryKind::block) return;
  if (!operations_.insert(operation_of(entry)).second) fail(node, "an operation was committed twice");
}

void Checker::on_read(std::size_t node, LogIndex asked_after, LogIndex index) {
  if (index < asked_after) fail(node, "a read is older than what was told before it was asked");
  if (index.value > canonical_.size()) fail(node, "a read is newer than anything committed");
}

}  // namespace anta::sim
