#include "storage/ledger/memory_tree.h"

#include "crypto/error.h"

namespace anta {
namespace {

constexpr std::size_t places_max = (std::size_t{1} << 31) - 2;

}  // namespace

MemoryTree::Ref MemoryTree::new_leaf(const StateLeaf& of) {
  const Leaf made{of.key, state_leaf_hash(of)};
  if (!free_leaves_.empty()) {
    const Ref ref = free_leaves_.back();
    free_leaves_.pop_back();
    leaf(ref) = made;
    return ref;
  }
  ANTA_INVARIANT(leaves_.size() < places_max);
  leaves_.push_back(made);
  return leaf_ref(leaves_.size() - 1);
}

MemoryTree::Ref MemoryTree::new_inner() {
  if (!free_inners_.empty()) {
    const Ref ref = free_inners_.back();
    free_inners_.pop_back();
    inner(ref) = {};
    return ref;
  }
  ANTA_INVARIANT(inners_.size() < places_max);
  inners_.push_back({});
  return inner_ref(inners_.size() - 1);
}

MemoryTree::Ref MemoryTree::put_at(Ref ref, unsigned depth, const StateLeaf& added) {
  if (ref == 0) return new_leaf(added);
  if (!is_leaf(ref)) {
    const bool side = state_bit(added.key, depth);
    const Ref below = put_at(inner(ref).child[side], depth + 1, added);
    inner(ref).child[side] = below;
    inner(ref).fresh = false;
    return ref;
  }
  if (leaf(ref).key == added.key) {
    leaf(ref).hash = state_leaf_hash(added);
    return ref;
  }
  ANTA_INVARIANT(depth < state_depth_max);  // different keys differ in some bit
  const bool old_side = state_bit(leaf(ref).key, depth);
  const Ref parted = new_inner();
  inner(parted).child[old_side] = ref;
  return put_at(parted, depth, added);
}

MemoryTree::Ref MemoryTree::erase_at(Ref ref, unsigned depth, const Digest& key) {
  if (ref == 0) return ref;
  if (is_leaf(ref)) {
    if (leaf(ref).key != key) return ref;
    free_leaves_.push_back(ref);
    return 0;
  }
  const bool side = state_bit(key, depth);
  const Ref below = erase_at(inner(ref).child[side], depth + 1, key);
  const Ref other = inner(ref).child[!side];
  // A subtree that holds one leaf is that leaf; one that holds none is nothing.
  if ((below == 0 && (other == 0 || is_leaf(other))) || (other == 0 && is_leaf(below))) {
    free_inners_.push_back(ref);
    return below == 0 ? other : below;
  }
  inner(ref).child[side] = below;
  inner(ref).fresh = false;
  return ref;
}

Digest MemoryTree::hash_of(Ref ref) {
  if (ref == 0) return {};
  if (is_leaf(ref)) return leaf(ref).hash;
  if (!inner(ref).fresh) {
    const Digest left = hash_of(inner(ref).child[0]);
    const Digest right = hash_of(inner(ref).child[1]);
    inner(ref).hash = state_node_hash(left, right);
    inner(ref).fresh = true;
  }
  return inner(ref).hash;
}

void MemoryTree::put(const Digest& key, const Digest& value_hash) {
  top_ = put_at(top_, 0, {key, value_hash});
}

void MemoryTree::erase(const Digest& key) { top_ = erase_at(top_, 0, key); }

Digest MemoryTree::root() { return hash_of(top_); }

}  // namespace anta
