// Linearizable reads by ReadIndex (rule 14; dissertation, section 6.4), with forwarding from followers. No
// leases.
//
// At most one round is open: reads that come meanwhile share the next one. A round is a number in the
// heartbeats; its index is the commit index when it starts, after every read in it was asked.
#include <algorithm>
#include <utility>

#include "consensus/raft/mutant.h"
#include "consensus/raft/state.h"

namespace anta::raft {

void Raft::State::fail_read(std::uint64_t read, Code code, std::string message) {
  out.reads.push_back({read, fail(code, std::move(message))});
}

void Raft::State::on_read(std::uint64_t read) {
  if (unfinished_reads() >= options.reads_max) return fail_read(read, Code::busy, "reads_max is reached");
  if (role == Role::leader) {
    if (ANTA_MUTANT(read_joins_open_round) && !in_round.empty())
      return in_round.push_back({{}, session, read, commit});
    waiting.push_back({{}, session, read, {}});
    if (in_round.empty()) start_read_round();
    return;
  }
  if (!leader) return fail_read(read, Code::not_leader, "no leader is known");
  forwarded.push_back({read, now + options.read_ticks});
  send(leader_member, ReadIndexRequest{session, read});
}

void Raft::State::on_read_index_request(const Member& from, const ReadIndexRequest& request) {
  if (role != Role::leader || unfinished_reads() >= options.reads_max)
    return refuse_read_request(from, request);
  waiting.push_back({from, request.session, request.read, {}});
  if (in_round.empty()) start_read_round();
}

void Raft::State::refuse_read_request(const Member& from, const ReadIndexRequest& request) {
  send(from, ReadIndexReply{request.session, request.read, false, {}});
}

void Raft::State::on_read_index_reply(const ReadIndexReply& reply) {
  if (reply.session != session && !ANTA_MUTANT(session_not_compared))
    return;  // asked before this node's last start
  auto asked = std::find_if(forwarded.begin(), forwarded.end(),
                            [&](const ForwardedRead& f) { return f.read == reply.read; });
  if (asked == forwarded.end()) return;
  forwarded.erase(asked);
  if (!reply.served) return fail_read(reply.read, Code::not_leader, "the leader did not serve the read");
  trace(Transition::read_served, reply.index);
  out.reads.push_back({reply.read, reply.index});
}

// Not before the leader committed in its own term: until then its commit index may be behind (rule 1).
void Raft::State::start_read_round() {
  const bool office = in_office || ANTA_MUTANT(read_without_office);
  if (waiting.empty() || !in_round.empty() || role != Role::leader || !office) return;
  ++round;
  for (WaitingRead& read : waiting)
    read.index = commit;
  in_round = std::exchange(waiting, {});
  trace(Transition::read_round_started, commit);
  broadcast_heartbeats();
  finish_read_round();  // a cluster of one is its own quorum
}

void Raft::State::finish_read_round() {
  if (in_round.empty()) return;
  if (Progress* self = own_progress()) self->round = round;
  const std::uint64_t answered = quorum_of([](const Progress& peer) { return peer.round; });
  if (answered < round && !ANTA_MUTANT(read_without_round)) return;
  for (const WaitingRead& read : std::exchange(in_round, {})) {
    trace(Transition::read_served, read.index, read.peer.id);
    if (read.peer.id.empty()) {
      out.reads.push_back({read.read, read.index});
    } else {
      send(read.peer, ReadIndexReply{read.session, read.read, true, read.index});
    }
  }
  start_read_round();
}

void Raft::State::fail_waiting() {
  for (auto* queue : {&waiting, &in_round}) {
    for (const WaitingRead& read : std::exchange(*queue, {})) {
      if (read.peer.id.empty()) {
        fail_read(read.read, Code::not_leader, "this node stopped leading");
      } else {
        refuse_read_request(read.peer, {read.session, read.read});
      }
    }
  }
}

void Raft::State::fail_forwarded() {
  for (const ForwardedRead& read : std::exchange(forwarded, {})) {
    fail_read(read.read, Code::not_leader, "the leader changed");
  }
}

void Raft::State::expire_forwarded() {
  while (!forwarded.empty() && forwarded.front().deadline <= now) {
    fail_read(forwarded.front().read, Code::not_leader, "the leader did not answer");
    forwarded.pop_front();
  }
}

}  // namespace anta::raft
