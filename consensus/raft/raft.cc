#include "consensus/raft/raft.h"

#include <algorithm>
#include <utility>

#include "consensus/raft/mutant.h"
#include "consensus/raft/state.h"

namespace anta::raft {
namespace {

// More elections than any network has while a node is away.
constexpr std::uint64_t term_leap_max = std::uint64_t{1} << 24;

// A vote or a request for votes: a promise that the vote is on disk, not only the term.
bool promises_vote(const Body& body) {
  if (const auto* request = std::get_if<VoteRequest>(&body)) return !request->pre;
  if (const auto* reply = std::get_if<VoteReply>(&body)) return !reply->pre && reply->granted;
  return false;
}

}  // namespace

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

Raft::Raft(Options options, Restored restored)
    : state_(std::make_unique<State>(std::move(options), std::move(restored))) {}
Raft::~Raft() = default;
Raft::Raft(Raft&&) noexcept = default;
Raft& Raft::operator=(Raft&&) noexcept = default;

Raft::State::State(Options given, Restored restored)
    : options(std::move(given)),
      membership(std::move(restored.configurations)),
      journal(std::move(restored.terms), restored.last, restored.recent, restored.hard_state.term),
      random(options.seed),
      term(restored.hard_state.term),
      vote(ANTA_MUTANT(vote_forgotten) ? NodeId{} : restored.hard_state.vote),
      applied(restored.applied) {
  ANTA_INVARIANT(options.heartbeat_ticks > 0 && options.heartbeat_ticks < options.election_ticks);
  ANTA_INVARIANT(applied <= journal.last() && journal.last_term() <= term);
  commit = std::min(std::max(restored.hard_state.commit, applied), journal.last());
  known_commit = commit;
  membership_committed = in_force().committed;
  session = random.next();
  reset_election_timer();
}

Output Raft::step(Event event) {
  State& s = *state_;
  s.out = Output{};
  s.out.commit = s.commit;
  if (s.stopped) return std::move(s.out);
  const RoleChange before = s.seen();
  const std::uint64_t revision = s.membership_revision;
  s.dispatch(event);
  s.finish_change();  // here, where nobody holds a Progress: it may make others
  s.finish(before);
  const bool committed = s.in_force().committed;
  if (!s.stopped && (s.membership_revision != revision || committed != s.membership_committed))
    s.out.configuration = s.in_force();
  s.membership_committed = committed;
  return std::move(s.out);
}

void Raft::State::dispatch(Event& event) {
  if (std::get_if<Tick>(&event)) return on_tick();
  if (auto* received = std::get_if<Receive>(&event)) return receive(received->message);
  if (auto* block = std::get_if<ProposeBlock>(&event)) return on_propose(*block);
  if (auto* change = std::get_if<ProposeConfiguration>(&event)) return on_propose_configuration(*change);
  if (auto* read = std::get_if<ReadRequest>(&event)) return on_read(read->read);
  if (auto* done = std::get_if<Persisted>(&event)) return on_persisted(done->token);
  if (auto* failed = std::get_if<PersistFailed>(&event)) return stop(Code::io, failed->reason);
  if (auto* done = std::get_if<Applied>(&event)) return on_applied(done->index);
  if (auto* handover = std::get_if<TransferLeadership>(&event)) {
    out.transfer = on_transfer(handover->to);
    return;
  }
  if (auto* loaded = std::get_if<EntriesLoaded>(&event)) return on_loaded(*loaded);
  if (auto* lost = std::get_if<PeerUnreachable>(&event)) {
    Progress* peer = progress_of(lost->peer);
    if (!peer) return;
    peer->start_probing(peer->match.next());
    peer->amnesia_from.reset();  // it may have come to itself and lost more since
    // Reached anew it gets another no-op, yet whoever comes and goes does not fill the log.
    peer->amnesia_due = std::min<std::uint64_t>(peer->amnesia_due, now + options.election_ticks);
    peer->amnesia_wait = 0;
  }
}

void Raft::State::on_tick() {
  ++now;
  ++election_elapsed;
  expire_forwarded();
  if (role == Role::leader) return on_leader_tick();
  // The timer stands still while the own term or vote is on its way to the disk: nobody can answer before.
  // Rule 15 bounds it.
  if (!journal.hard_state_durable() && !disk_stalled()) ++election_timeout;
  if (election_elapsed >= election_timeout) on_election_timeout();
}

void Raft::State::on_persisted(Token token) {
  bool stale = false;
  if (!journal.persisted(token, stale)) {
    return stop(Code::corrupt, "token " + std::to_string(token.value) + " runs backwards or was never given");
  }
  if (stale) trace(Transition::stale_token_ignored, journal.persisted());
  release_held();
  if (role == Role::candidate) count_own_vote();
  if (role == Role::leader) {
    maybe_commit();
  } else {
    acknowledge(false);
    advance_commit();
  }
  membership.committed(commit);
  journal.evict(options.tail_bytes_max, commit);
}

void Raft::State::on_applied(LogIndex index) {
  if (index > commit) return stop(Code::corrupt, "applied past the commit index");
  applied = std::max(applied, index);
}

bool Raft::State::foreign(const Message& message) const {
  if (ANTA_MUTANT(foreign_messages_taken)) return false;
  if (message.cluster != options.cluster || message.recovery_epoch != options.recovery_epoch) return true;
  if (message.to != options.self || message.from.id == options.self.id) return true;
  // A higher incarnation than the one known here is news of a configuration that this node does not have yet.
  const Member* known = membership.now().find(message.from.id);
  return known != nullptr && message.from.incarnation < known->incarnation;
}

// A term is adopted by whoever hears it, and spreads. One step to the last there is would end all elections
// for good; in steps like these nobody gets there.
bool Raft::State::leaps(const Message& message) const {
  return message.term > term && message.term.value - term.value > term_leap_max;
}

void Raft::State::receive(Message& message) {
  if (foreign(message)) return trace(Transition::foreign_message_dropped, {}, message.from.id);
  if (leaps(message)) return trace(Transition::malformed_message_dropped, {}, message.from.id);

  // Pre-votes stand outside the rules about terms: they change nothing here (rule 7).
  if (const auto* request = std::get_if<VoteRequest>(&message.body); request && request->pre) {
    return on_pre_vote_request(message.from, *request);
  }
  if (const auto* reply = std::get_if<VoteReply>(&message.body);
      reply && (reply->pre || message.term >= term)) {
    return on_vote_reply(message, *reply);
  }
  if (message.term < term) return answer_stale(message);
  if (message.term > term && !higher_term_adopted(message)) return;

  if (const auto* request = std::get_if<VoteRequest>(&message.body)) on_vote_request(message.from, *request);
  if (auto* append = std::get_if<Append>(&message.body)) on_append(message.from, *append);
  if (const auto* reply = std::get_if<AppendReply>(&message.body)) on_append_reply(message.from, *reply);
  if (const auto* heartbeat = std::get_if<Heartbeat>(&message.body)) on_heartbeat(message.from, *heartbeat);
  if (const auto* reply = std::get_if<HeartbeatReply>(&message.body))
    on_heartbeat_reply(message.from, *reply);
  if (const auto* read = std::get_if<ReadIndexRequest>(&message.body))
    on_read_index_request(message.from, *read);
  if (const auto* reply = std::get_if<ReadIndexReply>(&message.body)) on_read_index_reply(*reply);
  if (std::get_if<TimeoutNow>(&message.body) && role != Role::leader && may_campaign() && !disk_stalled()) {
    start_campaign(true);
  }
}

bool Raft::State::higher_term_adopted(const Message& message) {
  if (const auto* request = std::get_if<VoteRequest>(&message.body);
      request && !request->transfer && hears_leader()) {
    trace(Transition::vote_ignored, request->last_index, message.from.id);
    return false;
  }
  become_follower(message.term, std::nullopt);
  return true;
}

// An old leader or candidate must learn of this term, or it would never step down.
void Raft::State::answer_stale(const Message& message) {
  if (const auto* request = std::get_if<VoteRequest>(&message.body)) {
    trace(Transition::vote_refused, request->last_index, message.from.id);
    return send(message.from, VoteReply{false, false, request->campaign_term});
  }
  if (const auto* append = std::get_if<Append>(&message.body)) {
    trace(Transition::stale_leader_told, append->prev_index, message.from.id);
    return send(message.from, AppendReply{true, {}, append->prev_index, {}, {}});
  }
  if (std::get_if<Heartbeat>(&message.body)) {
    trace(Transition::stale_leader_told, {}, message.from.id);
    return send(message.from, HeartbeatReply{});
  }
  if (const auto* request = std::get_if<ReadIndexRequest>(&message.body))
    refuse_read_request(message.from, *request);
}

void Raft::State::become_follower(Term new_term, std::optional<NodeId> of) {
  ANTA_INVARIANT(new_term >= term);
  if (new_term > term) {
    term = new_term;
    vote = NodeId{};
    hard_state_dirty = true;
    term_leader.reset();
    verified = LogIndex{};
    acknowledged = LogIndex{};
  }
  if (role == Role::leader) {
    if (!ANTA_MUTANT(match_not_reset)) progress.clear();
    transfer.reset();
    in_office = false;
    fail_waiting();
  }
  if (leader != of) fail_forwarded();
  role = Role::follower;
  leader = std::move(of);
  ballots.clear();
  reset_election_timer();
  trace(Transition::became_follower, {}, leader.value_or(NodeId{}));
}

void Raft::State::finish(const RoleChange& before) {
  if (stopped) {  // nothing more leaves this node
    out.messages.clear();
    out.loads.clear();
    out.commit = commit;
    return;
  }
  std::optional<HardState> hard_state;
  if (hard_state_dirty) hard_state = HardState{term, vote, commit};
  hard_state_dirty = false;
  out.persist = journal.take_batch(std::move(hard_state), now);
  if (ANTA_MUTANT(vote_before_persisted)) {
    for (Message& message : held)
      out.messages.push_back(std::move(message));
    held.clear();
  }
  out.commit = commit;
  if (const RoleChange after = seen(); after != before) out.role = after;
}

// Sends at once what may leave; keeps what shows a term, or promises a vote, that is not on disk (rule 2).
void Raft::State::send(const Member& to, Body body) {
  Message message{options.cluster, options.recovery_epoch, options.self, to, term, std::move(body)};
  const bool term_durable = journal.durable_term() >= term;
  const bool vote_durable = term_durable && !hard_state_dirty && journal.hard_state_durable();
  if (promises_vote(message.body) ? vote_durable : term_durable) {
    out.messages.push_back(std::move(message));
    return;
  }
  trace(Transition::reply_held_back, {}, to.id);
  // Each read is one of its own; the rest is said again anyway, and the last word of a kind is enough.
  if (std::holds_alternative<ReadIndexRequest>(message.body)) {
    held.push_back(std::move(message));
    return;
  }
  auto same = std::find_if(held.begin(), held.end(), [&](const Message& m) {
    return m.to == to && m.body.index() == message.body.index() &&
           promises_vote(m.body) == promises_vote(message.body);
  });
  if (same != held.end()) {
    *same = std::move(message);
  } else {
    held.push_back(std::move(message));
  }
}

void Raft::State::release_held() {
  if (held.empty() || !journal.hard_state_durable() || hard_state_dirty) return;
  for (Message& message : held) {
    if (still_meant(message)) out.messages.push_back(std::move(message));
  }
  held.clear();
}

// The word of an older term is void, and so is a request for votes of a campaign that is over: what it claims
// may have been truncated since.
bool Raft::State::still_meant(const Message& message) const {
  if (message.term != term) return false;
  if (ANTA_MUTANT(held_request_outlives)) return true;
  const auto* request = std::get_if<VoteRequest>(&message.body);
  return !request || role == (request->pre ? Role::pre_candidate : Role::candidate);
}

void Raft::State::trace(Transition what, LogIndex index, const NodeId& peer) {
  out.trace.push_back({what, term, index, peer});
}

void Raft::State::stop(Code code, std::string reason, const NodeId& peer, const LogEntry* ours,
                       const LogEntry* theirs) {
  stopped = true;
  trace(Transition::stopped, ours ? ours->index : LogIndex{}, peer);
  Stop evidence{{code, "raft.stopped", std::move(reason)}, peer, {}, {}};
  if (ours) evidence.ours = *ours;
  if (theirs) evidence.theirs = *theirs;
  out.stop = std::move(evidence);
}

RoleChange Raft::State::seen() const { return {role, term, leader, in_office}; }

bool Raft::State::disk_stalled() const {
  const auto since = journal.oldest_unpersisted();
  return since && now - *since >= std::uint64_t{options.disk_stall_elections} * options.election_ticks;
}

Status Raft::status() const {
  const State& s = *state_;
  Status status{s.role,           s.term,
                s.leader,         s.in_office,
                s.commit,         s.journal.persisted(),
                s.journal.last(), s.journal.last_term(),
                s.applied,        s.stopped,
                s.in_force(),     {}};
  for (const Progress& peer : s.progress) {
    if (peer.member.id == s.options.self.id) continue;
    status.peers.push_back({peer.member.id, peer.voter(), peer.match, peer.next, peer.active});
  }
  return status;
}

const LogEntry* Raft::find_entry(LogIndex index) const { return state_->journal.tail().find(index); }

}  // namespace anta::raft
