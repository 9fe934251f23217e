// Hostile certificate files, cosigned by all real keys: each breaks one thing that the verifier recomputes,
// and is refused for just that, at the statement that shows it.
#include "storage/ledger/evidence.h"

#include <algorithm>
#include <set>

#include "crypto/cose.h"
#include "storage/ledger/mass.h"
#include "storage/ledger/standing.h"
#include "tests/ledger/law_chain.h"
#include "tests/ledger/law_network.h"
#include "tests/ledger/ledger_builder.h"

namespace anta::test {
namespace {

// A world with K-1 at the mill, made of L-1, and a ledger over it; what a test forces comes last.
struct Hostile : testing::Test {
  Hostile() { concentrate(world, "L-1", "K-1"); }

  payload::Certificate lawful() const { return world.certificate("C-1", "K-1", CocModel::segregated); }
  // Certified by the law, and settled.
  void certify() {
    world.must("plant", lawful());
    world.now += hour;
    ledger.settle();
  }
  // Forces a certificate with one change and verifies the file about it.
  template <typename Change>
  void expect_certificate_refused(const char* code, Change change) {
    payload::Certificate p = lawful();
    change(p);
    const LeafIndex leaf = ledger.force("plant", p);
    expect_refused(verify_now(ledger, ledger.file("C-1")), code, leaf);
  }
  static void expect_refused(const Report& report, std::string_view code,
                             std::optional<LeafIndex> leaf = std::nullopt) {
    EXPECT_EQ(report.verdict, CertificateVerdict::not_valid) << code;
    ASSERT_EQ(report.reasons.size(), 1u) << code;
    EXPECT_EQ(report.reasons[0].code, code) << report.reasons[0].message;
    EXPECT_EQ(report.reasons[0].leaf, leaf) << report.reasons[0].message;
    EXPECT_FALSE(report.reasons[0].message.empty());
  }
  void expect_newer(LeafIndex leaf) const {
    const Report report = verify_now(ledger, ledger.file("C-1"));
    EXPECT_EQ(report.verdict, CertificateVerdict::cannot_evaluate);
    ASSERT_EQ(report.reasons.size(), 1u);
    EXPECT_EQ(report.reasons[0].code, "newer") << report.reasons[0].message;
    EXPECT_EQ(report.reasons[0].leaf, leaf);
  }
  // The file without its statement at a leaf.
  CertificateFile without(LeafIndex leaf) const {
    return ledger.file("C-1", [&](const LedgerBuilder::Laid& laid) { return laid.leaf != leaf; });
  }

