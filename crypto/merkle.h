// The Merkle tree of RFC 6962 and RFC 9162 (section 2.1) over SHA-256.
//
// A leaf's hash is H(00 || entry), an inner node's H(01 || left || right), the empty tree's root H(""). Nodes
// have coordinates: level 0 are the leaf hashes; node (level, index) covers the leaves [index << level,
// (index + 1) << level) and exists once all of them do. Those never change, and they are all that proofs are
// made of: a ragged right edge is computed on the way. In Anta a leaf's entry is itself the SHA-256 of a
// statement, seal or genesis.
//
// Sizes and indexes are plain numbers here: this room does not know the ledger's types. Pure, any thread; a
// CompactRange belongs to one thread.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

Digest leaf_hash(ByteView entry);
Digest node_hash(const Digest& left, const Digest& right);
Digest empty_root();

// The largest power of two below `size`, for size > 1: where RFC 9162 splits a tree.
std::uint64_t split_point(std::uint64_t size);

// Told of each node as it becomes complete, leaf hashes (level 0) included, children before parents.
using NodeSink = std::function<void(unsigned level, std::uint64_t index, const Digest& hash)>;

// The left-to-right peaks of a growing tree: enough to append and to give its root, in at most 64 hashes.
class CompactRange {
 public:
  CompactRange() = default;

  // Peaks from left (the largest) to right, as peaks() gave them. malformed: their number does not fit the
  // size.
  static Result<CompactRange> from_peaks(std::uint64_t size, std::vector<Digest> peaks);

  void append(const Digest& leaf_hash, const NodeSink& sink = nullptr);
  std::uint64_t size() const { return size_; }
  Digest root() const;
  const std::vector<Digest>& peaks() const { return peaks_; }

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> peaks_ = {};
};

// Where a complete node's hash comes from (tiles, a database, memory). Asked only for nodes of a tree of the
// size given to the function; an error is handed on as it is.
using NodeSource = std::function<Result<Digest>(unsigned level, std::uint64_t index)>;

// The root of the first `size` leaves. Reads one node per set bit of `size`.
Result<Digest> root_at(std::uint64_t size, const NodeSource& nodes);

// The peaks of the first `size` leaves: a CompactRange as it was then.
Result<CompactRange> range_at(std::uint64_t size, const NodeSource& nodes);

// PATH(leaf, D[0:size]) of RFC 9162 section 2.1.3.1, siblings from the leaf up. not_found unless leaf < size.
Result<std::vector<Digest>> inclusion_proof(std::uint64_t leaf, std::uint64_t size, const NodeSource& nodes);

// PROOF(old_size, D[0:new_size]) of section 2.1.4.1; empty for equal sizes. malformed unless 0 < old <= new.
Result<std::vector<Digest>> consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                                              const NodeSource& nodes);

// Section 2.1.3.2. Errors are `malformed` with rule proof.index, proof.too_short, proof.too_long or
// proof.mismatch.
Result<void> verify_inclusion(const Digest& leaf_hash, std::uint64_t leaf, std::uint64_t size,
                              std::span<const Digest> path, const Digest& root);

// The root that the path leads to; for callers that learn the root from elsewhere later.
Result<Digest> root_from_inclusion(const Digest& leaf_hash, std::uint64_t leaf, std::uint64_t size,
                                   std::span<const Digest> path);

// Section 2.1.4.2. From size 0 it proves nothing and is refused (proof.from_empty): that case is the
// caller's.
Result<void> verify_consistency(std::uint64_t old_size, std::uint64_t new_size, std::span<const Digest> proof,
                                const Digest& old_root, const Digest& new_root);

}  // namespace anta
