#include "storage/state_tree.h"

#include <algorithm>
#include <deque>
#include <map>
#include <span>

#include "storage/big_endian.h"
#include "storage/rebuild.h"

namespace anta {
namespace {

constexpr std::size_t leaf_bytes = 2 * Digest::size;
using Updates = std::span<const StateTree::Update>;

// A child: nothing, a bucket (with how many leaves it holds) or an inner node. Four bytes, since there are
// millions.
struct Ref {
  std::uint32_t bits = 0;

  static constexpr std::uint32_t inner_bit = 1u << 31;
  static constexpr unsigned count_shift = 27;
  static constexpr std::uint32_t index_mask = (1u << count_shift) - 1;

  static Ref inner(std::size_t index) { return {inner_bit | static_cast<std::uint32_t>(index)}; }
  static Ref bucket(std::size_t index, std::size_t count) {
    return {static_cast<std::uint32_t>(count) << count_shift | static_cast<std::uint32_t>(index)};
  }
  bool is_empty() const { return bits == 0; }
  bool is_inner() const { return (bits & inner_bit) != 0; }
  bool is_bucket() const { return !is_inner() && !is_empty(); }
  std::size_t inner_index() const { return bits & ~inner_bit; }
  std::size_t bucket_index() const { return bits & index_mask; }
  std::size_t count() const { return is_inner() ? 0 : bits >> count_shift; }  // leaves of a bucket
};

struct Inner {
  Digest hash = {};
  Ref left = {};
  Ref right = {};
};

// A table whose places are used again. deque: growing does not copy 100 MB.
template <typename T>
class Slots {
 public:
  std::size_t add(T value) {
    if (!free_.empty()) {
      const std::size_t index = free_.back();
      free_.pop_back();
      items_[index] = std::move(value);
      return index;
    }
    items_.push_back(std::move(value));
    ANTA_INVARIANT(items_.size() <= Ref::index_mask);
    return items_.size() - 1;
  }
  void remove(std::size_t index) { free_.push_back(static_cast<std::uint32_t>(index)); }
  T& operator[](std::size_t index) { return items_[index]; }
  const T& operator[](std::size_t index) const { return items_[index]; }
  std::size_t used() const { return items_.size() - free_.size(); }
  std::size_t bytes() const { return items_.size() * sizeof(T) + free_.capacity() * sizeof(std::uint32_t); }

 private:
  std::deque<T> items_ = {};
  std::vector<std::uint32_t> free_ = {};
};

// The first `depth` bits of `path`, the rest zero.
Digest prefix_of(const Digest& path, unsigned depth) {
  Digest prefix = {};
  const std::size_t whole = depth / 8;
  std::copy_n(path.bytes.begin(), whole, prefix.bytes.begin());
  if (depth % 8 != 0) {
    prefix.bytes[whole] = static_cast<std::uint8_t>(path.bytes[whole] & (0xFF00 >> depth % 8));
  }
  return prefix;
}

Bytes bucket_key(const Digest& path, unsigned depth) {
  const Digest prefix = prefix_of(path, depth);
  Bytes key;
  key.reserve(2 + Digest::size);
  put_u16(key, static_cast<std::uint16_t>(depth));
  put_bytes(key, prefix.view().first((depth + 7) / 8));
  return key;
}

// `path` with its bit at `depth` set to `bit`.
Digest with_bit(Digest path, unsigned depth, bool bit) {
  const auto mask = static_cast<std::uint8_t>(0x80 >> depth % 8);
  auto& byte = path.bytes[depth / 8];
  byte = static_cast<std::uint8_t>(bit ? byte | mask : byte & ~mask);
  return path;
}

Bytes encode_bucket(const Digest& root, std::span<const StateLeaf> leaves) {
  Bytes record;
  record.reserve(Digest::size + leaves.size() * leaf_bytes);
  put_bytes(record, root.view());
  for (const StateLeaf& leaf : leaves) {
    put_bytes(record, leaf.key.view());
    put_bytes(record, leaf.value_hash.view());
  }
  return record;
}

Digest digest_at(ByteView bytes, std::size_t offset) {
  Digest digest;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), Digest::size, digest.bytes.begin());
  return digest;
}

