// The inside of Raft, shared by raft.cc (events, batches, terms), election.cc, leadership.cc, replication.cc,
// reads.cc and change.cc. Nothing outside this folder includes it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "consensus/raft/journal.h"
#include "consensus/raft/membership.h"
#include "consensus/raft/progress.h"
#include "consensus/raft/raft.h"

namespace anta::raft {

// SplitMix64 (Steele, Lea and Flood 2014): small, and the same on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

// A read that waits at the leader: its own (peer empty) or a follower's.
struct WaitingRead {
  Member peer = {};
  std::uint64_t session = 0;
  std::uint64_t read = 0;
  LogIndex index = {};  // set when its round starts
};

// A read that this follower forwarded.
struct ForwardedRead {
  std::uint64_t read = 0;
  std::uint64_t deadline = 0;  // tick
};

// Who answered in this campaign, and how.
struct Ballot {
  Member member = {};
  bool incoming = false;
  bool outgoing = false;
  bool answered = false;
  bool granted = false;
};

struct Transfer {
  NodeId to = {};
  std::uint64_t deadline = 0;  // tick
  bool told = false;
};

struct Raft::State {
  State(Options given, Restored restored);

  // -- raft.cc: events, terms, batches --
  void dispatch(Event& event);
  void on_tick();
  void on_persisted(Token token);
  void on_applied(LogIndex index);
  void receive(Message& message);
  bool foreign(const Message& message) const;
  bool leaps(const Message& message) const;
  bool higher_term_adopted(const Message& message);  // false: the message was dealt with
  void answer_stale(const Message& message);
  void become_follower(Term new_term, std::optional<NodeId> of);
  void finish(const RoleChange& before);  // batch, held messages, role
  void send(const Member& to, Body body);
  void release_held();
  bool still_meant(const Message& message) const;
  void trace(Transition what, LogIndex index = {}, const NodeId& peer = {});
  void stop(Code code, std::string reason, const NodeId& peer = {}, const LogEntry* ours = nullptr,
            const LogEntry* theirs = nullptr);
  RoleChange seen() const;
  bool disk_stalled() const;  // rule 15
  bool may_campaign() const { return membership.may_campaign(options.self, commit); }

  // -- election.cc: campaigns and votes --
  void reset_election_timer();
  void on_election_timeout();
  void start_pre_campaign();
  void start_campaign(bool transfer);
  void open_ballots();
  void ask_for_votes(bool pre, bool transfer);
  void count_own_vote();
  void count_ballots();
  void on_vote_request(const Member& from, const VoteRequest& request);
  void on_pre_vote_request(const Member& from, const VoteRequest& request);
  void on_vote_reply(const Message& message, const VoteReply& reply);
  bool hears_leader() const;
  bool up_to_date(const VoteRequest& request) const;
  void become_leader();

  // -- replication.cc: the follower's side --
  bool accept_leader(const Member& from);  // false: stopped (rule 11)
  void on_append(const Member& from, Append& append);
  LogIndex first_unknown(const Append& append) const;
  bool well_formed(const Append& append) const;
  bool merge(const Member& from, Append& append);
  bool agrees(const Member& from, const LogEntry& entry);
  void acknowledge(bool again);
  void learn_commit(LogIndex leader_commit);
  void advance_commit();
  void on_heartbeat(const Member& from, const Heartbeat& heartbeat);

  // -- leadership.cc: the leader's side --
  void on_propose(ProposeBlock& block);
  LogIndex append_own(EntryKind kind, Millis time, std::shared_ptr<const Bytes> payload);
  void on_append_reply(const Member& from, const AppendReply& reply);
  void on_reject(Progress& peer, const AppendReply& reply);
  void on_heartbeat_reply(const Member& from, const HeartbeatReply& reply);
  void note_amnesia(Progress& peer, bool amnesiac);
  void on_loaded(EntriesLoaded& loaded);
  void broadcast_appends(bool commit_moved);
  void send_appends(Progress& peer, bool even_empty);
  void send_append(Progress& peer, std::vector<LogEntry> entries, std::uint64_t bytes);
  void broadcast_heartbeats();
  void maybe_commit();
  void check_quorum();
  void on_leader_tick();
  Progress* progress_of(const NodeId& id);
  Progress* own_progress();  // null: no member in this incarnation
  std::uint64_t quorum_of(std::uint64_t (*value)(const Progress&)) const;
  Result<void> on_transfer(const std::optional<NodeId>& to);
  Result<void> may_succeed(const NodeId& to);
  void drive_transfer();

