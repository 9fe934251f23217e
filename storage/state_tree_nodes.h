// The state tree's nodes in memory: the tables that state_tree.cc changes and that versions of the tree read.
//
// One thread writes. Others read nodes of a version that was pinned: such a node is never changed, its place
// is not given to another until nothing pins it, and tables grow by whole chunks that never move. Internal to
// the state tree.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/guarded.h"
#include "storage/ledger/state_proof.h"

namespace anta::state_tree {

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

// The number of a pin; they rise by one.
using Pin = std::uint64_t;

struct Inner {
  Digest hash = {};
  Ref left = {};
  Ref right = {};
  Pin born = 0;  // the last pin before it was made: only later ones can see this node
};

// Which versions somebody still holds. Any thread.
class Pins {
 public:
  Pin add() {
    const Lock lock(mutex_);
    held_.insert(++last_);
    return last_;
  }
  void remove(Pin pin) {
    const Lock lock(mutex_);
    held_.erase(pin);
  }
  struct Held {
    std::vector<Pin> pins = {};  // that somebody holds, ascending
    Pin last = 0;                // that there ever was
    Pin newest() const { return pins.empty() ? 0 : pins.back(); }
    // Whether a held pin sees what was made after pin `born` and left the tree after pin `gone`.
    bool sees(Pin born, Pin gone) const {
      const auto first = std::upper_bound(pins.begin(), pins.end(), born);
      return first != pins.end() && *first <= gone;
    }
  };
  Held held() const {
    const Lock lock(mutex_);
    return {{held_.begin(), held_.end()}, last_};
  }

 private:
  mutable Mutex mutex_;
  std::set<Pin> held_ ANTA_GUARDED_BY(mutex_) = {};
  Pin last_ ANTA_GUARDED_BY(mutex_) = 0;
};

// A table whose places are used again, and whose nodes never move.
template <typename T>
class Places {
 public:
  Places() : chunks_(std::make_unique<std::unique_ptr<T[]>[]>(chunks_max)) {}

  std::size_t add(T value) {
    std::size_t index = size_;
    if (!free_.empty()) {
      index = free_.back();
      free_.pop_back();
    } else {
      ANTA_INVARIANT(size_ <= Ref::index_mask);
      if (size_ % chunk == 0) chunks_[size_ / chunk] = std::make_unique<T[]>(chunk);
      ++size_;
    }
    (*this)[index] = std::move(value);
    return index;
  }

  // Gone from the tree that is being changed; versions may still see it. Answers the memory that it takes
  // until none does.
  std::size_t remove(std::size_t index, const Pins::Held& held) {
    const Pin born = (*this)[index].born;
    if (held.sees(born, held.last)) {
      retired_.push_back({born, held.last, static_cast<std::uint32_t>(index)});
      return sizeof(T) + sizeof(Retired);
    }
    free_.push_back(static_cast<std::uint32_t>(index));
    return 0;
  }

  // Gives places free that no version sees any more. Looks through the retired ones when they are half as
  // many again, so that what is kept is at most that much more than what is seen, at a constant cost for
  // each.
  void reclaim(const Pins::Held& held) {
    if (!held.pins.empty() && retired_.size() < sweep_at_) return;
    std::erase_if(retired_, [&](const Retired& place) {
      if (held.sees(place.born, place.gone)) return false;
      free_.push_back(place.index);
      return true;
    });
    sweep_at_ = std::max(sweep_min, retired_.size() + retired_.size() / 2);
  }

  T& operator[](std::size_t index) { return chunks_[index / chunk][index % chunk]; }
  const T& operator[](std::size_t index) const { return chunks_[index / chunk][index % chunk]; }
  std::size_t used() const { return size_ - free_.size() - retired_.size(); }
  std::size_t retired() const { return retired_.size(); }
  std::size_t bytes() const {
    return (size_ + chunk - 1) / chunk * chunk * sizeof(T) + free_.capacity() * sizeof(std::uint32_t) +
           retired_.capacity() * sizeof(Retired);
  }

 private:
  static constexpr std::size_t chunk = 4096;
  static constexpr std::size_t chunks_max = (std::size_t{Ref::index_mask} + 1) / chunk;
  static constexpr std::size_t sweep_min = 1024;
  struct Retired {
    Pin born = 0;
    Pin gone = 0;
    std::uint32_t index = 0;
  };

  std::unique_ptr<std::unique_ptr<T[]>[]> chunks_;
  std::size_t size_ = 0;
  std::vector<std::uint32_t> free_ = {};
  std::vector<Retired> retired_ = {};
  std::size_t sweep_at_ = sweep_min;
};

struct Bucket {
  Digest root = {};
  Pin born = 0;
};

struct Nodes {
  Places<Inner> inners = {};
  Places<Bucket> buckets = {};
  Pins pins = {};

  Digest hash_of(Ref ref) const {
    if (ref.is_empty()) return {};
    return ref.is_inner() ? inners[ref.inner_index()].hash : buckets[ref.bucket_index()].root;
  }
};

// The stored form of a bucket, and its key.
Bytes bucket_key(const Digest& path, unsigned depth);
Bytes encode_bucket(const Digest& root, std::span<const StateLeaf> leaves);
// Held against what memory knows of it: how many leaves, and their root.
Result<std::vector<StateLeaf>> decode_bucket(std::size_t count, const Digest& root, ByteView record);
std::size_t bucket_leaves(std::size_t record_bytes);  // 0 when no bucket has this size
Digest bucket_root(ByteView record);
Digest first_leaf(ByteView record);
Digest prefix_of(const Digest& path, unsigned depth);  // its first `depth` bits, the rest zero
tl::unexpected<Error> tree_damaged(const std::string& what);

// `leaves` with the updates done, in order of key.
template <typename Update>
std::vector<StateLeaf> merged(std::span<const StateLeaf> leaves, std::span<const Update> updates) {
  std::vector<StateLeaf> result;
  result.reserve(leaves.size() + updates.size());
  auto leaf = leaves.begin();
  for (const Update& update : updates) {
    for (; leaf != leaves.end() && leaf->key < update.key; ++leaf)
      result.push_back(*leaf);
    if (leaf != leaves.end() && leaf->key == update.key) ++leaf;
    if (update.value_hash) result.push_back({update.key, *update.value_hash});
  }
  result.insert(result.end(), leaf, leaves.end());
  return result;
}

// Sorted items, split by their key's bit at `depth`.
template <typename T>
std::pair<std::span<const T>, std::span<const T>> split(std::span<const T> sorted, unsigned depth) {
  const auto right = std::partition_point(sorted.begin(), sorted.end(),
                                          [depth](const T& item) { return !state_bit(item.key, depth); });
  const auto count = static_cast<std::size_t>(right - sorted.begin());
  return {sorted.first(count), sorted.subspan(count)};
}

}  // namespace anta::state_tree
