// The leader's side: proposals, appends and their answers, commit, check-quorum, transfer. Rules 1, 2, 5, 6,
// 7, 15.
#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "consensus/raft/mutant.h"
#include "consensus/raft/quorum.h"
#include "consensus/raft/state.h"

namespace anta::raft {
namespace {

// At most this many election timeouts pass between two no-ops for one amnesiac.
constexpr std::uint64_t amnesia_elections_max = 256;

// For how many election timeouts nobody hands leadership to a node that did not take it.
constexpr std::uint32_t unwilling_elections = 16;

}  // namespace

Progress* Raft::State::progress_of(const NodeId& id) {
  for (Progress& peer : progress) {
    if (peer.member.id == id) return &peer;
  }
  return nullptr;
}

// A wiped node that came back is another member: what it has is not what its former self acknowledged.
Progress* Raft::State::own_progress() {
  Progress* own = progress_of(options.self.id);
  return own && own->member == options.self ? own : nullptr;
}

std::uint64_t Raft::State::quorum_of(std::uint64_t (*value)(const Progress&)) const {
  std::array<Standing, Configuration::members_max> standings = {};
  std::size_t voters = 0;
  for (const Progress& peer : progress) {
    if (!peer.voter() && !ANTA_MUTANT(learner_counted)) continue;
    // An amnesiac stays in the number of voters and is never one of the majority.
    standings[voters++] = {peer.incoming || ANTA_MUTANT(learner_counted), peer.outgoing,
                           peer.amnesiac ? 0 : value(peer)};
  }
  return quorum_value({standings.data(), voters});
}

void Raft::State::on_propose(ProposeBlock& block) {
  if (role != Role::leader) {
    out.proposal = fail(Code::not_leader, "this node does not lead");
    return;
  }
  if (transfer) {
    out.proposal = fail(Code::busy, "leadership is being handed over");
    return;
  }
  const std::uint64_t uncommitted = journal.tail().bytes_after(commit);
  const std::uint64_t bytes = block.payload->size() + LogEntry::header_bytes_max;
  const bool full = uncommitted > 0 && uncommitted + bytes > options.uncommitted_bytes_max;
  if (full && !ANTA_MUTANT(uncommitted_unbounded)) {
    out.proposal = fail(Code::busy, "uncommitted_bytes_max is reached");
    return;
  }
  const LogIndex index = append_own(EntryKind::block, block.time, std::move(block.payload));
  out.proposal = Proposed{index, term};
  broadcast_appends(false);
}

LogIndex Raft::State::append_own(EntryKind kind, Millis time, std::shared_ptr<const Bytes> payload) {
  const LogIndex index = journal.last().next();
  const auto prev_hash = journal.tail().hash_at(journal.last());
  ANTA_INVARIANT(prev_hash.has_value());
  journal.append(make_entry(index, {term, kind, *prev_hash, time}, std::move(payload)));
  return index;
}

// ---- appends out ----

void Raft::State::broadcast_appends(bool commit_moved) {
  for (Progress& peer : progress) {
    if (peer.member.id != options.self.id) send_appends(peer, commit_moved);
  }
}

// Everything the window takes. `even_empty` sends an append without entries when there are none to send, for
// the news of the commit index or for a probe's answer.
void Raft::State::send_appends(Progress& peer, bool even_empty) {
  const bool probing = peer.mode == Progress::Mode::probe;
  while (peer.may_send(options.window_messages, options.window_bytes)) {
    const LogIndex last = journal.last();
    if (peer.next > last) {
      if (even_empty || probing) send_append(peer, {}, 0);
      return;
    }
    const Tail& tail = journal.tail();
    if (peer.next < tail.first()) {
      peer.loading = true;
      out.loads.push_back({peer.member.id, peer.next, tail.first().previous(), options.append_bytes_max});
      return;
    }
    std::vector<LogEntry> entries;
    std::uint64_t bytes = 0;
    for (LogIndex i = peer.next; i <= last; i = i.next()) {
      const LogEntry& entry = *tail.find(i);
      if (!entries.empty() && bytes + entry.size() > options.append_bytes_max) break;
      bytes += entry.size();
      entries.push_back(entry);
    }
    send_append(peer, std::move(entries), bytes);
    even_empty = false;
  }
}

void Raft::State::send_append(Progress& peer, std::vector<LogEntry> entries, std::uint64_t bytes) {
  const LogIndex prev = peer.next.previous();
  const bool empty = entries.empty();
  const LogIndex last = prev.plus(entries.size());
  send(peer.member, Append{prev, journal.terms().at(prev), commit, std::move(entries)});
  if (!empty || peer.mode == Progress::Mode::probe) peer.note_sent(last, bytes);
}

// Entries that were evicted from memory come back from the disk for a slow follower.
void Raft::State::on_loaded(EntriesLoaded& loaded) {
  Progress* peer = progress_of(loaded.peer);
  if (role != Role::leader || !peer || !peer->loading) return;
  peer->loading = false;
  if (loaded.entries.empty()) return;  // asked for again at the next heartbeat's answer
  if (loaded.from != peer->next) return send_appends(*peer, false);
  std::uint64_t bytes = 0;
  LogIndex index = loaded.from;
  for (const LogEntry& entry : loaded.entries) {
    if (entry.index != index || !entry.payload || journal.terms().at(index) != entry.header.term) {
      return trace(Transition::malformed_message_dropped,
                   index);  // read before a truncation; asked for again
    }
    bytes += entry.size();
    index = index.next();
  }
  if (!peer->may_send(options.window_messages, options.window_bytes)) return;
  send_append(*peer, std::move(loaded.entries), bytes);
  send_appends(*peer, false);
}

// ---- answers in ----

void Raft::State::on_append_reply(const Member& from, const AppendReply& reply) {
  Progress* peer = progress_of(from.id);
  if (role != Role::leader || !peer || peer->member != from) return;
  peer->active = true;
  note_amnesia(*peer, reply.amnesiac);
  if (reply.rejected) return on_reject(*peer, reply);
  if (reply.match > journal.last()) {
    return stop(Code::corrupt,
                "an acknowledgement of entry " + std::to_string(reply.match.value) + ", which is not here",
                from.id);
  }
  const bool news = peer->acknowledge(reply.match);
  if (!news && reply.match < peer->match) trace(Transition::stale_ack_ignored, reply.match, from.id);
  // Where the logs agree, and entries arrive: an append without any is taken also by whoever drops the others
  // (no room, our clock), and would be sent a whole window again and again.
  if (peer->mode == Progress::Mode::probe && reply.match >= peer->match) {
    if (news || peer->next > journal.last()) peer->start_replicating(peer->match.next());
    peer->paused = false;
  }
  if (news) maybe_commit();
  drive_transfer();
  send_appends(*peer, false);
}

// The hint moves `next`, within whole terms, and nothing else (rules 5 and 6).
void Raft::State::on_reject(Progress& peer, const AppendReply& reply) {
  const bool probing = peer.mode == Progress::Mode::probe;
  const bool at_match = reply.prev_index <= peer.match && reply.prev_index == peer.next.previous();
  const bool stale = probing ? reply.prev_index != peer.next.previous()
                             : reply.prev_index >= peer.next || (reply.prev_index <= peer.match && !at_match);
  if (stale) return trace(Transition::stale_ack_ignored, reply.prev_index, peer.member.id);
  if (at_match && !probing) {  // perhaps an old answer that came late: ask once more
    peer.start_probing(peer.match.next());
    return send_appends(peer, true);
  }
  const LogIndex agreed =
      journal.terms().last_at_or_below(std::min(reply.hint_index, reply.prev_index), reply.hint_term);
  // The one exception to rule 5: it acknowledged prev_index in this term and does not have it any more.
  // Nothing that it acknowledged counts, and nothing is sent at once, so that a peer that says anything gets
  // no answer for each of its answers.
  if (at_match && peer.match > LogIndex{}) {
    trace(Transition::peer_lost_acknowledged, peer.match, peer.member.id);
    peer.match = LogIndex{};
  }
  peer.start_probing(std::min(agreed.next(), std::max(reply.prev_index, LogIndex{1})));
  if (ANTA_MUTANT(match_from_hint))
    peer.match = std::max(peer.match, std::min(reply.hint_index, journal.last()));
  trace(Transition::hint_taken, peer.next, peer.member.id);
  if (!at_match) send_appends(peer, true);
}

void Raft::State::on_heartbeat_reply(const Member& from, const HeartbeatReply& reply) {
  Progress* peer = progress_of(from.id);
  if (role != Role::leader || !peer || peer->member != from) return;
  peer->active = true;
  note_amnesia(*peer, reply.amnesiac);
  if (reply.round > peer->round && reply.round <= round) {
    peer->round = reply.round;
    finish_read_round();
  }
  if (peer->mode == Progress::Mode::probe) {
    if (peer->paused && peer->overdue) return send_append(*peer, {}, 0);  // asks again, without the entries
    peer->overdue = true;
  } else if (reply.verified < reply.sent && reply.verified < peer->sent()) {
    // It had less than was sent to it. Twice the same gap may be a lost append or one that is still on a slow
    // link. An append without entries, behind the others in their lane, finds out: it is refused if they were
    // lost.
    if (peer->gap_suspected == reply.verified.next()) {
      peer->gap_suspected = LogIndex{};
      if (!peer->loading) send_append(*peer, {}, 0);
    } else {
      peer->gap_suspected = reply.verified.next();
    }
  }
  send_appends(*peer, false);
}

// An amnesiac counts for nothing until it says that it is none any more. For that it needs a commit of what
// was appended after it came back, made without it, and beyond all that it may have promised; so one is made,
// also in an idle cluster: no-ops, each after twice the time, because the first may be committed before the
// heartbeat that says so is out, and because nobody may fill the log by calling itself one.
void Raft::State::note_amnesia(Progress& peer, bool amnesiac) {
  if (peer.amnesiac != amnesiac && amnesiac) trace(Transition::peer_amnesiac, peer.match, peer.member.id);
  const bool counts_again = peer.amnesiac && !amnesiac;
  peer.amnesiac = amnesiac;
  if (!amnesiac) peer.amnesia_from.reset();
  if (amnesiac && !peer.amnesia_from) peer.amnesia_from = journal.last();
  if (counts_again) maybe_commit();
  if (!amnesiac || transfer || now < peer.amnesia_due || commit < journal.last()) return;
  peer.amnesia_wait = std::clamp<std::uint64_t>(2 * peer.amnesia_wait, options.election_ticks,
                                                amnesia_elections_max * options.election_ticks);
  peer.amnesia_due = now + peer.amnesia_wait;
  append_own(EntryKind::no_op, Millis{}, std::make_shared<const Bytes>());
  broadcast_appends(false);
}

// An amnesiac takes the first commit index that it hears with the leader's word for the end of what may rest
// on promises from before its loss: acknowledgements that are older than its start, which the leader may
// count only now, since its own disk was slow. So the word is given once all of those are behind.
void Raft::State::broadcast_heartbeats() {
  heartbeat_elapsed = 0;
  for (const Progress& peer : progress) {
    if (peer.member.id == options.self.id) continue;
    const bool known = peer.amnesiac && peer.amnesia_from && commit >= *peer.amnesia_from;
    send(peer.member,
         Heartbeat{peer.match, journal.terms().at(peer.match), peer.sent(), commit, round, known});
  }
}

// ---- commit ----

// Section 5.4.2 of the paper: counting replicas commits only entries of the current term, and with them all
// before (rule 1). The leader counts itself by what is on its disk, and never commits past that (rule 2).
void Raft::State::maybe_commit() {
  Progress* self = own_progress();
  const LogIndex own = ANTA_MUTANT(own_ack_before_persisted) ? journal.last() : journal.persisted();
  if (self) self->match = own;
  const LogIndex reached{quorum_of([](const Progress& peer) { return peer.match.value; })};
  const LogIndex index = std::min(reached, own);
  if (reached > own && reached > commit && held_back_traced != reached) {
    held_back_traced = reached;
    trace(Transition::commit_held_back, reached);
  }
  if (index <= commit) return;
  if (journal.terms().at(index) != term && !ANTA_MUTANT(own_term_check_dropped)) {
    if (held_back_traced != index) trace(Transition::own_term_held_back, index);
    held_back_traced = index;
    return;
  }
  commit = known_commit = index;
  if (!in_office) {
    in_office = true;
    trace(Transition::took_office, index);
  }
  membership.committed(commit);
  journal.evict(options.tail_bytes_max, commit);
  broadcast_appends(true);
  start_read_round();
}

// ---- the passing of time ----

void Raft::State::on_leader_tick() {
  if (++quorum_elapsed >= options.election_ticks) {
    quorum_elapsed = 0;
    check_quorum();
    if (role != Role::leader) return;
  }
  if (transfer && now >= transfer->deadline) {
    give_up_transfer();
    if (disk_stalled() || !may_campaign()) return become_follower(term, std::nullopt);
  }
  release_departed();
  if (disk_stalled() && !transfer && !ANTA_MUTANT(stalled_disk_stays)) {  // rule 15
    trace(Transition::disk_stalled, journal.persisted());
    std::ignore = on_transfer(std::nullopt);
    if (!transfer) return become_follower(term, std::nullopt);
  }
  if (++heartbeat_elapsed >= options.heartbeat_ticks) {
    // A change of members may have made what was answered a quorum.
    in_round.empty() ? start_read_round() : finish_read_round();
    drive_transfer();
    broadcast_heartbeats();
  }
}

// Rule 7: a leader that does not hear a majority steps down, so that its clients look elsewhere.
void Raft::State::check_quorum() {
  if (Progress* self = own_progress()) self->active = true;
  const bool heard = quorum_of([](const Progress& peer) { return std::uint64_t{peer.active}; }) > 0;
  for (Progress& peer : progress)
    peer.heard_before = std::exchange(peer.active, false);
  if (heard || ANTA_MUTANT(check_quorum_removed)) return;
  trace(Transition::quorum_lost);
  become_follower(term, std::nullopt);
}

// ---- transfer (dissertation, section 3.10) ----

// Whoever leads on its own accord takes the best there is. Somebody else's wish is held to more: a successor
// that cannot follow at once would keep the cluster from proposing until it is given up.
Result<void> Raft::State::may_succeed(const NodeId& to) {
  const Progress* peer = progress_of(to);
  if (to == options.self.id || !peer || !peer->incoming)
    return fail(Code::malformed, "raft.transfer", to.value + " is no other voter of this configuration");
  if (peer->unwilling_until > now) {
    return fail(Code::busy, "raft.transfer",
                to.value + " was handed leadership a moment ago and did not take it");
  }
  // Right after a check of the quorum nobody has been heard since.
  if ((!peer->active && !peer->heard_before) || !has_nearly_all(*peer)) {
    return fail(Code::busy, "raft.transfer",
                to.value + " was not heard lately, or has too few of the entries to lead");
  }
  return {};
}

Result<void> Raft::State::on_transfer(const std::optional<NodeId>& to) {
  if (role != Role::leader) return fail(Code::not_leader, "raft.transfer", "this node does not lead");
  if (transfer) return fail(Code::busy, "raft.transfer", "leadership is being handed over");
  if (to) {
    if (auto may = may_succeed(*to); !may) {
      trace(Transition::transfer_given_up, {}, *to);
      return may;
    }
  }
  const Progress* best = nullptr;
  for (const Progress& peer : progress) {
    if (peer.member.id == options.self.id || !peer.incoming || peer.amnesiac) continue;
    if (peer.unwilling_until > now || (to && peer.member.id != *to)) continue;
    if (!best || std::pair(peer.active, peer.match) > std::pair(best->active, best->match)) best = &peer;
  }
  if (!best) {
    trace(Transition::transfer_given_up);
    return fail(Code::busy, "raft.transfer", "there is nobody to hand over to");
  }
  transfer = Transfer{best->member.id, now + options.election_ticks, false};
  trace(Transition::transfer_started, best->match, transfer->to);
  drive_transfer();
  return {};
}

// Once the successor has everything, tell it; again at each heartbeat, should it not have heard.
// Nothing is proposed while leadership is handed over, so who did not take it is passed over for a while.
void Raft::State::give_up_transfer() {
  trace(Transition::transfer_given_up, {}, transfer->to);
  if (Progress* peer = progress_of(transfer->to))
    peer->unwilling_until = now + std::uint64_t{unwilling_elections} * options.election_ticks;
  transfer.reset();
}

void Raft::State::drive_transfer() {
  if (!transfer) return;
  Progress* peer = progress_of(transfer->to);
  if (!peer) return give_up_transfer();
  if (peer->match < journal.last()) return send_appends(*peer, false);
  if (transfer->told && heartbeat_elapsed < options.heartbeat_ticks) return;
  transfer->told = true;
  send(peer->member, TimeoutNow{});
}

}  // namespace anta::raft