  // -- change.cc: membership (rules 8, 9, 10) --
  void on_propose_configuration(ProposeConfiguration& proposal);
  bool caught_up(const Member& member);
  bool has_nearly_all(const Progress& peer) const;
  void give_up_transfer();
  bool can_decide(const std::vector<Member>& voters);
  void append_configuration(const ConfigurationRecord& record);
  void take_configuration(LogIndex index, Configuration configuration);
  bool truncate_configurations(LogIndex from);  // false: one that must not go
  void refresh_progress();
  void finish_change();
  void release_departed();
  ConfigurationChange in_force() const;

  // -- reads.cc --
  void on_read(std::uint64_t read);
  void on_read_index_request(const Member& from, const ReadIndexRequest& request);
  void on_read_index_reply(const ReadIndexReply& reply);
  void refuse_read_request(const Member& from, const ReadIndexRequest& request);
  void start_read_round();
  void finish_read_round();
  void expire_forwarded();
  void fail_forwarded();
  void fail_waiting();
  void fail_read(std::uint64_t read, Code code, std::string message);
  std::size_t unfinished_reads() const { return waiting.size() + in_round.size() + forwarded.size(); }

  Options options;
  Membership membership;
  std::uint64_t membership_revision = 0;  // counts what changed `membership`
  bool membership_committed = false;      // as it was last told
  Journal journal;
  Random random;
  std::uint64_t session = 0;  // of this run, for forwarded reads

  std::uint64_t now = 0;  // ticks since start

  // Hard state. Dirty until handed to the disk.
  Term term = {};
  NodeId vote = {};
  bool hard_state_dirty = false;

  Role role = Role::follower;
  std::optional<NodeId> leader = {};       // whom this node follows now
  Member leader_member = {};               // the same, as a member; valid while `leader` is another node
  std::optional<NodeId> term_leader = {};  // who has led this term, even if no longer followed (rule 11)
  std::uint64_t election_elapsed = 0;      // ticks since the leader was heard, or the campaign began
  std::uint64_t election_timeout = 0;
  std::uint64_t failed_campaigns = 0;  // since a leader was heard; each doubles the timeout
  static constexpr std::uint64_t timeout_doublings_max = 4;
  std::vector<Ballot> ballots = {};
  bool stall_reported = false;

  // Commit: what is known, and what is also durable here (rule 3).
  LogIndex known_commit = {};
  LogIndex commit = {};
  LogIndex applied = {};

  // Follower, within this term: how far the log equals the leader's, and what was acknowledged.
  LogIndex verified = {};
  LogIndex acknowledged = {};

  // Leader.
  std::vector<Progress> progress = {};  // every member, this node, and who departs; in order of id
  bool in_office = false;
  LogIndex held_back_traced = {};
  std::uint64_t heartbeat_elapsed = 0;
  std::uint64_t quorum_elapsed = 0;
  std::optional<Transfer> transfer = {};
  std::uint64_t round = 0;
  std::vector<WaitingRead> waiting = {};   // for the next round
  std::vector<WaitingRead> in_round = {};  // for the answers to `round`
  std::deque<ForwardedRead> forwarded = {};

  // Messages that wait for a term or a vote to be on disk (rule 2); at most one per kind and
  // peer, but for reads, of which there are at most reads_max.
  std::vector<Message> held = {};
  bool stopped = false;
  Output out = {};
};

}  // namespace anta::raft
