// A real certificate file, laid in a ledger of any size: its statements at leaves spread over a tree whose
// other leaves are random, its records among random ones in a state tree, signed and cosigned. So sizes and
// times of large ledgers are measured without making one, and the file verifies.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "storage/ledger/seal.h"
#include "tests/node/certificate_rig.h"

namespace anta::test {

// All nodes of a tree, level by level.
class WholeTree {
 public:
  explicit WholeTree(std::vector<Digest> leaves) : levels_{std::move(leaves)} {
    while (levels_.back().size() > 1) {
      const std::vector<Digest>& below = levels_.back();
      std::vector<Digest> level(below.size() / 2);
      for (std::size_t i = 0; i < level.size(); ++i)
        level[i] = node_hash(below[2 * i], below[2 * i + 1]);
      levels_.push_back(std::move(level));
    }
  }
  std::uint64_t size() const { return levels_.front().size(); }
  NodeSource nodes() const {
    return
        [this](unsigned level, std::uint64_t index) -> Result<Digest> { return levels_.at(level).at(index); };
  }
  std::vector<Digest> path(std::uint64_t leaf) const { return *inclusion_proof(leaf, size(), nodes()); }

 private:
  std::vector<std::vector<Digest>> levels_;
};

// The siblings of some keys in the state tree of these leaves (sorted), each subtree hashed once.
class WholeState {
 public:
  WholeState(std::vector<StateLeaf> leaves, std::vector<Digest> keys)
      : leaves_(std::move(leaves)), proofs_(keys.size()), keys_(std::move(keys)) {
    std::vector<std::size_t> all(keys_.size());
    for (std::size_t i = 0; i < all.size(); ++i)
      all[i] = i;
    root_ = hash(leaves_, 0, all);
    for (StateProof& proof : proofs_)
      std::reverse(proof.siblings.begin(), proof.siblings.end());
  }
  const Digest& root() const { return root_; }
  const StateProof& proof(std::size_t key) const { return proofs_[key]; }

 private:
  Digest hash(std::span<const StateLeaf> leaves, unsigned depth, const std::vector<std::size_t>& wanted) {
    if (wanted.empty() || leaves.size() < 2) {
      for (const std::size_t key : wanted)
        if (!leaves.empty()) proofs_[key].terminal = leaves.front();
      return state_root(leaves, depth);
    }
    const auto right = std::partition_point(
        leaves.begin(), leaves.end(), [&](const StateLeaf& leaf) { return !state_bit(leaf.key, depth); });
    std::vector<std::size_t> parts[2];
    for (const std::size_t key : wanted)
      parts[state_bit(keys_[key], depth) ? 1 : 0].push_back(key);
    const Digest sides[2] = {hash({leaves.begin(), right}, depth + 1, parts[0]),
                             hash({right, leaves.end()}, depth + 1, parts[1])};
    for (int side : {0, 1}) {
      for (const std::size_t key : parts[side])
        proofs_[key].siblings.push_back(sides[1 - side]);
    }
    return state_node_hash(sides[0], sides[1]);
  }

