// What goes into Raft::step and what comes out: data only. The shell (consensus/replica) makes the events and
// performs the output; the core holds no clock, no lock, no file and no socket.
//
// The shell's turn, in this order, is the whole contract:
//   1. hand `persist` to the disk (it may wait there and be merged with later ones, never reordered);
//   2. send `messages`, at once: none of them waits for the disk. What has to wait for a disk (votes,
//      requests for votes, acknowledgements, anything that shows a term not yet durable) is kept by the core
//      and comes out of the step that is told `Persisted`;
//   3. perform `loads`, apply up to `commit`, answer `reads` and the proposal;
//   4. when the disk has it, step `Persisted{token}`; when it fails, `PersistFailed`, and never retry.
// A crash anywhere between these loses only what nobody was told.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "consensus/raft/messages.h"
#include "crypto/error.h"

namespace anta::raft {

// Numbers what is handed to the disk, from 1, within one run of the process.
using Token = Position<struct TokenTag>;

// ---- events ----

// The shell's clock: one tick is options.tick long for it, and the only time the core knows.
struct Tick {};

struct Receive {
  Message message = {};
};

// A block to order. `time` is the proposing leader's clock; carried in the entry's header, never looked at.
struct ProposeBlock {
  std::shared_ptr<const Bytes> payload = {};  // never null
  Millis time = {};
};

// Asks for these voters and learners, the whole of them, because `statement` says so. The leader appends the
// first step and, when that was a joint configuration and is committed, by itself the second, as will any
// later leader (rule 8). Answered like a block: its place, not_leader, busy (a change is open, this leader
// has not committed in its own term, a learner that is to vote has not caught up: ask again), or malformed
// (configuration.h: first_step).
struct ProposeConfiguration {
  Configuration wanted = {};  // not joint
  Digest statement = {};
};

// Asks up to where this node must have applied for a read to be linearizable (rule 14). `read` is chosen by
// the shell, unique among its unfinished reads. Followers forward it.
struct ReadRequest {
  std::uint64_t read = 0;
};

// Everything handed out under `token`, and under every token before it, is on the disk, synced if it had to
// be.
struct Persisted {
  Token token = {};
};

// A write or a sync failed. The core stops for good (house.md rule 5).
struct PersistFailed {
  std::string reason = {};
};

// The state machine has applied everything up to `index`.
struct Applied {
  LogIndex index = {};
};

// The transport lost a peer, and with it what was in flight to it.
struct PeerUnreachable {
  NodeId peer = {};
};

// Hand leadership over, to `to` or, when absent, to the voter that is furthest. Output::transfer has the
// answer. Until the successor leads, or an election timeout has passed, this leader proposes nothing; after
// it, it goes on.
struct TransferLeadership {
  std::optional<NodeId> to = {};
};

// The answer to a LoadRequest: entries from `from` on, contiguous, at least one; none says that the load
// failed.
struct EntriesLoaded {
  NodeId peer = {};
  LogIndex from = {};
  std::vector<LogEntry> entries = {};
};

using Event = std::variant<Tick, Receive, ProposeBlock, ProposeConfiguration, ReadRequest, Persisted,
                           PersistFailed, Applied, PeerUnreachable, TransferLeadership, EntriesLoaded>;

// ---- outputs ----

struct HardState {
  Term term = {};
  NodeId vote = {};      // empty: none in this term
  LogIndex commit = {};  // a hint that rides along with other writes; may lag

  bool operator==(const HardState&) const = default;
};

// One atomic batch for the disk, in this order: delete everything from `truncate_from` on, put `entries`, put
// `hard_state`. `must_sync` when entries, term or vote changed.
struct Persist {
  Token token = {};
  bool must_sync = false;
  std::optional<LogIndex> truncate_from = {};
  std::vector<LogEntry> entries = {};
  std::optional<HardState> hard_state = {};
};

// Old entries for a slow follower: from `from` to at most `to`, about `bytes_max`, at least one. The shell
// answers with EntriesLoaded; one is outstanding per peer.
struct LoadRequest {
  NodeId peer = {};
  LogIndex from = {};
  LogIndex to = {};
  std::uint64_t bytes_max = 0;

  bool operator==(const LoadRequest&) const = default;
};

// A read whose index is known, or that failed: not_leader (ask again, there may be a leader then) or busy.
struct FinishedRead {
  std::uint64_t read = 0;
  Result<LogIndex> index = {};
};

// What became of the ProposeBlock or ProposeConfiguration of this step: its place, should it ever commit in
// that term there; or not_leader or busy (the uncommitted bytes are full, or leadership is being handed
// over).
struct Proposed {
  LogIndex index = {};
  Term term = {};

