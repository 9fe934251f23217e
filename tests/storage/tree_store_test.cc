#include "storage/tree_store.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "crypto/text.h"
#include "storage/big_endian.h"
#include "tests/storage/disk.h"

namespace anta {
namespace {

using nlohmann::json;

Digest digest_from(const json& text) {
  Digest digest;
  const auto bytes = from_hex(text.get<std::string>());
  std::copy(bytes->begin(), bytes->end(), digest.bytes.begin());
  return digest;
}

std::vector<Digest> digests_from(const json& list) {
  std::vector<Digest> digests;
  for (const json& text : list)
    digests.push_back(digest_from(text));
  return digests;
}

Digest entry_of(std::uint64_t leaf) { return test::digest_of("entry " + std::to_string(leaf)); }

class TreeStoreTest : public ::testing::Test {
 protected:
  // Appends leaves up to `size` in one batch, and keeps every complete node as crypto/merkle names it.
  void grow(TreeStore& store, std::uint64_t size) {
    Batch batch = database->batch();
    for (std::uint64_t leaf = store.size().value; leaf < size; ++leaf) {
      store.append(entry_of(leaf), batch);
      reference.append(
          leaf_hash(entry_of(leaf).view()),
          [this](unsigned level, std::uint64_t index, const Digest& hash) { nodes[{level, index}] = hash; });
    }
    ASSERT_TRUE(database->write(batch, Sync::no).has_value());
  }
  NodeSource expected() {
    return [this](unsigned level, std::uint64_t index) -> Result<Digest> { return nodes.at({level, index}); };
  }

