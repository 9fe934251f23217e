#include "crypto/merkle.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/crypto/outcome.h"

namespace anta {
namespace {

using test::bytes;
using test::digest;
using test::outcome;

// A tree in memory that keeps every complete node, as storage does.
struct Tree {
  std::map<std::pair<unsigned, std::uint64_t>, Digest> nodes = {};
  CompactRange range = {};

  void append(const Digest& leaf) {
    range.append(leaf, [this](unsigned level, std::uint64_t index, const Digest& hash) {
      EXPECT_TRUE(nodes.emplace(std::pair(level, index), hash).second) << "a node is reported once";
    });
  }
  NodeSource source() const {
    return [this](unsigned level, std::uint64_t index) -> Result<Digest> {
      const auto found = nodes.find({level, index});
      if (found == nodes.end()) return fail(Code::not_found, "test.node", "not a complete node");
      return found->second;
    };
  }
};

// MTH of RFC 9162 section 2.1.1, written down as it stands there.
Digest mth(std::span<const Digest> leaves) {
  if (leaves.empty()) return sha256(ByteView{});
  if (leaves.size() == 1) return leaves[0];
  std::size_t k = 1;
  while (k * 2 < leaves.size())
    k *= 2;
  return node_hash(mth(leaves.first(k)), mth(leaves.subspan(k)));
}

std::vector<Digest> some_leaves(std::size_t count) {
  std::vector<Digest> leaves;
  for (std::size_t i = 0; i < count; ++i) {
    leaves.push_back(leaf_hash(as_bytes("leaf " + std::to_string(i))));
  }
  return leaves;
}

Tree tree_of(std::span<const Digest> leaves) {
  Tree tree;
  for (const Digest& leaf : leaves)
    tree.append(leaf);
  return tree;
}

const std::string_view rfc6962_entries[] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};

TEST(Merkle, MatchesTheKnownRootsOfRfc6962) {
  // Goal: the eight leaves and roots that Certificate Transparency's implementations share.
  const std::string_view roots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  Tree tree;
  EXPECT_EQ(hex(tree.range.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(tree.range.root(), empty_root());
  for (std::size_t i = 0; i < std::size(roots); ++i) {
    tree.append(leaf_hash(bytes(rfc6962_entries[i])));
    EXPECT_EQ(hex(tree.range.root()), roots[i]);
    EXPECT_EQ(*root_at(i + 1, tree.source()), tree.range.root());
  }
}

TEST(Merkle, MatchesKnownProofsOfRfc6962) {
  // Goal: an inclusion path and a consistency proof of that same tree, hash by hash.
  Tree tree;
  for (std::string_view entry : rfc6962_entries)
    tree.append(leaf_hash(bytes(entry)));
  const std::vector<Digest> path = {
      digest("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"),
      digest("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"),
      digest("6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")};
  EXPECT_EQ(*inclusion_proof(0, 8, tree.source()), path);
  const std::vector<Digest> proof = {
      digest("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"),
      digest("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
      digest("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")};
  EXPECT_EQ(*consistency_proof(6, 8, tree.source()), proof);
}

TEST(Merkle, EveryLeafOfEverySizeIsProven) {
  // Goal: all inclusion proofs up to 70 leaves verify; every root is MTH's.
  const auto leaves = some_leaves(70);
  const Tree tree = tree_of(leaves);
  for (std::uint64_t size = 1; size <= leaves.size(); ++size) {
    const Digest root = mth(std::span(leaves).first(size));
    EXPECT_EQ(*root_at(size, tree.source()), root) << size;
    EXPECT_EQ(range_at(size, tree.source())->root(), root) << size;
    for (std::uint64_t leaf = 0; leaf < size; ++leaf) {
      auto path = inclusion_proof(leaf, size, tree.source());
      ASSERT_TRUE(path) << path.error().message;
      EXPECT_TRUE(verify_inclusion(leaves[leaf], leaf, size, *path, root)) << leaf << " in " << size;
    }
  }
}

TEST(Merkle, EveryPairOfSizesIsConsistent) {
  // Goal: all consistency proofs up to 70 leaves verify, and none for a tree with one changed leaf.
  const auto leaves = some_leaves(70);
  auto forked_leaves = leaves;
  forked_leaves[0] = leaf_hash(as_bytes("another"));
  const Tree tree = tree_of(leaves);
  const Tree forked = tree_of(forked_leaves);
  for (std::uint64_t to = 1; to <= leaves.size(); ++to) {
    for (std::uint64_t from = 1; from <= to; ++from) {
      auto proof = consistency_proof(from, to, tree.source());
      ASSERT_TRUE(proof) << proof.error().message;
      const Digest older = *root_at(from, tree.source());
      const Digest newer = *root_at(to, tree.source());
      EXPECT_TRUE(verify_consistency(from, to, *proof, older, newer)) << from << " to " << to;
      EXPECT_EQ(outcome(verify_consistency(from, to, *proof, *root_at(from, forked.source()), newer)),
                "proof.mismatch");
      EXPECT_EQ(outcome(verify_consistency(from, to, *proof, older, *root_at(to, forked.source()))),
                "proof.mismatch");
    }
  }
}

TEST(Merkle, SpoiltInclusionProofsAreRefused) {
  // Goal: extra, missing, swapped and changed siblings, another leaf, index, size and root, each refused.
  const auto leaves = some_leaves(11);
  const Tree tree = tree_of(leaves);
  const Digest root = tree.range.root();
  const auto path = *inclusion_proof(5, 11, tree.source());
  ASSERT_EQ(path.size(), 4U);
  auto extra = path;
  extra.push_back(path[0]);
  EXPECT_EQ(outcome(verify_inclusion(leaves[5], 5, 11, extra, root)), "proof.too_long");
  EXPECT_EQ(outcome(verify_inclusion(leaves[5], 5, 11, std::span(path).first(3), root)), "proof.too_short");
  EXPECT_EQ(outcome(verify_inclusion(leaves[5], 5, 11, {}, root)), "proof.too_short");
  auto swapped = path;
  std::swap(swapped[1], swapped[2]);
  EXPECT_EQ(outcome(verify_inclusion(leaves[5], 5, 11, swapped, root)), "proof.mismatch");
  for (std::size_t i = 0; i < path.size(); ++i) {
    auto changed = path;
    changed[i].bytes[31] ^= 1;
    EXPECT_EQ(outcome(verify_inclusion(leaves[5], 5, 11, changed, root)), "proof.mismatch") << i;
  }
  EXPECT_EQ(outcome(verify_inclusion(leaves[4], 5, 11, path, root)), "proof.mismatch");
  EXPECT_EQ(outcome(verify_inclusion(leaves[5], 4, 11, path, root)), "proof.mismatch");
  EXPECT_EQ(outcome(verify_inclusion(leaves[5], 11, 11, path, root)), "proof.index");
  EXPECT_EQ(outcome(verify_inclusion(leaves[5], 5, 5, path, root)), "proof.index");
  EXPECT_EQ(outcome(verify_inclusion(leaves[5], 5, 0, path, root)), "proof.index");
  EXPECT_EQ(outcome(verify_inclusion(leaves[5], 5, 17, path, root)), "proof.too_short");
  EXPECT_EQ(outcome(verify_inclusion(leaves[5], 5, 8, path, root)), "proof.too_long");
  EXPECT_EQ(outcome(verify_inclusion(leaves[5], 5, 11, path, leaves[0])), "proof.mismatch");
  EXPECT_EQ(outcome(inclusion_proof(11, 11, tree.source())), "proof.index");
}

TEST(Merkle, SpoiltConsistencyProofsAreRefused) {
  // Goal: from size 0, backwards, extra, missing, swapped and changed hashes, each refused.
  const auto leaves = some_leaves(11);
  const Tree tree = tree_of(leaves);
  const auto root = [&](std::uint64_t size) { return *root_at(size, tree.source()); };
  const auto proof = *consistency_proof(6, 11, tree.source());
  ASSERT_EQ(proof.size(), 4U);
  ASSERT_TRUE(verify_consistency(6, 11, proof, root(6), root(11)));
  EXPECT_EQ(outcome(verify_consistency(0, 11, proof, empty_root(), root(11))), "proof.from_empty");
  EXPECT_EQ(outcome(verify_consistency(0, 11, {}, empty_root(), root(11))), "proof.from_empty");
  EXPECT_EQ(outcome(verify_consistency(11, 6, proof, root(11), root(6))), "proof.index");
  auto extra = proof;
  extra.push_back(proof[0]);
  EXPECT_EQ(outcome(verify_consistency(6, 11, extra, root(6), root(11))), "proof.too_long");
  EXPECT_EQ(outcome(verify_consistency(6, 11, std::span(proof).first(3), root(6), root(11))),
            "proof.too_short");
  EXPECT_EQ(outcome(verify_consistency(6, 11, {}, root(6), root(11))), "proof.too_short");
  EXPECT_EQ(outcome(verify_consistency(8, 11, {}, root(8), root(11))), "proof.too_short");
  for (std::size_t i = 0; i + 1 < proof.size(); ++i) {
    auto swapped = proof;
    std::swap(swapped[i], swapped[i + 1]);
    EXPECT_EQ(outcome(verify_consistency(6, 11, swapped, root(6), root(11))), "proof.mismatch") << i;
  }
  for (std::size_t i = 0; i < proof.size(); ++i) {
    auto changed = proof;
    changed[i].bytes[0] ^= 1;
    EXPECT_EQ(outcome(verify_consistency(6, 11, changed, root(6), root(11))), "proof.mismatch") << i;
  }
  EXPECT_TRUE(verify_consistency(11, 11, {}, root(11), root(11)));
  EXPECT_EQ(outcome(verify_consistency(11, 11, proof, root(11), root(11))), "proof.too_long");
  EXPECT_EQ(outcome(verify_consistency(11, 11, {}, root(10), root(11))), "proof.mismatch");
  EXPECT_EQ(outcome(consistency_proof(0, 11, tree.source())), "proof.from_empty");
  EXPECT_EQ(outcome(consistency_proof(11, 6, tree.source())), "proof.index");
}

TEST(Merkle, CompactRangeResumesFromItsPeaks) {
  // Goal: at every size, peaks make a range that goes on to the same roots; a wrong number of peaks does not.
  const auto leaves = some_leaves(40);
  CompactRange range;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    auto resumed = CompactRange::from_peaks(range.size(), range.peaks());
    ASSERT_TRUE(resumed);
    range.append(leaves[i]);
    resumed->append(leaves[i]);
    EXPECT_EQ(resumed->root(), range.root()) << i;
    EXPECT_EQ(resumed->size(), i + 1);
  }
  EXPECT_EQ(outcome(CompactRange::from_peaks(3, {leaves[0]})), "merkle.peaks");
  EXPECT_EQ(outcome(CompactRange::from_peaks(0, {leaves[0]})), "merkle.peaks");
  EXPECT_EQ(outcome(CompactRange::from_peaks(4, {leaves[0]})), "ok");
}

TEST(Merkle, NodesAreReportedOnceAndRootsAreOfThem) {
  // Goal: after n appends exactly the complete nodes are known: n at level 0, n / 2 at level 1, and so on.
  const Tree tree = tree_of(some_leaves(37));
  std::map<unsigned, std::size_t> per_level;
  for (const auto& node : tree.nodes)
    ++per_level[node.first.first];
  EXPECT_EQ(per_level, (std::map<unsigned, std::size_t>{{0, 37}, {1, 18}, {2, 9}, {3, 4}, {4, 2}, {5, 1}}));
}

TEST(Merkle, ErrorsOfTheSourceAreHandedOn) {
  // Goal: a tree that lost a node gives that error, not a wrong proof.
  Tree tree = tree_of(some_leaves(11));
  tree.nodes.erase({2, 0});
  EXPECT_EQ(outcome(inclusion_proof(5, 11, tree.source())), "test.node");
  EXPECT_EQ(outcome(root_at(7, tree.source())), "test.node");
  EXPECT_EQ(outcome(range_at(7, tree.source())), "test.node");
  EXPECT_EQ(outcome(consistency_proof(6, 11, tree.source())), "test.node");
}

TEST(Merkle, LargestSizesDoNotOverflow) {
  // Goal: sizes near 2^64 climb 64 levels and end; the path of the last leaf of 2^64 - 1 verifies.
  const Digest same = leaf_hash(as_bytes("x"));
  std::vector<Digest> level = {same};  // a tree of equal leaves has one hash per level
  for (int i = 0; i < 63; ++i)
    level.push_back(node_hash(level.back(), level.back()));
  const NodeSource equal = [&](unsigned at, std::uint64_t) -> Result<Digest> { return level[at]; };
  const std::uint64_t size = UINT64_MAX;
  const Digest root = *root_at(size, equal);
  for (std::uint64_t leaf : {std::uint64_t{0}, size / 2, size - 1}) {
    auto path = inclusion_proof(leaf, size, equal);
    ASSERT_TRUE(path);
    EXPECT_TRUE(verify_inclusion(same, leaf, size, *path, root)) << leaf;
  }
  auto proof = consistency_proof(size / 2 + 7, size, equal);
  ASSERT_TRUE(proof);
  EXPECT_TRUE(verify_consistency(size / 2 + 7, size, *proof, *root_at(size / 2 + 7, equal), root));
  EXPECT_EQ(split_point(size), std::uint64_t{1} << 63);
  EXPECT_EQ(split_point(2), 1U);
}

}  // namespace
}  // namespace anta