  bool operator==(const Proposed&) const = default;
};

enum class Role : std::uint8_t { follower, pre_candidate, candidate, leader };
const char* name(Role role);

// Role, term or known leader changed; the state after the step.
struct RoleChange {
  Role role = Role::follower;
  Term term = {};
  std::optional<NodeId> leader = {};
  bool in_office = false;  // leads, and has committed in its own term: reads and checkpoints may start

  bool operator==(const RoleChange&) const = default;
};

// The configuration in force here, after a step that changed it: appended, rolled back, or now known to be
// committed.
struct ConfigurationChange {
  LogIndex index = {};
  Configuration configuration = {};
  bool committed = false;

  bool operator==(const ConfigurationChange&) const = default;
};

// One transition of the core, for logs, metrics, transcripts and the simulator's counts. The number behind a
// name is the rule of consensus.md section 2 that acted.
enum class Transition : std::uint8_t {
  became_follower,
  became_pre_candidate,  // 7
  became_candidate,
  became_leader,              // its no-op follows
  took_office,                // 1: committed in its own term
  own_term_held_back,         // 1: a quorum holds an entry of an older term; that alone does not commit it
  reply_held_back,            // 2: waits for the disk
  commit_held_back,           // 2: a quorum has it, the leader's own disk not yet
  commit_waits_for_disk,      // 3: known committed, not durable here
  commit_clamped,             // 4: the leader's commit is past what this append verified
  progress_reset,             // 5: a new leadership counts from nothing
  stale_ack_ignored,          // 5: an acknowledgement below match
  peer_lost_acknowledged,     // 5: a peer has less than it acknowledged in this term; its match is void
  configuration_taken,        // 8: from the moment it is appended
  configuration_rolled_back,  // 8: with the suffix that held it
  configuration_refused,      // 8: one at a time, and not before the leader committed in its own term
  joint_left,                 // 8: the joint configuration is committed, the second step is appended
  promotion_refused,          // 9: the learner has not caught up
  departed_released,          // 10: a removed node knows that it is, or is given up
  removed_leader_leaves,      // 10: the leader's own removal is committed: it hands over
  append_rejected,            // 6: by a follower, with a hint
  hint_taken,                 // 6: by a leader
  vote_granted,               // 2: leaves once it is durable
  vote_refused,
  vote_ignored,       // 7: hears its leader
  quorum_lost,        // 7: check-quorum; the leader steps down
  stale_leader_told,  // 7: a reply that makes an old leader step down
  suffix_truncated,
  foreign_message_dropped,  // 12
  malformed_message_dropped,
  stale_token_ignored,  // 13: persisted bytes that were truncated meanwhile
  read_round_started,   // 14
  read_served,          // 14
  peer_amnesiac,        // a peer says that it lost what it promised; it counts as a learner
  transfer_started,
  transfer_given_up,
  disk_stalled,  // 15
  stopped,       // 11
};
inline constexpr std::size_t transition_count = 38;
const char* name(Transition transition);

// The rule a transition belongs to; 0 for none.
unsigned rule_of(Transition transition);

struct TraceRecord {
  Transition what = Transition::became_follower;
  Term term = {};
  LogIndex index = {};  // what the transition is about, when it is about an index
  NodeId peer = {};     // the other side, when there is one

  bool operator==(const TraceRecord&) const = default;
};

// Rule 11 or a failed disk: the core has stopped and every later step does nothing. The evidence is for the
// operator.
struct Stop {
  Error error = {};  // corrupt (rule 11) or io
  NodeId peer = {};  // who showed it, if anyone
  std::optional<LogEntry> ours = {};
  std::optional<LogEntry> theirs = {};
};

struct Output {
  std::optional<Persist> persist = {};
  std::vector<Message> messages = {};
  std::vector<LoadRequest> loads = {};
  LogIndex commit = {};  // the commit index after this step: durable here, never falls
  std::vector<FinishedRead> reads = {};
  std::optional<Result<Proposed>> proposal = {};
  // Whether the TransferLeadership of this step began one: not_leader; malformed (no other voter of that
  // name); busy (one is under way, or the named voter was not heard lately, lost its promises, or lacks too
  // many entries: what would keep everybody waiting is not begun).
  std::optional<Result<void>> transfer = {};
  std::optional<RoleChange> role = {};
  std::optional<ConfigurationChange> configuration = {};
  std::vector<TraceRecord> trace = {};
  std::optional<Stop> stop = {};
};

}  // namespace anta::raft
