// State proofs of the kept ledger: under the newest seal, a finished checkpoint's, and in the window before.
#include <gtest/gtest.h>

#include <random>

#include "storage/applied_moments.h"
#include "storage/ledger/state_proof.h"
#include "storage/ledger_store.h"
#include "tests/storage/world.h"

namespace anta {
namespace {

class StateProofs : public ::testing::Test {
 protected:
  void begin(LedgerStoreOptions options = {}) {
    world.emplace(test::options_for(directory.path(), &disk), options);
    world->start();
    world->genesis();
  }
  void grow(std::size_t blocks) {
    for (std::size_t i = 0; i < blocks; ++i) {
      std::map<std::string, std::string> changes;
      for (int n = 0; n < 4; ++n) {
        const std::string value = random() % 5 == 0 ? "" : std::to_string(random() % 1000);
        changes["L" + std::to_string(random() % 60)] = value;
      }
      world->block({{"statement " + std::to_string(world->moments().size())}}, changes);
    }
  }
  // Every lot, there or not, at the moment that the reader speaks of.
  void expect_proven(const Result<LedgerReader>& reader, std::size_t moment) {
    ASSERT_TRUE(reader.has_value()) << reader.error().message;
    const test::Moment& then = world->moments()[moment];
    ASSERT_EQ(reader->applied(), then.applied);
    std::vector<StateKey> keys;
    for (int i = 0; i < 60; ++i)
      keys.push_back({Kind::lot, "L" + std::to_string(i)});
    const auto proofs = reader->prove(keys);
    ASSERT_TRUE(proofs.has_value()) << proofs.error().message;
    const Digest root = reader->seal(then.applied.height)->seal.state_root;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto there = then.state.find(keys[i]);
      std::optional<Digest> value;
      if (there != then.state.end()) value = sha256(as_bytes(there->second));
      EXPECT_TRUE(verify_state_proof(root, tree_key(keys[i]), value, proofs->at(i)).has_value());
    }
  }

  test::TempDirectory directory = {};
  test::FaultyDisk disk = {};
  std::optional<test::World> world = {};
  std::mt19937_64 random{23};
};

}  // namespace

TEST_F(StateProofs, OfEveryMomentInTheWindow) {
  // Goal: presence and absence under the seal of any block inside the window, before and after a restart.
  begin();
  grow(100);
  for (int start = 0; start < 2; ++start) {
    for (const std::size_t at : {1u, 17u, 36u, 63u, 99u, 100u}) {
      const Applied then = world->moments()[at].applied;
      expect_proven(world->store().reader_at(LeafIndex{then.leaves.value - 1}), at);
      expect_proven(world->store().reader_of(then.leaves), at);
    }
    world->stop();
    world->start();
  }
  EXPECT_EQ(world->store().reader_of(TreeSize{world->moments()[50].applied.leaves.value - 1}).error().rule,
            "store.seal");
  EXPECT_EQ(world->store().reader_of(TreeSize{0}).error().code, Code::not_found);
}

TEST_F(StateProofs, AKeptMomentIsToldWithoutReading) {
  // Goal: what a checkpoint is checked against comes from memory while its moment is kept, and is what was
  // applied then.
  begin();
  grow(20);
  const auto& moments = world->moments();
  EXPECT_EQ(world->store().kept(moments[20].applied.leaves), moments[20].applied);
  EXPECT_EQ(world->store().kept(moments[7].applied.leaves), moments[7].applied);
  EXPECT_FALSE(world->store().kept(TreeSize{moments[7].applied.leaves.value - 1}));
  EXPECT_FALSE(world->store().kept(TreeSize{moments[20].applied.leaves.value + 1}));
  EXPECT_FALSE(world->store().kept(TreeSize{0}));
  world->store().checkpoint_finished(moments[10].applied.leaves);
  EXPECT_TRUE(world->store().kept(moments[10].applied.leaves));
  EXPECT_FALSE(world->store().kept(moments[7].applied.leaves));
  // After a failed write memory may be ahead of the disk: nothing is signed on it any more.
  disk.fail_syncs(true);
  ASSERT_FALSE(world->database().replace_file("any", as_bytes("x"), Sync::yes));
  EXPECT_FALSE(world->store().kept(moments[20].applied.leaves));
}

