// Campaigns and votes: rules 2 and 7, and the beginning of a leadership (rules 1 and 5).
#include <algorithm>
#include <array>
#include <utility>

#include "consensus/raft/mutant.h"
#include "consensus/raft/quorum.h"
#include "consensus/raft/state.h"

namespace anta::raft {

void Raft::State::reset_election_timer() {
  election_elapsed = 0;
  // Doubled for each campaign that led to nothing: whatever disks and links take, a timeout that is long
  // enough comes.
  election_timeout = (options.election_ticks + random.below(options.election_ticks))
                     << std::min(failed_campaigns, timeout_doublings_max);
}

void Raft::State::on_election_timeout() {
  if (!may_campaign()) return reset_election_timer();
  if (disk_stalled()) {  // rule 15: whoever cannot write must not lead
    if (!stall_reported) trace(Transition::disk_stalled, journal.persisted());
    stall_reported = true;
    if (role == Role::follower) return reset_election_timer();
    return become_follower(term, std::nullopt);
  }
  stall_reported = false;
  if (ANTA_MUTANT(pre_vote_removed)) return start_campaign(false);
  start_pre_campaign();
}

void Raft::State::open_ballots() {
  ballots.clear();
  for (const Member& member : membership.now().members()) {
    Ballot ballot{member, false, false, false, false};
    for (const Member& voter : membership.now().voters)
      ballot.incoming |= voter.id == member.id;
    for (const Member& voter : membership.now().outgoing)
      ballot.outgoing |= voter.id == member.id;
    if (ballot.incoming || ballot.outgoing) ballots.push_back(std::move(ballot));
  }
}

// Changes no state but this node's own role: the term stays (rule 7).
void Raft::State::start_pre_campaign() {
  if (leader) fail_forwarded();
  role = Role::pre_candidate;
  leader.reset();
  reset_election_timer();
  open_ballots();
  trace(Transition::became_pre_candidate, journal.persisted());
  ask_for_votes(true, false);
  count_own_vote();
}

void Raft::State::start_campaign(bool with_transfer) {
  if (leader) fail_forwarded();
  term = term.next();
  vote = options.self.id;
  hard_state_dirty = true;
  term_leader.reset();
  verified = LogIndex{};
  acknowledged = LogIndex{};
  role = Role::candidate;
  leader.reset();
  reset_election_timer();
  ++failed_campaigns;  // until a leader is heard
  open_ballots();
  trace(Transition::became_candidate, journal.persisted());
  ask_for_votes(false, with_transfer);
}

void Raft::State::ask_for_votes(bool pre, bool with_transfer) {
  const bool from_memory = ANTA_MUTANT(memory_tail_in_elections);
  const LogIndex last = from_memory ? journal.last() : journal.persisted();
  const VoteRequest request{pre, with_transfer, pre ? term.next() : term, last, journal.terms().at(last)};
  for (const Ballot& ballot : ballots) {
    if (ballot.member.id != options.self.id) send(ballot.member, request);
  }
}

// Its own vote counts like any other: once it is on disk. A pre-vote promises nothing and counts at once.
void Raft::State::count_own_vote() {
  if (role == Role::candidate && !journal.hard_state_durable()) return;
  for (Ballot& ballot : ballots) {
    if (ballot.member == options.self) ballot.answered = ballot.granted = true;
  }
  count_ballots();
}

void Raft::State::count_ballots() {
  std::array<Standing, Configuration::members_max> granted = {};
  std::array<Standing, Configuration::members_max> possible = {};
  for (std::size_t i = 0; i < ballots.size(); ++i) {
    const Ballot& ballot = ballots[i];
    granted[i] = {ballot.incoming, ballot.outgoing, ballot.granted ? 1u : 0u};
    possible[i] = {ballot.incoming, ballot.outgoing, ballot.granted || !ballot.answered ? 1u : 0u};
  }
  if (quorum_value({granted.data(), ballots.size()}) > 0) {
    if (role == Role::pre_candidate) return start_campaign(false);
    // Leading needs the own vote on disk, even when others would suffice: a leader that crashed and forgot
    // its term could be elected to it a second time.
    const bool own_vote_durable = journal.durable_term() == term && journal.hard_state_durable();
    if (own_vote_durable || ANTA_MUTANT(vote_before_persisted)) become_leader();
  } else if (quorum_value({possible.data(), ballots.size()}) == 0) {
    become_follower(term, std::nullopt);  // lost: wait for a leader or for the next timeout
  }
}

bool Raft::State::hears_leader() const {
  if (ANTA_MUTANT(hears_leader_false)) return false;
  if (role == Role::leader) return true;  // check-quorum would have deposed it
  return leader.has_value() && election_elapsed < options.election_ticks;
}

// Section 5.4.1 of the paper, over what is durable here (rule 2). What is still on its way to the disk was
// not acknowledged, and never will be in this term or a later one unless that term's leader verifies it
// again.
bool Raft::State::up_to_date(const VoteRequest& request) const {
  const Term own_term = journal.terms().at(journal.persisted());
  if (request.last_term != own_term) return request.last_term > own_term;
  return request.last_index >= journal.persisted();
}

void Raft::State::on_pre_vote_request(const Member& from, const VoteRequest& request) {
  if (ANTA_MUTANT(pre_vote_raises_term) && request.campaign_term > term) {
    become_follower(request.campaign_term, std::nullopt);
  }
  if (hears_leader() && !request.transfer && request.campaign_term > term) {
    return trace(Transition::vote_ignored, request.last_index, from.id);
  }
  const bool granted = request.campaign_term > term && up_to_date(request);
  if (!granted) trace(Transition::vote_refused, request.last_index, from.id);
  send(from, VoteReply{true, granted, request.campaign_term});
}

void Raft::State::on_vote_request(const Member& from, const VoteRequest& request) {
  const bool free = vote.empty() && !term_leader;
  const bool again = vote == from.id;
  const bool granted = request.campaign_term == term && (free || again) && up_to_date(request);
  if (granted) {
    if (role == Role::pre_candidate) become_follower(term, std::nullopt);
    if (!again) hard_state_dirty = true;
    vote = from.id;
    reset_election_timer();
  }
  trace(granted ? Transition::vote_granted : Transition::vote_refused, request.last_index, from.id);
  send(from, VoteReply{false, granted, request.campaign_term});
}

void Raft::State::on_vote_reply(const Message& message, const VoteReply& reply) {
  if (message.term > term && !(reply.pre && reply.granted))
    return become_follower(message.term, std::nullopt);
  const bool expected = reply.pre ? role == Role::pre_candidate && reply.campaign_term == term.next()
                                  : role == Role::candidate && reply.campaign_term == term;
  if (!expected) return;
  for (Ballot& ballot : ballots) {
    if (ballot.member != message.from || ballot.answered) continue;
    ballot.answered = true;
    ballot.granted = reply.granted;
  }
  count_ballots();
}

void Raft::State::become_leader() {
  role = Role::leader;
  failed_campaigns = 0;
  leader = options.self.id;
  term_leader = options.self.id;
  ballots.clear();
  in_office = false;
  held_back_traced = LogIndex{};
  heartbeat_elapsed = 0;
  quorum_elapsed = 0;
  round = 0;
  transfer.reset();
  const std::vector<Progress> before = std::exchange(progress, {});
  refresh_progress();
  if (ANTA_MUTANT(match_not_reset)) {
    for (const Progress& old : before)
      if (Progress* peer = progress_of(old.member.id)) peer->match = old.match;
  }
  trace(Transition::became_leader, journal.last());
  trace(Transition::progress_reset, journal.last());
  if (!ANTA_MUTANT(no_no_op)) append_own(EntryKind::no_op, Millis{}, std::make_shared<const Bytes>());
  broadcast_appends(false);
  broadcast_heartbeats();
}

}  // namespace anta::raft
