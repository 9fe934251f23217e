// Where the history of a node that joins begins to be fetched: an entry of the log that a majority of the
// network's voters has applied, with the hash that a majority of them says it has.
//
// Voters are those of the members file; each answers on a connection that its pinned key authenticates. What
// a majority says is committed is what Raft rests on anyway; a minority that lies can neither move the anchor
// beyond what is committed nor name another hash. What the history means is not taken from them: the law
// makes it anew, and a checkpoint that a quorum cosigned is compared with what came out.
//
// Pure, one thread.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "node/peer_wire.h"

namespace anta {

class JoinAnchor {
 public:
  explicit JoinAnchor(std::vector<NodeId> voters);

  // What to ask every voter now; 0: what it has applied.
  LogIndex question() const { return question_; }
  // Who is no voter, and what was not asked, is passed over.
  void said(const NodeId& from, const JoinOffer& offer);

  struct Found {
    LogIndex index = {};
    Digest hash = {};
  };
  // Once a majority agrees. Index 0: a majority has applied nothing.
  std::optional<Found> found() const { return found_; }
  // Nobody needs to be waited for any more, and yet there is no majority: their logs differ, or one of them
  // lies.
  bool disagrees() const;
  // Begin again with what they have applied.
  void again();

  std::size_t majority() const { return voters_.size() / 2 + 1; }
  std::size_t answered() const { return offers_.size(); }

 private:
  std::vector<NodeId> voters_;
  LogIndex question_ = {};
  std::map<NodeId, JoinOffer> offers_ = {};  // to the question
  std::optional<Found> found_ = {};
};

}  // namespace anta
