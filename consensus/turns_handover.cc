// Leadership that goes to another: when this node stops, and when somebody asks for it by name.
#include <utility>

#include "consensus/turns.h"

namespace anta {

std::uint64_t Turns::handover_ends() const {
  return ticks + static_cast<std::uint64_t>(options.handover_timeout / options.tick);
}

void Turns::begin_hand_over(std::promise<void>* done) {
  if (!running() || role.role != raft::Role::leader || peers.empty()) return done->set_value();
  handed_over = done;
  hand_over_deadline = handover_ends();
  turn(raft::TransferLeadership{});
}

void Turns::hand_over_to(const NodeId& to, Term term, Replica::Done callback) {
  if (!running()) return callback(tl::unexpected<Error>(why_not()));
  if (auto may = may_hand_over_to(to, term); !may || to == options.self.id) return callback(std::move(may));
  transfer_begun.reset();
  turn(raft::TransferLeadership{to});
  if (!running()) return callback(tl::unexpected<Error>(why_not()));
  const auto begun = std::exchange(transfer_begun, std::nullopt);
  if (!begun || !*begun) return callback(begun ? *begun : fail(Code::busy, "raft.transfer", "not begun"));
  handover = Handover{to, term, std::move(callback), handover_ends()};
}

// What the core does not know: which term was meant, and who is connected.
Result<void> Turns::may_hand_over_to(const NodeId& to, Term term) const {
  if (role.role != raft::Role::leader || role.term != term) {
    return fail(Code::not_leader, "replica.term",
                "this node does not lead in term " + std::to_string(term.value) + ", it is in term " +
                    std::to_string(role.term.value));
  }
  if (handover || handed_over != nullptr)
    return fail(Code::busy, "raft.transfer", "leadership is being handed over");
  const auto peer = peers.find(to);
  const bool voter = core->status().configuration.configuration.is_voter(to);
  if (voter && peer != peers.end() && !peer->second)
    return fail(Code::busy, "raft.transfer", to.value + " is not connected to this node");
  return {};
}

void Turns::end_handover(const Result<void>& how) {
  if (!handover) return;
  const Handover ended = *std::exchange(handover, std::nullopt);
  ended.callback(how);
}

// Whoever stops tries the next one; not within the turn that says so.
void Turns::gave_up(const raft::TraceRecord& record) {
  if (handed_over != nullptr && !record.peer.value.empty()) {
    post([this] {
      if (running() && handed_over != nullptr && role.role == raft::Role::leader)
        turn(raft::TransferLeadership{});
    });
  }
  if (!handover || record.peer != handover->to) return;
  end_handover(fail(Code::busy, "raft.transfer",
                    handover->to.value + " did not take over in time, and this node leads on"));
}

// Handed over once another is known to lead, so that clients can be told where to go.
void Turns::follow_handover(const raft::RoleChange& change) {
  if (!change.leader || (change.role == raft::Role::leader && !handover)) return;
  if (handed_over != nullptr && change.role != raft::Role::leader)
    std::exchange(handed_over, nullptr)->set_value();
  if (!handover || change.term == handover->term) return;
  if (*change.leader == handover->to) return end_handover({});
  end_handover(
      fail(Code::busy, "raft.transfer", change.leader->value + " leads now, not " + handover->to.value));
}

void Turns::expire_handovers() {
  if (handed_over != nullptr && ticks >= hand_over_deadline) std::exchange(handed_over, nullptr)->set_value();
  if (handover && ticks >= handover->deadline) {
    end_handover(fail(Code::uncertain, "raft.transfer",
                      "leadership was handed over, and nobody is known to lead yet"));
  }
}

}  // namespace anta
