#include "storage/state_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "crypto/cbor.h"
#include "crypto/text.h"
#include "storage/ledger/view.h"
#include "tests/storage/disk.h"
#include "tests/storage/trees.h"

namespace anta {
namespace {

using nlohmann::json;
using namespace test;

Digest vector_digest(const json& text) {
  Digest digest;
  const auto bytes = from_hex(text.get<std::string>());
  std::copy(bytes->begin(), bytes->end(), digest.bytes.begin());
  return digest;
}

json vectors() {
  std::ifstream in(ANTA_SOURCE_DIR "/tests/vectors/state-tree.json");
  return json::parse(in);
}

std::string lot_name(std::size_t i) {
  const std::string digits = std::to_string(i);
  return "lot-" + std::string(6 - digits.size(), '0') + digits;
}

Digest lot_value_hash(std::size_t i) {
  cbor::Writer value;
  value.map(2).text("cu_g").uint(1000 + i).text("holder").text("party-" + std::to_string(i % 7));
  return sha256(value.take());
}

}  // namespace

TEST(StateTree, MatchesTheVectors) {
  // Goal: roots and proofs of vectors/state-tree.json, byte for byte, and each proof verifies.
  const json all = vectors();
  ASSERT_EQ(all["cases"].size(), 6u);
  for (const json& one : all["cases"]) {
    Kept kept;
    std::vector<StateTree::Update> updates;
    std::map<std::string, Digest> values;
    for (std::size_t i = 0; i < one["count"].get<std::size_t>(); ++i) {
      updates.push_back({tree_key({Kind::lot, lot_name(i)}), lot_value_hash(i)});
      values[lot_name(i)] = lot_value_hash(i);
    }
    kept.update(updates);
    EXPECT_EQ(kept.tree.root(), vector_digest(one["root"]));
    for (const json& expected : one["proofs"]) {
      const std::string id = expected["id"];
      const Digest key = tree_key({Kind::lot, id});
      const auto proof = kept.prove(key);
      ASSERT_TRUE(proof.has_value());
      StateProof wanted;
      for (const json& sibling : expected["siblings"])
        wanted.siblings.push_back(vector_digest(sibling));
      const json& terminal = expected["terminal"];
      if (!terminal.is_null()) {
        wanted.terminal = StateLeaf{vector_digest(terminal["key"]), vector_digest(terminal["value_hash"])};
      }
      EXPECT_EQ(*proof, wanted) << id << " of " << one["count"];
      ASSERT_EQ(expected["present"].get<bool>(), values.contains(id));
      const auto value = values.contains(id) ? std::optional<Digest>(values[id]) : std::nullopt;
      EXPECT_TRUE(verify_state_proof(kept.tree.root(), key, value, wanted).has_value());
    }
  }
}

TEST(StateTree, EqualsTheNaiveTreeUnderInsertsUpdatesAndRemovals) {
  // Goal: over random batches, growing and shrinking, root and every proof are those of the naive tree.
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    Kept kept;
    Leaves leaves;
    for (int round = 0; round < 24; ++round) {
      const unsigned removals = round % 8 < 5 ? 20 : 85;
      const auto updates = random_updates(random, 1 + random() % 60, removals);
      kept.update(updates);
      apply(leaves, updates);
      ASSERT_EQ(kept.tree.root(), naive_root(leaves)) << "seed " << seed << " round " << round;
      for (int i = 0; i < 8; ++i) {
        const Digest key = random_key(random);
        const auto proof = kept.prove(key);
        ASSERT_TRUE(proof.has_value());
        const auto there = leaves.find(key);
        const auto value = there == leaves.end() ? std::nullopt : std::optional<Digest>(there->second);
        ASSERT_TRUE(verify_state_proof(kept.tree.root(), key, value, *proof).has_value());
      }
    }
  }
}

