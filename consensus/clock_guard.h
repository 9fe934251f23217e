// The clock rule (consensus.md section 3 "Time"): one wrong clock must not poison a ledger whose time never
// falls.
//
// A follower refuses, as if it were lost, an append whose newest block lies too far ahead of its own clock,
// and tells the leader so. A leader that hears this from so many voters that the others make no majority has
// a wrong clock, or followers that have; either way it can commit nothing, and gives way: it hears and says
// nothing until check-quorum has made it step down, and asks for no vote for a while after. Transferring in
// the usual way cannot work, because the successor would first have to take the refused entries.
//
// Pure; the Replica's `loop` owns it. Ticks are the core's.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "consensus/raft/events.h"
#include "consensus/raft/messages.h"

namespace anta {

// The notice, as a message between replicas: the leader's term as a u64, big-endian.
Bytes encode_clock_notice(Term term);
Result<Term> decode_clock_notice(ByteView bytes);

class ClockGuard {
 public:
  struct Limits {
    std::int64_t ahead_max_ms = 0;
    std::uint64_t notice_ticks = 0;   // notices older than this do not count
    std::uint64_t penalty_ticks = 0;  // how long a refused node asks for no vote
  };

  ClockGuard(Limits limits, raft::Configuration configuration);

  // Whether this message has to be dropped: an append with a block too far ahead of `now`.
  bool refuses(const raft::Message& message, Millis now) const;

  // `from` refused an append of `term`; `own_term` is led by this node. True when the others are no
  // majority any more.
  bool note_refusal(const NodeId& from, Term term, Term own_term);

  void set_configuration(raft::Configuration configuration) { configuration_ = std::move(configuration); }

  void tick();

  // So many refused this node's clock lately that it could commit nothing.
  bool refused() const { return penalty_until_ > now_; }

  // What a refused node does not send, and does not hear.
  bool mutes(const raft::Message& outgoing, raft::Role role) const;
  bool deafens(raft::Role role) const { return refused() && role == raft::Role::leader; }

 private:
  bool blocked(const std::vector<raft::Member>& side) const;

  Limits limits_;
  raft::Configuration configuration_;
  std::uint64_t now_ = 0;
  std::uint64_t penalty_until_ = 0;
  Term term_ = {};                                 // that the notices are about
  std::map<NodeId, std::uint64_t> refusals_ = {};  // and the tick of each
};

}  // namespace anta
