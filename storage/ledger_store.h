// The applied side of the ledger: state, tree, outcomes and indexes, all derived from committed blocks.
//
// One apply is ONE unsynced batch: state, undo record, indexes, tree, state tree, outcomes and `applied`
// together. It needs no sync: after a crash `applied` is where it was, the log below is complete, and the
// replica applies again from there. Nothing here is ever rolled back, since only committed blocks come.
//
// The caller (node/ledger_machine) judges; the store numbers and hashes: it computes the state root, makes
// the seal, appends the leaves. A block's statements take the leaves applied().leaves, +1, ...: those that
// were accepted, in block order; then its seal. A caller that numbered them otherwise is a bug and aborts.
//
// Each apply leaves an undo record (old values), kept for as long as reader_at(), which answers for the past,
// may go back to it: that reach is the window.
//
// Threads: open, apply_genesis, apply, applied, view on `disk`; reader, reader_at, reader_of and
// checkpoint_finished on any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/applied.h"
#include "storage/database.h"
#include "storage/ledger/effects.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/state_proof.h"
#include "storage/ledger/view.h"
#include "storage/ledger_reader.h"
#include "storage/log_store.h"
#include "storage/outcome.h"

namespace anta {

struct LedgerStoreOptions {
  // What one reader_at may go through: blocks, and the memory of their old values (undo.h); the newest block
  // is always within. Beyond either it refuses instead of keeping its thread busy, and what is beyond is
  // removed.
  std::uint64_t past_blocks_max = 10'000;
  std::uint64_t past_bytes_max = std::uint64_t{4} << 20;
  std::uint64_t cache_bytes = std::uint64_t{16} << 20;       // records of the newest state and of its tree
  std::uint64_t tree_cache_bytes = std::uint64_t{8} << 20;   // tiles of the Merkle tree, for readers' proofs
  std::uint64_t block_cache_bytes = std::uint64_t{8} << 20;  // blocks that readers take statements from
  bool rebuilding = false;  // rebuild.h: opens what a rebuilding has dropped; others are refused that
};

// One statement of a block, decided. A digest that was decided before keeps its first outcome: leave it out.
struct AppliedStatement {
  Outcome outcome = {};
  PartyId issuer = {};                  // the party it was signed for; empty when that could not be read
  std::string type = {};                // accepted: its type word (statements.cddl)
  std::vector<StateKey> subjects = {};  // accepted: Effects::subjects
};

struct AppliedBlock {
  LogIndex index = {};
  Term term = {};
  Digest entry_hash = {};
  Millis block_time = {};                         // max(previous seal's, the entry's)
  std::vector<AppliedStatement> statements = {};  // in block order
  std::vector<StateChange> changes = {};          // of the whole block, each key once; null removes
};

class LedgerStore {
 public:
  // Rebuilds the trees' upper parts and checks: state root and tree root are those of `applied`, and the log
  // holds its entry with the same hash, and no rebuilding was left unfinished. corrupt, with the operator's
  // next step, otherwise. Both outlive the store.
  static Result<std::unique_ptr<LedgerStore>> open(Database& database, LogStore& log,
                                                   LedgerStoreOptions options = {});
  ~LedgerStore();

  // For a stop, after the last apply: leaves beside the database what open() otherwise reads every bucket of
  // the state tree for. Nothing is lost without it.
  Result<void> write_upper_levels();

  // Nothing before apply_genesis.
  const std::optional<Applied>& applied() const;

  // On a new ledger: leaf 0 is the genesis, leaf 1 its seal (height 0, at `created`). `changes` are those of
  // genesis_effects.
  Result<Applied> apply_genesis(ByteView genesis_bytes, Millis created,
                                const std::vector<StateChange>& changes);

  // The next block: an index above applied().index. What it returns is applied() from then on. An error is
  // final: stop.
  Result<Applied> apply(const AppliedBlock& block);

  // The state that the next block is judged on. Follows every apply.
  const LedgerView& view() const;
  // Once view().failed(): the first failure, with the damaged file and the next step.
  Error read_failure() const;

  // A statement's outcome without a snapshot, for the check of duplicates while applying.
  Result<std::optional<Outcome>> outcome(const Digest& statement) const;

  // not_found before apply_genesis.
  Result<LedgerReader> reader() const;
  // not_found for a leaf that does not exist, or that is older than the window (rule
  // outside_window; the message names the oldest leaf that can be asked for).
  Result<LedgerReader> reader_at(LeafIndex leaf) const;
  // As of the tree of this size, which ends with a seal: the moment that a checkpoint of that size speaks of.
  // Whatever happened since the last checkpoint that was finished while this process ran, its moment is kept
  // (unless it was finished later than applied_moments.h waits for); others as reader_at.
  Result<LedgerReader> reader_of(TreeSize size) const;
  // What was applied then, if that moment is kept in memory and the database has not failed; nothing is read.
  std::optional<Applied> kept(TreeSize size) const;

  // A checkpoint of this size was signed here and will be finished, maybe much later: its moment is kept for
  // that. Any thread.
  void checkpoint_signed(TreeSize size);
  // The checkpoint of this size is finished: its moment is kept for proofs, also once it is beyond the
  // window. It may only rise.
  void checkpoint_finished(TreeSize size);

  struct Figures {
    std::size_t state_buckets = 0;
    std::size_t state_tree_bytes = 0;    // in memory
    std::size_t state_tree_retired = 0;  // nodes kept for proofs of the past alone
  };
  Figures figures() const;  // as of the last apply; any thread

 private:
  struct State;
  explicit LedgerStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace anta