TEST(StateTree, NeitherRootNorBucketsDependOnHistory) {
  // Goal: the same leaves give the same root and the same records, whatever came before and in which order.
  std::mt19937_64 random(7);
  Kept wandering;
  Leaves leaves;
  for (int round = 0; round < 30; ++round) {
    const auto updates = random_updates(random, 40, round % 3 == 2 ? 90 : 30);
    wandering.update(updates);
    apply(leaves, updates);
  }
  std::vector<StateTree::Update> all;
  for (const auto& [key, value] : leaves)
    all.push_back({key, value});
  for (int order = 0; order < 5; ++order) {
    std::shuffle(all.begin(), all.end(), random);
    Kept one_by_one;
    for (const auto& update : all)
      one_by_one.update({update});
    Kept at_once;
    at_once.update(all);
    EXPECT_EQ(one_by_one.tree.root(), wandering.tree.root());
    EXPECT_EQ(one_by_one.records, wandering.records);
    EXPECT_EQ(at_once.records, wandering.records);
  }
  EXPECT_EQ(wandering.tree.buckets(), wandering.records.size());
  for (const auto& [key, record] : wandering.records)
    EXPECT_LE(record.size(), 32u + 8 * 64);
}

TEST(StateTree, ReopensFromItsRecords) {
  // Goal: a tree rebuilt from the records has the same root, and goes on like the one that never stopped.
  std::mt19937_64 random(11);
  Kept before;
  for (int round = 0; round < 10; ++round)
    before.update(random_updates(random, 60, 25));
  Kept after;
  after.restore_from(before.records);
  EXPECT_EQ(after.tree.root(), before.tree.root());
  EXPECT_GT(after.tree.buckets(), 20u);
  for (int round = 0; round < 10; ++round) {
    const auto updates = random_updates(random, 30, 60);
    before.update(updates);
    after.update(updates);
    ASSERT_EQ(after.tree.root(), before.tree.root());
    ASSERT_EQ(after.records, before.records);
  }
}

TEST(StateTree, OldBucketsLeadBack) {
  // Goal: putting every `before` back, newest block first, gives the records and roots of each earlier
  // moment.
  std::mt19937_64 random(13);
  Kept kept;
  std::vector<std::vector<StateTree::BucketChange>> undo;
  std::vector<std::pair<Digest, Records>> moments;
  for (int round = 0; round < 12; ++round) {
    moments.emplace_back(kept.tree.root(), kept.records);
    undo.push_back(kept.update(random_updates(random, 40, 40)));
  }
  Records records = kept.records;
  while (!undo.empty()) {
    for (const auto& change : undo.back()) {
      if (change.before) records[change.key] = *change.before;
      if (!change.before) records.erase(change.key);
    }
    undo.pop_back();
    EXPECT_EQ(records, moments.back().second);
    Kept then;
    then.restore_from(records);
    EXPECT_EQ(then.tree.root(), moments.back().first);
    moments.pop_back();
  }
}

TEST(StateTree, AnUpdateThatChangesNothingWritesNothing) {
  // Goal: same value again, and removal of what is not there, change no record.
  Kept kept;
  const Digest key = test::digest_of("k"), value = test::digest_of("v");
  EXPECT_EQ(kept.update({{key, value}}).size(), 1u);
  EXPECT_TRUE(kept.update({{key, value}}).empty());
  EXPECT_TRUE(kept.update({{test::digest_of("other"), std::nullopt}}).empty());
  EXPECT_EQ(kept.update({{key, std::nullopt}}).size(), 1u);
  EXPECT_EQ(kept.tree.root(), Digest{});
  EXPECT_TRUE(kept.records.empty());
}

TEST(StateTree, KeysThatDifferOnlyInTheLastBit) {
  // Goal: nine leaves under one 252-bit prefix make the deepest buckets; removal folds them up again.
  Kept kept;
  Leaves leaves;
  for (std::uint8_t end = 0; end < 9; ++end) {
    Digest key = test::digest_of("deep");
    key.bytes[31] = end;
    leaves[key] = test::digest_of("v" + std::to_string(end));
    kept.update({{key, leaves[key]}});
  }
  EXPECT_EQ(kept.tree.root(), naive_root(leaves));
  EXPECT_EQ(kept.records.size(), 2u);
  kept.update({{leaves.begin()->first, std::nullopt}});
  leaves.erase(leaves.begin());
  EXPECT_EQ(kept.tree.root(), naive_root(leaves));
  EXPECT_EQ(kept.records.size(), 1u);
}