// How many leaves a record of this size holds; 0 when no bucket has this size.
std::size_t leaves_in(std::size_t record_bytes) {
  if (record_bytes < Digest::size || (record_bytes - Digest::size) % leaf_bytes != 0) return 0;
  const std::size_t count = (record_bytes - Digest::size) / leaf_bytes;
  return count <= StateTree::bucket_leaves_max ? count : 0;
}

tl::unexpected<Error> damaged(const std::string& what) {
  return fail(Code::corrupt, "state_tree.damaged",
              "the state tree's records contradict each other: " + what + rebuild_next_step);
}

// `leaves` with the updates done, in order of key.
std::vector<StateLeaf> merged(std::span<const StateLeaf> leaves, Updates updates) {
  std::vector<StateLeaf> result;
  result.reserve(leaves.size() + updates.size());
  auto leaf = leaves.begin();
  for (const StateTree::Update& update : updates) {
    for (; leaf != leaves.end() && leaf->key < update.key; ++leaf)
      result.push_back(*leaf);
    if (leaf != leaves.end() && leaf->key == update.key) ++leaf;
    if (update.value_hash) result.push_back({update.key, *update.value_hash});
  }
  result.insert(result.end(), leaf, leaves.end());
  return result;
}

template <typename T>
std::pair<std::span<const T>, std::span<const T>> split(std::span<const T> sorted, unsigned depth) {
  const auto right = std::partition_point(sorted.begin(), sorted.end(),
                                          [depth](const T& item) { return !state_bit(item.key, depth); });
  const auto count = static_cast<std::size_t>(right - sorted.begin());
  return {sorted.first(count), sorted.subspan(count)};
}

}  // namespace

struct StateTree::State {
  using Changes = std::map<Bytes, BucketChange>;

  Load load = {};
  Ref top = {};
  Digest root = {};
  Slots<Inner> inners = {};
  Slots<Digest> buckets = {};  // their roots
  Changes changes = {};        // of the update under way

  Digest hash_of(Ref ref) const {
    if (ref.is_empty()) return {};
    return ref.is_inner() ? inners[ref.inner_index()].hash : buckets[ref.bucket_index()];
  }

  // The leaves of the bucket `ref` on `path` at `depth`, as this update has left them so far.
  Result<std::vector<StateLeaf>> leaves_of(Ref ref, const Digest& path, unsigned depth);
  Result<std::vector<StateLeaf>> decode(Ref ref, ByteView record) const;

  // The old bucket goes: its place is free and its record is deleted unless it is written anew.
  void drop_bucket(Ref ref, const Digest& path, unsigned depth);
  Ref put_bucket(std::span<const StateLeaf> leaves, unsigned depth);
  Ref build(std::span<const StateLeaf> leaves, unsigned depth);

  Result<Ref> update(Ref ref, unsigned depth, Updates updates);
  Result<Ref> update_inner(Ref ref, unsigned depth, Updates updates);
  Result<Ref> merge(Ref ref, unsigned depth, const Digest& path);

  Result<void> finish(Ref ref);
};

Result<std::vector<StateLeaf>> StateTree::State::decode(Ref ref, ByteView record) const {
  const std::size_t count = leaves_in(record.size());
  if (count == 0 || count != ref.count()) return damaged("a bucket's record has an unexpected size");
  if (digest_at(record, 0) != buckets[ref.bucket_index()]) return damaged("a bucket's root has changed");
  std::vector<StateLeaf> leaves(count);
  for (std::size_t i = 0; i < count; ++i) {
    leaves[i].key = digest_at(record, Digest::size + i * leaf_bytes);
    leaves[i].value_hash = digest_at(record, 2 * Digest::size + i * leaf_bytes);
    if (i > 0 && leaves[i - 1].key >= leaves[i].key) return damaged("a bucket's leaves are not in order");
  }
  return leaves;
}

