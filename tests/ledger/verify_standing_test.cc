// What became of what a certificate rests on: no change for the worse may make the verdict better.
#include "storage/ledger/verify.h"
#include "tests/ledger/law_chain.h"
#include "tests/ledger/ledger_builder.h"
#include "tests/ledger/report_words.h"

namespace anta::test {
namespace {

struct Certified : testing::Test {
  Certified() { certify_concentrate(world); }
  Report verify(const std::string& certificate = "C-1") {
    LedgerBuilder ledger(world);
    ledger.settle();
    for (const LedgerBuilder::Laid& laid : ledger.statements())
      last_leaf = laid.leaf;
    return verify_now(ledger, ledger.file(certificate));
  }
  void expect_flag(const Report& report, std::string_view code, const std::string& where) {
    EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags) << explained(report);
    EXPECT_EQ(flagged_at(report, code),
              std::vector<std::string>{where + "@" + std::to_string(last_leaf.value) + "!"});
  }
  static std::string at_event(const Report& report, const std::string& attestation) {
    for (const auto& line : report.attestations) {
      if (line.id.value == attestation) return line.at_event + "/" + line.at_checkpoint;
    }
    return "absent";
  }
  void change(const std::string& attestation, AttestationChange change) {
    world.must("body", world.attestation_status(attestation, change));
  }

  World world;
  LeafIndex last_leaf = {};  // of the ledger last verified
};

using AWorseAttestation = Certified;
using CompromisedKey = Certified;

// Goal: revoked without void_from and withdrawn are told like suspended, not passed over in silence.
TEST_F(AWorseAttestation, RevokedSince) {
  change("att-mine", AttestationChange::revoked);
  const Report report = verify();
  expect_flag(report, "upstream_revoked", "attestation att-mine");
  EXPECT_EQ(at_event(report, "att-mine"), "in_force/revoked");
}
TEST_F(AWorseAttestation, WithdrawnSince) {
  change("att-mine", AttestationChange::withdrawn);
  const Report report = verify();
  expect_flag(report, "upstream_revoked", "attestation att-mine");
  EXPECT_EQ(at_event(report, "att-mine"), "in_force/withdrawn");
}

// Goal: a suspension that has lasted so long that it counts as a revocation does not vanish from the verdict.
TEST_F(AWorseAttestation, SuspensionRunOut) {
  change("att-mine", AttestationChange::suspended);
  LedgerBuilder ledger(world);
  ledger.settle();
  const LeafIndex suspended = ledger.leaf_of("attestation-status", "att-mine");
  world.now += 184 * day;  // the next cosignature
  const Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags) << explained(report);
  EXPECT_EQ(flagged_at(report, "upstream_revoked"),
            std::vector<std::string>{"attestation att-mine@" + std::to_string(suspended.value) + "!"});
  EXPECT_EQ(at_event(report, "att-mine"), "in_force/revoked");
}

// Goal: what is recorded late is not read back into what the lot was counted under when it was made.
TEST_F(AWorseAttestation, SuspensionRecordedLate) {
  payload::AttestationStatus p = world.attestation_status("att-mine", AttestationChange::suspended);
  p.effective_from = Millis{world.now - 3 * day};  // before the lot's extraction
  world.must("body", p);
  const Report report = verify();
  expect_flag(report, "upstream_suspended", "attestation att-mine");
  EXPECT_EQ(at_event(report, "att-mine"), "in_force/suspended");
}

// Goal: a late suspension of the time when the ore was mined stays told after its end.
TEST_F(AWorseAttestation, SuspensionRecordedLateAndLifted) {
  payload::AttestationStatus p = world.attestation_status("att-mine", AttestationChange::suspended);
  p.effective_from = Millis{world.now - 3 * day};
  world.must("body", p);
  world.now += hour;
  change("att-mine", AttestationChange::reinstated);
  const Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags) << explained(report);
  EXPECT_EQ(flagged_at(report, "upstream_suspended").size(), 1u);
  EXPECT_EQ(at_event(report, "att-mine"), "in_force/in_force");
}

// Goal: an attestation that has merely run its time after the event is no flag.
TEST_F(AWorseAttestation, ExpiredSince) {
  world.now += 1100 * day;
  const Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::valid) << explained(report);
  EXPECT_EQ(at_event(report, "att-mine"), "in_force/expired");
}

// Goal: only what the law counted matters: another kind, another subject and another material do not.
TEST_F(AWorseAttestation, OfSomethingElse) {
  world.attest("att-dd", AttestationKind::due_diligence, "plant", "mill");
  world.attest("att-other", AttestationKind::site_production, "miner2", "mine2");
  payload::Attestation oxide = world.attestation("att-oxide", "miner", "mine");
  oxide.materials = {Material::ore_oxide};
  world.must("body", oxide);
  world.now += hour;
  for (const char* id : {"att-dd", "att-other", "att-oxide"})
    change(id, AttestationChange::revoked);
  const Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::valid) << explained(report);
}

// Goal: the same when it was in force before the lot, so that only the predicate keeps it out.
TEST(AnUnrelatedAttestation, OfAnotherMaterialOrSubject) {
  World w;
  payload::Attestation oxide = w.attestation("att-oxide", "miner", "mine");
  oxide.materials = {Material::ore_oxide};
  w.must("body", oxide);
  w.attest("att-other", AttestationKind::site_production, "miner2", "mine2");
  w.now += 3 * day;
  certify_concentrate(w);
  w.must("body", w.attestation_status("att-oxide", AttestationChange::revoked));
  w.must("body", w.attestation_status("att-other", AttestationChange::revoked));
  LedgerBuilder ledger(w);
  ledger.settle();
  const Report report = verify_now(ledger, ledger.file("C-1"));
  EXPECT_EQ(report.verdict, CertificateVerdict::valid) << explained(report);
}

