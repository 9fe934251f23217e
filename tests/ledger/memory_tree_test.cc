#include "storage/ledger/memory_tree.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace anta {
namespace {

Digest root_of(const std::map<Digest, Digest>& leaves) {
  std::vector<StateLeaf> sorted;
  for (const auto& [key, value] : leaves)
    sorted.push_back({key, value});
  return state_root(sorted);
}

Digest digest_of(std::uint64_t number) { return sha256(as_bytes(std::to_string(number))); }

TEST(MemoryTree, HasTheRootOfItsLeavesWhateverCameBefore) {
  // Goal: after any changes, removals of what is not there included, the root is that of the set of leaves.
  std::mt19937_64 random(20261126);
  MemoryTree tree;
  std::map<Digest, Digest> leaves;
  EXPECT_EQ(tree.root(), Digest{});
  for (int step = 0; step < 4000; ++step) {
    const Digest key = digest_of(random() % 300);
    if (random() % 3 == 0) {
      tree.erase(key);
      leaves.erase(key);
    } else {
      const Digest value = digest_of(random());
      tree.put(key, value);
      leaves[key] = value;
    }
    if (step % 7 == 0) {
      ASSERT_EQ(tree.root(), root_of(leaves)) << step;
    }
  }
  EXPECT_EQ(tree.size(), leaves.size());
  for (const auto& [key, value] : leaves)
    tree.erase(key);
  EXPECT_EQ(tree.root(), Digest{});
  EXPECT_EQ(tree.size(), 0u);
}

TEST(MemoryTree, PartsKeysThatDifferInTheirLastBit) {
  // Goal: the longest path, 255 inner nodes that have one side, and its removal.
  Digest left = {}, right = {};
  right.bytes[31] = 1;
  MemoryTree tree;
  tree.put(left, digest_of(1));
  tree.put(right, digest_of(2));
  EXPECT_EQ(tree.root(), root_of({{left, digest_of(1)}, {right, digest_of(2)}}));
  tree.erase(left);
  EXPECT_EQ(tree.root(), root_of({{right, digest_of(2)}}));
}

}  // namespace
}  // namespace anta
