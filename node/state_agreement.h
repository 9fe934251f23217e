// Whether this node's state is the others': what a node and its peers said of their state roots, compared at
// equal indexes of the log.
//
// Equal logs make equal states, so two roots at one index differ only where a disk, a memory or a law does.
// Each node tells every other its newest root, and those at the last blocks of the spans of 256 indexes
// before (the same blocks on every node, also under load); what a peer tells replaces what it told before. A
// node judges itself alone, by what each peer told it directly. A peer has one voice, whatever it says: it
// takes a majority of all voters that agree with each other, and not with this node, to set this node aside.
// Without such a majority nobody is, and who differs is named.
//
// Bounded: `own_max` roots of its own, `points_max` + 1 of each peer. Pure; one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "node/peer_wire.h"

namespace anta {

struct StateDifference {
  LogIndex index = {};
  Digest own = {};
  Digest theirs = {};

  bool operator==(const StateDifference&) const = default;
};

class StateAgreement {
 public:
  static constexpr std::size_t own_max = 1'024;
  static constexpr std::uint64_t span = 256;
  static constexpr std::size_t points_max = state_roots_max - 1;

  // This node applied this block; in order.
  void applied(const StateAt& now);

  // What to tell the others: at most state_roots_max, in order of index.
  std::vector<StateAt> tell() const;

  // What a peer told. Of two roots at one index the first counts.
  void heard(const NodeId& from, std::vector<StateAt> told);
  // What it told counts no more: the connection is gone, and with it who it was.
  void gone(const NodeId& peer) { peers_.erase(peer); }

  // Peers whose root differs at the newest index that both have.
  std::map<NodeId, StateDifference> differing() const;

  // The newest block that this node applied.
  std::optional<LogIndex> newest() const;
  // How far a majority of these voters has applied the log, by what each told last and, for `self`, by what
  // it did; nothing while fewer have told.
  std::optional<LogIndex> applied_by_majority(const NodeId& self, const std::vector<NodeId>& voters) const;

  // Where a majority of these voters agrees on another root than this node's: the first such index, and
  // `theirs` is the majority's.
  std::optional<StateDifference> outvoted(const std::vector<NodeId>& voters) const;

 private:
  const Digest* own_at(LogIndex index) const;

  std::deque<StateAt> recent_ = {};  // in order of index
  std::deque<StateAt> points_ = {};  // likewise
  std::map<NodeId, std::vector<StateAt>> peers_ = {};
};

}  // namespace anta
