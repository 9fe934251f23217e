// Replica: the shell around the Raft core. It performs what raft::Raft::step says, in one order, and is what
// the rest of the node sees of consensus: propose, read index, status.
//
// Threads. `loop` owns the core, the transport, the ticks and every waiting callback. `disk` writes the log
// and applies blocks. `reader` reads old entries for slow followers, so that a read never delays a sync. All
// three are started by start() and joined by stop(). They hand each other values; nothing else is shared.
//
// The order of durable effects, and what a crash between two of them means:
//
//   1. step      The core takes an event and answers with an Output. Nothing has happened yet.
//                  crash: nobody was told anything; peers send again.
//   2. persist   Its Persist goes to the disk thread, which writes everything queued there as one batch:
//                truncation, entries, hard state, cosigning mark; synced once if any part asked for it.
//                  crash before the sync: the entries may be there or not, whole batch or nothing. Nobody was
//                  told that they are: acknowledgements, votes and the leader's own count wait for step 4.
//   3. send      Messages that promise nothing leave at once, while the disk works.
//                  crash: the peers may have entries that this leader lost. They were not acknowledged by it;
//                  another leader commits or truncates them.
//   4. persisted The disk thread reports the newest token; the core releases what waited: votes,
//                acknowledgements, its own match. They are sent.
//                  crash before sending: the bytes are durable, the peer asks again and gets the same answer.
//   5. commit    A quorum acknowledged. Committed entries that are durable here go to the disk thread.
//                  crash: the commit hint may lag; the next leader's commit covers them again.
//   6. apply     StateMachine::apply, one unsynced batch per block: effects and the applied index together.
//                  crash: one WAL holds log and state in order, so the applies that survive are a prefix,
//                  each behind its append; the rest is applied again from the log, with the same result.
//   7. applied   Reported to the core; finished reads and the owner's hooks are called.
//                  crash: a client that was not answered asks again with the same bytes (one outcome per
//                  digest).
//
// A failed write, sync or apply is final: nothing is sent any more, on_fatal is called once, and the caller
// exits with code 8. Retrying is wrong (consensus.md section 3: a failed sync means unknown). A database that
// died in its background threads is found at the next tick, also on an idle node.
//
// Five rules of the shell that the core knows nothing of:
//
//   Disk reserve. While `disk_low` says so, proposals are answered busy and appends with entries are dropped,
//   as if lost: what is never acknowledged needs no room. Heartbeats, votes and reads go on.
//
//   Clock. An append whose newest block is more than `block_time_ahead_max` ahead of the local clock is
//   dropped, as if lost, and the leader is told. A leader so told by voters without whom it can commit
//   nothing has a wrong clock: it falls silent (which makes it step down and another be elected; handing over
//   in the usual way would need the refused entries to arrive) and asks for no vote for `clock_penalty`.
//
//   Members. The ledger says who belongs to the cluster (membership_plan.h); whoever leads proposes
//   configurations until the one in force is the wanted one. An append is cut before a
//   configuration whose statement is not applied here, or with a member that the ledger does not know.
//
//   Repair. While `log_repairing` says so, this node neither votes nor campaigns, and as a leader answers
//   proposals busy: others would read from it what it has not.
//
//   Amnesia. A node whose log was found shorter than what it once had on disk receives, but promises nothing
//   that counts, until a majority without it has gone past all it may have promised (amnesia.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "consensus/log_sink.h"
#include "consensus/membership_plan.h"
#include "consensus/raft/raft.h"
#include "consensus/recovery.h"
#include "consensus/state_machine.h"
#include "consensus/transport.h"
#include "storage/log_store.h"

namespace anta {

struct ReplicaOptions {
  raft::Member self = {};
  Digest cluster = {};                     // digest of the genesis
  std::vector<Recovery> recoveries = {};   // all that the operators ever decided; their number is the epoch
  raft::Configuration configuration = {};  // the genesis'; the log has every later one
  MembershipPlan plan = {};                // as far as the ledger is applied at start

