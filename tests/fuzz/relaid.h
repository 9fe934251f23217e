// A certificate file laid again as a ledger of its own: the genesis at leaf 0 and its statements after it, in
// their order, with fresh paths. So a fuzz target gets behind the inclusion proofs, which no mutation passes.
//
// Only the tests use it. Pure.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "crypto/checkpoint.h"
#include "crypto/merkle.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/seal.h"

namespace anta::test {

struct Relaid {
  CertificateFile file = {};
  Checkpoint checkpoint = {};
};

inline Relaid relaid(CertificateFile file, std::string origin) {
  Relaid laid{std::move(file), {}};
  std::vector<ProvenStatement*> ordered;
  for (auto* list : {&laid.file.evidence, &laid.file.authority}) {
    for (ProvenStatement& proven : *list)
      ordered.push_back(&proven);
  }
  std::stable_sort(ordered.begin(), ordered.end(), [](auto* a, auto* b) { return a->leaf < b->leaf; });
  CompactRange range;
  std::vector<std::vector<Digest>> levels;
  const auto lay = [&](ByteView document) {
    range.append(leaf_hash(sha256(document).view()), [&](unsigned level, std::uint64_t, const Digest& hash) {
      if (levels.size() <= level) levels.resize(level + 1);
      levels[level].push_back(hash);
    });
  };
  lay(*laid.file.genesis);
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    ordered[i]->leaf = LeafIndex{i + 1};
    lay(*ordered[i]->statement);
  }
  const NodeSource nodes = [&](unsigned level, std::uint64_t index) -> Result<Digest> {
    return levels.at(level).at(index);
  };
  const auto path = [&](std::uint64_t leaf) { return *inclusion_proof(leaf, range.size(), nodes); };
  laid.file.genesis_path = path(0);
  for (ProvenStatement* proven : ordered)
    proven->path = path(proven->leaf.value);
  laid.checkpoint = {std::move(origin), range.size(), range.root()};
  return laid;
}

// The state of a file as if its records were the whole of it, in a tree whose one leaf is the seal.
inline std::pair<ProvenState, Checkpoint> relaid_state(ProvenState state, std::string origin) {
  std::vector<StateLeaf> leaves;
  for (const ProvenRecord& record : state.records)
    if (record.record) leaves.push_back({tree_key(record.key), sha256(*record.record)});
  std::sort(leaves.begin(), leaves.end());
  for (ProvenRecord& record : state.records) {
    record.proof = {};
    prove_in_leaves(leaves, tree_key(record.key), 0, record.proof);
  }
  state.leaf = LeafIndex{0};
  state.path = {};
  state.seal = encode_seal({.height = Height{0}, .block_time = {}, .state_root = state_root(leaves)});
  const Digest root = leaf_hash(sha256(state.seal).view());
  return {std::move(state), Checkpoint{std::move(origin), 1, root}};
}

// A summary as a ledger of three leaves: genesis, the certificate's statement, the seal of its records.
inline Relaid relaid_summary(CertificateFile file, std::string origin) {
  Relaid laid{std::move(file), {}};
  laid.file.state = relaid_state(*laid.file.state, origin).first;
  const auto hash = [](ByteView document) { return leaf_hash(sha256(document).view()); };
  const Digest genesis = hash(*laid.file.genesis);
  const Digest statement = hash(*laid.file.evidence.front().statement);
  const Digest seal = hash(laid.file.state->seal);
  const Digest pair = node_hash(genesis, statement);
  laid.file.genesis_path = {statement, seal};
  laid.file.evidence.front().leaf = LeafIndex{1};
  laid.file.evidence.front().path = {genesis, seal};
  laid.file.state->leaf = LeafIndex{2};
  laid.file.state->path = {pair};
  laid.checkpoint = {std::move(origin), 3, node_hash(pair, seal)};
  return laid;
}

}  // namespace anta::test
