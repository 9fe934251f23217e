// Versions of the state tree: what was, while the tree goes on.
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <optional>
#include <thread>

#include "storage/ledger/state_proof.h"
#include "storage/state_tree.h"
#include "tests/storage/trees.h"

namespace anta {
namespace {

using namespace test;

struct Then {
  Leaves leaves = {};
  StateTree::Load load = {};
  StateTree::Version version;
};

// Proofs of some keys at once, each held against the naive root of `leaves`.
void expect_proven(const Result<StateTree::Proven>& proven, const std::vector<Digest>& keys,
                   const Leaves& leaves) {
  ASSERT_TRUE(proven.has_value());
  ASSERT_EQ(proven->root, naive_root(leaves));
  ASSERT_EQ(proven->proofs.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto there = leaves.find(keys[i]);
    const auto value = there == leaves.end() ? std::nullopt : std::optional<Digest>(there->second);
    ASSERT_TRUE(verify_state_proof(proven->root, keys[i], value, proven->proofs[i]).has_value());
  }
}

std::vector<Digest> some_keys(std::mt19937_64& random, std::size_t count) {
  std::vector<Digest> keys;
  for (std::size_t i = 0; i < count; ++i)
    keys.push_back(random_key(random));
  return keys;
}

TEST(StateTreeVersion, StaysWhatItWasWhileTheTreeChanges) {
  // Goal: versions held over many updates, of growth and shrinking, still prove the leaves of their moment.
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    std::mt19937_64 random(seed);
    Kept kept;
    Leaves leaves;
    std::deque<Then> held;
    for (int round = 0; round < 60; ++round) {
      const auto updates = random_updates(random, 1 + random() % 40, round % 8 < 5 ? 20 : 85);
      kept.update(updates);
      apply(leaves, updates);
      held.push_back({leaves, kept.load_now(), kept.tree.version()});
      while (held.size() > random() % 12)
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(random() % held.size()));
      for (const Then& then : held) {
        const auto keys = some_keys(random, 4);
        expect_proven(then.version.prove(keys, then.load), keys, then.leaves);
      }
    }
    EXPECT_EQ(kept.tree.root(), naive_root(leaves));
  }
}

TEST(StateTreeVersion, ProvesThePastFromOldValues) {
  // Goal: a version and the values that its last updates replaced prove the moment before those updates.
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    Kept kept;
    Leaves leaves;
    for (int round = 0; round < 12; ++round) {
      const Leaves before = leaves;
      std::map<Digest, std::optional<Digest>> old_values;
      for (int step = 0; step < 3; ++step) {
        const auto updates = random_updates(random, 1 + random() % 30, round % 4 < 2 ? 10 : 90);
        for (const auto& update : updates) {
          const auto was = before.find(update.key);
          old_values[update.key] = was == before.end() ? std::nullopt : std::optional<Digest>(was->second);
        }
        kept.update(updates);
        apply(leaves, updates);
      }
      std::vector<StateTree::Update> past;
      for (const auto& [key, value] : old_values)
        past.push_back({key, value});
      std::vector<Digest> keys = some_keys(random, 6);
      for (const auto& [key, value] : old_values)
        keys.push_back(key);
      expect_proven(kept.tree.version().prove(keys, kept.load_now(), past), keys, before);
    }
  }
}

TEST(StateTreeVersion, OfOneLeafAndOfNone) {
  // Goal: the smallest trees, where a subtree is its only leaf, go back and forth.
  Kept kept;
  const Digest a = digest_of("a"), b = digest_of("b"), v = digest_of("v");
  const std::vector<Digest> keys = {a, b};
  expect_proven(kept.tree.version().prove(keys, kept.load_now()), keys, {});
  kept.update({{a, v}});
  expect_proven(kept.tree.version().prove(keys, kept.load_now()), keys, {{a, v}});
  expect_proven(kept.tree.version().prove(keys, kept.load_now(), {{a, std::nullopt}}), keys, {});
  expect_proven(kept.tree.version().prove(keys, kept.load_now(), {{a, std::nullopt}, {b, v}}), keys,
                {{b, v}});
}

