// Everything that can be asked about the applied ledger, as of one moment.
//
// A reader holds a snapshot: all its answers agree with each other. LedgerStore makes them, as of now or as
// of a leaf inside the retention window. As of a leaf means as of the seal that closes the leaf's block, the
// finest moment that has a state root; record, scan, view and the histories then answer for that moment,
// while outcomes, statements, leaves and seals are what they are.
//
// One thread at a time per reader; any number of readers, from any thread; none outlives its store. Errors
// are io, corrupt or not_found.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/merkle.h"
#include "storage/applied.h"
#include "storage/applied_moment.h"
#include "storage/block_cache.h"
#include "storage/database.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/state_proof.h"
#include "storage/ledger/view.h"
#include "storage/log_store.h"
#include "storage/outcome.h"
#include "storage/tree_cache.h"

namespace anta {

// A statement's bytes out of the block that holds them. corrupt when the entry is no block that long.
Result<SharedBytes> stored_statement(const LogStore& log, LogIndex block, std::uint32_t position);

// What all readers of a store have read last.
struct ReaderCaches {
  ReaderCaches(std::size_t tree_bytes, std::size_t block_bytes) : tree(tree_bytes), blocks(block_bytes) {}

  TreeCache tree;
  BlockCache blocks;
};

class LedgerReader {
 public:
  static constexpr std::size_t page_max = 1000;                        // a larger limit is taken as this
  static constexpr std::size_t page_bytes_max = std::size_t{1} << 20;  // of values; a page has one at least

  struct Record {
    std::string id = {};
    SharedBytes value = {};
  };
  // `more`: continue with the last id (or the leaf after the last) of this page.
  struct RecordPage {
    std::vector<Record> records = {};
    bool more = false;
  };
  struct LeafPage {
    std::vector<LeafIndex> leaves = {};
    std::vector<std::string> types = {};  // the type word of each: whoever wants few types reads no others
    bool more = false;
  };

  // The moment this reader speaks of.
  const Applied& applied() const { return applied_; }
  Result<SharedBytes> genesis() const;

  // A statement's outcome, or nothing when this ledger has not decided it.
  Result<std::optional<Outcome>> outcome(const Digest& statement) const;

  // A statement's bytes, from the log; also of rejected ones.
  Result<SharedBytes> statement(const Digest& statement) const;
  Result<SharedBytes> statement_at(LeafIndex leaf) const;
  // Bytes of blocks that this reader went through for statements, one after the other, read from the disk or
  // not: what one question cost so far.
  std::uint64_t block_bytes_read() const { return block_bytes_read_; }

  Result<LeafRecord> leaf(LeafIndex leaf) const;
  Result<SealRecord> seal(Height height) const;
  Result<SealRecord> seal_of(LeafIndex leaf) const;  // the seal that closes the leaf's block

  // A record of the state; null when there is none.
  Result<SharedBytes> record(Kind kind, std::string_view id) const;
  // Records of a kind whose ids begin with `prefix`, in order of id, after `after` (empty: from the first).
  Result<RecordPage> scan(Kind kind, std::string_view after, std::size_t limit,
                          std::string_view prefix = {}) const;

  // The leaves of the statements about a subject, or signed for a party, ascending, from `from` on.
  Result<LeafPage> history(const StateKey& subject, LeafIndex from, std::size_t limit) const;
  Result<LeafPage> issued_by(const PartyId& party, LeafIndex from, std::size_t limit) const;

  // Proofs about records of the state, in the order of the keys, under applied().state_root: presence or
  // absence, of this reader's moment. corrupt when they do not come to that root.
  Result<std::vector<StateProof>> prove(const std::vector<StateKey>& keys) const;

  // Nodes for roots and proofs up to applied().leaves; keeps what it has read. Must go before the database.
  NodeSource nodes() const;
  // The first `width` (1..256) hashes of tile `index` on tile level `level` (0..7) of the tree
  // (tree_store.h).
  Result<std::vector<Digest>> tile(unsigned level, std::uint64_t index, unsigned width) const;

  // The state for the law (dry runs). Refers to this reader.
  std::unique_ptr<LedgerView> view() const;

 private:
  friend class LedgerStore;
  // What has changed since: stored key -> the value it had (nothing: absent). Views of the undo records.
  struct Past {
    std::vector<Bytes> records = {};
    std::unordered_map<std::string_view, std::optional<ByteView>> values = {};

    // Those whose key begins with `under` and is not before `from`, in order of key.
    std::vector<std::pair<ByteView, std::optional<ByteView>>> range(ByteView under, ByteView from) const;
  };

  LedgerReader(const Database& database, const LogStore& log, std::shared_ptr<ReaderCaches> caches,
               std::shared_ptr<const AppliedMoment> moment);
  const ReadSnapshot* snapshot() const { return &moment_->snapshot; }
  Result<SharedBytes> statement_in(LogIndex block, std::uint32_t position) const;
  Result<LeafPage> leaves_under(Bytes prefix, LeafIndex from, std::size_t limit) const;

  const Database* database_;
  const LogStore* log_;
  std::shared_ptr<ReaderCaches> caches_;  // the store's
  std::shared_ptr<const AppliedMoment> moment_;
  Applied applied_;
  mutable std::uint64_t block_bytes_read_ = 0;
  // The block gone through last: neighbours in a history are often of one.
  mutable LogIndex block_index_ = {};
  mutable std::shared_ptr<const ReadBlock> block_ = {};
  std::shared_ptr<const Past> past_;  // empty for a reader of now
};

}  // namespace anta
