// Proofs from a pinned version of the tree, also of a past that lies before it.
#include <algorithm>
#include <utility>

#include "storage/state_tree.h"
#include "storage/state_tree_nodes.h"
#include "storage/state_tree_pin.h"

namespace anta {
namespace {

using namespace state_tree;
using Updates = std::span<const StateTree::Update>;

struct Asked {
  Digest key = {};
  std::size_t position = 0;  // of its proof
};

// What a subtree comes to. A subtree of one leaf is that leaf, at whatever depth it is met.
struct Subtree {
  Digest hash = {};
  std::optional<StateLeaf> only = {};  // its one leaf
  bool is_empty() const { return hash.is_zero(); }
};

// A way found so far, from below: `above` are the siblings met on the way up.
struct Way {
  std::vector<Digest> above = {};
  StateProof below = {};
};

class Walk {
 public:
  Walk(const Nodes& nodes, const StateTree::Load& load, std::size_t asked)
      : nodes_(nodes), load_(load), ways_(asked) {}

  Result<Subtree> walk(Ref ref, unsigned depth, const Digest& path, Updates changes,
                       std::span<const Asked> asked);
  std::vector<StateProof> proofs();

 private:
  Result<Subtree> walk_bucket(Ref ref, unsigned depth, const Digest& path, Updates changes,
                              std::span<const Asked> asked);
  Subtree join(const Subtree& left, const Subtree& right, std::span<const Asked> left_asked,
               std::span<const Asked> right_asked);

  const Nodes& nodes_;
  const StateTree::Load& load_;
  std::vector<Way> ways_;
};

Result<Subtree> Walk::walk_bucket(Ref ref, unsigned depth, const Digest& path, Updates changes,
                                  std::span<const Asked> asked) {
  std::vector<StateLeaf> leaves;
  if (!ref.is_empty()) {
    auto record = load_(bucket_key(path, depth));
    if (!record) return pass(record);
    if (!*record) return tree_damaged("a bucket's record is missing");
    auto decoded = decode_bucket(ref.count(), nodes_.hash_of(ref), **record);
    if (!decoded) return pass(decoded);
    leaves = merged(std::span<const StateLeaf>(*decoded), changes);
  } else {
    leaves = merged(std::span<const StateLeaf>{}, changes);
  }
  for (const Asked& one : asked)
    prove_in_leaves(leaves, one.key, depth, ways_[one.position].below);
  Subtree result{state_root(leaves, depth), {}};
  if (leaves.size() == 1) result.only = leaves[0];
  return result;
}

// Two halves that hold one leaf between them are that leaf, and its ways end here.
Subtree Walk::join(const Subtree& left, const Subtree& right, std::span<const Asked> left_asked,
                   std::span<const Asked> right_asked) {
  const bool single =
      (left.is_empty() && (right.is_empty() || right.only)) || (right.is_empty() && left.only);
  const Subtree& other = left.is_empty() ? right : left;
  for (const auto& [side, sibling] : {std::pair(left_asked, &right), std::pair(right_asked, &left)}) {
    for (const Asked& one : side) {
      Way& way = ways_[one.position];
      if (single) {
        way = {{}, {{}, other.only}};
      } else {
        way.above.push_back(sibling->hash);
      }
    }
  }
  if (single) return other;
  return {state_node_hash(left.hash, right.hash), {}};
}

Result<Subtree> Walk::walk(Ref ref, unsigned depth, const Digest& path, Updates changes,
                           std::span<const Asked> asked) {
  const bool untouched = changes.empty() && asked.empty();
  if (untouched && ref.count() != 1) return Subtree{nodes_.hash_of(ref), {}};
  if (!ref.is_inner()) return walk_bucket(ref, depth, path, changes, asked);
  const Inner& inner = nodes_.inners[ref.inner_index()];
  const auto [left_changes, right_changes] = split(changes, depth);
  const auto [left_asked, right_asked] = split(asked, depth);
  Digest right_path = path;
  right_path.bytes[depth / 8] = static_cast<std::uint8_t>(right_path.bytes[depth / 8] | 0x80 >> depth % 8);
  const auto left = walk(inner.left, depth + 1, path, left_changes, left_asked);
  if (!left) return left;
  const auto right = walk(inner.right, depth + 1, right_path, right_changes, right_asked);
  if (!right) return right;
  return join(*left, *right, left_asked, right_asked);
}

std::vector<StateProof> Walk::proofs() {
  std::vector<StateProof> proofs;
  proofs.reserve(ways_.size());
  for (Way& way : ways_) {
    std::reverse(way.above.begin(), way.above.end());
    way.above.insert(way.above.end(), way.below.siblings.begin(), way.below.siblings.end());
    proofs.push_back({std::move(way.above), way.below.terminal});
  }
  return proofs;
}

}  // namespace

StateTree::Version::Version(std::shared_ptr<const Held> held) : held_(std::move(held)) {}

Result<StateTree::Proven> StateTree::Version::prove(std::span<const Digest> keys, const Load& load,
                                                    std::vector<Update> before) const {
  std::vector<Asked> asked;
  asked.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i)
    asked.push_back({keys[i], i});
  std::sort(asked.begin(), asked.end(), [](const Asked& a, const Asked& b) { return a.key < b.key; });
  std::sort(before.begin(), before.end(), [](const Update& a, const Update& b) { return a.key < b.key; });
  Walk walk(held_->nodes(), load, keys.size());
  const auto whole = walk.walk(held_->top(), 0, Digest{}, before, asked);
  if (!whole) return pass(whole);
  return Proven{whole->hash, walk.proofs()};
}

}  // namespace anta