TEST(StateTreeVersion, WhatNobodyHoldsIsUsedAgain) {
  // Goal: without versions nothing is retired; with one held the rest is given back, and all once it is gone.
  std::mt19937_64 random(3);
  Kept kept;
  kept.update(random_updates(random, 400, 0));
  for (int round = 0; round < 20; ++round)
    kept.update(random_updates(random, 40, 50));
  EXPECT_EQ(kept.tree.retired(), 0u);
  std::optional<StateTree::Version> held = kept.tree.version();
  const std::size_t memory = kept.tree.memory_bytes();
  for (int round = 0; round < 200; ++round) {
    const StateTree::Version passing = kept.tree.version();
    kept.update(random_updates(random, 40, 50));
  }
  EXPECT_GT(kept.tree.retired(), 0u);
  // Bounded by what the held version sees, however many updates there were (found by a hostile review).
  const std::size_t after_200 = kept.tree.memory_bytes();
  const std::size_t retired_200 = kept.tree.retired();
  for (int round = 0; round < 2000; ++round) {
    const StateTree::Version passing = kept.tree.version();
    kept.update(random_updates(random, 40, 50));
  }
  EXPECT_LT(kept.tree.memory_bytes(), 2 * after_200);
  EXPECT_LT(kept.tree.retired(), 2 * retired_200);
  held.reset();
  kept.update(random_updates(random, 1, 0));
  EXPECT_EQ(kept.tree.retired(), 0u);
  EXPECT_GE(kept.tree.memory_bytes(), memory);
}

TEST(StateTreeVersion, AnUpdateTellsWhatItKeepsForVersions) {
  // Goal: the figure that recent moments are bounded by is the memory of the nodes that were retired.
  std::mt19937_64 random(4);
  Kept kept;
  kept.update(random_updates(random, 400, 0));
  EXPECT_EQ(kept.tree.replaced_bytes(), 0u);
  std::vector<StateTree::Version> held;
  for (int round = 0; round < 10; ++round) {
    held.push_back(kept.tree.version());
    const std::size_t before = kept.tree.retired();
    kept.update(random_updates(random, 20, 0));
    const std::size_t nodes = kept.tree.retired() - before;
    EXPECT_GT(nodes, 20u);
    EXPECT_GE(kept.tree.replaced_bytes(), nodes * 60);  // a bucket or an inner node, and its place
    EXPECT_LE(kept.tree.replaced_bytes(), nodes * 80);
  }
}

TEST(StateTreeVersion, IsReadByOtherThreads) {
  // Goal: readers on two threads prove from versions while the tree is changed on a third.
  std::mt19937_64 random(5);
  Kept kept;
  Leaves leaves;
  std::mutex mutex;
  std::shared_ptr<const Then> newest;
  std::atomic<bool> done = false;
  std::atomic<int> proofs = 0;
  const auto read = [&](std::uint64_t seed) {
    std::mt19937_64 mine(seed);
    while (!done) {
      std::shared_ptr<const Then> then;
      {
        const std::lock_guard lock(mutex);
        then = newest;
      }
      if (!then) continue;
      const auto keys = some_keys(mine, 4);
      const auto proven = then->version.prove(keys, then->load);
      ASSERT_TRUE(proven.has_value());
      ASSERT_EQ(proven->root, naive_root(then->leaves));
      ++proofs;
    }
  };
  std::thread one(read, 1), two(read, 2);
  for (int round = 0; round < 300 || proofs < 20; ++round) {
    const auto updates = random_updates(random, 30, round % 8 < 5 ? 20 : 85);
    kept.update(updates);
    apply(leaves, updates);
    auto then = std::make_shared<const Then>(Then{leaves, kept.load_now(), kept.tree.version()});
    const std::lock_guard lock(mutex);
    newest = std::move(then);
  }
  done = true;
  one.join();
  two.join();
  EXPECT_GE(proofs, 20);
}

}  // namespace
}  // namespace anta
