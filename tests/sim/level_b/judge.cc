#include "tests/sim/level_b/judge.h"

#include <algorithm>

#include "storage/applied.h"
#include "storage/big_endian.h"
#include "storage/outcome.h"

namespace anta::sim {
namespace {

std::string text(LogIndex index) { return std::to_string(index.value); }
std::string text(Term term) { return std::to_string(term.value); }

bool writes_applied(const Change& change) {
  return change.family == Family::meta && as_text(change.key) == "applied";
}

}  // namespace

Judge::Judge(std::vector<NodeId> ids, std::vector<const StoredDisk*> disks)
    : ids_(std::move(ids)), disks_(std::move(disks)), nodes_(ids_.size()), before_(ids_.size()) {}

void Judge::fail(std::size_t node, const std::string& what) {
  if (violation_.empty()) violation_ = ids_[node].value + ": " + what;
}

std::size_t Judge::index_of(const NodeId& id) const {
  return static_cast<std::size_t>(std::find(ids_.begin(), ids_.end(), id) - ids_.begin());
}

// ---- what leaves ----

void Judge::on_send(std::size_t node, const raft::Message& message) {
  check_term(node, message);
  if (const auto* request = std::get_if<raft::VoteRequest>(&message.body)) {
    check_promise(node, false);
    check_claim(node, *request);
    if (!request->pre) check_vote(node, message.term, ids_[node]);
  }
  if (const auto* reply = std::get_if<raft::VoteReply>(&message.body); reply && reply->granted) {
    check_promise(node, false);
    if (!reply->pre) check_vote(node, message.term, message.to.id);
  }
  if (const auto* append = std::get_if<raft::Append>(&message.body)) check_append(node, message, *append);
  if (const auto* heartbeat = std::get_if<raft::Heartbeat>(&message.body)) {
    check_leader(node, message.term);
    check_commit(node, heartbeat->commit);
  }
  if (const auto* reply = std::get_if<raft::HeartbeatReply>(&message.body))
    check_promise(node, reply->amnesiac);
  if (const auto* reply = std::get_if<raft::AppendReply>(&message.body)) {
    check_promise(node, reply->amnesiac);
    if (!reply->rejected) check_ack(node, message, *reply);
  }
}

// A term that was shown is on the disk, so it never falls, not across a restart either.
void Judge::check_term(std::size_t node, const raft::Message& message) {
  if (message.term > durable(node).hard_state.term) fail(node, "showed a term that is not durable");
  if (message.term < nodes_[node].wire_term) fail(node, "its term fell");
  nodes_[node].wire_term = message.term;
}

// Who votes or answers a leader without saying that it is an amnesiac promises something.
void Judge::check_promise(std::size_t node, bool says_amnesiac) {
  Seen& seen = nodes_[node];
  seen.says_amnesiac = says_amnesiac;
  if (says_amnesiac && !seen.may_be_amnesiac) return fail(node, "says that it is an amnesiac and is none");
  if (!says_amnesiac && seen.may_be_amnesiac) end_amnesia(node);
}

void Judge::end_amnesia(std::size_t node) {
  Seen& seen = nodes_[node];
  seen.may_be_amnesiac = false;
  ++amnesias_ended_;
  if (!seen.debt) return;
  const Debt debt = *seen.debt;
  seen.debt.reset();
  for (std::size_t i = 0; i < debt.committed; ++i) {
    const LogEntry* entry = durable(node).entry(LogIndex{i + 1});
    if (!entry || entry->hash != canonical_[i].hash)
      return fail(node, "says that it is no amnesiac without committed entry " + std::to_string(i + 1));
  }
}

void Judge::check_vote(std::size_t node, Term term, const NodeId& candidate) {
  const auto [vote, first] = votes_.emplace(std::pair(node, term), candidate);
  if (!first && vote->second != candidate) return fail(node, "voted twice in term " + text(term));
  const raft::HardState& hard = durable(node).hard_state;
  if (hard.term < term || (hard.term == term && hard.vote != candidate))
    fail(node, "a vote left before it was durable");
}

void Judge::check_claim(std::size_t node, const raft::VoteRequest& request) {
  if (request.last_index > durable(node).last())
    return fail(node, "campaigned with an entry that is not durable");
  if (durable(node).term_at(request.last_index) != request.last_term)
    fail(node, "campaigned with a wrong term");
}

// One leader in a term, for all time, and it has what was committed in terms before.
void Judge::check_leader(std::size_t node, Term term) {
  nodes_[node].leading = std::max(nodes_[node].leading, term);
  const auto [leader, first] = leader_of_.emplace(term, node);
  if (leader->second != node) return fail(node, "second leader of term " + text(term));
  if (!first) return;
  for (std::size_t i = 0; i < canonical_.size() && canonical_[i].term < term; ++i) {
    const LogEntry* entry = durable(node).entry(LogIndex{i + 1});
    if (!entry || entry->hash != canonical_[i].hash)
      return fail(node, "leads term " + text(term) + " without committed entry " + std::to_string(i + 1));
  }
}

void Judge::check_append(std::size_t node, const raft::Message& message, const raft::Append& append) {
  check_leader(node, message.term);
  const auto prev = entries_.find({append.prev_index, append.prev_term});
  if (prev != entries_.end()) sent_[{message.term, append.prev_index}] = prev->second;
  for (const LogEntry& entry : append.entries) {
    check_entry(node, entry);
    sent_[{message.term, entry.index}] = entry.hash;
  }
  check_commit(node, append.commit);
}

// Equal (index, term), equal entry.
void Judge::check_entry(std::size_t node, const LogEntry& entry) {
  const auto [known, first] = entries_.emplace(std::pair(entry.index, entry.header.term), entry.hash);
  if (known->second != entry.hash) fail(node, "two entries at index " + text(entry.index) + " of one term");
}

// What is acknowledged is on the disk, and it is what the leader of that term sent.
void Judge::check_ack(std::size_t node, const raft::Message& message, const raft::AppendReply& reply) {
  if (reply.match > durable(node).last()) return fail(node, "acknowledged what is not durable");
  const auto sent = sent_.find({message.term, reply.match});
  if (sent != sent_.end() && durable(node).entry(reply.match)->hash != sent->second)
    return fail(node, "acknowledged another entry than its leader's");
  Seen& seen = nodes_[node];
  LogIndex& acknowledged = (reply.amnesiac ? seen.acknowledged_as_amnesiac : seen.acknowledged)[message.term];
  acknowledged = std::max(acknowledged, reply.match);
}

// Whether a leader of that term may count on this node for the entry. What a node in debt acknowledged before
// counts: nobody else can be promised otherwise. What an amnesiac acknowledges is on its disk, and counts
// once it says that it is none any more.
bool Judge::holds(std::size_t node, Term term, const LogEntry& entry) const {
  const Seen& seen = nodes_[node];
  const auto covers = [&](const std::map<Term, LogIndex>& said) {
    const auto found = said.find(term);
    return found != said.end() && found->second >= entry.index;
  };
  const LogEntry* held = durable(node).entry(entry.index);
  const bool here = held && held->hash == entry.hash;
  if (covers(seen.acknowledged)) return here || seen.debt;
  return covers(seen.acknowledged_as_amnesiac) && here && !seen.says_amnesiac;
}

bool Judge::majority_holds(std::size_t leader, Term term, const LogEntry& entry) const {
  std::size_t holders = 1;
  for (std::size_t other = 0; other < ids_.size(); ++other)
    holders += other != leader && holds(other, term, entry) ? 1 : 0;
  return holders * 2 > ids_.size();
}

// What is applied is covered by a commit index that the node does not say: the first one from there on that
// it may have.
LogIndex Judge::covering(std::size_t node, LogIndex applied) const {
  const Term term = nodes_[node].leading;
  for (LogIndex i = applied; i <= durable(node).last(); i = i.next()) {
    const LogEntry& entry = *durable(node).entry(i);
    if (entry.header.term == term && majority_holds(node, term, entry)) return i;
  }
  return applied;
}

// A commit index, sent or applied: durable here, one history, and the first to say so is a leader, by an
// entry of its own term that a majority has on disk and acknowledged.
void Judge::check_commit(std::size_t node, LogIndex commit) {
  if (commit > durable(node).last()) return fail(node, "committed what is not durable here");
  if (commit.value <= canonical_.size()) {
    if (commit.value > 0 && canonical_[commit.value - 1].hash != durable(node).entry(commit)->hash)
      fail(node, "committed another entry " + text(commit));
    return;
  }
  const Term term = nodes_[node].leading;
  const LogEntry& entry = *durable(node).entry(commit);
  if (term == Term{} || leader_of_[term] != node) return fail(node, "committed first without leading");
  if (entry.header.term != term) return fail(node, "committed an entry of an older term by counting");
  if (!majority_holds(node, term, entry)) fail(node, "committed without a majority");
  for (LogIndex i{canonical_.size() + 1}; i <= commit; i = i.next()) {
    const LogEntry& next = *durable(node).entry(i);
    const Digest before = canonical_.empty() ? Digest{} : canonical_.back().hash;
    if (next.header.prev_hash != before) fail(node, "committed an entry that does not follow the history");
    canonical_.push_back({term, next.hash});
  }
}

// ---- what is written ----

void Judge::on_written(std::size_t node, const Changes& batch) {
  const Stored& now = disks_[node]->written();
  Stored& before = before_[node];
  for (const Change& change : batch) {
    if (change.family != Family::log || !change.value) continue;
    const auto entry = decode_log_record(LogIndex{get_u64(change.key)}, *change.value);
    if (!entry) return fail(node, "wrote an entry that does not read");
    check_entry(node, *entry);
  }
  const raft::HardState& old = before.hard_state;
  if (now.hard_state.term < old.term) fail(node, "its durable term fell");
  if (now.hard_state.term == old.term && !old.vote.empty() && now.hard_state.vote != old.vote)
    fail(node, "changed its durable vote");
  if (now.term_at(now.last()) > now.hard_state.term)
    fail(node, "has an entry of a term that it has not reached");
  check_truncation(node, batch);
  check_applied(node, batch);
  check_outcomes(node, batch);
  before = now;
}

// Only above what is applied and committed, and in one batch with what takes its place. Committed is what was
// so when the disk thread last waited: a slow one may perform a truncation after others, without this node,
// have committed what it takes away, and so may a leader of an earlier term than theirs.
void Judge::check_truncation(std::size_t node, const Changes& batch) {
  const Stored& before = before_[node];
  std::optional<LogIndex> from;
  for (const Change& change : batch) {
    if (change.family != Family::log) continue;
    const LogIndex index{get_u64(change.key)};
    if (before.entry(index) && (!from || index < *from)) from = index;
  }
  if (!from) return;
  ++truncations_;
  const Stored& now = disks_[node]->written();
  if (!now.entry(*from)) fail(node, "truncated from entry " + text(*from) + " without what takes its place");
  if (before.applied && *from <= before.applied->index) fail(node, "truncated what it applied");
  const auto& mark = nodes_[node].watermark;
  if (mark && mark->index >= *from && !nodes_[node].may_be_amnesiac)
    fail(node, "truncated below its watermark");
  const std::size_t at = from->value - 1;
  const bool was_committed = at < nodes_[node].committed_before &&
                             canonical_[at].hash == before.entry(*from)->hash &&
                             canonical_[at].term <= now.hard_state.term;
  if (was_committed) fail(node, "truncated committed entry " + text(*from));
}

// Effects and the applied index come together, of what is durable here and committed; and equal index, equal
// roots.
void Judge::check_applied(std::size_t node, const Changes& batch) {
  const bool effects = std::any_of(batch.begin(), batch.end(), [](const Change& change) {
    return change.family != Family::log && change.family != Family::meta;
  });
  const auto record = std::find_if(batch.begin(), batch.end(), writes_applied);
  if (record == batch.end()) {
    if (effects) fail(node, "wrote effects without the applied index");
    return;
  }
  if (!effects) return fail(node, "wrote the applied index without its effects");
  const auto applied = decode_applied(record->value ? *record->value : Bytes{});
  if (!applied) return fail(node, "wrote an applied record that does not read");
  const auto [roots, first] =
      roots_.emplace(applied->index, Roots{applied->state_root, applied->tree_root, applied->leaves});
  if (roots->second != Roots{applied->state_root, applied->tree_root, applied->leaves})
    fail(node, "has another root after block " + text(applied->index));
  if (applied->index.value == 0) return;
  const LogEntry* entry = durable(node).entry(applied->index);
  if (!entry) return fail(node, "applied block " + text(applied->index) + ", which is not durable here");
  if (entry->hash != applied->hash) return fail(node, "applied another block " + text(applied->index));
  check_commit(node,
               applied->index.value <= canonical_.size() ? applied->index : covering(node, applied->index));
}

// Each statement once, on every node in the same block.
void Judge::check_outcomes(std::size_t node, const Changes& batch) {
  for (const Change& change : batch) {
    if (change.family != Family::index || change.key.size() != 33 || change.key[0] != 'O') continue;
    Digest statement;
    std::copy(change.key.begin() + 1, change.key.end(), statement.bytes.begin());
    if (before_[node].outcomes.contains(statement)) fail(node, "decided a statement twice");
    const auto outcome = decode_outcome(statement, change.value ? *change.value : Bytes{});
    if (!outcome) return fail(node, "wrote an outcome that does not read");
    const auto [decided, first] = decided_.emplace(statement, outcome->block);
    if (decided->second != outcome->block) fail(node, "decided a statement in another block than others");
  }
}

void Judge::on_watermark(std::size_t node, ByteView content) {
  nodes_[node].watermark = decode_watermark(content);
  if (!nodes_[node].watermark) return fail(node, "wrote a watermark that does not read");
  check_watermark(node);
}

// It may lag, never lead.
void Judge::check_watermark(std::size_t node) {
  const auto& mark = nodes_[node].watermark;
  if (!mark || mark->index.value == 0) return;
  const LogEntry* entry = durable(node).entry(mark->index);
  if (!entry || entry->hash != mark->hash)
    fail(node, "its watermark leads: entry " + text(mark->index) + " is not durable");
}

// ---- lives ----

void Judge::on_rot(std::size_t node) {
  if (!nodes_[node].debt) nodes_[node].debt = Debt{};
  nodes_[node].debt->committed = canonical_.size();
}

void Judge::on_dead(std::size_t node, ByteView watermark) {
  nodes_[node].watermark = decode_watermark(watermark);
  before_[node] = disks_[node]->written();
  if (nodes_[node].debt) nodes_[node].wire_term = Term{};  // it can not know any more
  for (auto& [term, match] : nodes_[node].acknowledged) {
    if (nodes_[node].debt || match <= durable(node).last()) continue;
    const auto sent = sent_.find({term, match});
    if (sent != sent_.end() && durable(node).hard_state.term == term)
      fail(node, "lost entry " + text(match) + ", which it had acknowledged");
  }
}

void Judge::on_started(std::size_t node, const LogStore::Restored& found, bool damaged) {
  const Stored& disk = disks_[node]->written();
  Seen& seen = nodes_[node];
  if (found.last != disk.last()) {
    return fail(node, "started with " + text(found.last) + " entries, its disk has " + text(disk.last()));
  }
  if (disk.entry(found.last) && disk.entry(found.last)->hash != found.last_hash)
    fail(node, "started with another last entry than its disk's");
  if (found.hard_state.term != disk.hard_state.term || found.hard_state.vote != disk.hard_state.vote)
    fail(node, "started with another term or vote than its disk's");
  if (found.amnesiac) {
    const bool cause =
        damaged || seen.debt || seen.may_be_amnesiac || seen.amnesia_on_disk || seen.amnesia_removed;
    if (!cause) fail(node, "is an amnesiac without a cause");
  } else if (seen.may_be_amnesiac && seen.amnesia_removed && !seen.amnesia_on_disk) {
    end_amnesia(node);  // it had just ended, and nobody heard
  } else if (seen.debt) {
    fail(node, "lost synced bytes and does not know that it is an amnesiac");
  } else if (seen.may_be_amnesiac && seen.amnesia_on_disk) {
    fail(node, "forgot that it is an amnesiac");
  }
  seen.may_be_amnesiac = seen.says_amnesiac = found.amnesiac;
  if (!found.amnesiac) seen.amnesia_removed = false;
}

void Judge::on_amnesia_file(std::size_t node, bool there) {
  nodes_[node].amnesia_on_disk = there;
  if (!there) nodes_[node].amnesia_removed = true;
}

// A start may be refused for damage only, and says what to do.
void Judge::on_refused(std::size_t node, const Error& why, bool damaged) {
  const bool right = why.code == Code::corrupt && why.rule == "store.damaged" &&
                     why.message.find("Next step") != std::string::npos;
  if (!damaged || !right) fail(node, "refused to start: " + why.rule + ": " + why.message);
}

// ---- what clients hear ----

void Judge::on_acknowledged(std::size_t node, LogIndex block, const Digest& statement) {
  if (block.value > canonical_.size()) return fail(node, "told a client of a block that is not committed");
  const auto decided = decided_.find(statement);
  if (decided == decided_.end() || decided->second > block)
    fail(node, "told a client what it did not decide");
  answered_.insert(block);
  told_ = std::max(told_, block);
}

void Judge::on_marked(std::size_t node, const Bytes& mark) {
  if (durable(node).mark != mark) fail(node, "said that a cosigning mark is kept before it was durable");
}

void Judge::on_read(std::size_t node, LogIndex asked_after, LogIndex index) {
  if (index < asked_after) fail(node, "a read is older than what was told before it was asked");
  const auto& applied = disks_[node]->written().applied;
  if (told_.value > 0 && asked_after.value > 0 && (!applied || applied->index < asked_after))
    fail(node, "answered a read before it applied what was told");
}

void Judge::on_stranger(std::size_t node, const std::string& what) { fail(node, what); }

void Judge::at_the_end(const std::vector<std::size_t>& alive) {
  for (const std::size_t node : alive) {
    const Stored& disk = disks_[node]->written();
    for (const auto& [statement, block] : decided_) {
      if (!answered_.contains(block)) continue;
      const auto found = disk.outcomes.find(statement);
      if (found == disk.outcomes.end()) return fail(node, "a statement that a client was told of is gone");
    }
  }
}

}  // namespace anta::sim
