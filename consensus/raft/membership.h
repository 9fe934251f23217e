// The configurations of the log, as the core follows them: which one is in force, and which one would be
// again if a suffix were truncated (rule 8).
//
// A configuration holds from the moment it is in the log. Those that may still be truncated are kept, and the
// newest that may not. Owned by one Raft; no locking. Source: dissertation, section 4.1.
#pragma once

#include <vector>

#include "consensus/raft/configuration.h"

namespace anta::raft {

class Membership {
 public:
  // In order of index, at least one, each valid.
  explicit Membership(std::vector<PlacedConfiguration> restored);

  const Configuration& now() const { return placed_.back().configuration; }
  LogIndex index() const { return placed_.back().index; }

  void take(LogIndex index, Configuration configuration);

  // Forgets what stood at `from` or after. False when nothing would be left: an entry that must not go.
  bool truncate(LogIndex from);

  // What is at or before `commit` cannot be truncated any more: all but the newest two of these are
  // forgotten.
  void committed(LogIndex commit);

  // A voter of the configuration in force, or of one that may be in force for others because a newer one is
  // not known to be committed: such a node campaigns, or a change that only it has could never be finished
  // (dissertation, section 4.2.2).
  bool may_campaign(const Member& member, LogIndex commit) const;

  // Members of the older configurations that are kept who are not in the newest: a new leader tells them,
  // too, that they are gone (rule 10).
  std::vector<Member> departed() const;

  // The one in force for the entry at `index`, before that entry; null where that is forgotten already.
  const Configuration* before(LogIndex index) const;

  const std::vector<PlacedConfiguration>& placed() const { return placed_; }

 private:
  std::vector<PlacedConfiguration> placed_;
};

}  // namespace anta::raft
