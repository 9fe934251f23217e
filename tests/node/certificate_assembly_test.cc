#include "node/certificate_assembly.h"

#include <gtest/gtest.h>

#include <map>

#include "storage/ledger/mass.h"
#include "tests/ledger/law_network.h"
#include "tests/node/certificate_rig.h"

namespace anta::test {
namespace {

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
  CertificateRig rig(world);
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
  CertificateRig rig(world);
  const auto first = rig.assemble("C-1");
  rig.ledger.open();
  EXPECT_EQ(*first, *rig.assemble("C-1"));
}

TEST(CertificateAssembly, EveryStatementOfTheChainIsNeeded) {
  // Goal: without the lot, its receipt, the process, an attestation or a party, the verifier refuses.
  World world = certified();
  CertificateRig rig(world);
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
  CertificateRig rig(world);
  const auto file = rig.assemble("C-1");
  ASSERT_TRUE(file) << file.error().message;
  const Report report = rig.verify(*file);
  EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags)
      << (report.reasons.empty() ? "" : report.reasons[0].message);
  EXPECT_TRUE(std::any_of(report.flags.begin(), report.flags.end(),
                          [](const auto& f) { return f.code == "upstream_under_review"; }));
}

TEST(CertificateAssembly, WhatNoCheckpointCoversIsNotServed) {
  // Goal: a certificate that the checkpoint's tree does not have is not_found there, unknown or later.
  World world = certified();
  CertificateRig rig(world);
  EXPECT_EQ(rig.assemble("C-9").error().code, Code::not_found);
  rig.seal(rig.finished.checkpoint.size - 2);
  EXPECT_EQ(rig.assemble("C-1").error().code, Code::not_found);
}

// --- what other lots and certificates have to do with it ---

void expect_yes(const CertificateRig& rig, const std::string& id) {
  const auto file = rig.assemble(id);
  ASSERT_TRUE(file) << id << ": " << file.error().message;
  const Report report = rig.verify(*file);
  EXPECT_TRUE(is_yes(report)) << id << ": " << in_words(report);
}

TEST(CertificateAssembly, TheRestOfALotIsCertifiedAfterABatchUsedUpWhatWasClaimed) {
  // Goal: C-0 on 60 % of K-1 is consumed by a batch that mixes half of K-1 with K-2; C-9 on the rest is
  // accepted.
  World world = rich_world();
  concentrate(world, "L-1", "K-1");
  auto first = world.certificate("C-0", "K-1", CocModel::segregated, "smelter");
  first.dry_g.value = first.dry_g.value * 6 / 10;
  first.cu_g.value = first.cu_g.value * 6 / 10;
  world.must("plant", first);
  concentrate(world, "L-2", "K-2");
  world.attest("att-works-s", AttestationKind::chain_of_custody, "smelter", "works", {CocModel::segregated});
  sell(world, "K-1");
  sell(world, "K-2");
  auto half = world.all_of("K-1");
  half.dry_g.value /= 2;
  half.cu_g.value /= 2;
  auto batch = smelting(world, "B-9", "K-2", "A-9");
  batch.inputs.push_back(half);
  const std::int64_t cu = batch.inputs[0].cu_g.value + half.cu_g.value;
  batch.outputs[0].measurement = measured(cu * 97 / 100 * 1000 / 992, 0, 992000);
  batch.losses = payload::Mass{Grams{0}, Grams{cu - cu * 97 / 100}};
  world.must("smelter", batch);
  EXPECT_EQ(world.get<state::Certificate>("C-0").state, CertificateState::consumed);
  auto last = world.certificate("C-9", "K-1", CocModel::segregated, "buyer");
  world.must("smelter", last);
  CertificateRig rig(world);
  expect_yes(rig, "C-9");
  const auto consumed = rig.assemble("C-0");
  ASSERT_TRUE(consumed);
  EXPECT_EQ(rig.verify(*consumed).claim->state, "consumed");
}

