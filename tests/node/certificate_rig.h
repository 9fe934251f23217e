// A world's ledger with a checkpoint, and the certificate files that a node makes of it, for tests.
#pragma once

#include <string>
#include <vector>

#include "node/certificate_assembly.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/certificate_patch.h"
#include "storage/ledger/verify.h"
#include "tests/node/ledger_rig.h"

namespace anta::test {

// A world's ledger in a database, and a checkpoint over all of it signed by the world's nodes.
struct CertificateRig {
  // `gathered`: what was recorded at one time is one block, as on a busy node; else every statement has its
  // own.
  explicit CertificateRig(World& world, bool gathered = false) : ledger(with_nodes(world.genesis)) {
    gathered ? ledger.replay_gathered(world) : ledger.replay(world);
    seal(0);
  }

  // The world's genesis, with keys of its nodes that the test has.
  Genesis with_nodes(Genesis genesis) {
    for (GenesisNode& node : genesis.nodes) {
      std::array<std::uint8_t, 32> seed = {};
      seed[0] = static_cast<std::uint8_t>(keys.size() + 1);
      keys.push_back(derive_node_keys(Secret32(seed)));
      node.keys = {.log = keys.back().log.public_key(),
                   .cosigner = keys.back().cosigner.public_key(),
                   .tls = keys.back().tls.public_key()};
    }
    genesis.origin = "anta.example/test";
    bind_origin(genesis);
    return genesis;
  }

  void seal(std::uint64_t size) {
    const LedgerReader reader = *ledger.ledger->reader();
    const std::uint64_t leaves = size == 0 ? reader.applied().leaves.value : size;
    note_of(leaves, *root_at(leaves, reader.nodes()));
  }

  // A checkpoint of any tree, signed by all.
  void note_of(std::uint64_t size, const Digest& root) {
    finished.checkpoint = {ledger.genesis.origin, size, root};
    const std::string text = encode_checkpoint(finished.checkpoint);
    Note note{.text = text, .signatures = {sign_note_line(text, ledger.genesis.origin, keys[0].log)}};
    for (std::size_t i = 0; i < keys.size(); ++i) {
      note.signatures.push_back(sign_cosignature(text, cosigner_name(ledger.genesis.nodes[i].organisation),
                                                 keys[i].cosigner, 1'800'000'000));
    }
    finished.note = encode_note(note);
  }

  Result<Bytes> assemble(const std::string& id, std::size_t bytes_max = certificate_file_bytes_max) const {
    const auto then = ledger.ledger->reader_of(TreeSize{finished.checkpoint.size});
    if (!then) return pass(then);
    return assemble_certificate(*then, finished, CertificateId{id}, [] { return true; }, bytes_max);
  }

  static std::size_t state_keys(ByteView patch) {
    const auto decoded = decode_certificate_patch(patch);
    return decoded ? decoded->state.records.size() : 0;
  }

  static constexpr Millis verified_at{1'800'000'100'000};
  Trust trust() const {
    Trust trust;
    trust.policy = *network_policy(ledger.genesis);
    return trust;
  }
  Report verify(ByteView file) const { return verify_certificate(file, trust(), verified_at); }
  Report verify(ByteView summary, ByteView whole) const {
    return verify_with_sources(summary, whole, trust(), verified_at);
  }

  std::vector<NodeKeys> keys = {};
  LedgerRig ledger;
  FinishedCheckpoint finished = {};
};

// A report in one line, for a failed expectation.
inline std::string in_words(const Report& report) {
  std::string text(word(report.verdict));
  for (const auto& reason : report.reasons) {
    text += "; " + reason.code + ": " + reason.message;
    if (reason.leaf) text += " (leaf " + std::to_string(reason.leaf->value) + ")";
  }
  return text;
}

inline bool is_yes(const Report& report) {
  return report.verdict == CertificateVerdict::valid ||
         report.verdict == CertificateVerdict::valid_with_flags;
}

}  // namespace anta::test
