// State trees for tests: one with the records that a database would hold, a naive one to hold it against, and
// random changes for both.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "storage/state_tree.h"
#include "tests/storage/disk.h"

namespace anta::test {

using Leaves = std::map<Digest, Digest>;
using Records = std::map<Bytes, Bytes>;

// Proofs.md section 2 read aloud, without any sharing of code: halves of a map of bits.
inline Digest naive_root(const Leaves& leaves, std::size_t depth = 0) {
  static const std::uint8_t two[] = {2}, three[] = {3};
  if (leaves.empty()) return {};
  if (leaves.size() == 1) {
    return sha256({ByteView(two), leaves.begin()->first.view(), leaves.begin()->second.view()});
  }
  Leaves halves[2];
  for (const auto& [key, value] : leaves)
    halves[key.bytes[depth / 8] >> (7 - depth % 8) & 1].emplace(key, value);
  const Digest left = naive_root(halves[0], depth + 1);
  const Digest right = naive_root(halves[1], depth + 1);
  return sha256({ByteView(three), left.view(), right.view()});
}

// A tree and the records that a database would hold.
struct Kept {
  Records records = {};
  StateTree tree{[this](ByteView key) -> Result<std::optional<Bytes>> {
    const auto found = records.find(to_bytes(key));
    return found == records.end() ? std::optional<Bytes>{} : std::optional<Bytes>{found->second};
  }};

  Kept() = default;
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

  std::vector<StateTree::BucketChange> update(std::vector<StateTree::Update> updates) {
    auto changes = tree.update(std::move(updates));
    EXPECT_TRUE(changes.has_value());
    for (const auto& change : *changes) {
      const auto known = records.find(change.key);
      EXPECT_EQ(change.before.has_value(), known != records.end());
      if (known != records.end()) {
        EXPECT_EQ(change.before, std::optional<Bytes>(known->second));
      }
      if (change.after) records[change.key] = *change.after;
      if (!change.after) records.erase(change.key);
    }
    return *changes;
  }
  StateTree::Load load_now() const {
    return [records = records](ByteView key) -> Result<std::optional<Bytes>> {
      const auto found = records.find(to_bytes(key));
      return found == records.end() ? std::optional<Bytes>{} : std::optional<Bytes>{found->second};
    };
  }
  Result<StateProof> prove(const Digest& key) const {
    auto proven = tree.version().prove({&key, 1}, load_now());
    if (!proven) return pass(proven);
    EXPECT_EQ(proven->root, tree.root());
    return proven->proofs[0];
  }
  void restore_from(const Records& stored) {
    records = stored;
    for (const auto& [key, record] : stored)
      ASSERT_TRUE(tree.restore_bucket(key, record).has_value());
    ASSERT_TRUE(tree.finish_restore().has_value());
  }
};

// Keys that share long prefixes now and then, so that depth is exercised.
inline Digest random_key(std::mt19937_64& random) {
  Digest key = digest_of("key" + std::to_string(random() % 400));
  if (random() % 4 == 0) {
    const Digest near = digest_of("cluster" + std::to_string(random() % 3));
    const std::uint8_t end = static_cast<std::uint8_t>(random() % 40);
    key = near;
    key.bytes[random() % 2 == 0 ? 31 : 3] = end;
  }
  return key;
}

inline std::vector<StateTree::Update> random_updates(std::mt19937_64& random, std::size_t count,
                                                     unsigned removals) {
  std::map<Digest, std::optional<Digest>> chosen;
  for (std::size_t i = 0; i < count; ++i) {
    std::optional<Digest> value;
    if (random() % 100 >= removals) value = digest_of("value" + std::to_string(random() % 50));
    chosen.insert_or_assign(random_key(random), value);
  }
  std::vector<StateTree::Update> updates;
  for (const auto& [key, value] : chosen)
    updates.push_back({key, value});
  std::shuffle(updates.begin(), updates.end(), random);
  return updates;
}

inline void apply(Leaves& leaves, const std::vector<StateTree::Update>& updates) {
  for (const auto& update : updates) {
    if (update.value_hash) leaves[update.key] = *update.value_hash;
    if (!update.value_hash) leaves.erase(update.key);
  }
}

}  // namespace anta::test
