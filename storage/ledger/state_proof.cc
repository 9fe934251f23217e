#include "storage/ledger/state_proof.h"

#include <algorithm>

namespace anta {
namespace {

constexpr std::uint8_t leaf_tag[] = {0x02};
constexpr std::uint8_t node_tag[] = {0x03};

// Where the leaves of the right half begin.
std::size_t first_right(std::span<const StateLeaf> leaves, unsigned depth) {
  const auto right = std::partition_point(
      leaves.begin(), leaves.end(), [depth](const StateLeaf& leaf) { return !state_bit(leaf.key, depth); });
  return static_cast<std::size_t>(right - leaves.begin());
}

bool share_path(const Digest& a, const Digest& b, std::size_t depth) {
  for (unsigned bit = 0; bit < depth; ++bit) {
    if (state_bit(a, bit) != state_bit(b, bit)) return false;
  }
  return true;
}

// What the terminal must say for the claim to hold.
Result<void> check_terminal(const Digest& key, const std::optional<Digest>& value_hash,
                            const StateProof& proof) {
  const bool ours = proof.terminal && proof.terminal->key == key;
  if (!value_hash) {
    if (ours)
      return fail(Code::malformed, "state_proof.present", "the record exists: its leaf ends the proof");
    if (proof.terminal && !share_path(proof.terminal->key, key, proof.siblings.size())) {
      return fail(Code::malformed, "state_proof.other_path", "the terminal leaf is not on the key's path");
    }
    return {};
  }
  if (!ours)
    return fail(Code::malformed, "state_proof.absent", "the proof does not end in the record's leaf");
  if (proof.terminal->value_hash != *value_hash) {
    return fail(Code::malformed, "state_proof.value", "the proof is about another value of the record");
  }
  return {};
}

}  // namespace

Digest state_leaf_hash(const StateLeaf& leaf) {
  return sha256({ByteView(leaf_tag), leaf.key.view(), leaf.value_hash.view()});
}

Digest state_node_hash(const Digest& left, const Digest& right) {
  return sha256({ByteView(node_tag), left.view(), right.view()});
}

bool state_bit(const Digest& key, unsigned depth) {
  return (key.bytes[depth / 8] >> (7 - depth % 8) & 1) != 0;
}

Digest state_root(std::span<const StateLeaf> leaves, unsigned depth) {
  if (leaves.empty()) return {};
  if (leaves.size() == 1) return state_leaf_hash(leaves[0]);
  ANTA_INVARIANT(depth < state_depth_max);  // else a key stands there twice
  const std::size_t middle = first_right(leaves, depth);
  return state_node_hash(state_root(leaves.first(middle), depth + 1),
                         state_root(leaves.subspan(middle), depth + 1));
}

void prove_in_leaves(std::span<const StateLeaf> leaves, const Digest& key, unsigned depth,
                     StateProof& proof) {
  while (leaves.size() > 1) {
    ANTA_INVARIANT(depth < state_depth_max);
    const std::size_t middle = first_right(leaves, depth);
    const auto left = leaves.first(middle);
    const auto right = leaves.subspan(middle);
    ++depth;
    const bool goes_right = state_bit(key, depth - 1);
    proof.siblings.push_back(state_root(goes_right ? left : right, depth));
    leaves = goes_right ? right : left;
  }
  proof.terminal.reset();
  if (!leaves.empty()) proof.terminal = leaves[0];
}

Result<void> verify_state_proof(const Digest& root, const Digest& key,
                                const std::optional<Digest>& value_hash, const StateProof& proof) {
  if (proof.siblings.size() > state_depth_max) {
    return fail(Code::malformed, "state_proof.too_long", "a state proof has at most 256 siblings");
  }
  if (auto terminal = check_terminal(key, value_hash, proof); !terminal) return terminal;
  Digest hash = proof.terminal ? state_leaf_hash(*proof.terminal) : Digest{};
  for (std::size_t depth = proof.siblings.size(); depth-- > 0;) {
    const Digest& sibling = proof.siblings[depth];
    hash = state_bit(key, static_cast<unsigned>(depth)) ? state_node_hash(sibling, hash)
                                                        : state_node_hash(hash, sibling);
  }
  if (hash != root)
    return fail(Code::malformed, "state_proof.mismatch", "the proof leads to another state root");
  return {};
}

}  // namespace anta