TEST(CertificateAssembly, WhatABlendLeftOverIsComparedWithWhatItLeft) {
  // Goal: 95 % of K-1 goes into a blend at +0.4 % of its grade; the rest, poorer by that, is certified and
  // accepted.
  World world = rich_world();
  concentrate(world, "L-1", "K-1");
  concentrate(world, "L-2", "K-2");
  const auto all = world.all_of("K-1");
  payload::Blend blend;
  blend.common = world.common();
  blend.inputs = {{LotId{"K-1"}, Grams{all.dry_g.value * 95 / 100},
                   Grams{half_even(all.cu_g.value * 95 / 100, 1004, 1000)}},
                  world.all_of("K-2")};
  blend.output = {LotId{"M-1"}, Material::concentrate, "bulk", std::nullopt};
  world.must("plant", blend);
  world.must("plant", world.certificate("C-1", "K-1", CocModel::segregated, "smelter"));
  expect_yes(CertificateRig(world), "C-1");
}

TEST(CertificateAssembly, ASuccessorOnAnotherLotDoesNotComeAlong) {
  // Goal: C-1 on K-1 announced C-2, which was then issued on K-2: files about K-1 hold nothing of K-2, and
  // all three verify as what they are.
  World world = rich_world();
  concentrate(world, "L-1", "K-1");
  world.must("plant", world.certificate("C-1", "K-1", CocModel::segregated, "smelter"));
  concentrate(world, "L-2", "K-2");
  auto status = certificate_status(world, "C-1", CertificateChange::superseded);
  status.by = CertificateId{"C-2"};
  world.must("plant", status);
  world.must("plant", world.certificate("C-2", "K-2", CocModel::segregated, "smelter"));
  world.must("plant", world.certificate("C-3", "K-1", CocModel::segregated, "smelter"));
  CertificateRig rig(world);
  expect_yes(rig, "C-2");
  expect_yes(rig, "C-3");
  const auto superseded = rig.assemble("C-1");
  ASSERT_TRUE(superseded);
  const Report report = rig.verify(*superseded);
  ASSERT_EQ(report.reasons.size(), 1u) << in_words(report);
  EXPECT_EQ(report.reasons[0].code, "certificate_not_live");
}

TEST(CertificateAssembly, AReceiptIsTakenBackWhateverTheAccountHolds) {
  // Goal: K-2's receipt was corrected while K-3's credit covered what C-2 had taken; the evidence, which has
  // no K-3, is accepted all the same.
  World world = rich_world();
  world.must("smelter", account(world, "A"));
  world.now = t0 + 2 * day;
  payload::Lot old = world.lot("L-1");  // from before its mine was attested: no credit
  old.extracted_from = Millis{t0 - day};
  world.must("miner", old);
  world.now += hour;
  world.must("miner", world.dispatch("D-L-1", {"L-1"}));
  world.now += day;
  world.must("plant", world.receipt("D-L-1", {"L-1"}));
  world.must("plant", world.flotation("B-K-1", {"L-1"}, "K-1"));
  concentrate(world, "L-2", "K-2");
  concentrate(world, "L-3", "K-3");
  sell(world, "K-1");
  sell(world, "K-3");
  world.must("smelter", smelting(world, "S-1", "K-1", "A-1"));
  sell(world, "K-2");
  const Digest receipt = world.last_digest;
  auto claim = world.certificate("C-2", "A-1", CocModel::mass_balance);
  claim.cu_g = Grams{840000};
  claim.dry_g = Grams{846774};
  world.must("smelter", claim);
  payload::Correction correction;
  correction.common = world.common();
  correction.of = receipt;
  world.must("smelter", correction);
  auto again = world.receipt("S-K-2", {"K-2"}, as_it_is(world, "K-2"));
  again.ticket = "again";
  world.must("smelter", again);
  world.must("smelter", certificate_status(world, "C-2", CertificateChange::superseded));
  world.must("smelter", smelting(world, "S-2", "K-2", "A-2"));
  payload::Blend blend;
  blend.common = world.common();
  blend.inputs = {world.all_of("A-1"), world.all_of("A-2")};
  blend.output = {LotId{"M-1"}, Material::anode, "bulk", std::nullopt};
  world.must("smelter", blend);
  auto part = world.certificate("C-9", "M-1", CocModel::mass_balance, "buyer");
  part.dry_g.value /= 10;
  part.cu_g.value /= 10;
  world.must("smelter", part);
  expect_yes(CertificateRig(world), "C-9");
}

