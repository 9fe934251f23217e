// What was asked for or written last, bounded in bytes; whatever was not asked for in a while goes.
//
// Two generations: what is found in the old one moves to the young one, and once the young one has half of
// the bytes it becomes the old one and the old one goes. So nothing is kept in order, and what is asked for
// at least once while half of the bytes go by stays. Absence is a value like any other. One thread.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>

namespace anta {

// Hash and Equal are transparent: find() and erase() take views of keys.
template <typename Key, typename Value, typename Hash, typename Equal>
class GenerationCache {
 public:
  // What an entry costs beside the bytes that put() is told: its node and its place.
  static constexpr std::size_t entry_bytes = 128;

  explicit GenerationCache(std::size_t bytes_max) : half_(bytes_max / 2) {}

  // Valid until the next call.
  template <typename View>
  const Value* find(const View& key) {
    if (const auto young = young_.find(key); young != young_.end()) return &young->second.value;
    const auto old = old_.find(key);
    if (old == old_.end()) return nullptr;
    const std::size_t bytes = old->second.bytes;
    const Value& value = young_.insert(old_.extract(old)).position->second.value;
    grow(bytes);
    return &value;  // where it is: a generation that becomes the old one keeps its nodes
  }

  // `bytes`: of key and value together.
  void put(Key key, Value value, std::size_t bytes) {
    bytes += entry_bytes;
    if (const auto old = old_.find(key); old != old_.end()) old_.erase(old);
    Entry& entry = young_[std::move(key)];
    young_bytes_ -= entry.bytes;
    entry = {std::move(value), bytes};
    grow(bytes);
  }

  template <typename View>
  void erase(const View& key) {
    if (const auto old = old_.find(key); old != old_.end()) old_.erase(old);
    const auto young = young_.find(key);
    if (young == young_.end()) return;
    young_bytes_ -= young->second.bytes;
    young_.erase(young);
  }

  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  struct Entry {
    Value value = {};
    std::size_t bytes = 0;
  };
  using Generation = std::unordered_map<Key, Entry, Hash, Equal>;

  void grow(std::size_t bytes) {
    young_bytes_ += bytes;
    if (young_bytes_ <= half_) return;
    old_ = std::move(young_);
    young_ = {};
    young_bytes_ = 0;
  }

  std::size_t half_ = 0;
  std::size_t young_bytes_ = 0;
  Generation young_ = {};
  Generation old_ = {};
};

}  // namespace anta
