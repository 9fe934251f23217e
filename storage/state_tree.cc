#include "storage/state_tree.h"

#include <algorithm>
#include <map>

#include "storage/big_endian.h"
#include "storage/state_tree_nodes.h"
#include "storage/state_tree_pin.h"

namespace anta {
namespace {

using namespace state_tree;
using Updates = std::span<const StateTree::Update>;
constexpr std::uint8_t inner_mark = 255;  // among the marks of upper_levels(), which are numbers of leaves

// `path` with its bit at `depth` set to `bit`.
Digest with_bit(Digest path, unsigned depth, bool bit) {
  const auto mask = static_cast<std::uint8_t>(0x80 >> depth % 8);
  auto& byte = path.bytes[depth / 8];
  byte = static_cast<std::uint8_t>(bit ? byte | mask : byte & ~mask);
  return path;
}

}  // namespace

struct StateTree::State {
  using Changes = std::map<Bytes, BucketChange>;

  Load load = {};
  std::shared_ptr<Nodes> nodes = std::make_shared<Nodes>();
  Ref top = {};
  Digest root = {};
  Changes changes = {};  // of the update under way
  Pins::Held held = {};  // as of its beginning: what is let go meanwhile is taken for held
  std::size_t replaced_bytes = 0;

  // The leaves of the bucket `ref` on `path` at `depth`, as this update has left them so far.
  Result<std::vector<StateLeaf>> leaves_of(Ref ref, const Digest& path, unsigned depth);

  // The old bucket goes: its place is free and its record is deleted unless it is written anew.
  void drop_bucket(Ref ref, const Digest& path, unsigned depth);
  Ref put_bucket(std::span<const StateLeaf> leaves, unsigned depth);
  Ref build(std::span<const StateLeaf> leaves, unsigned depth);

  // An inner node leaves the tree; or is replaced, in its place unless somebody still sees it there.
  bool is_seen(const Inner& inner) const { return held.newest() > inner.born; }
  void drop_inner(Ref ref);
  Ref replace_inner(Ref ref, Ref left, Ref right);

  Result<Ref> update(Ref ref, unsigned depth, Updates updates);
  Result<Ref> update_inner(Ref ref, unsigned depth, Updates updates);
  Result<Ref> merge(Ref ref, Ref left, Ref right, unsigned depth, const Digest& path);

  Result<void> finish(Ref ref);

