#include "node/certificate_assembly.h"

#include <gtest/gtest.h>

#include "storage/ledger/certificate_file.h"
#include "storage/ledger/verify.h"
#include "tests/node/ledger_rig.h"

namespace anta::test {
namespace {

// A world's ledger in a database, and a checkpoint over all of it signed by the world's nodes.
struct Rig {
  explicit Rig(World& world) : ledger(with_nodes(world.genesis)) {
    ledger.replay(world);
    seal(0);
  }

  // The world's registrar and parameters, with nodes whose keys the test has.
  Genesis with_nodes(Genesis genesis) {
    genesis.nodes.clear();
    for (std::uint8_t i = 1; i <= 3; ++i) {
      std::array<std::uint8_t, 32> seed = {};
      seed[0] = i;
      keys.push_back(derive_node_keys(Secret32(seed)));
      genesis.nodes.push_back({.id = NodeId{"n" + std::to_string(i)},
                               .organisation = PartyId{"org" + std::to_string(i)},
                               .keys = {.log = keys.back().log.public_key(),
                                        .cosigner = keys.back().cosigner.public_key(),
                                        .tls = keys.back().tls.public_key()},
                               .address = "127.0.0.1:1"});
    }
    genesis.origin = "anta.example/test";
    bind_origin(genesis);
    return genesis;
  }

  void seal(std::uint64_t size) {
    const LedgerReader reader = *ledger.ledger->reader();
    finished.checkpoint.origin = ledger.genesis.origin;
    finished.checkpoint.size = size == 0 ? reader.applied().leaves.value : size;
    finished.checkpoint.root = *root_at(finished.checkpoint.size, reader.nodes());
    const std::string text = encode_checkpoint(finished.checkpoint);
    Note note{.text = text, .signatures = {sign_note_line(text, ledger.genesis.origin, keys[0].log)}};
    for (std::size_t i = 0; i < keys.size(); ++i) {
      note.signatures.push_back(sign_cosignature(text, cosigner_name(ledger.genesis.nodes[i].organisation),
                                                 keys[i].cosigner, 1'800'000'000));
    }
    finished.note = encode_note(note);
  }

  Result<Bytes> assemble(const std::string& id) const {
    return assemble_certificate(*ledger.ledger->reader(), finished, CertificateId{id});
  }

  Report verify(ByteView file) const {
    Trust trust;
    trust.policy = *network_policy(ledger.genesis);
    return verify_certificate(file, trust, Millis{1'800'000'100'000});
  }

  std::vector<NodeKeys> keys = {};
  LedgerRig ledger;
  FinishedCheckpoint finished = {};
};

World certified() {
  World world = rich_world();
  deliver_from_second(world, "X-1");  // somebody else's ore, which no certificate here needs
  concentrate(world, "L-1", "K-1");
  auto certificate = world.certificate("C-1", "K-1", CocModel::segregated, "smelter");
  certificate.valid_until = Millis{1'900'000'000'000};
  world.must("plant", certificate);
  return world;
}

TEST(CertificateAssembly, TheEvidenceVerifiesOfflineAndHoldsNoMore) {
  // Goal: a buyer's verifier accepts the file, and ore that has nothing to do with it stays out.
  World world = certified();
  Rig rig(world);
  const auto file = rig.assemble("C-1");
  ASSERT_TRUE(file) << file.error().message;
  const Report report = rig.verify(*file);
  ASSERT_TRUE(report.verdict == CertificateVerdict::valid ||
              report.verdict == CertificateVerdict::valid_with_flags)
      << (report.reasons.empty() ? "" : report.reasons[0].code + " " + report.reasons[0].message);
  EXPECT_EQ(report.claim->lot.value, "K-1");
  EXPECT_EQ(report.cosigners.size(), 3u);
  const auto decoded = decode_certificate_file(*file);
  ASSERT_TRUE(decoded);
  for (const ProvenStatement& proven : decoded->evidence) {
    const auto statement = decode_statement(proven.statement);
    EXPECT_NE(statement->header.subject, "X-1");
  }
}

TEST(CertificateAssembly, TheSameNoteGivesTheSameBytes) {
  // Goal: a certificate is reproducible, also after a restart of the node.
  World world = certified();
  Rig rig(world);
  const auto first = rig.assemble("C-1");
  rig.ledger.open();
  EXPECT_EQ(*first, *rig.assemble("C-1"));
}

TEST(CertificateAssembly, EveryStatementOfTheChainIsNeeded) {
  // Goal: without the lot, its receipt, the process, an attestation or a party, the verifier refuses.
  World world = certified();
  Rig rig(world);
  const auto file = decode_certificate_file(*rig.assemble("C-1"));
  ASSERT_TRUE(file);
  std::set<std::string> tried;
  for (std::size_t i = 0; i < file->evidence.size(); ++i) {
    const std::string type = decode_statement(file->evidence[i].statement)->type;
    if (type != "lot" && type != "receipt" && type != "process" && type != "certificate") continue;
    CertificateFile without = *file;
    without.evidence.erase(without.evidence.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(rig.verify(encode_certificate_file(without)).verdict, CertificateVerdict::not_valid) << type;
    tried.insert(type);
  }
  EXPECT_EQ(tried.size(), 4u);
}

TEST(CertificateAssembly, AStatusRecordedLaterComesAlong) {
  // Goal: a revocation for fraud is in the next file, and its flag reaches the buyer.
  World world = certified();
  auto status = world.attestation_status("att-mine", AttestationChange::revoked);
  for (const auto& [key, bytes] : world.view.records()) {
    const auto attestation = key.kind == Kind::attestation
                                 ? state::decode_record<state::Attestation>(*bytes)
                                 : Result<state::Attestation>(fail(Code::not_found, ""));
    if (attestation && attestation->subject.value == "miner" &&
        attestation->kind == AttestationKind::site_production)
      status.attestation = attestation->id;
  }
  status.void_from = Millis{t0};
  world.must("body", status);
  Rig rig(world);
  const auto file = rig.assemble("C-1");
  ASSERT_TRUE(file) << file.error().message;
  const Report report = rig.verify(*file);
  EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags)
      << (report.reasons.empty() ? "" : report.reasons[0].message);
  EXPECT_TRUE(std::any_of(report.flags.begin(), report.flags.end(),
                          [](const auto& f) { return f.code == "upstream_under_review"; }));
}

TEST(CertificateAssembly, WhatNoCheckpointCoversIsNotServed) {
  // Goal: an unknown certificate is not_found; one behind the checkpoint is not_cosigned.
  World world = certified();
  Rig rig(world);
  EXPECT_EQ(rig.assemble("C-9").error().code, Code::not_found);
  rig.seal(rig.finished.checkpoint.size - 2);
  EXPECT_EQ(rig.assemble("C-1").error().rule, "not_cosigned");
}

}  // namespace
}  // namespace anta::test
