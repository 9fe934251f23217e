// Amnesia: a node whose log was found shorter than what it once had on disk. What it acknowledged and whom it
// voted for may be among what it lost, so no promise of it counts until the cluster has gone past all of
// them.
//
// While it suffers, it neither votes nor campaigns, and says so in every answer to its leader, which sends it
// entries but counts it as a learner: not for commits, not for check-quorum, not for reads. The leader says
// in its heartbeats that it knows, and appends a no-op, so that an idle cluster goes on too. It ends with a
// commit in the leader's own term that the leader made after that heartbeat, hence after this start and
// without this node's count: a majority without this node has then promised everything up to there, and none
// of it campaigned in a term this node may have voted in. Where a majority of the voters suffers, nothing is
// committed and nobody is elected: their operators have to decide what survives (recovery.h).
//
// Pure; the Replica's `loop` owns it.
#pragma once

#include "consensus/raft/messages.h"

namespace anta {

class Amnesia {
 public:
  Amnesia() = default;
  explicit Amnesia(LogIndex watermark) : suffers_(true), watermark_(watermark) {}

  bool suffers() const { return suffers_; }
  LogIndex watermark() const { return watermark_; }

  // The leader of `term`, which this node follows, sent this.
  void heard(Term term, const raft::Heartbeat& heartbeat);

  // `commit` is durable here, its entry has `commit_term`, and this node follows the leader of `term`. True
  // when that ends it, once.
  bool ends(Term term, LogIndex commit, Term commit_term);

 private:
  bool suffers_ = false;
  LogIndex watermark_ = {};  // what this node once had on disk, at least
  Term known_term_ = {};     // whose leader has said that it knows
  LogIndex committed_then_ =
      {};  // its commit index when it first said so: later ones were made without this node
};

// Marks an answer to a leader as one of an amnesiac.
void mark_amnesiac(raft::Message& outgoing);

}  // namespace anta
