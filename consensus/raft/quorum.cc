#include "consensus/raft/quorum.h"

#include <algorithm>
#include <array>
#include <functional>

#include "consensus/raft/configuration.h"
#include "consensus/raft/mutant.h"
#include "crypto/error.h"

namespace anta::raft {
namespace {

// The value that a majority of one side has reached: the one in the middle, from the top.
std::uint64_t side_value(std::span<const Standing> standings, bool Standing::* side, std::size_t& voters) {
  std::array<std::uint64_t, Configuration::members_max> values = {};
  voters = 0;
  for (const Standing& standing : standings) {
    if (standing.*side) values[voters++] = standing.value;
  }
  if (voters == 0) return 0;
  const std::size_t majority = voters / 2 + 1;
  std::nth_element(values.begin(), values.begin() + (majority - 1), values.begin() + voters,
                   std::greater<>());
  return values[majority - 1];
}

}  // namespace

std::uint64_t quorum_value(std::span<const Standing> standings) {
  ANTA_INVARIANT(standings.size() <= Configuration::members_max);
  std::size_t incoming_voters = 0;
  std::size_t outgoing_voters = 0;
  const std::uint64_t incoming = side_value(standings, &Standing::incoming, incoming_voters);
  const std::uint64_t outgoing = side_value(standings, &Standing::outgoing, outgoing_voters);
  if (outgoing_voters == 0 || ANTA_MUTANT(joint_one_side)) return incoming;
  return std::min(incoming, outgoing);
}

}  // namespace anta::raft