  std::vector<StateLeaf> leaves_;
  std::vector<StateProof> proofs_;  // siblings from the leaf up, until they are all there
  std::vector<Digest> keys_;
  Digest root_ = {};
};

struct Laid {
  CertificateFile file = {};     // under the newest checkpoint
  CertificateFile earlier = {};  // the same of a tree that is 1 000 leaves (or a tenth) smaller, refreshed
  Bytes patch = {};              // what refreshed it
};

inline Digest random_digest(std::mt19937_64& random) {
  Digest digest;
  for (std::size_t at = 0; at < Digest::size; at += 8) {
    const std::uint64_t word = random();
    for (std::size_t i = 0; i < 8; ++i)
      digest.bytes[at + i] = static_cast<std::uint8_t>(word >> (8 * i));
  }
  return digest;
}

// The file's statements in their order, at random leaves below `below`.
inline std::vector<ProvenStatement*> spread(CertificateFile& file, std::uint64_t below,
                                            std::mt19937_64& random) {
  std::vector<ProvenStatement*> ordered;
  for (auto* list : {&file.evidence, &file.authority}) {
    for (ProvenStatement& proven : *list)
      ordered.push_back(&proven);
  }
  std::sort(ordered.begin(), ordered.end(), [](auto* a, auto* b) { return a->leaf < b->leaf; });
  std::set<std::uint64_t> leaves;
  while (leaves.size() < ordered.size())
    leaves.insert(2 + random() % (below - 2));
  auto leaf = leaves.begin();
  for (ProvenStatement* proven : ordered)
    proven->leaf = LeafIndex{*leaf++};
  return ordered;
}

// A state of `keys` records with those of the file among them.
inline void lay_state(ProvenState& state, std::uint64_t keys, std::mt19937_64& random) {
  std::vector<StateLeaf> leaves;
  std::vector<Digest> wanted;
  for (const ProvenRecord& record : state.records) {
    wanted.push_back(tree_key(record.key));
    if (record.record) leaves.push_back({wanted.back(), sha256(*record.record)});
  }
  while (leaves.size() < keys)
    leaves.push_back({random_digest(random), random_digest(random)});
  std::sort(leaves.begin(), leaves.end());
  const WholeState whole(std::move(leaves), std::move(wanted));
  for (std::size_t i = 0; i < state.records.size(); ++i)
    state.records[i].proof = whole.proof(i);
  Seal seal = *decode_seal(state.seal);
  seal.state_root = whole.root();
  state.seal = encode_seal(seal);
}

inline Laid lay(CertificateRig& rig, CertificateFile file, std::uint64_t size, std::uint64_t keys) {
  std::mt19937_64 random(size);
  Laid laid;
  const std::uint64_t before = size - std::min<std::uint64_t>(1000, size / 10);
  const auto ordered = spread(file, before, random);
  lay_state(*file.state, keys, random);
  std::vector<Digest> leaves(size);
  for (Digest& leaf : leaves)
    leaf = random_digest(random);
  const auto hash = [](ByteView document) { return leaf_hash(sha256(document).view()); };
  leaves[0] = hash(*file.genesis);
  for (const ProvenStatement* proven : ordered)
    leaves[proven->leaf.value] = hash(*proven->statement);
  file.state->leaf = LeafIndex{size - 1};
  leaves[size - 1] = hash(file.state->seal);
  const WholeTree tree(leaves);
  leaves.resize(before);
  const WholeTree smaller(std::move(leaves));
  file.state->path = tree.path(size - 1);
  rig.note_of(size, *root_at(size, tree.nodes()));
  file.note = rig.finished.note;
  const auto with_paths = [&](const WholeTree& of) {
    for (ProvenStatement* proven : ordered)
      proven->path = of.path(proven->leaf.value);
    file.genesis_path = of.path(0);
  };
  with_paths(tree);
  laid.file = file;
  with_paths(smaller);
  const NodeSource nodes = tree.nodes();
  file.earlier = EarlierTree{before, *root_at(before, nodes), *consistency_proof(before, size, nodes)};
  laid.earlier = file;
  laid.patch = encode_certificate_patch(
      {.subject = file.subject, .note = file.note, .state = *file.state, .earlier = file.earlier});
  return laid;
}

// --- the same computed ---

// The nodes of a tree of any size that nobody made: all different, so that paths are as long, and share as
// much, as they do there.
inline NodeSource nodes_told() {
  return [](unsigned level, std::uint64_t index) -> Result<Digest> {
    return sha256(as_bytes(std::to_string(level) + "/" + std::to_string(index)));
  };
}

// The depth of a leaf among so many random keys, on average: log2 n + gamma / ln 2 + 1/2.
inline std::size_t state_depth(std::uint64_t keys) {
  return static_cast<std::size_t>(std::lround(std::log2(static_cast<double>(keys)) + 1.33));
}

// What the file would be in a ledger of any size: paths of the lengths that they have there, of hashes that
// prove nothing.
inline Laid computed(CertificateFile file, std::uint64_t size, std::uint64_t keys) {
  std::mt19937_64 random(size);
  const std::uint64_t before = size - std::min<std::uint64_t>(1000, size / 10);
  const NodeSource nodes = nodes_told();
  for (ProvenStatement* proven : spread(file, before, random))
    proven->path = *inclusion_proof(proven->leaf.value, size, nodes);
  file.genesis_path = *inclusion_proof(0, size, nodes);
  file.state->leaf = LeafIndex{size - 1};
  file.state->path = *inclusion_proof(size - 1, size, nodes);
  auto& records = file.state->records;
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return tree_key(a.key) < tree_key(b.key); });
  std::vector<Digest> way;  // of the record before
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::size_t shared = 0;
    while (i > 0 && shared < way.size() &&
           state_bit(tree_key(records[i - 1].key), static_cast<unsigned>(shared)) ==
               state_bit(tree_key(records[i].key), static_cast<unsigned>(shared)))
      ++shared;
    way.resize(shared);
    while (way.size() < state_depth(keys))
      way.push_back(random_digest(random));
    records[i].proof.siblings = way;
  }
  Laid laid{.file = file, .earlier = file};
  laid.earlier.earlier = EarlierTree{before, Digest{}, *consistency_proof(before, size, nodes)};
  laid.patch = encode_certificate_patch(
      {.subject = file.subject, .note = file.note, .state = *file.state, .earlier = laid.earlier.earlier});
  return laid;
}

}  // namespace anta::test
