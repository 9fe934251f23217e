// A log that a test grows and signs, and a witness's directory with its seed, for tests of witnesses.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "crypto/checkpoint.h"
#include "crypto/first_start.h"
#include "crypto/keys.h"
#include "crypto/merkle.h"
#include "crypto/note.h"
#include "crypto/policy.h"
#include "node/witness_config.h"
#include "node/witness_request.h"
#include "tests/storage/disk.h"

namespace anta::test {

inline SigningKey key_of(std::uint8_t number) {
  std::array<std::uint8_t, 32> seed = {};
  seed[0] = number;
  return SigningKey(Secret32(seed));
}

// A tree of leaves that `salt` tells from another's, and the notes of its sizes.
class GrownLog {
 public:
  explicit GrownLog(std::uint64_t size, std::uint8_t salt = 0, std::string name = "anta.example/log-00000000")
      : origin(std::move(name)) {
    CompactRange range;
    for (std::uint64_t i = 0; i < size; ++i) {
      const std::uint8_t entry[] = {static_cast<std::uint8_t>(i), salt};
      range.append(leaf_hash(entry), [this](unsigned level, std::uint64_t index, const Digest& hash) {
        nodes_[{level, index}] = hash;
      });
    }
  }

  Checkpoint at(std::uint64_t size) const {
    return {.origin = origin, .size = size, .root = size == 0 ? empty_root() : *root_at(size, source())};
  }
  std::string note(std::uint64_t size) const { return note_of(at(size)); }
  std::string note_of(const Checkpoint& checkpoint) const {
    const std::string text = encode_checkpoint(checkpoint);
    return encode_note({.text = text, .signatures = {sign_note_line(text, checkpoint.origin, key)}});
  }
  std::vector<Digest> proof(std::uint64_t from, std::uint64_t to) const {
    return from == 0 || from == to ? std::vector<Digest>{} : *consistency_proof(from, to, source());
  }
  // What a log sends that knows that the witness is at `from`.
  std::string body(std::uint64_t from, std::uint64_t to) const {
    return encode_witness_request({.old_size = from, .proof = proof(from, to), .note = note(to)});
  }
  VerifierKey verifier() const { return {.name = origin, .key = key.public_key()}; }

  std::string origin = {};
  SigningKey key = key_of(1);

 private:
  NodeSource source() const {
    return
        [this](unsigned level, std::uint64_t index) -> Result<Digest> { return nodes_.at({level, index}); };
  }
  std::map<std::pair<unsigned, std::uint64_t>, Digest> nodes_ = {};
};

// w1's directory: seed, policy, configuration.
struct WitnessHome {
  explicit WitnessHome(const GrownLog& log) {
    std::array<std::uint8_t, 32> seed = {};
    seed[0] = 77;
    EXPECT_TRUE(write_new_seed(directory.path() + "/witness.seed", Secret32(seed)));
    key = derive_node_keys(Secret32(seed)).cosigner.public_key();
    policy = *quorum_policy({log.verifier()}, {verifier()}, 1);
    write_whole(directory.path() + "/policy.txt", as_bytes(encode_policy(policy)));
    const auto parsed = parse_witness_config(
        "witness: w1\npolicy: policy.txt\ndata: data\nseed: witness.seed\n", directory.path());
    EXPECT_TRUE(parsed) << parsed.error().message;
    config = *parsed;
  }
  VerifierKey verifier() const { return {.name = "w1/anta", .type = KeyType::cosignature, .key = key}; }

  TempDirectory directory = {};
  PublicKey key = {};
  Policy policy = {};
  WitnessConfig config = {};
};

}  // namespace anta::test