Result<std::vector<StateLeaf>> StateTree::State::leaves_of(Ref ref, const Digest& path, unsigned depth) {
  if (ref.is_empty()) return std::vector<StateLeaf>{};
  Bytes key = bucket_key(path, depth);
  if (const auto known = changes.find(key); known != changes.end()) {
    ANTA_INVARIANT(known->second.after.has_value());
    return decode(ref, *known->second.after);
  }
  auto record = load(key);
  if (!record) return pass(record);
  if (!*record) return damaged("a bucket's record is missing");
  auto leaves = decode(ref, **record);
  if (leaves) changes.emplace(key, BucketChange{key, **record, std::move(*record)});
  return leaves;
}

void StateTree::State::drop_bucket(Ref ref, const Digest& path, unsigned depth) {
  if (ref.is_empty()) return;
  const auto change = changes.find(bucket_key(path, depth));
  ANTA_INVARIANT(change != changes.end());  // leaves_of came before
  change->second.after.reset();
  buckets.remove(ref.bucket_index());
}

Ref StateTree::State::put_bucket(std::span<const StateLeaf> leaves, unsigned depth) {
  if (leaves.empty()) return {};
  const Digest bucket_root = state_root(leaves, depth);
  const Bytes key = bucket_key(leaves[0].key, depth);
  BucketChange& change = changes[key];
  change.key = key;
  change.after = encode_bucket(bucket_root, leaves);
  return Ref::bucket(buckets.add(bucket_root), leaves.size());
}

Ref StateTree::State::build(std::span<const StateLeaf> leaves, unsigned depth) {
  if (leaves.size() <= bucket_leaves_max) return put_bucket(leaves, depth);
  ANTA_INVARIANT(depth < state_depth_max);
  const auto [left_leaves, right_leaves] = split(leaves, depth);
  Inner inner;
  inner.left = build(left_leaves, depth + 1);
  inner.right = build(right_leaves, depth + 1);
  inner.hash = state_node_hash(hash_of(inner.left), hash_of(inner.right));
  return Ref::inner(inners.add(inner));
}

Result<Ref> StateTree::State::update(Ref ref, unsigned depth, Updates updates) {
  if (updates.empty()) return ref;
  if (ref.is_inner()) return update_inner(ref, depth, updates);
  const Digest& path = updates[0].key;
  auto before = leaves_of(ref, path, depth);
  if (!before) return pass(before);
  const std::vector<StateLeaf> after = merged(*before, updates);
  if (after == *before) return ref;
  drop_bucket(ref, path, depth);
  return build(after, depth);
}

Result<Ref> StateTree::State::update_inner(Ref ref, unsigned depth, Updates updates) {
  const Inner before = inners[ref.inner_index()];
  const auto [left_updates, right_updates] = split(updates, depth);
  auto left = update(before.left, depth + 1, left_updates);
  if (!left) return left;
  auto right = update(before.right, depth + 1, right_updates);
  if (!right) return right;
  Inner& inner = inners[ref.inner_index()];
  inner.left = *left;
  inner.right = *right;
  if (!left->is_inner() && !right->is_inner() && left->count() + right->count() <= bucket_leaves_max) {
    return merge(ref, depth, updates[0].key);
  }
  inner.hash = state_node_hash(hash_of(*left), hash_of(*right));
  return ref;
}

Result<Ref> StateTree::State::merge(Ref ref, unsigned depth, const Digest& path) {
  const Inner inner = inners[ref.inner_index()];
  const Digest left_path = with_bit(path, depth, false);
  const Digest right_path = with_bit(path, depth, true);
  auto leaves = leaves_of(inner.left, left_path, depth + 1);
  if (!leaves) return pass(leaves);
  auto right = leaves_of(inner.right, right_path, depth + 1);
  if (!right) return pass(right);
  drop_bucket(inner.left, left_path, depth + 1);
  drop_bucket(inner.right, right_path, depth + 1);
  leaves->insert(leaves->end(), right->begin(), right->end());
  inners.remove(ref.inner_index());
  return put_bucket(*leaves, depth);
}

