// Amnesia: a node whose log was found shorter than what it once had on disk. What it acknowledged and whom it
// voted for may be among what it lost, so no promise of it counts until the cluster has gone past all of
// them.
//
// While it suffers, it neither votes nor campaigns, and says so in every answer to its leader, which sends it
// entries but counts it as a learner: not for commits, not for check-quorum, not for reads. The leader says
// in its heartbeats that it knows, once everything is committed that it had when it first knew, and appends
// no-ops, so that an idle cluster goes on too. It ends with a commit in the leader's own term beyond the one
// of that heartbeat: of an entry that was appended after this start, so that every acknowledgement of it is
// younger than whatever this node lost. A majority without this node has then promised everything up to
// there, in this term and after any vote of this node in a later one. (An entry from before may be committed
// now by an acknowledgement that is older than such a vote, because the leader's own disk was slow.) Where a
// majority of the voters suffers, nothing is committed and nobody is elected: their operators have to decide
// what survives (recovery.h).
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
