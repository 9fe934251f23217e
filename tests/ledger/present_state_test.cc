// What a certificate file proves to be so at the checkpoint, and what a verdict makes of it.
#include "storage/ledger/present_state.h"

#include <algorithm>

#include "storage/ledger/certificate_patch.h"
#include "storage/ledger/state.h"
#include "tests/ledger/law_chain.h"
#include "tests/ledger/ledger_builder.h"
#include "tests/ledger/report_words.h"

namespace anta::test {
namespace {

// A certified concentrate with one ledger over it, whose verifiers demand state.
struct PresentState : testing::Test {
  PresentState() {
    certify_concentrate(world);
    ledger.settle();
  }
  Report verify(const CertificateFile& file) const {
    Trust trust = ledger.trust();
    trust.assertions.require_state = true;
    return verify_now(ledger, file, trust);
  }
  // The record, changed by a network whose organisations all cosign it.
  template <typename T>
  void alter(const StateKey& key, const std::function<void(T&)>& change) {
    T record = *state::find<T>(world.view, key.id);
    change(record);
    ledger.alter(key, std::make_shared<const Bytes>(state::encode_record(record)));
  }
  // A block of which nothing was accepted, so that there is another seal.
  void one_more_block() { ledger.empty_block(); }
  static void drop(CertificateFile& file, const StateKey& key) {
    EXPECT_GT(std::erase_if(file.state->records, [&](const ProvenRecord& r) { return r.key == key; }), 0u);
  }

  World world;
  LedgerBuilder ledger{world};
};

}  // namespace

// Goal: a file that proves all it rests on is valid, and says that present state was checked.
TEST_F(PresentState, IsChecked) {
  const Report report = verify(ledger.proven_file("C-1"));
  EXPECT_EQ(report.verdict, CertificateVerdict::valid) << explained(report);
  EXPECT_TRUE(lists(report.checked, "checked.present_state"));
  EXPECT_FALSE(lists(report.not_checked, "not_checked.present_state"));
}

// Goal: without the proof of any one record that the verdict rests on there is no answer, which names it; the
// records are those that relied_keys names, and they suffice.
TEST_F(PresentState, EachNeededRecordIsMissed) {
  Evidence evidence;
  const CertificateFile whole = ledger.proven_file("C-1");
  const Checkpoint checkpoint = *evidence_tree(whole);
  ASSERT_FALSE(evidence.replay(whole, checkpoint, Millis{world.now + hour}));
  const auto keys = relied_keys(evidence, CertificateId{"C-1"}, Millis{world.now});
  std::set<Kind> kinds;
  for (const StateKey& key : keys)
    kinds.insert(key.kind);
  EXPECT_EQ(kinds, (std::set<Kind>{Kind::certificate, Kind::lot, Kind::attestation, Kind::accreditation,
                                   Kind::formalisation, Kind::key, Kind::parameter}));
  CertificateFile enough = ledger.file("C-1");
  enough.state = ledger.state(keys);
  EXPECT_EQ(verify(enough).verdict, CertificateVerdict::valid);
  for (const StateKey& key : keys) {
    CertificateFile file = enough;
    drop(file, key);
    const Report report = verify(file);
    EXPECT_EQ(report.verdict, CertificateVerdict::cannot_evaluate);
    ASSERT_EQ(codes(report), "state_not_proven");
    EXPECT_NE(report.reasons[0].message.find(std::string(word(key.kind)) + " " + key.id), std::string::npos);
  }
}

// Goal: what happened after the file's evidence shows in the state: a withdrawn certificate is refused, a
// revoked attestation and a compromised key flag it, an ended formalisation is told.
TEST_F(PresentState, WhatTheEvidenceDoesNotTell) {
  alter<state::Certificate>({Kind::certificate, "C-1"},
                            [](auto& c) { c.state = CertificateState::withdrawn; });
  one_more_block();
  EXPECT_EQ(codes(verify(ledger.proven_file("C-1"))), "certificate_not_live");
  ledger.alter({Kind::certificate, "C-1"}, world.view.read(Kind::certificate, "C-1"));

  const auto records = world.view.records();
  for (const auto& [key, bytes] : records) {
    if (key.kind != Kind::attestation) continue;
    alter<state::Attestation>(key, [&](state::Attestation& a) {
      a.changes.push_back({.status = AttestationChange::revoked,
                           .effective_from = Millis{world.now},
                           .statement = sha256(as_bytes("unseen"))});
    });
  }
  one_more_block();
  const Report revoked = verify(ledger.proven_file("C-1"));
  EXPECT_EQ(revoked.verdict, CertificateVerdict::valid_with_flags) << explained(revoked);
  EXPECT_TRUE(std::any_of(revoked.flags.begin(), revoked.flags.end(),
                          [](const auto& flag) { return flag.code == "upstream_revoked"; }));
  EXPECT_TRUE(std::any_of(revoked.attestations.begin(), revoked.attestations.end(),
                          [](const auto& line) { return line.at_checkpoint == "revoked"; }));
}

// Goal: what the evidence makes and the state does not have is a no, for each record that the verdict rests
// on.
TEST_F(PresentState, ANeededRecordThatIsProvenAbsentIsANo) {
  Evidence evidence;
  const CertificateFile whole = ledger.proven_file("C-1");
  ASSERT_FALSE(evidence.replay(whole, *evidence_tree(whole), Millis{world.now + hour}));
  const auto keys = relied_keys(evidence, CertificateId{"C-1"}, Millis{world.now});
  for (const StateKey& key : keys) {
    if (key.kind == Kind::parameter) continue;  // the law's amendments, of which there are none
    ledger.alter(key, nullptr);
    one_more_block();
    CertificateFile file = ledger.file("C-1");
    file.state = ledger.state(keys);
    const Report report = verify(file);
    EXPECT_EQ(report.verdict, CertificateVerdict::not_valid) << word(key.kind) << " " << key.id;
    EXPECT_EQ(codes(report), "state_contradicts") << word(key.kind) << " " << key.id;
    ledger.alter(key, world.view.read(key.kind, key.id));
  }
}

// Goal: the state says how a thing stands, and does not stand in for the statements that made it.
TEST_F(PresentState, StateIsNoEvidence) {
  CertificateFile file =
      ledger.file("C-1", [](const LedgerBuilder::Laid& laid) { return laid.type != "certificate"; });
  file.state = ledger.state();
  const Report report = verify(file);
  EXPECT_EQ(report.verdict, CertificateVerdict::not_valid);
  EXPECT_EQ(codes(report), "certificate_missing");
}

// Goal: a lot that the state calls disputed flags the certificate, although the dispute is later than the
// evidence (found by a hostile review).
TEST_F(PresentState, ADisputeThatTheEvidenceDoesNotTell) {
  alter<state::Lot>({Kind::lot, "K-1"}, [](auto& lot) {
    lot.state = LotState::disputed;
    lot.dispatch = DispatchId{"D-later"};
  });
  one_more_block();
  const Report report = verify(ledger.proven_file("C-1"));
  EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags) << explained(report);
  ASSERT_FALSE(report.flags.empty());
  EXPECT_EQ(report.flags.back().code, "upstream_disputed");
}