  World world;
  LedgerBuilder ledger{world};
};

using HostileMass = Hostile;
using HostileAuthority = Hostile;
using HostileProofs = Hostile;
using HostileNetwork = Hostile;
using HostileGaps = Hostile;

// Goal: the fixture itself is lawful, so that every refusal below is due to what the test changed.
TEST_F(HostileMass, NothingElseIsWrong) {
  certify();
  EXPECT_EQ(verify_now(ledger, ledger.file("C-1")).verdict, CertificateVerdict::valid);
}

// Goal: a process that makes copper is found, although its own certificate is within its output.
TEST_F(HostileMass, MoreCopperOutThanIn) {
  world.deliver("L-2");
  payload::Process p = world.flotation("B-2", {"L-2"}, "K-2");
  p.outputs[0].measurement = measured(5 * tonne, 90000, 240000);
  const LeafIndex process = ledger.force("plant", p);
  payload::Certificate certificate = lawful();
  certificate.lot = LotId{"K-2"};
  const state::Figures made = figures_of(p.outputs[0].measurement);
  certificate.dry_g = made.dry_g;
  certificate.cu_g = made.cu_g;
  ledger.force("plant", certificate);
  expect_refused(verify_now(ledger, ledger.file("C-1")), "batch_closure", process);
}

// Goal: a process that loses what nobody accounts for is found too.
TEST_F(HostileMass, CopperGoneFromAProcess) {
  world.deliver("L-2");
  payload::Process p = world.flotation("B-2", {"L-2"}, "K-2");
  p.tailings.reset();
  const LeafIndex process = ledger.force("plant", p);
  ledger.force("plant", lawful());
  expect_refused(verify_now(ledger, ledger.file("C-1")), "batch_closure", process);
}

// Goal: a process may not draw more than its input holds.
TEST_F(HostileMass, DrawnAboveTheLot) {
  world.deliver("L-2");
  payload::Process p = world.flotation("B-2", {"L-2"}, "K-2");
  p.inputs[0].dry_g.value += 1;
  const LeafIndex process = ledger.force("plant", p);
  ledger.force("plant", lawful());
  expect_refused(verify_now(ledger, ledger.file("C-1")), "balance_exceeded", process);
}

// Goal: a split hands out exactly what there is.
TEST_F(HostileMass, SplitIntoMore) {
  const payload::Take all = world.all_of("K-1");
  const LeafIndex leaf = ledger.force(
      "plant", splitting(world, "K-1",
                         {{LotId{"K-1a"}, all.dry_g, all.cu_g}, {LotId{"K-1b"}, Grams{1000}, Grams{240}}}));
  ledger.force("plant", lawful());
  expect_refused(verify_now(ledger, ledger.file("C-1")), "balance_exceeded", leaf);
}

// Goal: a certificate a gram above its lot, in one piece or in two.
TEST_F(HostileMass, CertifiedAboveTheLot) {
  expect_certificate_refused("balance_exceeded", [](auto& p) { p.dry_g.value += 1; });
}
TEST_F(HostileMass, CertifiedTwice) {
  payload::Certificate first = lawful();
  first.id = CertificateId{"C-0"};
  first.dry_g = Grams{1000000};
  first.cu_g = Grams{240000};
  world.must("plant", first);
  expect_certificate_refused("already_certified", [](auto& p) {
    p.dry_g.value -= 999999;
    p.cu_g.value -= 240000;
  });
}
TEST_F(HostileMass, CertifiedRicherThanTheLot) {
  expect_certificate_refused("not_conserved", [](auto& p) { p.dry_g.value /= 2; });
}

// Goal: a model above the lot's.
TEST_F(HostileMass, RaisedModel) {
  expect_certificate_refused("coc_model_upgrade",
                             [](auto& p) { p.coc_model = CocModel::identity_preserved; });
}

// Goal: mass_balance needs an account, also where balances are not recomputed.
TEST_F(HostileMass, NoAccount) {
  expect_certificate_refused("no_account", [](auto& p) { p.coc_model = CocModel::mass_balance; });
}

// Goal: somebody else's lot.
TEST_F(HostileMass, NotTheHolders) {
  const LeafIndex leaf = ledger.force("smelter", lawful());
  expect_refused(verify_now(ledger, ledger.file("C-1")), "not_holder", leaf);
}

// Goal: an attestation by a body whose accreditation has run out.
TEST_F(HostileAuthority, ExpiredAccreditation) {
  world.party("body2", {Role::assurance_body});
  payload::Accreditation granted;
  granted.common = world.common();
  granted.body = PartyId{"body2"};
  granted.scheme = SchemeId{"crp"};
  granted.from = Millis{t0};
  granted.until = Millis{world.now};
  world.must("owner", granted);
  const LeafIndex leaf = ledger.force("body2", world.attestation("att-new", "miner", "mine"));
  ledger.force("plant", lawful());
  expect_refused(verify_now(ledger, ledger.file("C-1")), "issuer_not_accredited", leaf);
}

// Goal: an attestation that a body issued for its own owner.
TEST_F(HostileAuthority, ConflictOfInterest) {
  payload::Relation owns;
  owns.common = world.common();
  owns.party = PartyId{"miner"};
  owns.other = PartyId{"body"};
  owns.from = Millis{t0};
  world.must("miner", owns);
  const LeafIndex leaf = ledger.force("body", world.attestation("att-new", "miner", "mine"));
  ledger.force("plant", lawful());
  expect_refused(verify_now(ledger, ledger.file("C-1")), "conflict_of_interest", leaf);
}

// Goal: a lot certified although its mine's attestation was void from before it was mined.
TEST_F(HostileAuthority, CertifiedUnderReview) {
  payload::AttestationStatus p = world.attestation_status("att-mine", AttestationChange::revoked);
  p.void_from = Millis{t0};
  world.must("body", p);
  expect_certificate_refused("not_eligible", [](auto&) {});
}

// Goal: a statement signed with a key that was revoked before.
TEST_F(HostileAuthority, RevokedKey) {
  payload::KeyRevoke p;
  p.common = world.common();
  p.party = PartyId{"plant"};
  p.key = world.key("plant").public_key();
  p.reason = "lost";
  world.must("registrar", p);
  expect_certificate_refused("unknown_key", [](auto&) {});
}

// Goal: a statement whose issuer is not the key's party.
TEST_F(HostileAuthority, KeyOfAnother) {
  const Result<Bytes> bytes = sign_statement(payload::Payload(lawful()), PartyId{"plant"},
                                             world.key("smelter"), world.now / second, {});
  ASSERT_TRUE(bytes) << bytes.error().message;
  const LeafIndex leaf = ledger.force_bytes(*bytes);
  expect_refused(verify_now(ledger, ledger.file("C-1")), "unknown_key", leaf);
}

// Goal: a signature that does not verify, in the tree or not.
TEST_F(HostileAuthority, BadSignature) {
  Bytes bytes = world.sign("plant", lawful());
  bytes.back() ^= 1;  // the signature's last byte is the statement's
  const LeafIndex leaf = ledger.force_bytes(std::move(bytes));
  expect_refused(verify_now(ledger, ledger.file("C-1")), "bad_signature", leaf);
}

// Goal: bytes in the tree that are no statement.
TEST_F(HostileAuthority, NoStatement) {
  certify();
  const LeafIndex leaf = ledger.force_bytes({0xA0});
  expect_refused(verify_now(ledger, ledger.file("C-1")), "malformed", leaf);
}

// Goal: event times are bounded by the newest cosignature, a minute and what the law lets them be ahead.
TEST_F(HostileMass, EventAfterTheCheckpoint) {
  ledger.settle();
  payload::Certificate p = lawful();
  const std::int64_t newest = static_cast<std::int64_t>(ledger.checkpoint_seconds() + 2) * second;
  const std::int64_t ahead = parameter_at(world.view, "event_ahead_max_ms", Millis{world.now});
  p.common.event_time = Millis{newest + 60 * second + ahead};
  const LeafIndex last_moment = ledger.force("plant", p);
  EXPECT_EQ(verify_now(ledger, ledger.file("C-1")).verdict, CertificateVerdict::valid);
  p.common.event_time.value += 1;
  const LeafIndex later = ledger.force("plant", p);
  const CertificateFile file =
      ledger.file("C-1", [&](const LedgerBuilder::Laid& laid) { return laid.leaf != last_moment; });
  expect_refused(verify_now(ledger, file), "event_in_future", later);
}

// Goal: what this release has no words or no rule for is no answer; a newer one may judge it.
TEST_F(HostileAuthority, ATypeOfALaterRelease) {
  certify();
  SignedHeader header;
  header.content_type = content_type_of("assay");
  header.issuer = "plant";
  header.subject = "x";
  header.iat_seconds = 1;
  const Result<Bytes> bytes = sign_cose(header, Bytes{0xA0}, world.key("plant"));
  ASSERT_TRUE(bytes) << bytes.error().message;
  expect_newer(ledger.force_bytes(*bytes));
}
TEST_F(HostileAuthority, ATypeThatTheLawDoesNotEnable) {
  certify();
  payload::BalanceClose p;
  p.common = world.common();
  p.account = AccountId{"A"};
  expect_newer(ledger.force("plant", p));
}
// Goal: a later law may have other members: what has no form that this release knows is not refused once such
// a law was voted for; before that it is malformed.
TEST_F(HostileAuthority, AFormOfALaterLaw) {
  world.party("org-1", {Role::node_operator});
  certify();
  SignedHeader header;
  header.content_type = content_type_of("document");
  header.issuer = "plant";
  header.subject = "x";
  header.iat_seconds = 1;
  const Bytes unknown = *sign_cose(header, Bytes{0xA1, 0x61, 'z', 0x01}, world.key("plant"));  // {"z": 1}
  const LeafIndex today = ledger.force_bytes(unknown);
  expect_refused(verify_now(ledger, ledger.file("C-1")), "malformed", today);
  LedgerBuilder amended(world, "amended");
  amended.settle();
  amended.force("plant", amendment(world, "P-1", "law_version", law_version_known + 1));
  for (const char* organisation : {"smelter", "owner", "org-1"})
    amended.force(organisation, vote(world, "P-1"));
  const LeafIndex leaf = amended.force_bytes(unknown);
  const Report report = verify_now(amended, amended.file("C-1"));
  ASSERT_EQ(report.reasons.size(), 1u);
  EXPECT_EQ(report.reasons[0].code, "newer") << report.reasons[0].message;
  EXPECT_EQ(report.reasons[0].leaf, leaf);
}
// Goal: what comes after a vote for a later law is that law's to judge, also offline; what came before
// stands.
TEST_F(HostileAuthority, AnAmendmentToALaterLaw) {
  world.party("org-1", {Role::node_operator});
  certify();
  ledger.force("plant", amendment(world, "P-1", "law_version", law_version_known + 1));
  for (const char* organisation : {"smelter", "owner", "org-1"})  // with the plant four of the six
    ledger.force(organisation, vote(world, "P-1"));
  const Report before = verify_now(ledger, ledger.file("C-1"));
  EXPECT_EQ(before.verdict, CertificateVerdict::valid);
  payload::Document p;
  p.common = world.common();
  p.media_type = "text/plain";
  p.title = "t";
  expect_newer(ledger.force("plant", p));
}
TEST_F(HostileNetwork, AGenesisOfALaterLaw) {
  certify();
  world.genesis.parameters.emplace_back("law_version", std::int64_t{2});
  LedgerBuilder founded(world);
  const Report report = verify_now(founded, founded.file("C-1"));
  EXPECT_EQ(report.verdict, CertificateVerdict::cannot_evaluate);
  ASSERT_EQ(report.reasons.size(), 1u);
  EXPECT_EQ(report.reasons[0].code, "newer") << report.reasons[0].message;
}

// Goal: a statement at a leaf, a sibling, or a path that is not its own.
TEST_F(HostileProofs, WrongPath) {
  certify();
  const LeafIndex victim = ledger.leaf_of("certificate", "C-1");
  const auto expect = [&](const char* what, auto change) {
    CertificateFile file = ledger.file("C-1");
    const auto found = std::find_if(file.evidence.begin(), file.evidence.end(),
                                    [&](const ProvenStatement& proven) { return proven.leaf == victim; });
    ASSERT_NE(found, file.evidence.end());
    change(*found);
    SCOPED_TRACE(what);
    expect_refused(verify_now(ledger, file), "inclusion", found->leaf);
  };
  expect("a sibling flipped", [](auto& proven) { proven.path[2].bytes[31] ^= 1; });
  expect("two siblings swapped", [](auto& proven) { std::swap(proven.path[0], proven.path[1]); });
  expect("a sibling too few", [](auto& proven) { proven.path.pop_back(); });
  expect("a sibling too many", [](auto& proven) { proven.path.push_back(proven.path.back()); });
  expect("no path", [](auto& proven) { proven.path.clear(); });
  expect("the path of its neighbour",
         [&](auto& proven) { proven.path = ledger.path(LeafIndex{victim.value - 1}); });
  expect("another leaf", [&](auto& proven) { proven.leaf = LeafIndex{victim.value + 1}; });
  expect("a statement that was never laid", [&](auto& proven) {
    proven.statement = std::make_shared<const Bytes>(world.sign("plant", lawful()));
  });
}

// Goal: a leaf beyond the checkpoint is no leaf of it.
TEST_F(HostileProofs, BeyondTheCheckpoint) {
  certify();
  CertificateFile file = ledger.file("C-1");
  file.evidence.back().leaf = LeafIndex{ledger.size()};
  expect_refused(verify_now(ledger, file), "inclusion", LeafIndex{ledger.size()});
}

// Goal: a seal is no statement.
TEST_F(HostileProofs, ASealAsEvidence) {
  certify();
  CertificateFile file = ledger.file("C-1");
  ProvenStatement seal = file.evidence.back();
  seal.leaf = LeafIndex{1};
  file.evidence.insert(file.evidence.begin(), seal);
  expect_refused(verify_now(ledger, file), "inclusion", LeafIndex{1});
}

// Goal: one leaf as evidence and as authority.
TEST_F(HostileProofs, DuplicateLeaf) {
  certify();
  CertificateFile file = ledger.file("C-1");
  file.authority.push_back(file.evidence.back());
  expect_refused(verify_now(ledger, file), "duplicate_leaf", file.evidence.back().leaf);
}

// Goal: one statement at two leaves: a loss must not count twice.
TEST_F(HostileProofs, TheSameStatementTwice) {
  payload::Loss p;
  p.common = world.common();
  p.lot = LotId{"K-1"};
  p.dry_g = Grams{1000};
  p.cu_g = Grams{240};
  world.must("plant", p);
  const LeafIndex again = ledger.force_bytes(world.log.back().bytes);
  ledger.force("plant", lawful());
  expect_refused(verify_now(ledger, ledger.file("C-1")), "duplicate_leaf", again);
}

// Goal: a file of another network is refused by this network's policy, and by its genesis's digest.
TEST_F(HostileNetwork, AnothersPolicy) {
  certify();
  const LedgerBuilder other(world, "other");
  expect_refused(verify_now(ledger, ledger.file("C-1"), other.trust()), "policy.no_log");
}
TEST_F(HostileNetwork, AnothersGenesisAsserted) {
  certify();
  const LedgerBuilder other(world, "other");
  Trust trust = ledger.trust();
  trust.assertions.genesis = sha256(encode_genesis(other.genesis()));
  expect_refused(verify_now(ledger, ledger.file("C-1"), trust), "other_network");
}

// Goal: the genesis is the checkpoint's: not another network's, not a changed one, not somewhere else.
TEST_F(HostileNetwork, GenesisSwapped) {
  certify();
  CertificateFile file = ledger.file("C-1");
  file.genesis = std::make_shared<const Bytes>(encode_genesis(LedgerBuilder(world, "other").genesis()));
  expect_refused(verify_now(ledger, file), "other_network", LeafIndex{0});
}
TEST_F(HostileNetwork, GenesisChanged) {
  certify();
  CertificateFile file = ledger.file("C-1");
  Genesis changed = ledger.genesis();
  changed.parameters = {{"closure_max_ppm", std::int64_t{40000}}};
  file.genesis = std::make_shared<const Bytes>(encode_genesis(changed));
  expect_refused(verify_now(ledger, file), "genesis_malformed", LeafIndex{0});
}
TEST_F(HostileNetwork, GenesisNotLeafNought) {
  certify();
  CertificateFile file = ledger.file("C-1");
  file.genesis_path.back().bytes[0] ^= 0x80;
  expect_refused(verify_now(ledger, file), "inclusion", LeafIndex{0});
}

// Goal: what the certificate stands on cannot be left out of the file.
TEST_F(HostileGaps, ARemovedStatement) {
  certify();
  struct Row {
    const char* type;
    const char* subject;
    const char* code;
    const char* at_type;  // the statement that shows the gap
    const char* at_subject;
  };
  const Row rows[] = {
      {"lot", "L-1", "unknown_reference", "dispatch", "D-L-1"},
      {"dispatch", "D-L-1", "unknown_reference", "handover", "D-L-1"},
      {"receipt", "D-L-1", "not_holder", "process", "B-K-1"},
      {"process", "B-K-1", "unknown_reference", "certificate", "C-1"},
      {"party", "miner", "unknown_key", "site", "mine"},
      {"site", "mine", "out_of_scope", "attestation", "att-mine"},
      {"formalisation", "miner", "producer_not_formalised", "lot", "L-1"},
      {"attestation", "att-mine", "not_eligible", "certificate", "C-1"},
      {"attestation", "att-mill", "out_of_scope", "certificate", "C-1"},
      {"accreditation", "body", "issuer_not_accredited", "attestation", "att-mine"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.type) + " " + row.subject);
    const CertificateFile file = without(ledger.leaf_of(row.type, row.subject));
    expect_refused(verify_now(ledger, file), row.code, ledger.leaf_of(row.at_type, row.at_subject));
  }
}

// Goal: a file without its certificate, or about one that it does not hold.
TEST_F(HostileGaps, NoCertificate) {
  certify();
  expect_refused(verify_now(ledger, without(ledger.leaf_of("certificate", "C-1"))), "certificate_missing");
  expect_refused(verify_now(ledger, ledger.file("C-2")), "certificate_missing");
  CertificateFile empty = ledger.file("C-1", [](const auto&) { return false; });
  expect_refused(verify_now(ledger, empty), "certificate_missing");
}

// Goal: whichever one statement is missing, the verdict never gets better and never comes without its word
// that present state was not proven; only what has no part in the chain may be left out unnoticed.
TEST_F(HostileGaps, EveryRemovedStatement) {
  certify();
  const std::set<std::string> bystanders = {"handover D-L-1",        "party truck",   "party lab",
                                            "party auditor",         "site store",    "site mine2",
                                            "party miner2",          "party buyer",   "formalisation miner2",
                                            "attestation att-mine2", "party smelter", "site works",
                                            "attestation att-works"};
  std::set<std::string> unnoticed;
  for (const LedgerBuilder::Laid& laid : ledger.statements()) {
    const Report report = verify_now(ledger, without(laid.leaf));
    EXPECT_NE(report.verdict, CertificateVerdict::cannot_evaluate);
    if (report.verdict == CertificateVerdict::not_valid) continue;
    unnoticed.insert(laid.type + " " + laid.subject);
    EXPECT_EQ(report.not_checked.front(), "not_checked.present_state");
  }
  for (const std::string& one : unnoticed)
    EXPECT_TRUE(bystanders.contains(one)) << one;
  EXPECT_TRUE(unnoticed.contains("handover D-L-1"));  // the law demands none; its absence is flagged
}

// Goal: a note that one organisation's key did not sign as it stands is bad, not merely short of a quorum.
TEST_F(HostileNetwork, ACosignatureOfAnotherCheckpoint) {
  certify();
  CertificateFile file = ledger.file("C-1");
  const std::string older = file.note;
  world.must("plant", certificate_status(world, "C-1", CertificateChange::superseded));
  ledger.settle();
  CertificateFile newer = ledger.file("C-1");
  const auto lines = [](const std::string& note) { return note.substr(note.find("\n\n")); };
  newer.note = newer.note.substr(0, newer.note.find("\n\n")) + lines(older);
  expect_refused(verify_now(ledger, newer), "note.signature");
  // The old note over the new evidence: the paths lead to another root.
  file = ledger.file("C-1");
  file.note = older;
  expect_refused(verify_now(ledger, file), "inclusion", LeafIndex{0});
}

}  // namespace
}  // namespace anta::test