TEST(CertificateAssembly, AFinalFigureKeepsItsLaboratory) {
  // Goal: a final measurement that its laboratory supports has no flag in the report, as on the ledger.
  World world = rich_world();
  auto final_ore = some_ore();
  final_ore.status = MeasurementStatus::final;
  final_ore.scale = ScaleId{"SC-1"};
  final_ore.laboratory = PartyId{"lab"};
  final_ore.assay_certificate = sha256(as_bytes("assay"));
  world.deliver("L-1", final_ore);
  world.must("plant", world.flotation("B-1", {"L-1"}, "K-1"));
  world.must("plant", world.certificate("C-1", "K-1", CocModel::segregated, "smelter"));
  CertificateRig rig(world);
  const Report report = rig.verify(*rig.assemble("C-1"));
  EXPECT_TRUE(is_yes(report)) << in_words(report);
  EXPECT_TRUE(std::none_of(report.flags.begin(), report.flags.end(),
                           [](const auto& flag) { return flag.code == "final_unsupported"; }));
}

// --- what has nothing to do with it ---

TEST(CertificateAssembly, StrangersDoNotMakeItLarger) {
  // Goal: 200 parties with formalisations and 100 relations that name the plant change no byte but the
  // paths'.
  World world = certified();
  CertificateRig before(world);
  const auto small = decode_certificate_file(*before.assemble("C-1"));
  ASSERT_TRUE(small);
  for (int i = 0; i < 200; ++i) {
    const std::string id = "stranger" + std::to_string(i);
    world.party(id, {Role::producer});
    world.formalise(id, FormalisationStatus::vigente, t0);
  }
  for (int i = 0; i < 100; ++i) {
    payload::Relation relation;
    relation.common = world.common();
    relation.party = PartyId{"buyer"};
    relation.other = PartyId{"plant"};
    relation.from = Millis{t0 + i};
    world.must("buyer", relation);
  }
  CertificateRig after(world);
  const auto large = decode_certificate_file(*after.assemble("C-1"));
  ASSERT_TRUE(large);
  const auto same = [](const std::vector<ProvenStatement>& a, const std::vector<ProvenStatement>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
      return x.leaf == y.leaf && *x.statement == *y.statement;
    });
  };
  EXPECT_TRUE(same(small->evidence, large->evidence));
  EXPECT_TRUE(same(small->authority, large->authority));
}

TEST(CertificateAssembly, WhatWasDeclaredBeforeAnAttestationComesAlong) {
  // Goal: a relation between the body and whom it attests is in the file when it was there to be judged; one
  // declared afterwards is not.
  World world = rich_world();
  const auto declare = [&](std::int64_t from, std::int64_t until) {
    payload::Relation relation;
    relation.common = world.common();
    relation.party = PartyId{"body"};
    relation.other = PartyId{"plant"};
    relation.from = Millis{from};
    relation.until = Millis{until};
    world.must("body", relation);
    return world.last_digest;
  };
  const Digest before = declare(t0 - 90 * day, t0 - 80 * day);
  world.attest("att-late", AttestationKind::chain_of_custody, "plant", "mill", {CocModel::segregated});
  const Digest after = declare(t0 - 70 * day, t0 - 60 * day);
  concentrate(world, "L-1", "K-1");
  world.must("plant", world.certificate("C-1", "K-1", CocModel::segregated, "smelter"));
  CertificateRig rig(world);
  const auto file = rig.assemble("C-1");
  ASSERT_TRUE(file);
  EXPECT_TRUE(is_yes(rig.verify(*file)));
  const auto decoded = decode_certificate_file(*file);
  const auto holds = [&](const Digest& digest) {
    return std::any_of(decoded->authority.begin(), decoded->authority.end(),
                       [&](const auto& proven) { return sha256(*proven.statement) == digest; });
  };
  EXPECT_TRUE(holds(before));
  EXPECT_FALSE(holds(after));
}