// Goal: the custody behind a certificate is that of the site where it was issued, wherever the lot is now.
struct Moved : testing::Test {
  Moved() {
    w.attest("att-works2", AttestationKind::chain_of_custody, "smelter", "works", {CocModel::segregated});
    w.attest("att-store", AttestationKind::chain_of_custody, "buyer", "store", {CocModel::segregated});
    concentrate(w, "L-1", "K-1");
    sell(w, "K-1");
    w.must("smelter", w.certificate("C-1", "K-1", CocModel::segregated, "buyer"));
    w.now += hour;
    payload::Dispatch d = w.dispatch("M-1", {"K-1"}, as_it_is(w, "K-1"));
    d.from_site = SiteId{"works"};
    d.to = PartyId{"buyer"};
    d.to_site = SiteId{"store"};
    w.must("smelter", d);
    w.now += day;
    w.must("buyer", w.receipt("M-1", {"K-1"}, as_it_is(w, "K-1")));
    w.now += hour;
  }
  Report suspended(const std::string& attestation) {
    w.must("body", w.attestation_status(attestation, AttestationChange::suspended));
    LedgerBuilder ledger(w);
    ledger.settle();
    return verify_now(ledger, ledger.file("C-1"));
  }
  World w;
};
using TheLotMovedAfterIssue = Moved;
TEST_F(TheLotMovedAfterIssue, TheSiteOfIssueSuspended) {
  const Report report = suspended("att-works2");
  EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags) << explained(report);
  EXPECT_EQ(flagged_at(report, "upstream_suspended").size(), 1u);
}
TEST_F(TheLotMovedAfterIssue, OnlyTheNewSiteSuspended) {
  const Report report = suspended("att-store");
  EXPECT_EQ(report.verdict, CertificateVerdict::valid) << explained(report);
}

// Goal: a key that turns out to have been in other hands is told at each statement that it signed since.
TEST_F(CompromisedKey, OfTheIssuer) {
  payload::KeyRevoke p;
  p.common = world.common();
  p.party = PartyId{"plant"};
  p.key = world.key("plant").public_key();
  p.reason = "stolen";
  p.compromised_since = Millis{world.now - hour};  // the certificate's own moment
  world.must("registrar", p);
  LedgerBuilder ledger(world);
  ledger.settle();
  const Report report = verify_now(ledger, ledger.file("C-1"));
  EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags) << explained(report);
  const std::string leaf = std::to_string(ledger.leaf_of("certificate", "C-1").value);
  const auto lines = flagged_at(report, "key_compromised");
  EXPECT_TRUE(lists(lines, "statement certificate@" + leaf + "!"));
  for (const auto& line : report.flags) {
    EXPECT_TRUE(line.code != "key_compromised" || line.statement.has_value());
  }
}
TEST_F(CompromisedKey, FromLaterOn) {
  payload::KeyRevoke p;
  p.common = world.common();
  p.party = PartyId{"plant"};
  p.key = world.key("plant").public_key();
  p.reason = "stolen";
  p.compromised_since = Millis{world.now};
  world.must("registrar", p);
  const Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::valid) << explained(report);
  EXPECT_TRUE(flagged_at(report, "key_compromised").empty());
}
TEST_F(CompromisedKey, OfTheAssuranceBody) {
  payload::KeyRevoke p;
  p.common = world.common();
  p.party = PartyId{"body"};
  p.key = world.key("body").public_key();
  p.reason = "stolen";
  p.compromised_since = Millis{t0};
  world.must("registrar", p);
  const Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags) << explained(report);
  EXPECT_EQ(flagged_at(report, "key_compromised").size(), 2u);  // att-mine and att-mill
}
TEST_F(CompromisedKey, OfABystander) {
  payload::KeyRevoke p;
  p.common = world.common();
  p.party = PartyId{"miner2"};
  p.key = world.key("miner2").public_key();
  p.reason = "stolen";
  p.compromised_since = Millis{t0};
  world.must("registrar", p);
  EXPECT_EQ(verify().verdict, CertificateVerdict::valid);
}

// Goal: an accreditation that ended after the body attested is told, and is no fault.
TEST_F(AWorseAttestation, AccreditationEnded) {
  payload::Accreditation p;
  p.common = world.common();
  p.body = PartyId{"body"};
  p.scheme = SchemeId{"crp"};
  p.status = AccreditationStatus::suspended;
  p.from = Millis{world.now};
  p.until = Millis{t0 + 3000 * day};
  world.must("owner", p);
  const Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::valid) << explained(report);
  EXPECT_EQ(flagged_at(report, "accreditation_ended"),
            std::vector<std::string>{"party body@" + std::to_string(last_leaf.value)});
}

// Goal: the quantity was checked within the file alone, and the report says so: two files may hold one lot.
TEST(DoubleUse, AcrossFilesIsSaidNotToBeChecked) {
  World w;
  concentrate(w, "L-1", "K-1");
  LedgerBuilder ledger(w);
  ledger.settle();
  ledger.force("plant", w.certificate("C-1", "K-1", CocModel::segregated, "smelter"));
  const LeafIndex again = ledger.force("plant", w.certificate("C-2", "K-1", CocModel::segregated, "buyer"));
  const Report report =
      verify_now(ledger, ledger.file("C-1", [&](const auto& laid) { return laid.leaf != again; }));
  EXPECT_TRUE(lists(report.not_checked, "not_checked.other_uses_of_lots"));
}

}  // namespace
}  // namespace anta::test