  void write_node(Ref ref, Bytes& out) const;
  Result<Ref> read_node(ByteView& rest, unsigned depth);
};

Result<std::vector<StateLeaf>> StateTree::State::leaves_of(Ref ref, const Digest& path, unsigned depth) {
  if (ref.is_empty()) return std::vector<StateLeaf>{};
  Bytes key = bucket_key(path, depth);
  if (const auto known = changes.find(key); known != changes.end()) {
    ANTA_INVARIANT(known->second.after.has_value());
    return decode_bucket(ref.count(), nodes->hash_of(ref), *known->second.after);
  }
  auto record = load(key);
  if (!record) return pass(record);
  if (!*record) return tree_damaged("a bucket's record is missing");
  auto leaves = decode_bucket(ref.count(), nodes->hash_of(ref), **record);
  if (leaves) changes.emplace(key, BucketChange{key, **record, std::move(*record)});
  return leaves;
}

void StateTree::State::drop_bucket(Ref ref, const Digest& path, unsigned depth) {
  if (ref.is_empty()) return;
  const auto change = changes.find(bucket_key(path, depth));
  ANTA_INVARIANT(change != changes.end());  // leaves_of came before
  change->second.after.reset();
  replaced_bytes += nodes->buckets.remove(ref.bucket_index(), held);
}

void StateTree::State::drop_inner(Ref ref) {
  replaced_bytes += nodes->inners.remove(ref.inner_index(), held);
}

Ref StateTree::State::replace_inner(Ref ref, Ref left, Ref right) {
  const Inner next{state_node_hash(nodes->hash_of(left), nodes->hash_of(right)), left, right, held.last};
  Inner& inner = nodes->inners[ref.inner_index()];
  if (!is_seen(inner)) {
    inner = next;
    return ref;
  }
  drop_inner(ref);
  return Ref::inner(nodes->inners.add(next));
}

Ref StateTree::State::put_bucket(std::span<const StateLeaf> leaves, unsigned depth) {
  if (leaves.empty()) return {};
  const Digest subtree = state_root(leaves, depth);
  const Bytes key = bucket_key(leaves[0].key, depth);
  BucketChange& change = changes[key];
  change.key = key;
  change.after = encode_bucket(subtree, leaves);
  return Ref::bucket(nodes->buckets.add({subtree, held.last}), leaves.size());
}

Ref StateTree::State::build(std::span<const StateLeaf> leaves, unsigned depth) {
  if (leaves.size() <= bucket_leaves_max) return put_bucket(leaves, depth);
  ANTA_INVARIANT(depth < state_depth_max);
  const auto [left_leaves, right_leaves] = split(leaves, depth);
  Inner inner;
  inner.left = build(left_leaves, depth + 1);
  inner.right = build(right_leaves, depth + 1);
  inner.hash = state_node_hash(nodes->hash_of(inner.left), nodes->hash_of(inner.right));
  inner.born = held.last;
  return Ref::inner(nodes->inners.add(inner));
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
  const Inner before = nodes->inners[ref.inner_index()];
  const auto [left_updates, right_updates] = split(updates, depth);
  auto left = update(before.left, depth + 1, left_updates);
  if (!left) return left;
  auto right = update(before.right, depth + 1, right_updates);
  if (!right) return right;
  if (!left->is_inner() && !right->is_inner() && left->count() + right->count() <= bucket_leaves_max) {
    return merge(ref, *left, *right, depth, updates[0].key);
  }
  return replace_inner(ref, *left, *right);
}

Result<Ref> StateTree::State::merge(Ref ref, Ref left, Ref right, unsigned depth, const Digest& path) {
  const Digest left_path = with_bit(path, depth, false);
  const Digest right_path = with_bit(path, depth, true);
  auto leaves = leaves_of(left, left_path, depth + 1);
  if (!leaves) return pass(leaves);
  auto more = leaves_of(right, right_path, depth + 1);
  if (!more) return pass(more);
  drop_bucket(left, left_path, depth + 1);
  drop_bucket(right, right_path, depth + 1);
  leaves->insert(leaves->end(), more->begin(), more->end());
  drop_inner(ref);
  return put_bucket(*leaves, depth);
}

void StateTree::State::write_node(Ref ref, Bytes& out) const {
  if (ref.is_inner()) {
    const Inner& inner = nodes->inners[ref.inner_index()];
    out.push_back(inner_mark);
    write_node(inner.left, out);
    write_node(inner.right, out);
    return;
  }
  out.push_back(static_cast<std::uint8_t>(ref.count()));
  if (ref.is_empty()) return;
  const Digest& subtree = nodes->buckets[ref.bucket_index()].root;
  out.insert(out.end(), subtree.bytes.begin(), subtree.bytes.end());
}

Result<Ref> StateTree::State::read_node(ByteView& rest, unsigned depth) {
  if (rest.empty()) return tree_damaged("its upper levels end early");
  const std::uint8_t mark = rest[0];
  rest = rest.subspan(1);
  if (mark == inner_mark) {
    if (depth == state_depth_max) return tree_damaged("its upper levels are too deep");
    const std::size_t index = nodes->inners.add({});
    const auto left = read_node(rest, depth + 1);
    if (!left) return left;
    const auto right = read_node(rest, depth + 1);
    if (!right) return right;
    nodes->inners[index].left = *left;
    nodes->inners[index].right = *right;
    return Ref::inner(index);
  }
  if (mark == 0) return Ref{};
  if (mark > bucket_leaves_max || rest.size() < Digest::size)
    return tree_damaged("its upper levels hold an impossible bucket");
  Bucket bucket;
  std::copy_n(rest.begin(), Digest::size, bucket.root.bytes.begin());
  rest = rest.subspan(Digest::size);
  return Ref::bucket(nodes->buckets.add(bucket), mark);
}

// Hashes from below; and no inner node that should have been one bucket.
Result<void> StateTree::State::finish(Ref ref) {
  if (!ref.is_inner()) return {};
  const Inner inner = nodes->inners[ref.inner_index()];
  if (auto left = finish(inner.left); !left) return left;
  if (auto right = finish(inner.right); !right) return right;
  if (!inner.left.is_inner() && !inner.right.is_inner() &&
      inner.left.count() + inner.right.count() <= bucket_leaves_max) {
    return tree_damaged("two buckets that should be one");
  }
  nodes->inners[ref.inner_index()].hash =
      state_node_hash(nodes->hash_of(inner.left), nodes->hash_of(inner.right));
  return {};
}

StateTree::StateTree(Load load) : state_(std::make_unique<State>()) { state_->load = std::move(load); }
StateTree::~StateTree() = default;
StateTree::StateTree(StateTree&&) noexcept = default;
StateTree& StateTree::operator=(StateTree&&) noexcept = default;

Result<void> StateTree::restore_bucket(ByteView key, ByteView record) {
  State& s = *state_;
  const std::size_t count = bucket_leaves(record.size());
  const unsigned depth = key.size() < 2 ? state_depth_max + 1 : get_u16(key);
  if (count == 0 || depth > state_depth_max || key.size() != 2 + (depth + 7) / 8) {
    return tree_damaged("a bucket's key or record has an impossible size");
  }
  Digest path;
  std::copy(key.begin() + 2, key.end(), path.bytes.begin());
  if (prefix_of(first_leaf(record), depth) != path) {
    return tree_damaged("a bucket's leaves do not belong under its key");
  }
  // `place` stays good while inner nodes are added: they never move.
  Ref* place = &s.top;
  for (unsigned bit = 0; bit < depth; ++bit) {
    if (place->is_empty()) *place = Ref::inner(s.nodes->inners.add({}));
    if (!place->is_inner()) return tree_damaged("a bucket inside another");
    Inner& inner = s.nodes->inners[place->inner_index()];
    place = state_bit(path, bit) ? &inner.right : &inner.left;
  }
  if (!place->is_empty()) return tree_damaged("two buckets in one place");
  *place = Ref::bucket(s.nodes->buckets.add({bucket_root(record), 0}), count);
  return {};
}

Result<void> StateTree::finish_restore() {
  auto finished = state_->finish(state_->top);
  state_->root = state_->nodes->hash_of(state_->top);
  return finished;
}

void StateTree::write_upper_levels(Bytes& out) const {
  out.reserve(out.size() + buckets() * (Digest::size + 3));  // an inner node or two for each
  state_->write_node(state_->top, out);
}

Result<void> StateTree::restore_upper_levels(ByteView levels) {
  const auto top = state_->read_node(levels, 0);
  Result<void> done = top ? Result<void>{} : Result<void>(pass(top));
  if (done && !levels.empty()) done = tree_damaged("something follows its upper levels");
  if (done) {
    state_->top = *top;
    done = finish_restore();
  }
  if (!done) {
    state_->nodes = std::make_shared<Nodes>();
    state_->top = {};
    state_->root = {};
  }
  return done;
}

Result<std::vector<StateTree::BucketChange>> StateTree::update(std::vector<Update> updates) {
  State& s = *state_;
  std::sort(updates.begin(), updates.end(), [](const Update& a, const Update& b) { return a.key < b.key; });
  const auto twice = std::adjacent_find(updates.begin(), updates.end(),
                                        [](const Update& a, const Update& b) { return a.key == b.key; });
  ANTA_INVARIANT(twice == updates.end());
  s.changes.clear();
  s.replaced_bytes = 0;
  s.held = s.nodes->pins.held();
  s.nodes->inners.reclaim(s.held);
  s.nodes->buckets.reclaim(s.held);
  auto top = s.update(s.top, 0, updates);
  if (!top) return pass(top);
  s.top = *top;
  s.root = s.nodes->hash_of(s.top);
  std::vector<BucketChange> changes;
  for (auto& [key, change] : s.changes) {
    if (change.before != change.after) changes.push_back(std::move(change));
  }
  s.changes.clear();
  return changes;
}

const Digest& StateTree::root() const { return state_->root; }

StateTree::Version StateTree::version() const {
  return Version(std::make_shared<const Version::Held>(state_->nodes, state_->top));
}

std::size_t StateTree::buckets() const { return state_->nodes->buckets.used(); }
std::size_t StateTree::retired() const {
  return state_->nodes->inners.retired() + state_->nodes->buckets.retired();
}
std::size_t StateTree::replaced_bytes() const { return state_->replaced_bytes; }
std::size_t StateTree::memory_bytes() const {
  return state_->nodes->inners.bytes() + state_->nodes->buckets.bytes();
}

}  // namespace anta