TEST(CertificateAssembly, AnUpdatedPartyAndARotatedKeyComeAlong) {
  // Goal: what the registrar changed of a party of the chain is in the file, with everything the party signed
  // in between left out; and so is the statement that brought the key it signs with now.
  World world = rich_world();
  world.must("miner", world.lot("X-1"));
  payload::PartyUpdate update;
  update.common = world.common();
  update.party = PartyId{"miner"};
  update.capacity_class = CapacityClass::general;
  world.must("registrar", update);
  concentrate(world, "L-1", "K-1");
  payload::KeyRotate rotation;
  rotation.common = world.common();
  rotation.party = PartyId{"plant"};
  rotation.old_key = world.key("plant").public_key();
  rotation.new_key = world.key("plant's new").public_key();
  world.must("plant", rotation);
  const auto signed_anew =
      sign_statement(world.certificate("C-1", "K-1", CocModel::segregated, "smelter"), PartyId{"plant"},
                     world.key("plant's new"), world.now / second, std::array<std::uint8_t, 16>{});
  ASSERT_TRUE(signed_anew);
  ASSERT_EQ(world.submit_bytes(*signed_anew), "accepted");
  CertificateRig rig(world);
  expect_yes(rig, "C-1");
  const auto file = decode_certificate_file(*rig.assemble("C-1"));
  std::set<std::string> types;
  for (const ProvenStatement& proven : file->authority)
    types.insert(decode_statement(proven.statement)->type);
  EXPECT_TRUE(types.contains("party-update"));
  EXPECT_TRUE(types.contains("key-rotate"));
  for (const ProvenStatement& proven : file->evidence)
    EXPECT_NE(decode_statement(proven.statement)->header.subject, "X-1");
}

TEST(CertificateAssembly, TooMuchBehindItIsSaid) {
  // Goal: collecting stops where the largest file is full, with a code of its own; one byte more is enough.
  World world = certified();
  CertificateRig rig(world);
  const LedgerReader reader = *rig.ledger.ledger->reader();
  const TreeSize size{rig.finished.checkpoint.size};
  int steps = 0;
  const auto count = [&steps] { return ++steps > 0; };
  std::size_t enough = certificate_file_bytes_max;
  for (std::size_t step = enough / 2; step > 0; step /= 2) {
    if (collect_evidence(reader, CertificateId{"C-1"}, size, count, enough - step)) enough -= step;
  }
  const Bytes whole = *rig.assemble("C-1");
  const auto file = decode_certificate_file(whole);
  std::size_t statements = 0;
  for (const auto* list : {&file->evidence, &file->authority}) {
    for (const ProvenStatement& proven : *list)
      statements += proven.statement->size();
  }
  EXPECT_EQ(enough, statements);  // paths are weighed once all are there, as they share
  EXPECT_EQ(*rig.assemble("C-1", whole.size()), whole);
  const auto no_room = rig.assemble("C-1", whole.size() - 1);
  EXPECT_TRUE(!no_room || decode_certificate_file(*no_room)->summary);
  const auto refused = collect_evidence(reader, CertificateId{"C-1"}, size, count, enough - 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().rule, "certificate_too_large");
  steps = 0;
  EXPECT_FALSE(collect_evidence(reader, CertificateId{"C-1"}, size, count, 1000));
  EXPECT_LE(steps, 4);
}

TEST(CertificateAssembly, WorkThatMayNotGoOnEnds) {
  // Goal: work that may not go on ends with busy, rule deadline.
  World world = certified();
  CertificateRig rig(world);
  int steps = 0;
  const auto file = assemble_certificate(*rig.ledger.ledger->reader(), rig.finished, CertificateId{"C-1"},
                                         [&steps] { return ++steps < 10; });
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, Code::busy);
  EXPECT_EQ(file.error().rule, "deadline");
}

}  // namespace
}  // namespace anta::test
