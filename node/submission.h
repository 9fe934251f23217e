// Statements on their way into the ledger: admission, blocks, forwarding, waiting for the one outcome.
//
// A request brings statements in the order in which they are to be decided. Each goes through: shed when
// full, before anything is hashed or looked up; first outcome if this node knows one; busy when this node
// leads and its disk is below the reserve; busy, all that is left of the request, when one of the keys that
// it names is over its limit (key_limiter.h; a request of this node's own clients only, another node's was
// charged there); decoded, signature checked and charged to its key, event not ahead of the local clock,
// nothing that may not stand in the log (answered finally: malformed, bad_signature, event_in_future). On the
// leader it then joins the block being formed: while blocks_in_flight_max blocks are on their way the next
// one collects, no timer. A block is proposed once the log has said where the one before it stands; one that
// the log refuses goes back to the head of the queue, so that nothing of a request overtakes what stands
// before it. A run of statements whose keys the leader does not know waits until everything before it in its
// request is decided; then one read index shows which of the keys are registered by now, and the others are
// answered unknown_key. Such statements together are at most unknown_keys_max, so that whoever has no key can
// not fill the queue of those who have. A leader takes no more than the others can apply: while its blocks
// that a majority of the voters has not applied hold behind_max statements or more it forms none (checkpoints
// need those nodes, and a leader, which has a block's statements decoded and checked already, applies
// faster). On any other node the request is forwarded whole to the leader, and again to each new one.
//
// Outcomes come from this node's own apply, whoever led (LedgerMachine's notices, by digest), so submitting
// the same bytes twice, anywhere, is safe. At the request's deadline what is undecided is answered
// `uncertain` if it was ever offered to anyone, else `busy` (no_leader; statements_max where a leader holds
// back). A leader's `busy` is final only as the answer to the very first offer: after any other, also this
// node's own, an earlier one may still commit.
//
// All state lives on one executor; submit() and the on_ functions may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consensus/raft/events.h"
#include "node/executor.h"
#include "node/key_limiter.h"
#include "node/ledger_machine.h"
#include "node/peer_wire.h"
#include "node/verification.h"

namespace anta {

struct SubmissionOptions {
  NodeId self = {};
  std::size_t statements_max = 16'384;  // undecided, of all requests
  std::uint64_t bytes_max = 32u << 20;  // of them
  // What may wait on the leader, but for what is admitted without a registered key, by the rate at which it
  // decides (decision_rate.h), once that is known.
  std::uint32_t queue_ms_max = 2'000;
  // Of them with keys that are not registered; a request alone may have more.
  std::size_t unknown_keys_max = 4'096;
  std::size_t block_bytes_max = 512u << 10;
  std::size_t block_statements_max = 1'024;
  std::size_t blocks_in_flight_max = 2;  // proposed and not yet applied here
  std::size_t behind_max = 8'192;        // statements proposed and not yet applied by a majority
  std::uint32_t tick_ms = 20;            // how often deadlines and lost messages are looked at
  std::uint32_t offer_again_ms = 1'000;  // to the same leader, when nothing was heard
};

enum class WaitFor : std::uint8_t { committed, cosigned };

struct SubmitOptions {
  WaitFor wait = WaitFor::cosigned;
  std::uint32_t deadline_ms = 10'000;    // for the outcome
  std::uint32_t cosign_wait_ms = 2'000;  // after it, for the checkpoint
};

struct Submitted {
  Digest statement = {};
  bool again = false;  // decided before this request
  Result<Outcome> outcome = Outcome{};
  bool cosigned = false;            // a finished checkpoint covers it
  std::uint32_t retry_after_s = 0;  // of a refusal that says when to come again
};

// What the submission asks of the rest of the node.
struct SubmissionPorts {
  std::function<void(std::shared_ptr<const Bytes> block, Millis time,
                     std::function<void(Result<raft::Proposed>)>)>
      propose = {};
  std::function<void(std::function<void(Result<LogIndex>)>)> read_index = {};
  std::function<void(const NodeId& to, PeerKind kind, Bytes bytes)> send = {};
  std::function<Result<std::optional<Outcome>>(const Digest&)> outcome = {};  // of the newest applied state
  std::function<Result<void>(const SignedStatement&)> may_enter = {};         // law.h, by the same state
  std::function<std::int64_t()> event_ahead_max_ms = {};                      // the parameter in force
  std::function<Millis()> clock = {};
  std::function<bool()> disk_low = {};  // whether the disk is below its reserve; absent: never
  KeyLimiter* keys = nullptr;           // none: no limit. Outlives the submission
};

class Submission {
 public:
  using Callback = std::function<void(std::vector<Submitted>)>;

  // The executor, the verification and whatever the ports reach outlive the Submission; the executor is
  // stopped before it goes.
  Submission(SubmissionOptions options, SubmissionPorts ports, Executor& executor,
             Verification& verification);
  ~Submission();

  // One answer per item, in order, on the executor's thread. At least one item.
  void submit(std::vector<std::shared_ptr<const Bytes>> items, SubmitOptions options, Callback callback);

  void on_block(const BlockNotice& notice);
  void on_role(const raft::RoleChange& role);
  // How far a majority of the voters has applied the log; nothing: not known, then it is not waited for.
  void on_applied_by_majority(std::optional<LogIndex> index);
  void on_finished(TreeSize size);  // a finished checkpoint of that size is served
  void on_peer_message(const NodeId& from, PeerKind kind, Bytes bytes);
  // Of what comes from now on: what waits already stays.
  void set_limits(std::size_t statements_max, std::uint64_t bytes_max);
  void stop();  // answers everything; refuses what comes later

  struct Figures {
    std::size_t statements = 0;  // undecided
    std::uint64_t bytes = 0;
    std::uint64_t blocks_proposed = 0;
    std::uint64_t statements_proposed = 0;
    std::uint64_t forwarded = 0;
    std::size_t behind = 0;  // proposed here, and as far as is known not applied by a majority
    std::size_t queued = 0;  // here, in no block yet
  };
  Figures figures() const;  // any thread; as of a moment ago

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace anta
