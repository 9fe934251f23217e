// The judge of level B. It sees the messages that leave and the bytes of the disks (stored.h), and what nodes
// tell their clients; never the nodes' own variables. consensus.md section 5 lists what it holds them to.
//
// A node whose synced bytes rotted is in debt: what it promised may be gone. Until it says by itself that it
// is no amnesiac any more it may promise nothing; from then on it has to have all that was committed when its
// bytes were lost.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consensus/raft/messages.h"
#include "storage/log_record.h"
#include "storage/log_store.h"
#include "tests/sim/level_b/stored.h"

namespace anta::sim {

class Judge {
 public:
  Judge(std::vector<NodeId> ids, std::vector<const StoredDisk*> disks);

  void on_send(std::size_t node, const raft::Message& message);
  void on_written(std::size_t node, const Changes& batch);  // appended to the log, performed already
  void on_watermark(std::size_t node, ByteView content);    // the file has it from now on
  void on_amnesia_file(std::size_t node, bool there);
  void on_disk_idle(std::size_t node) { nodes_[node].committed_before = canonical_.size(); }
  void on_rot(std::size_t node);  // before the bytes change
  // Its disk is as the next start finds it, this watermark too.
  void on_dead(std::size_t node, ByteView watermark);
  void on_started(std::size_t node, const LogStore::Restored& found, bool damaged);
  void on_refused(std::size_t node, const Error& why, bool damaged);
  void on_acknowledged(std::size_t node, LogIndex block, const Digest& statement);  // to a client
  void on_marked(std::size_t node, const Bytes& mark);
  void on_read(std::size_t node, LogIndex asked_after, LogIndex index);
  void on_stranger(std::size_t node, const std::string& what);  // somebody was let in who must not be

  // After the healing: the live nodes have all that was ever told to anybody, and the same.
  void at_the_end(const std::vector<std::size_t>& alive);

  LogIndex told() const { return told_; }
  std::size_t committed() const { return canonical_.size(); }
  std::uint64_t leaders() const { return leader_of_.size(); }
  std::uint64_t truncations() const { return truncations_; }
  std::uint64_t amnesias_ended() const { return amnesias_ended_; }
  bool in_debt(std::size_t node) const { return nodes_[node].debt.has_value(); }
  const std::string& violation() const { return violation_; }

 private:
  struct Committed {
    Term term = {};  // of the leader that committed it
    Digest hash = {};
  };
  struct Debt {
    std::size_t committed = 0;
  };
  struct Seen {
    Term wire_term = {};
    std::optional<Debt> debt = {};
    bool may_be_amnesiac = false;      // it started as one and did not say otherwise yet
    bool says_amnesiac = false;        // in its newest answer
    bool amnesia_on_disk = false;      // the file that says so
    bool amnesia_removed = false;      // in this life or the one before: a power cut may bring it back
    std::size_t committed_before = 0;  // when its disk thread last began to wait
    std::optional<Watermark> watermark = {};
    std::map<Term, LogIndex> acknowledged = {};              // by leader's term
    std::map<Term, LogIndex> acknowledged_as_amnesiac = {};  // counts once it is none any more
    Term leading = {};
  };
  struct Roots {
    Digest state = {};
    Digest tree = {};
    TreeSize leaves = {};
    bool operator==(const Roots&) const = default;
  };

  void fail(std::size_t node, const std::string& what);
  void check_term(std::size_t node, const raft::Message& message);
  void end_amnesia(std::size_t node);
  void check_promise(std::size_t node, bool says_amnesiac);
  void check_vote(std::size_t node, Term term, const NodeId& candidate);
  void check_claim(std::size_t node, const raft::VoteRequest& request);
  void check_leader(std::size_t node, Term term);
  void check_ack(std::size_t node, const raft::Message& message, const raft::AppendReply& reply);
  void check_append(std::size_t node, const raft::Message& message, const raft::Append& append);
  bool holds(std::size_t node, Term term, const LogEntry& entry) const;
  bool majority_holds(std::size_t leader, Term term, const LogEntry& entry) const;
  LogIndex covering(std::size_t node, LogIndex applied) const;
  void check_commit(std::size_t node, LogIndex commit);
  void check_entry(std::size_t node, const LogEntry& entry);
  void check_truncation(std::size_t node, const Changes& batch);
  void check_applied(std::size_t node, const Changes& batch);
  void check_outcomes(std::size_t node, const Changes& batch);
  void check_watermark(std::size_t node);
  const Stored& durable(std::size_t node) const { return disks_[node]->durable(); }
  std::size_t index_of(const NodeId& id) const;

  std::vector<NodeId> ids_;
  std::vector<const StoredDisk*> disks_;
  std::vector<Seen> nodes_;
  std::vector<Stored> before_;  // each node's written state before its newest batch
  std::map<Term, std::size_t> leader_of_ = {};
  std::map<std::pair<std::size_t, Term>, NodeId> votes_ = {};
  std::map<std::pair<LogIndex, Term>, Digest> entries_ = {};
  std::map<std::pair<Term, LogIndex>, Digest> sent_ = {};
  std::map<LogIndex, Roots> roots_ = {};
  std::map<Digest, LogIndex> decided_ = {};  // statement -> block
  std::set<LogIndex> answered_ = {};         // blocks that clients were told of
  std::vector<Committed> canonical_ = {};
  LogIndex told_ = {};
  std::uint64_t truncations_ = 0;
  std::uint64_t amnesias_ended_ = 0;
  std::string violation_ = {};
};

}  // namespace anta::sim
