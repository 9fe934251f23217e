// The state tree as it is kept: buckets of at most 8 leaves in the database, everything above in memory.
//
// A bucket is the largest subtree that holds at most bucket_leaves_max leaves: which buckets exist follows
// from the set of keys alone, so splitting and merging need no history. Its record is root || (key || value
// hash)... sorted; its key be16 depth || the first `depth` bits, padded with zeros to bytes. Above the
// buckets is a binary tree in memory (about 88 bytes per bucket: 159 MB at 10^7 keys), rebuilt at start from
// the records' roots.
//
// A version is the tree as it was when it was taken; it stays readable while the tree changes, since an
// update copies the nodes that a held version sees and changes the others in place. From a version come
// proofs, also about a past that lies before it.
//
// This class computes; the caller stores: update() answers which records change, and the caller writes them
// in its own batch together with the state. If that write fails, or update() does, the tree is ahead of the
// disk and must be thrown away with the process. One thread (`disk`); versions are read, copied and let go on
// any. Source: proofs.md section 2; Dahlberg,
// Pulls, Peeters, "Efficient sparse Merkle trees" (2016), section 3.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/state_proof.h"

namespace anta {

class StateTree {
 public:
  static constexpr std::size_t bucket_leaves_max = 8;

  // The stored record under a bucket's key; nothing when there is none.
  using Load = std::function<Result<std::optional<Bytes>>(ByteView bucket_key)>;

  struct Update {
    Digest key = {};
    std::optional<Digest> value_hash = {};  // nothing removes; removing what is not there does nothing
  };

  struct BucketChange {
    Bytes key = {};
    std::optional<Bytes> before = {};
    std::optional<Bytes> after = {};
  };

  explicit StateTree(Load load);
  ~StateTree();
  StateTree(StateTree&&) noexcept;
  StateTree& operator=(StateTree&&) noexcept;

  // At start: every stored record once, in any order, then finish_restore. `corrupt` when they do not make a
  // tree. The caller compares root() with the one it remembered.
  Result<void> restore_bucket(ByteView key, ByteView record);
  Result<void> finish_restore();

  // The same from the upper levels as bytes, which is a tenth of the records and in the order in which it is
  // needed. From the top down, left before right: 0 for nothing, 1 to 8 and a root for a bucket of so many
  // leaves, 255 for an inner node. After an error the tree is empty, and may be restored from the records.
  void write_upper_levels(Bytes& out) const;  // at its end
  Result<void> restore_upper_levels(ByteView levels);

  // All updates of a block together, each key once, in any order. Every bucket that changes, once.
  Result<std::vector<BucketChange>> update(std::vector<Update> updates);

  const Digest& root() const;

  struct Proven {
    Digest root = {};
    std::vector<StateProof> proofs = {};  // in the order of the keys
  };
  class Version {
   public:
    class Held;  // state_tree_pin.h
    explicit Version(std::shared_ptr<const Held> held);

    // Proofs about `keys`, all under one root. `load` reads the bucket records as they were when this version
    // was taken. `before`: what some keys had at an earlier moment, each once; the proofs are then of that
    // moment, and the caller holds the root against its seal. One hash per changed or asked leaf and level.
    Result<Proven> prove(std::span<const Digest> keys, const Load& load,
                         std::vector<Update> before = {}) const;

   private:
    std::shared_ptr<const Held> held_;
  };
  Version version() const;

  std::size_t buckets() const;
  std::size_t retired() const;         // nodes that only versions see
  std::size_t replaced_bytes() const;  // what the last update keeps in memory for versions taken before it
  std::size_t memory_bytes() const;    // of the upper levels, for metrics

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anta