// Hashes from below; and no inner node that should have been one bucket.
Result<void> StateTree::State::finish(Ref ref) {
  if (!ref.is_inner()) return {};
  const Inner inner = inners[ref.inner_index()];
  if (auto left = finish(inner.left); !left) return left;
  if (auto right = finish(inner.right); !right) return right;
  if (!inner.left.is_inner() && !inner.right.is_inner() &&
      inner.left.count() + inner.right.count() <= bucket_leaves_max) {
    return damaged("two buckets that should be one");
  }
  inners[ref.inner_index()].hash = state_node_hash(hash_of(inner.left), hash_of(inner.right));
  return {};
}

StateTree::StateTree(Load load) : state_(std::make_unique<State>()) { state_->load = std::move(load); }
StateTree::~StateTree() = default;
StateTree::StateTree(StateTree&&) noexcept = default;
StateTree& StateTree::operator=(StateTree&&) noexcept = default;

Result<void> StateTree::restore_bucket(ByteView key, ByteView record) {
  State& s = *state_;
  const std::size_t count = leaves_in(record.size());
  const unsigned depth = key.size() < 2 ? state_depth_max + 1 : get_u16(key);
  if (count == 0 || depth > state_depth_max || key.size() != 2 + (depth + 7) / 8) {
    return damaged("a bucket's key or record has an impossible size");
  }
  Digest path;
  std::copy(key.begin() + 2, key.end(), path.bytes.begin());
  if (prefix_of(digest_at(record, Digest::size), depth) != path) {
    return damaged("a bucket's leaves do not belong under its key");
  }
  // `place` stays good while inner nodes are added: a deque does not move its elements.
  Ref* place = &s.top;
  for (unsigned bit = 0; bit < depth; ++bit) {
    if (place->is_empty()) *place = Ref::inner(s.inners.add({}));
    if (!place->is_inner()) return damaged("a bucket inside another");
    Inner& inner = s.inners[place->inner_index()];
    place = state_bit(path, bit) ? &inner.right : &inner.left;
  }
  if (!place->is_empty()) return damaged("two buckets in one place");
  *place = Ref::bucket(s.buckets.add(digest_at(record, 0)), count);
  return {};
}

Result<void> StateTree::finish_restore() {
  auto finished = state_->finish(state_->top);
  state_->root = state_->hash_of(state_->top);
  return finished;
}

Result<std::vector<StateTree::BucketChange>> StateTree::update(std::vector<Update> updates) {
  State& s = *state_;
  std::sort(updates.begin(), updates.end(), [](const Update& a, const Update& b) { return a.key < b.key; });
  const auto twice = std::adjacent_find(updates.begin(), updates.end(),
                                        [](const Update& a, const Update& b) { return a.key == b.key; });
  ANTA_INVARIANT(twice == updates.end());
  s.changes.clear();
  auto top = s.update(s.top, 0, updates);
  if (!top) return pass(top);
  s.top = *top;
  s.root = s.hash_of(s.top);
  std::vector<BucketChange> changes;
  for (auto& [key, change] : s.changes) {
    if (change.before != change.after) changes.push_back(std::move(change));
  }
  s.changes.clear();
  return changes;
}

const Digest& StateTree::root() const { return state_->root; }

Result<StateProof> StateTree::prove(const Digest& key) const {
  const State& s = *state_;
  StateProof proof;
  Ref ref = s.top;
  unsigned depth = 0;
  for (; ref.is_inner(); ++depth) {
    const Inner& inner = s.inners[ref.inner_index()];
    const bool right = state_bit(key, depth);
    proof.siblings.push_back(s.hash_of(right ? inner.left : inner.right));
    ref = right ? inner.right : inner.left;
  }
  if (ref.is_empty()) return proof;
  auto record = s.load(bucket_key(key, depth));
  if (!record) return pass(record);
  if (!*record) return damaged("a bucket's record is missing");
  auto leaves = s.decode(ref, **record);
  if (!leaves) return pass(leaves);
  prove_in_leaves(*leaves, key, depth, proof);
  return proof;
}

std::size_t StateTree::buckets() const { return state_->buckets.used(); }
std::size_t StateTree::memory_bytes() const { return state_->inners.bytes() + state_->buckets.bytes(); }

}  // namespace anta