TEST_F(StateProofs, UnderTheFinishedCheckpointWhileACosignerIsAway) {
  // Goal: the finished checkpoint's moment is proven although limits no longer reach it; a later one replaces
  // it.
  begin({.past_blocks_max = 5});
  grow(10);
  const TreeSize finished = world->moments()[10].applied.leaves;
  world->store().checkpoint_finished(finished);
  grow(200);
  EXPECT_EQ(world->store().reader_at(LeafIndex{finished.value - 1}).error().rule, "outside_window");
  expect_proven(world->store().reader_of(finished), 10);
  EXPECT_GT(world->store().figures().state_tree_retired, 0u);
  world->store().checkpoint_finished(world->moments()[205].applied.leaves);
  expect_proven(world->store().reader_of(world->moments()[205].applied.leaves), 205);
  EXPECT_EQ(world->store().reader_of(finished).error().rule, "outside_window");
}

TEST_F(StateProofs, RecentMomentsAreBoundedInMemory) {
  // Goal: a busy ledger's moments kept a third of a node's memory: 256 of them, whatever each one changed.
  begin();
  StateTree tree([](ByteView) { return std::optional<Bytes>{}; });
  AppliedMoments moments;
  const auto add = [&](std::uint64_t size, std::size_t replaced_bytes) {
    Applied applied;
    applied.leaves = TreeSize{size};
    moments.add(std::make_shared<const AppliedMoment>(
        AppliedMoment{applied, world->database().snapshot(), tree.version(), {}, replaced_bytes}));
  };
  const auto kept = [&](std::uint64_t size) { return moments.find(TreeSize{size}) != nullptr; };
  constexpr std::size_t quarter = AppliedMoments::recent_bytes_max / 4;
  for (std::uint64_t size = 1; size <= 9; ++size)
    add(size, quarter);
  EXPECT_FALSE(kept(4));
  EXPECT_TRUE(kept(5));  // 6 to 9 replaced what 5 and later see: exactly the bound
  moments.finish(TreeSize{7});
  EXPECT_FALSE(kept(6));
  add(10, 3 * quarter);  // and 8, 9: five quarters
  EXPECT_TRUE(kept(7));  // as the finished one
  EXPECT_TRUE(kept(8));
  add(11, 5 * quarter);  // more than all by itself
  EXPECT_FALSE(kept(10));
  EXPECT_TRUE(kept(11));
  EXPECT_TRUE(kept(7));
  add(12, 0);
  EXPECT_TRUE(kept(11));
}

TEST_F(StateProofs, WhatWasSignedIsProvenHoweverLateItIsFinished) {
  // Goal: a checkpoint may wait for a cosigner longer than recent moments are kept; its own is (a cosigner
  // that came back made it the finished one, and nothing of it could be proven).
  begin({.past_blocks_max = 5});
  grow(10);
  const TreeSize first = world->moments()[10].applied.leaves;
  world->store().checkpoint_finished(first);
  grow(10);
  const TreeSize signed_size = world->moments()[20].applied.leaves;
  world->store().checkpoint_signed(signed_size);
  grow(300);
  expect_proven(world->store().reader_of(first), 10);
  world->store().checkpoint_signed(first);  // smaller: nothing changes
  world->store().checkpoint_finished(signed_size);
  expect_proven(world->store().reader_of(signed_size), 20);
  grow(300);
  expect_proven(world->store().reader_of(signed_size), 20);
  EXPECT_EQ(world->store().reader_of(first).error().rule, "outside_window");
}

TEST_F(StateProofs, AnOldReaderGoesOnProving) {
  // Goal: a reader that was made before many blocks proves its own moment, whatever else was kept or let go.
  begin();
  grow(5);
  const Result<LedgerReader> held = world->store().reader();
  grow(150);
  expect_proven(held, 5);
  expect_proven(world->store().reader(), 155);
}

}  // namespace anta