// Goal: an account that the proven certificate was debited from, and the evidence does not have, is no
// answer: statements were left out (found by a hostile review).
TEST_F(PresentState, AnAccountThatTheEvidenceDoesNotHave) {
  alter<state::Certificate>({Kind::certificate, "C-1"},
                            [](auto& c) { c.debits.push_back({AccountId{"A-elsewhere"}, Grams{1}}); });
  ledger.alter({Kind::account, "A-elsewhere"},
               std::make_shared<const Bytes>(state::encode_record(
                   state::Account{.id = AccountId{"A-elsewhere"}, .site = SiteId{"elsewhere"}})));
  one_more_block();
  CertificateFile file = ledger.proven_file("C-1");
  const Report report = verify(file);
  EXPECT_EQ(report.verdict, CertificateVerdict::cannot_evaluate) << explained(report);
  EXPECT_EQ(codes(report), "evidence_incomplete");
}

// Goal: an origin that the state calls eligible needs the attestation that made it so in the evidence:
// without it a revocation could be hidden (found by a hostile review).
TEST_F(PresentState, AnEligibleOriginWithoutItsAttestation) {
  CertificateFile file = ledger.file("C-1");
  std::erase_if(file.evidence, [](const ProvenStatement& proven) {
    const auto statement = decode_statement(proven.statement);
    const auto* p = statement ? std::get_if<payload::Attestation>(&statement->payload) : nullptr;
    return p != nullptr && p->kind == AttestationKind::site_production;
  });
  file.state = ledger.state();
  EXPECT_NE(verify(file).verdict, CertificateVerdict::valid);
}

// Goal: an altered seal, record, sibling or place is refused with its own code.
TEST_F(PresentState, AlteredProofsAreRefused) {
  const CertificateFile good = ledger.proven_file("C-1");
  const auto code = [&](const std::function<void(ProvenState&)>& change) {
    CertificateFile file = good;
    change(*file.state);
    const Report report = verify(file);
    EXPECT_EQ(report.verdict, CertificateVerdict::not_valid);
    return codes(report);
  };
  EXPECT_EQ(code([](ProvenState& s) { s.seal.back() ^= 1; }), "state_seal");
  EXPECT_EQ(code([](ProvenState& s) { s.leaf = LeafIndex{s.leaf.value - 1}; }), "state_seal");
  EXPECT_EQ(code([](ProvenState& s) { s.path[0].bytes[3] ^= 1; }), "state_seal");
  EXPECT_EQ(code([](ProvenState& s) { s.records[4].proof.siblings.back().bytes[0] ^= 1; }),
            "state_proof.mismatch");
  const auto first = [](ProvenState& s, bool present) -> ProvenRecord& {
    return *std::find_if(s.records.begin(), s.records.end(),
                         [&](const ProvenRecord& r) { return (r.record != nullptr) == present; });
  };
  EXPECT_EQ(code([&](ProvenState& s) {
              ProvenRecord& record = first(s, true);
              Bytes other = *record.record;
              other.back() ^= 1;
              record.record = std::make_shared<const Bytes>(other);
            }),
            "state_proof.mismatch");
  EXPECT_EQ(code([&](ProvenState& s) { first(s, true).record = nullptr; }), "state_proof.present");
}