  test::TempDirectory directory = {};
  std::unique_ptr<Database> database = std::move(*Database::open(test::options_for(directory.path())));
  CompactRange reference = {};
  std::map<std::pair<unsigned, std::uint64_t>, Digest> nodes = {};
};

}  // namespace

TEST_F(TreeStoreTest, ProofsMatchTheVectors) {
  // Goal: roots, inclusion and consistency proofs from stored hashes are those of vectors/tree.json.
  std::ifstream in(ANTA_SOURCE_DIR "/tests/vectors/tree.json");
  const json all = json::parse(in);
  const std::vector<Digest> leaves = digests_from(all["leaf_hashes"]);
  ASSERT_EQ(leaves.size(), 300u);
  // The vectors give leaf hashes, not entries: stored as the format in tree_store.h says.
  Batch batch = database->batch();
  CompactRange range;
  for (const Digest& leaf : leaves) {
    range.append(leaf, [&batch](unsigned level, std::uint64_t index, const Digest& hash) {
      if (level % 8 != 0) return;
      Bytes key = {static_cast<std::uint8_t>(level / 8)};
      put_u64(key, index);
      batch.put(Family::tree, key, hash.view());
    });
  }
  ASSERT_TRUE(database->write(batch, Sync::no).has_value());
  for (const json& one : all["cases"]) {
    const std::uint64_t size = one["size"];
    const NodeSource stored = stored_nodes(*database, nullptr, TreeSize{size});
    EXPECT_EQ(*root_at(size, stored), digest_from(one["root"]));
    EXPECT_EQ(*inclusion_proof(one["index"], size, stored), digests_from(one["inclusion"]));
    EXPECT_EQ(*consistency_proof(one["old_size"], size, stored), digests_from(one["consistency"]));
    EXPECT_EQ(TreeStore::open(*database, TreeSize{size})->root(), digest_from(one["root"]));
  }
}

TEST_F(TreeStoreTest, FirstLeavesOfTheVectors) {
  // Goal: append() hashes a statement's digest as the vectors do.
  std::ifstream in(ANTA_SOURCE_DIR "/tests/vectors/tree.json");
  const json all = json::parse(in);
  TreeStore store = *TreeStore::open(*database, TreeSize{0});
  EXPECT_EQ(store.root(), empty_root());
  Batch batch = database->batch();
  for (const json& statement : all["statements"])
    store.append(sha256(*from_hex(statement.get<std::string>())), batch);
  ASSERT_TRUE(database->write(batch, Sync::no).has_value());
  EXPECT_EQ(store.root(), digest_from(all["cases"][2]["root"]));
  EXPECT_EQ((*stored_tile(*database, nullptr, 0, 0, 0, 3))[1], digest_from(all["leaf_hashes"][1]));
}

TEST_F(TreeStoreTest, EqualsTheTreeInMemoryAcrossThreeTileLevels) {
  // Goal: 66 000 leaves, reopened in between; every proof tried equals crypto/merkle's own nodes.
  TreeStore store = *TreeStore::open(*database, TreeSize{0});
  for (const std::uint64_t size : {1u, 255u, 256u, 257u, 700u, 65535u, 65536u, 66000u}) {
    grow(store, size);
    ASSERT_EQ(store.root(), reference.root());
    store = *TreeStore::open(*database, TreeSize{size});
    ASSERT_EQ(store.root(), reference.root());
    const NodeSource stored = stored_nodes(*database, nullptr, TreeSize{size});
    for (std::uint64_t leaf = 0; leaf < size; leaf += 1 + size / 7) {
      const auto proof = inclusion_proof(leaf, size, stored);
      ASSERT_TRUE(proof.has_value());
      EXPECT_EQ(*proof, *inclusion_proof(leaf, size, expected()));
      EXPECT_EQ(*consistency_proof(leaf + 1, size, stored), *consistency_proof(leaf + 1, size, expected()));
    }
  }
}

TEST_F(TreeStoreTest, ASnapshotSeesItsOwnTree) {
  // Goal: nodes of a snapshot stay readable and end where the tree ended then.
  TreeStore store = *TreeStore::open(*database, TreeSize{0});
  grow(store, 300);
  const Digest root = store.root();
  auto snapshot = std::make_shared<const ReadSnapshot>(database->snapshot());
  const NodeSource then = stored_nodes(*database, snapshot, TreeSize{300});
  grow(store, 900);
  EXPECT_EQ(*root_at(300, then), root);
  EXPECT_EQ(then(0, 300).error().code, Code::not_found);
  EXPECT_EQ(then(8, 1).error().code, Code::not_found);
  EXPECT_EQ(stored_tile(*database, snapshot.get(), 0, 1, 0, 45).error().code, Code::not_found);
  EXPECT_EQ(stored_tile(*database, snapshot.get(), 0, 1, 0, 44)->size(), 44u);
  EXPECT_EQ(stored_tile(*database, nullptr, 1, 0, 0, 3)->size(), 3u);
}

TEST_F(TreeStoreTest, WhatReadersShareIsWhatIsStored) {
  // Goal: through one cache, roomy or tight, proofs of a growing tree and of its earlier sizes are those of
  // the tree in memory.
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{40} << 10, std::size_t{8} << 20}) {
    const auto cache = std::make_shared<TreeCache>(bytes);
    for (std::uint64_t size = 1; size <= 1'400; size += 1 + size / 5) {
      TreeStore store = *TreeStore::open(*database, TreeSize{reference.size()});
      if (reference.size() < size) grow(store, size);
      auto snapshot = std::make_shared<const ReadSnapshot>(database->snapshot());
      const NodeSource stored = stored_nodes(*database, snapshot, TreeSize{size}, cache);
      for (std::uint64_t leaf = 0; leaf < size; leaf += 1 + size / 5) {
        ASSERT_EQ(*inclusion_proof(leaf, size, stored), *inclusion_proof(leaf, size, expected()));
        ASSERT_EQ(*consistency_proof(leaf + 1, size, stored), *consistency_proof(leaf + 1, size, expected()));
      }
      const NodeSource earlier = stored_nodes(*database, snapshot, TreeSize{1 + size / 2}, cache);
      ASSERT_EQ(*root_at(1 + size / 2, earlier), *root_at(1 + size / 2, expected()));
      ASSERT_EQ(earlier(0, 1 + size / 2).error().code, Code::not_found);
    }
  }
}

TEST_F(TreeStoreTest, ASharedTileIsReadOnce) {
  // Goal: what one reader has read costs the next nothing: it is answered though the stored hashes are gone.
  TreeStore store = *TreeStore::open(*database, TreeSize{0});
  grow(store, 600);
  const auto cache = std::make_shared<TreeCache>(std::size_t{8} << 20);
  const auto wanted = *inclusion_proof(17, 600, expected());
  ASSERT_EQ(*inclusion_proof(17, 600, stored_nodes(*database, nullptr, TreeSize{600}, cache)), wanted);
  Batch gone = database->batch();
  Cursor all = database->cursor(Family::tree);
  for (all.seek({}); all.valid(); all.next())
    gone.erase(Family::tree, all.key());
  ASSERT_TRUE(database->write(gone, Sync::no).has_value());
  EXPECT_EQ(*inclusion_proof(17, 600, stored_nodes(*database, nullptr, TreeSize{600}, cache)), wanted);
  EXPECT_FALSE(inclusion_proof(17, 600, stored_nodes(*database, nullptr, TreeSize{600})));
}

TEST_F(TreeStoreTest, AMissingHashIsFound) {
  // Goal: a tree whose right edge is not stored does not open.
  TreeStore store = *TreeStore::open(*database, TreeSize{0});
  grow(store, 10);
  EXPECT_EQ(TreeStore::open(*database, TreeSize{11}).error().code, Code::corrupt);
}

}  // namespace anta
