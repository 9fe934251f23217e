// Checkpoints: the leader opens one at the newest seal, every organisation cosigns what it computed itself,
// and k cosignatures make a note that all nodes serve (proofs.md section 3).
//
// One is open at a time, at most one per open_interval_ms, so that load gathers behind it. The leader signs
// the text with its log key and sends it; a node answers once it has applied that seal and its own root is
// equal. At k lines the leader sends the finished note to all; every node stores and serves those same bytes.
// When k do not come in time, or on a new leader, the then newest seal is opened. In time is twice as long as
// the last one took, at least open_timeout_ms, and twice as long again after each that failed, at most
// open_timeout_max_ms: nodes that are busy cosign late, and one given up early would never be finished.
// Meanwhile all nodes, and the witnesses that are missing, are asked again every open_timeout_ms. An idle
// ledger is cosigned again every idle_ms. Sizes never go back, and a note below k is never served.
//
// High water. Before any signature leaves, of log key or cosigner key, (size, root) is durable as this node's
// mark: a crash before that lost nothing, a crash after it can only sign the same or a larger tree again. A
// node refuses a checkpoint that is smaller than the highest mark it ever handed to the disk (durable yet or
// not: marks are written in the order in which they are handed over, so that the durable one never goes
// back), or whose tree does not extend it, and a seal whose block time is more than ahead_max_seconds ahead
// of its clock.
//
// A node whose mark is not whole (cosigning_mark.h: a restored or an older copy) signs nothing, opens nothing
// and says so, until it has recovered what it may have signed: once a second it asks for what is committed,
// and every other node for the lines that it has seen. Every node keeps the newest lines of the others that
// it verified, in memory, to answer that.
//
// Who cosigns is the ledger's to say (cosigners.h): a checkpoint of a tree is opened, cosigned and judged by
// the set that this very tree says. A node that is not in it signs nothing.
//
// Witnesses (witness_feed.h) are asked by the leader beside the nodes, and counted like them.
//
// Receipts (crypto/cose_receipt.h): of each finished checkpoint the node signs the root, too, once it is
// under its durable mark (what it did not cosign in time is marked first), so that whoever asks is given a
// receipt without a key being touched. The same rule as for a cosignature: a root signed here is one of this
// node's own tree, which extends what it signed before and which k organisations cosigned.
//
// Two different roots of one size under a quorum are a fork: the note is kept (port `evidence`) and reported.
//
// State lives on one executor; the on_ functions, finished(), signed_root(), missing() and cosigning() may be
// called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consensus/log_sink.h"
#include "consensus/raft/events.h"
#include "crypto/cose_receipt.h"
#include "crypto/keys.h"
#include "crypto/note.h"
#include "crypto/policy.h"
#include "node/cosigning_mark.h"
#include "node/executor.h"
#include "node/peer_wire.h"
#include "storage/applied.h"
#include "storage/ledger/cosigners.h"

namespace anta {

struct FinishedCheckpoint {
  Checkpoint checkpoint = {};
  std::string note = {};
  std::uint64_t quorum_seconds = 0;  // the k-th newest cosignature's time
};

// A finished checkpoint's root under this node's cosigner key: what its receipts are made of.
struct SignedRoot {
  Checkpoint checkpoint = {};
  RootSignature signature = {};
};

struct CheckpointerOptions {
  NodeId self = {};
  PartyId organisation = {};  // in whose name it cosigns
  std::uint32_t open_interval_ms = 10;
  std::uint32_t open_timeout_ms = 1'000;
  std::uint32_t open_timeout_max_ms = 30'000;
  std::uint32_t idle_ms = 60'000;
  std::uint32_t recovery_ms = 1'000;  // between two rounds of questions
  std::int64_t ahead_max_seconds = 60;
  std::uint64_t behind_max_seconds = 60;  // of a clock that nobody need be told of (checkpointer_clocks.cc)
};

// Whether this node may sign, for who watches it.
struct CosigningStatus {
  bool known = true;      // false: its mark is not whole
  std::size_t heard = 0;  // other cosigners that answered, while it is not
  std::size_t needed = 0;
  std::string waits_for = {};
};

// The tree after a seal, as this node has it.
struct SealedTree {
  Digest root = {};
  Millis block_time = {};
};

struct CheckpointerPorts {
  std::function<void(const NodeId& to, PeerKind kind, Bytes bytes)> send = {};
  std::function<void(Bytes mark, std::function<void(Result<void>)>)> persist_mark = {};
  // This node is about to sign the tree of this size: what is proven of it will be asked for.
  std::function<void(TreeSize size)> signs = {};
  // The tree of the first `size` leaves; not_found when it is not applied yet, malformed when no seal ends
  // it.
  std::function<Result<SealedTree>(TreeSize size)> tree_at = {};
  // Who cosigns a tree of this size that is smaller than the newest set's; an error when that is not told any
  // more.
  std::function<Result<CosignerSet>(TreeSize size)> cosigners_at = {};
  // The leader has opened a checkpoint of this set: `note` is its text under the log's signature. The
  // witnesses' answers come by on_peer_message, in their names, as nodes' do.
  std::function<void(const Checkpoint&, const std::string& note, const CosignerSet&)> opened = {};
  // How large the tree is once everything is applied that was committed when this was called, by whoever
  // leads; answered once, on any thread. Only a mark that is not whole asks.
  std::function<void(std::function<void(Result<TreeSize>)>)> committed = {};
  std::function<Millis()> clock = {};
  std::function<void(const FinishedCheckpoint&, double seconds)> finished = {};  // on the executor
  // Keeps the note of a fork; after an error it is given again.
  std::function<Result<void>(const std::string& note)> evidence = {};
  LogSink log = {};
};

class Checkpointer {
 public:
  // `keys` outlive it, as do the executor (stopped before it goes) and what the ports reach. `cosigners`: who
  // cosigns what is applied now. `mark` is what persist_mark made durable last, `note` the newest finished
  // one from before the start, if any.
  Checkpointer(CheckpointerOptions options, CosignerSet cosigners, const NodeKeys& keys,
               CheckpointerPorts ports, Executor& executor, std::optional<CheckpointMark> mark,
               std::optional<std::string> note);
  ~Checkpointer();

  // A block changed who cosigns, from its own seal on; called before on_applied tells of that block.
  void on_cosigners(CosignerSet set);
  // In any order: what is smaller than what came before is ignored.
  void on_applied(const Applied& applied);
  void on_role(const raft::RoleChange& role);
  void on_peer(const NodeId& peer, bool up);
  void on_peer_message(const NodeId& from, PeerKind kind, Bytes bytes);

  std::shared_ptr<const FinishedCheckpoint> finished() const;  // null before the first
  // The newest that this node signed; null before the first, and on a node that does not cosign.
  std::shared_ptr<const SignedRoot> signed_root() const;
  // Names of the cosigners that keep the open checkpoint from its quorum, as far as this node can see.
  std::vector<std::string> missing() const;
  CosigningStatus cosigning() const;
  // Whose clock was more than behind_max_seconds behind when it cosigned last, and how many seconds.
  std::map<std::string, std::uint64_t> clocks_behind() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace anta