TEST(StateTree, RefusesRecordsThatContradictEachOther) {
  // Goal: a missing, moved, doubled or altered record is found at start or at its first use.
  std::mt19937_64 random(17);
  Kept good;
  good.update(random_updates(random, 120, 0));
  const auto [first_key, first_record] = *good.records.begin();
  StateTree tree([](ByteView) -> Result<std::optional<Bytes>> { return std::optional<Bytes>{}; });
  EXPECT_FALSE(tree.restore_bucket(first_key, Bytes(31)).has_value());
  EXPECT_FALSE(tree.restore_bucket(Bytes{0}, first_record).has_value());
  Bytes moved = first_key;
  moved.back() ^= 0x80;
  EXPECT_EQ(tree.restore_bucket(moved, first_record).error().code, Code::corrupt);
  ASSERT_TRUE(tree.restore_bucket(first_key, first_record).has_value());
  EXPECT_EQ(tree.restore_bucket(first_key, first_record).error().code, Code::corrupt);
  EXPECT_EQ(tree.finish_restore().error().code, Code::corrupt);  // alone it should stand at the top

  Digest key;
  std::copy_n(first_record.begin() + 32, 32, key.bytes.begin());
  good.records[first_key][0] ^= 1;
  EXPECT_EQ(good.prove(key).error().code, Code::corrupt);
  good.records.erase(first_key);
  EXPECT_EQ(good.tree.update({{key, std::nullopt}}).error().code, Code::corrupt);
}

TEST(StateProof, RefusesWhatItDoesNotProve) {
  // Goal: each false claim about a true proof, and each altered proof, has its own refusal.
  std::mt19937_64 random(19);
  Kept kept;
  Leaves leaves;
  const auto updates = random_updates(random, 200, 0);
  kept.update(updates);
  apply(leaves, updates);
  const auto [key, value] = *leaves.begin();
  const Digest root = kept.tree.root();
  const StateProof proof = *kept.prove(key);
  const auto rule = [&](const Digest& k, const std::optional<Digest>& v, const StateProof& p) {
    const auto verdict = verify_state_proof(root, k, v, p);
    return verdict ? std::string() : verdict.error().rule;
  };
  EXPECT_EQ(rule(key, value, proof), "");
  EXPECT_EQ(rule(key, std::nullopt, proof), "state_proof.present");
  EXPECT_EQ(rule(key, test::digest_of("other"), proof), "state_proof.value");
  EXPECT_EQ(rule(test::digest_of("absent"), value, proof), "state_proof.absent");
  Digest far = key;
  far.bytes[0] ^= 0x80;
  EXPECT_EQ(rule(far, std::nullopt, proof), "state_proof.other_path");
  StateProof altered = proof;
  altered.siblings.pop_back();
  EXPECT_EQ(rule(key, value, altered), "state_proof.mismatch");
  altered = proof;
  altered.siblings.insert(altered.siblings.begin(), Digest{});
  EXPECT_EQ(rule(key, value, altered), "state_proof.mismatch");
  altered = proof;
  std::swap(altered.siblings[0], altered.siblings[1]);
  EXPECT_EQ(rule(key, value, altered), "state_proof.mismatch");
  altered.siblings.assign(257, Digest{});
  EXPECT_EQ(rule(key, value, altered), "state_proof.too_long");
  StateProof empty = proof;  // hiding a leaf: same siblings, "nothing stands there"
  empty.terminal.reset();
  EXPECT_EQ(rule(key, std::nullopt, empty), "state_proof.mismatch");
}

}  // namespace anta
