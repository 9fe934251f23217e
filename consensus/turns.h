// Turns: what the Replica does on its `loop` thread: it steps the core and performs each Output in the order
// that replica.h states. It knows no Asio: the owner gives it a way to post work to the loop, calls tick(),
// and ends it with shut() on the loop and join() elsewhere.
//
// Everything is called on the loop's thread, except begin() (before there is one), join() and reported().
#pragma once

#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "consensus/amnesia.h"
#include "consensus/clock_guard.h"
#include "consensus/disk_worker.h"
#include "consensus/membership_plan.h"
#include "consensus/pending_reads.h"
#include "consensus/published.h"
#include "consensus/replica.h"
#include "consensus/worker.h"

namespace anta {

// What is answered to those who still wait when the node stops.
Error stopping_error();

struct Turns {
  using Post = std::function<void(std::function<void()>)>;  // to the loop; thread-safe
  Turns(ReplicaOptions options, LogStore& log, StateMachine& machine, ReplicaHooks hooks, Post post);

  // Whether options, log and state machine go together.
  Result<void> check(const LogStore::Restored& restored) const;

  // Makes the core of what was found, and starts the transport and the other two threads.
  Result<void> begin(LogStore::Restored restored, std::unique_ptr<Transport> transport);
  void shut();  // answers everyone; nothing is sent or stepped afterwards
  void join();  // the other threads, after the loop's

  void tick();
  void turn(raft::Event event);
  void propose(std::shared_ptr<const Bytes> payload, Millis time, const Replica::Proposed& callback);
  void read_index(Replica::ReadIndex callback);
  void mark(Bytes bytes, Replica::Done callback);
  void send_app(const NodeId& peer, std::uint8_t kind, Bytes bytes, const Replica::Done& callback);
  void begin_hand_over(std::promise<void>* done);  // set when another leads, or in vain
  void hand_over_to(const NodeId& to, Term term, Replica::Done callback);
  void follow(MembershipPlan next);

  // Any thread.
  ReplicaStatus shown_status() const { return status.get(); }
  ReplicaMetrics shown_metrics() const;

  // ---- from here on its own ----
  // A handover that somebody asked for and waits to hear about.
  struct Handover {
    NodeId to = {};
    Term term = {};
    Replica::Done callback = {};
    std::uint64_t deadline = 0;  // tick
  };
  Result<void> may_hand_over_to(const NodeId& to, Term term) const;
  void end_handover(const Result<void>& how);
  void follow_handover(const raft::RoleChange& change);
  void gave_up(const raft::TraceRecord& record);
  void expire_handovers();
  std::uint64_t handover_ends() const;
  void perform(raft::Output& out);
  void trace(const std::vector<raft::TraceRecord>& records);
  void changed_role(const raft::RoleChange& change);
  void send(raft::Message message);
  void load(const raft::LoadRequest& request);
  void hand_over_commits();
  bool hand_over_from_memory();
  void reported(DiskReport report);
  void take_report(DiskReport report);
  void received(raft::Message message);
  void received_app(const NodeId& from, std::uint8_t kind, Bytes bytes);
  void peer_changed(const NodeId& peer, bool up);
  bool of_other_epoch(const raft::Message& message);
  void refuse_for_clock(const raft::Message& message);
  void maybe_end_amnesia();
  bool leads_alone() const;
  void end_lone_amnesia();
  void configuration_changed(const raft::ConfigurationChange& change);
  void connect_members();
  void pursue_plan();
  std::optional<Digest> reason_for(const NodeId& node) const;
  bool promotes_unapplied(const raft::Configuration& now, const raft::NextChange& next) const;
  bool asked_for(const raft::ConfigurationRecord& record) const;
  bool cut_unasked(raft::Append& append);
  void disk_died(const Error& why);
  void fatal(const Error& error);
  void fail_callbacks(const Error& why);
  void publish();
  bool running() const { return !stopping && !failed; }
  bool repairing() const { return options.log_repairing && options.log_repairing(); }
  bool takes_no_office() const { return amnesia.suffers() || repairing(); }
  Error why_not() const { return failed ? *failed : stopping_error(); }
  void say(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const {
    if (hooks.log) hooks.log(level, event, fields);
  }

  ReplicaOptions options;
  ReplicaHooks hooks;
  LogStore& log;
  StateMachine& machine;
  Post post;

  std::unique_ptr<raft::Raft> core = {};
  std::unique_ptr<Transport> transport = {};
  ClockGuard guard;
  PendingReads reads = {};
  std::deque<Replica::Done> marks = {};
  std::map<NodeId, bool> peers = {};
  MembershipPlan plan = {};
  Digest cluster = {};                            // the name under which this node speaks
  std::vector<TransportPeer> connected = {};      // what the transport has, or will have after this turn
  std::size_t members = 0;                        // that the core sends to, when `connected` was made
  LogIndex office_commit = {};                    // what was committed when this node took office
  LogIndex unasked_at = {};                       // said once
  std::string plan_waits_for = {};                // said once
  std::map<NodeId, LogIndex> applied_there = {};  // as peers said in their answers, since this node leads
  std::set<NodeId> other_epoch = {};              // who speaks under another recovery epoch; said once
  std::set<NodeId> overfull = {};                 // an append to them was dropped, and the core will be told
  std::optional<Result<raft::Proposed>> proposal = {};  // of the turn under way
  raft::RoleChange role = {};
  std::pair<Term, LogIndex> leader_commit = {};  // what the leader of that term said is committed
  LogIndex commit = {};
  LogIndex handed = {};  // committed entries up to here went to the disk thread
  LogIndex applied = {};
  std::uint64_t handed_bytes = 0;  // of them not yet applied
  bool reading_commits = false;    // the disk thread reads what it applies from the log
  Amnesia amnesia = {};
  std::uint64_t ticks = 0;
  std::uint64_t load_failed_at = 0;
  bool stopping = false;
  std::optional<Error> failed = {};
  std::promise<void>* handed_over = nullptr;  // stop() waits for it
  std::uint64_t hand_over_deadline = 0;
  std::optional<Handover> handover = {};
  std::optional<Result<void>> transfer_begun = {};  // of the turn under way
  ReplicaMetrics counts = {};

  Published<ReplicaStatus> status = {};
  Published<ReplicaMetrics> metrics = {};

  Worker reader{};
  DiskWorker disk;
};

}  // namespace anta
