// The one piece of arithmetic behind every decision: what has a majority of each active side reached?
//
// Commit (value: match), votes (1 for granted), check-quorum (1 for heard from) and read rounds (the last
// round answered) all ask this. A joint configuration needs both sides (dissertation, section 4.3). Pure.
#pragma once

#include <cstdint>
#include <span>

namespace anta::raft {

// Where one member stands in a decision. A learner is on neither side and never counts.
struct Standing {
  bool incoming = false;  // a voter of Configuration::voters
  bool outgoing = false;  // a voter of Configuration::outgoing
  std::uint64_t value = 0;
};

// The highest value that a majority of every non-empty side has reached; 0 when there are no voters.
std::uint64_t quorum_value(std::span<const Standing> standings);

}  // namespace anta::raft
