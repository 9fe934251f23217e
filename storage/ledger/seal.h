// The seal: the leaf that closes a block and commits the state (proofs.md section 2).
//
// Deterministic CBOR {1: height, 2: block time ms, 3: state root, 4: first leaf of the block, 5: accepted
// count}. Every node computes it for itself; equal bytes on all nodes is what a checkpoint attests. Pure, any
// thread.
#pragma once

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/ids.h"

namespace anta {

struct Seal {
  Height height = {};  // number of earlier seals, never a LogIndex
  Millis block_time = {};
  Digest state_root = {};
  LeafIndex first_leaf = {};  // of the block's statements; the seal's own leaf when nothing was accepted
  std::uint64_t accepted = 0;

  bool operator==(const Seal&) const = default;
};

Bytes encode_seal(const Seal& seal);
Result<Seal> decode_seal(ByteView bytes);

}  // namespace anta