  std::chrono::milliseconds tick{10};
  std::chrono::milliseconds heartbeat{50};
  std::chrono::milliseconds election{150};           // timeouts are drawn from [election, 2 * election)
  std::chrono::milliseconds read_timeout{2000};      // read_index answers busy after it
  std::chrono::milliseconds handover_timeout{1000};  // how long stop() waits for a successor
  std::chrono::milliseconds block_time_ahead_max{10'000};
  std::chrono::milliseconds clock_penalty{30'000};
  std::optional<std::uint64_t> seed = {};  // of election timeouts; absent: drawn from the system

  // Limits (raft::Options has the meaning of the first five).
  std::uint64_t append_bytes_max = 1u << 20;
  std::uint32_t window_messages = 64;
  std::uint64_t window_bytes = 16u << 20;
  std::uint64_t uncommitted_bytes_max = 32u << 20;
  std::uint64_t tail_bytes_max = 64u << 20;
  std::uint64_t unapplied_bytes_max = 16u << 20;  // committed blocks handed to the disk thread at a time
  std::uint32_t unapplied_entries_max = 4096;     // over it, proposals are answered busy

  // Whether this node lacks entries that it once had and is getting them back; loop, often; absent: never.
  std::function<bool()> log_repairing = {};
  std::function<bool()> disk_low = {};  // whether the disk is below its reserve; loop, often; absent: never
  std::function<Millis()> clock = {};   // wall clock, for the clock rule only; absent: the system's
};

// What the owner is told. All optional. Called on the thread named; must return soon, must not throw, and may
// call the Replica's thread-safe functions.
struct ReplicaHooks {
  std::function<void(const raft::RoleChange&)> on_role = {};       // loop
  std::function<void(std::span<const LogEntry>)> on_entries = {};  // loop: an append arrived, not yet stepped
  std::function<void(LogIndex)> on_applied = {};                   // disk: everything up to here is applied
  std::function<void(const NodeId& from, std::uint8_t kind, Bytes bytes)> on_app = {};  // loop
  std::function<void(const NodeId& peer, bool up)> on_peer = {};                        // loop
  std::function<void(const Error&)> on_fatal = {};  // loop, once: say why and exit 8
  LogSink log = {};
};

// How one peer stands.
struct ReplicaPeer {
  NodeId id = {};
  bool up = false;        // connected
  LogIndex match = {};    // known by a leader only
  bool active = false;    // likewise
  LogIndex applied = {};  // likewise, as it last said; 0: not yet, or it is of a release that does not say
};

struct ReplicaStatus {
  raft::Role role = raft::Role::follower;
  Term term = {};
  std::optional<NodeId> leader = {};
  bool in_office = false;       // leads and has committed in its own term
  LogIndex leader_commit = {};  // as the leader of this term said; at least `commit`
  LogIndex commit = {};
  LogIndex applied = {};
  LogIndex persisted = {};
  LogIndex last = {};
  bool amnesiac = false;
  bool clock_refused = false;  // a majority refused this node's clock lately
  bool stopped = false;
  std::uint64_t recovery_epoch = 0;
  raft::ConfigurationChange configuration = {};  // in force here
  std::vector<ReplicaPeer> peers = {};
};

// Since start, only rising.
struct ReplicaMetrics {
  std::uint64_t batches = 0;  // LogStore::write calls
  std::uint64_t syncs = 0;    // of them synced
  std::uint64_t writes = 0;   // Persists they carried: writes / batches is the group commit's yield
  std::uint64_t entries_written = 0;
  std::uint64_t bytes_written = 0;  // payloads
  std::uint64_t blocks_applied = 0;
  std::uint64_t appends_received = 0;  // with entries
  std::uint64_t appends_dropped_clock = 0;
  std::uint64_t appends_dropped_disk = 0;
  std::uint64_t appends_dropped_members = 0;  // cut before a configuration the ledger does not stand behind
  std::uint64_t elections = 0;                // campaigns begun here
  std::uint64_t leaderships = 0;
  std::uint64_t proposals = 0;
  std::uint64_t proposals_refused = 0;  // busy or not_leader
  std::uint64_t reads = 0;
  std::uint64_t loads = 0;  // reads of old entries for slow followers
  TransportMetrics transport = {};
};

// busy: what a leader answers while its log has a gap.
Error log_repairing_error();

// busy (disk_reserve): what a leader answers while its disk is below the reserve.
Error disk_reserve_error();

class Replica {
 public:
  using Proposed = std::function<void(Result<raft::Proposed>)>;
  using ReadIndex = std::function<void(Result<LogIndex>)>;
  using Done = std::function<void(Result<void>)>;

  // `log` and `machine` outlive the Replica; from start() to stop() the machine and the writing side of the
  // log are the disk thread's alone.
  Replica(ReplicaOptions options, LogStore& log, StateMachine& machine, TransportFactory transport,
          ReplicaHooks hooks);
  ~Replica();  // stops, without handing over

  // Starts threads and transport from what log.recover() found. Once.
  Result<void> start(LogStore::Restored restored);

  // Ends the threads; every callback still waiting is answered (busy; a proposal in the log may yet commit).
  // With `hand_over` a leader first waits, at most handover_timeout, for another to lead. Not from a hook.
  void stop(bool hand_over);

  // Thread-safe from here on. Callbacks run on the loop, exactly once.

  // Puts a block in the leader's log. The answer is its place, should it ever commit in that term there:
  // whether it does is seen in apply. not_leader, busy.
  void propose(std::shared_ptr<const Bytes> payload, Millis time, Proposed callback);

  // Linearizable read: once answered, this node has applied everything that was acknowledged to anyone before
  // the call, and a snapshot taken now serves. Works on every node. not_leader, busy.
  void read_index(ReadIndex callback);

  // Makes the cosigning mark durable; rides in the next synced batch, or has one made.
  void persist_mark(Bytes mark, Done callback);

  // One of the node's own messages (transport.h). Answered ok when it is queued.
  void send_app(NodeId peer, std::uint8_t kind, Bytes bytes, Done callback = {});

  // Hand leadership to the voter that is furthest. No effect on a follower.
  void transfer_leadership();

  // Hand it to this voter, should this node lead in exactly this term. Ok once it is known to lead, also when
  // this node is it. not_leader (replica.term: this node does not lead in that term); malformed
  // (raft.transfer: no voter of that name), busy (raft.transfer: not connected, lacks too much, another
  // handover is under way, or it did not take over within an election timeout, and this node leads on).
  // uncertain: nobody is known to lead after `handover_timeout`.
  void transfer_leadership(NodeId to, Term term, Done callback);

  // What the ledger wants of the members has changed.
  void follow(MembershipPlan plan);

  // Run on the loop.
  void post(std::function<void()> work);

  ReplicaStatus status() const;  // as of the last turn
  ReplicaMetrics metrics() const;

 private:
  struct Impl;
  class Visit;
  std::unique_ptr<Impl> impl_;
};

}  // namespace anta
