// The sparse Merkle tree's arithmetic and its proofs (proofs.md section 2), without any storage.
//
// Over 256-bit keys, most significant bit first: a leaf is H(02 || key || H(value)), an inner node
// H(03 || left || right), an empty subtree 32 zero bytes, and a subtree that holds one leaf is that leaf.
// So the root depends on the set of leaves alone. storage/state_tree.h keeps such a tree; a verifier needs
// only this file. Pure, any thread.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

struct StateLeaf {
  Digest key = {};         // tree_key(StateKey)
  Digest value_hash = {};  // SHA-256 of the record
  auto operator<=>(const StateLeaf&) const = default;
};

// The way from the root to where `key` is or would be. `siblings` from the root down; `terminal` is what
// stands there: the key's own leaf (present), another leaf that shares the path, or nothing (absent).
struct StateProof {
  std::vector<Digest> siblings = {};
  std::optional<StateLeaf> terminal = {};
  bool operator==(const StateProof&) const = default;
};

inline constexpr unsigned state_depth_max = 256;

Digest state_leaf_hash(const StateLeaf& leaf);
Digest state_node_hash(const Digest& left, const Digest& right);

// Bit `depth` of the key, from the most significant: false goes left.
bool state_bit(const Digest& key, unsigned depth);

// The root of the subtree at `depth` that holds exactly these leaves: sorted by key, no key twice, all alike
// in their first `depth` bits.
Digest state_root(std::span<const StateLeaf> leaves, unsigned depth = 0);

// The part of a proof below `depth`, inside such a subtree: appends to `proof.siblings`, sets the terminal.
void prove_in_leaves(std::span<const StateLeaf> leaves, const Digest& key, unsigned depth, StateProof& proof);

// Holds `proof` against `root`: that the record under `key` hashes to `value_hash`, or, without one, that
// there is no such record. malformed, rule state_proof.too_long, .absent (claimed present), .present (claimed
// absent), .other_path (terminal is not on the key's path), .value (another value) or .mismatch.
Result<void> verify_state_proof(const Digest& root, const Digest& key,
                                const std::optional<Digest>& value_hash, const StateProof& proof);

}  // namespace anta
