// The judge. It sees the wire and the disks, and what nodes tell their clients (commit indexes, reads); never
// the core's own variables. What each check means is beside its code; consensus.md section 5 lists them.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "consensus/raft/events.h"
#include "tests/sim/disk.h"

namespace anta::sim {

class Checker {
 public:
  // `disks[i]` belongs to node i, whose id is ids[i]; the vector of disks outlives the checker.
  // `genesis` is the configuration at index 0.
  Checker(std::vector<NodeId> ids, std::vector<const Disk*> disks, raft::Configuration genesis);

  void on_send(std::size_t node, const raft::Message& message);
  // Handed to the disk, in the step after which the node's commit index is `commit`.
  void on_handed(std::size_t node, const raft::Persist& batch, LogIndex commit);
  void on_durable(std::size_t node, const raft::Persist& batch);  // just before it becomes durable
  void on_decided(std::size_t node, LogIndex commit);             // its commit index after a step
  void on_commit(std::size_t node, LogIndex commit);              // what the node tells its clients
  void on_start(std::size_t node);                                // a new life
  void on_stop(std::size_t node, const raft::Stop& stop);

  // A read answers with an index at or above every commit told to anyone before it was asked.
  LogIndex told() const { return told_; }
  void on_read(std::size_t node, LogIndex asked_after, LogIndex index);

  // The first violation, as a sentence; empty while all is well.
  const std::string& violation() const { return violation_; }

  std::uint64_t leaders() const { return leader_of_.size(); }
  std::uint64_t truncations() const { return truncations_; }
  std::uint64_t committed() const { return canonical_.size(); }
  std::uint64_t configurations() const { return configurations_; }

  // The configurations of a node's log as it was handed to its disk: the newest, and those before it that are
  // not known by all to be superseded. A decision of that node needs a quorum of the newest.
  const std::vector<raft::PlacedConfiguration>& configurations_of(std::size_t node) const {
    return seen_[node].configurations;
  }

 private:
  struct Committed {
    Term term = {};  // of the leader that committed it; its own may be older
    Digest hash = {};
  };
  struct Seen {  // of one node
    Term wire_term = {};
    Term durable_term = {};
    Term handed_term = {};  // to the disk, in this life
    LogIndex hint = {};     // durable commit hint
    LogIndex commit = {};   // told in this life
    LogIndex commit_ever = {};
    // What was committed when each truncation that waits for the disk was decided, and for which term: a slow
    // disk may perform it after others, without this node, have committed what it takes away; and a leader
    // may learn late that it was elected, when others have committed in a later term what it does not have.
    std::deque<std::pair<std::size_t, Term>> truncations = {};
    Term leading = {};                                           // the last term in which it sent as a leader
    std::vector<raft::PlacedConfiguration> configurations = {};  // of its log, all of them, the genesis first
  };

  void fail(std::size_t node, const std::string& what);
  void check_vote(std::size_t node, Term term, const NodeId& candidate);
  void check_claim(std::size_t node, const raft::VoteRequest& request);
  void check_leader(std::size_t node, Term term);
  void check_entry(std::size_t node, const LogEntry& entry);
  void check_hard_state(std::size_t node, const raft::HardState& hard_state);
  void check_no_op(std::size_t node, const raft::Append& append);
  void check_ack(std::size_t node, const raft::Message& message, const raft::AppendReply& reply);
  void check_match(std::size_t node, const raft::Message& message, const raft::Heartbeat& heartbeat);
  void check_configuration(std::size_t node, const LogEntry& entry, const raft::Configuration& next);
  void check_office(std::size_t node, const LogEntry& entry, LogIndex commit);
  void take_configurations(std::size_t node, const std::vector<LogEntry>& entries);
  void check_commit_rule(std::size_t node, LogIndex commit);
  void extend_history(std::size_t node, const LogEntry& entry);
  void check_commit(std::size_t node, LogIndex commit);
  const Durable& disk(std::size_t node) const { return disks_[node]->durable(); }

  std::vector<NodeId> ids_;
  std::vector<const Disk*> disks_;
  std::vector<Seen> seen_;
  std::map<Term, std::size_t> leader_of_ = {};
  std::set<Term> campaigned_ = {};  // terms that began: somebody's vote for itself is durable
  std::map<std::pair<std::size_t, Term>, NodeId> votes_ = {};
  std::map<std::pair<LogIndex, Term>, Digest> entries_ = {};  // every entry ever seen
  std::map<std::pair<Term, LogIndex>, Digest> sent_ = {};     // by the leader of a term, at an index
  std::map<std::pair<Term, std::size_t>, LogIndex> acknowledged_ =
      {};  // the highest, by leader's term and node
  std::vector<Committed> canonical_ = {};
  std::set<std::uint64_t> operations_ = {};  // committed client operations
  LogIndex told_ = {};
  std::uint64_t truncations_ = 0;
  std::uint64_t configurations_ = 0;
  raft::Configuration genesis_ = {};
  std::string violation_ = {};
};

// The operation number that the simulator's clients put into a block.
std::uint64_t operation_of(const LogEntry& entry);

}  // namespace anta::sim
