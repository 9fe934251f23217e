// The ledger once more, from its documents alone: what an auditor runs beside the nodes (proofs.md section
// 7).
//
// Give it the genesis with its seal, then block after block. It authenticates and judges each statement with
// the law that nodes use, keeps the state, and makes every seal and every leaf itself; whatever is not as the
// ledger says is a Finding with the first leaf that it concerns. Statements that a block refused on record
// belong to it, in their place: their refusal is state. Signatures are asked of `check`, so that they may be
// verified beforehand by others; which key a statement needs is decided here, in order.
//
// After a finding the replay has no further use. All state is in memory: about 400 bytes per record and 100
// per leaf. Pure but for `fetch`; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/keys.h"
#include "crypto/merkle.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/law.h"
#include "storage/ledger/memory_tree.h"
#include "storage/ledger/seal.h"
#include "storage/ledger/view.h"

namespace anta {

// The first leaf that does not hold, and why. not_found with rule law_version: this release cannot judge it.
// uncertain: what an earlier leaf holds could not be fetched.
struct Finding {
  LeafIndex leaf = {};
  Error error = {};
};
using Step = tl::expected<void, Finding>;

// A statement before it is judged: decoded, or why it does not decode.
struct Decoded {
  SharedBytes bytes = {};
  Digest digest = {};
  std::shared_ptr<const SignedStatement> statement = {};
  Error error = {};
};
Decoded decode_for_replay(SharedBytes bytes);

struct Refused {
  std::uint64_t accepted_before = 0;  // in its block
  Decoded statement = {};
};

class Replay {
 public:
  // The bytes of a statement that an earlier leaf has; only corrections ask.
  using Fetch = std::function<Result<SharedBytes>(LeafIndex)>;
  using Keys = std::unordered_map<Digest, PublicKey>;  // by key id

  // All that a replay knows after a seal, to go on from in another process.
  struct Saved {
    Height height = {};  // of the last seal
    Millis block_time = {};
    Digest state_root = {};
    Digest tree_root = {};
    std::vector<Digest> entries = {};  // SHA-256 of each leaf's document
    std::vector<std::pair<StateKey, SharedBytes>> records = {};
  };

  explicit Replay(Fetch fetch);
  ~Replay();
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  // Leaf 0, its state, and leaf 1.
  Step begin(ByteView genesis, ByteView seal);
  // What one seal closes; `refused` ascends by accepted_before.
  Step block(const std::vector<Decoded>& accepted, const std::vector<Refused>& refused, ByteView seal,
             const SignatureCheck& check);

  // The same from a log, where no seal stands: begin() makes that of the genesis, apply() one for each block,
  // by the law alone, as a node does (node/ledger_machine.h). Whether it is what others sealed is seen in the
  // roots. A finding is then something that this release can not judge, or that could not be fetched.
  Step begin(ByteView genesis);
  struct Sealed {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;  // on record
  };
  tl::expected<Sealed, Finding> apply(const std::vector<Decoded>& statements, Millis proposed,
                                      const SignatureCheck& check);

  // Goes on from there, if records and entries have the roots that were saved with them; corrupt otherwise.
  Result<void> restore(Saved saved);
  Saved saved() const;

  std::uint64_t size() const { return range_.size(); }  // leaves that hold
  Digest tree_root() const { return range_.root(); }
  const std::vector<Digest>& entries() const { return entries_; }
  Height height() const { return height_; }
  bool stands_at(const Seal& seal) const {  // whether that is the last seal: its height, time and state
    return seal.height == height_ && seal.block_time == block_time_ && seal.state_root == state_.root();
  }
  std::shared_ptr<const Keys> keys() const { return keys_; }  // as of the last seal; any thread reads it

 private:
  class View;
  Step begin(ByteView genesis, const ByteView* seal);
  Result<void> known_before(const LedgerView& view, const Digest& statement) const;
  void write(const StateKey& key, const SharedBytes& value);
  void take_keys(const StateMap& changes);
  Result<void> check_seal(ByteView bytes, const Seal& seal, const Seal& expected) const;
  void append(const Digest& entry);
  void close(const Overlay& overlay, const std::vector<Digest>& accepted, const Seal& seal);

  std::unique_ptr<View> view_;
  mutable MemoryTree state_ = {};  // it computes roots when they are asked for
  CompactRange range_ = {};
  std::vector<Digest> entries_ = {};
  std::unordered_map<Digest, std::uint64_t> leaf_of_ = {};  // of every document
  std::shared_ptr<const Keys> keys_ = std::make_shared<const Keys>();
  Height height_ = {};
  Millis block_time_ = {};
};

}  // namespace anta