// Goal: a quorum that cosigns a record which nobody can read gets a no, not a crash.
TEST_F(PresentState, AnUnreadableRecord) {
  ledger.alter({Kind::certificate, "C-1"}, std::make_shared<const Bytes>(Bytes{0xA0}));
  one_more_block();
  EXPECT_EQ(codes(verify(ledger.proven_file("C-1"))), "state_record");
}

// Goal: the same for a record that says it is another thing's than the one that it is proven for (a summary's
// lots were looked up by either, and the verifier ended with an exception: found by fuzz_certificate).
TEST_F(PresentState, ARecordOfAnotherThing) {
  const ProvenState state = *ledger.proven_file("C-1").state;
  for (const Kind kind : {Kind::lot, Kind::certificate, Kind::attestation}) {
    const auto found = std::find_if(state.records.begin(), state.records.end(), [&](const ProvenRecord& r) {
      return r.key.kind == kind && r.record != nullptr;
    });
    ASSERT_NE(found, state.records.end());
    const auto as_another = [&](auto record) {
      record.id.value = "X-99";
      ledger.alter(found->key, std::make_shared<const Bytes>(state::encode_record(record)));
    };
    if (kind == Kind::lot) as_another(*state::decode_record<state::Lot>(*found->record));
    if (kind == Kind::certificate) as_another(*state::decode_record<state::Certificate>(*found->record));
    if (kind == Kind::attestation) as_another(*state::decode_record<state::Attestation>(*found->record));
    one_more_block();
    EXPECT_EQ(codes(verify(ledger.proven_file("C-1"))), "state_record") << word(kind);
    ledger.alter(found->key, found->record);
  }
}

// Goal: the same for the list of amendments, which the replay reads: the state is checked before it.
TEST_F(PresentState, AnUnreadableListOfAmendments) {
  ledger.alter({Kind::parameter, std::string(state::amendments_record_id)},
               std::make_shared<const Bytes>(Bytes{0xA0}));
  one_more_block();
  EXPECT_EQ(codes(verify(ledger.proven_file("C-1"))), "state_record");
}

// Goal: a patch brings the file under a later checkpoint without its statements; the patched file survives
// its encoding, and what the state says since then counts.
TEST_F(PresentState, APatchBringsAFileUpToDate) {
  CertificateFile file = ledger.proven_file("C-1");
  const std::uint64_t before = ledger.size();
  alter<state::Certificate>({Kind::certificate, "C-1"},
                            [](auto& c) { c.state = CertificateState::withdrawn; });
  one_more_block();
  const CertificatePatch patch{.subject = CertificateId{"C-1"},
                               .note = ledger.note(),
                               .state = ledger.state(),
                               .earlier = ledger.earlier(before)};
  const auto read = decode_certificate_patch(encode_certificate_patch(patch));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_TRUE(apply_patch(*read, file));
  const auto again = decode_certificate_file(encode_certificate_file(file));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->earlier, file.earlier);
  const Report report = verify(*again);
  EXPECT_EQ(report.size, ledger.size());
  EXPECT_EQ(codes(report), "certificate_not_live");

  file.earlier->root.bytes[0] ^= 1;
  EXPECT_EQ(codes(verify(file)), "consistency");
  file.earlier = EarlierTree{};
  EXPECT_EQ(codes(verify(file)), "consistency");
}

// Goal: a patch for another certificate, of another tree, or older than the file changes nothing.
TEST_F(PresentState, APatchThatDoesNotFit) {
  const CertificateFile file = ledger.proven_file("C-1");
  const std::string old_note = ledger.note();
  const std::uint64_t before = ledger.size();
  one_more_block();
  const CertificatePatch good{.subject = CertificateId{"C-1"},
                              .note = ledger.note(),
                              .state = ledger.state(),
                              .earlier = ledger.earlier(before)};
  const auto refusal = [&](const std::function<void(CertificatePatch&)>& change, CertificateFile into) {
    CertificatePatch patch = good;
    change(patch);
    const auto applied = apply_patch(patch, into);
    return applied ? std::string("applied") : applied.error().rule;
  };
  EXPECT_EQ(refusal([](auto&) {}, file), "applied");
  EXPECT_EQ(refusal([](auto& p) { p.subject = CertificateId{"C-2"}; }, file), "patch.other_certificate");
  EXPECT_EQ(refusal([](auto& p) { p.earlier->size -= 1; }, file), "patch.other_tree");
  EXPECT_EQ(refusal([](auto& p) { p.earlier.reset(); }, file), "patch.other_tree");
  CertificateFile newer = file;
  newer.note = ledger.note();
  EXPECT_EQ(refusal([&](auto& p) { p.note = old_note; }, newer), "patch.older");
}

}  // namespace anta::test
