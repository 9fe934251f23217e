// Who belongs to the cluster, and who of them counts.
//
// A configuration has one set of voters, or two while it is joint (Raft dissertation, section 4.3): then
// every decision needs a majority of `voters` and a majority of `outgoing`. Learners receive the log and
// never count. A member is a node id together with its incarnation: a wiped node comes back as another
// member, so that nothing it promised before is ever taken from it again (consensus.md, section 3 "Amnesia").
//
// Pure values, any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/ids.h"

namespace anta::raft {

struct Member {
  NodeId id = {};
  std::uint64_t incarnation = 1;

  auto operator<=>(const Member&) const = default;
};

struct Configuration {
  std::vector<Member> voters = {};    // the incoming side while joint; never empty in a valid configuration
  std::vector<Member> outgoing = {};  // empty unless joint
  std::vector<Member> learners = {};  // disjoint from both sides

  bool operator==(const Configuration&) const = default;

  bool joint() const { return !outgoing.empty(); }
  bool is_voter(const NodeId& id) const;    // on either side
  bool votes(const Member& member) const;   // the same, in this very incarnation
  bool is_learner(const NodeId& id) const;  // and not a voter
  bool contains(const NodeId& id) const { return is_voter(id) || is_learner(id); }

  // Null when the id is unknown here.
  const Member* find(const NodeId& id) const;

  // Every member once, in order of id. Used to set up progress; not on the hot path.
  std::vector<Member> members() const;

  // Whether the sets are usable: voters present, no id twice on a side, no id under two incarnations,
  // learners apart from voters, at most members_max in all.
  bool valid() const;

  // Every set in order of id: what is compared or encoded is.
  void order();

  static constexpr std::size_t members_max = 64;
};

// What an entry of kind `configuration` carries: the configuration that holds from this entry on, and the
// digest of the `node` statement that asked for the change; zero in the entry that leaves a joint
// configuration, which nobody asks for.
struct ConfigurationRecord {
  Configuration configuration = {};
  Digest statement = {};

  bool operator==(const ConfigurationRecord&) const = default;
};

// statements.cddl: configuration. Members in order of id; decoding refuses what is not `valid`.
Bytes encode_configuration(const ConfigurationRecord& record);
Result<ConfigurationRecord> decode_configuration(ByteView payload);

// A configuration with its place in the log; index 0 is the genesis'.
struct PlacedConfiguration {
  LogIndex index = {};
  Configuration configuration = {};

  bool operator==(const PlacedConfiguration&) const = default;
};

// The first step from `now` to the voters and learners of `wanted`: itself when only learners change, else
// the joint configuration on the way to it (dissertation, section 4.3). malformed: `wanted` is not valid or
// joint, nothing would change, a voter that `now` does not even have as a learner (rule 9), or a voter that
// becomes a learner without leaving first.
Result<Configuration> first_step(const Configuration& now, Configuration wanted);

// The second step: what a joint configuration is left for.
Configuration left(const Configuration& joint);

// Whether a leader in its right mind appends `record` where `now` is in force: the step out of a joint
// configuration, which nobody asks for, or a first step towards something, which a statement asks for.
bool follows(const Configuration& now, const ConfigurationRecord& record);

// What may be asked for next on the way from `now` to `wanted`, each change about one node, the best first:
// the new become learners, learners are promoted, then who is gone (or is another incarnation of itself)
// leaves. A leader asks for the first that it can answer: a learner that never comes must not keep
// another from being promoted, nor a dead voter from leaving. Empty when they are equal or `now` is joint.
struct NextChange {
  Configuration configuration = {};
  NodeId node = {};
};
std::vector<NextChange> next_changes(const Configuration& now, const Configuration& wanted);

}  // namespace anta::raft
