// Files whose maker left statements out that could change the verdict: the state gives them away.
#include "storage/ledger/present_state.h"
#include "storage/ledger/state.h"
#include "tests/ledger/law_chain.h"
#include "tests/ledger/ledger_builder.h"
#include "tests/ledger/report_words.h"

namespace anta::test {
namespace {

using Wanted = std::function<bool(const SignedStatement&)>;

// What a verifier that demands state says of the file, whole and without some statements.
std::pair<std::string, std::string> whole_and_without(World& world, const std::string& certificate,
                                                      const Wanted& left_out) {
  LedgerBuilder ledger(world);
  ledger.settle();
  CertificateFile file = ledger.proven_file(certificate);
  Trust trust = ledger.trust();
  trust.assertions.require_state = true;
  const auto said = [&] {
    const Report report = verify_now(ledger, file, trust);
    return std::string(word(report.verdict)) + " " + codes(report);
  };
  const std::string whole = said();
  const auto gone = [&](const ProvenStatement& proven) {
    const auto statement = decode_statement(proven.statement);
    return statement && left_out(*statement);
  };
  EXPECT_GT(std::erase_if(file.evidence, gone) + std::erase_if(file.authority, gone), 0u);
  return {whole, said()};
}

Wanted about_attestation(const std::string& id) {
  return [id](const SignedStatement& s) {
    const auto* made = std::get_if<payload::Attestation>(&s.payload);
    const auto* changed = std::get_if<payload::AttestationStatus>(&s.payload);
    return (made && made->id.value == id) || (changed && changed->attestation.value == id);
  };
}

void revoke(World& w, const std::string& attestation) {
  w.must("body", w.attestation_status(attestation, AttestationChange::revoked));
  w.now += hour;
}

// A mass_balance certificate on an anode of these concentrates of the mill.
void certify_anode_of(World& w, const std::string& concentrate) {
  w.must("smelter", account(w, "A"));
  sell(w, concentrate);
  w.must("smelter", smelting(w, "B-2", concentrate, "A-1"));
  payload::Certificate p = w.certificate("C-2", "A-1", CocModel::mass_balance);
  p.dry_g = Grams{400000};
  p.cu_g = Grams{396800};
  w.must("smelter", p);
  w.now += hour;
}

// Goal: mass_balance asks no lot to be eligible, so an attestation that was revoked since could be left out
// while another one stood for the same mine: nothing told, verdict valid. What the state says the lot is
// eligible for, the evidence must make it.
TEST(EvidenceLeftOut, ARevokedAttestationOfAMineBesideAnotherOne) {
  World w;
  w.deliver("L-1");
  revoke(w, "att-mine");
  w.attest("att-mine-again", AttestationKind::site_production, "miner", "mine");
  w.deliver("L-2");
  w.must("plant", w.flotation("B-1", {"L-1", "L-2"}, "K-1"));
  certify_anode_of(w, "K-1");
  const auto [whole, without] = whole_and_without(w, "C-2", about_attestation("att-mine"));
  EXPECT_EQ(whole.substr(0, 16), "valid_with_flags");
  EXPECT_EQ(without, "cannot_evaluate evidence_incomplete");
}

// Goal: likewise of the custody under which a lot was processed.
TEST(EvidenceLeftOut, ARevokedAttestationOfCustodyBesideAnotherOne) {
  World w;
  w.attest("att-mill-b", AttestationKind::chain_of_custody, "plant", "mill", {CocModel::identity_preserved});
  concentrate(w, "L-1", "K-1");
  revoke(w, "att-mill");
  certify_anode_of(w, "K-1");
  const auto [whole, without] = whole_and_without(w, "C-2", about_attestation("att-mill"));
  EXPECT_EQ(whole.substr(0, 16), "valid_with_flags");
  EXPECT_EQ(without, "cannot_evaluate evidence_incomplete");
}

// Goal: a lot that its maker moved to another of its sites, and certified there, was taken for certified
// where it was made once the move was left out; the custody of the other site, revoked since, was then in no
// file.
TEST(EvidenceLeftOut, TheMoveToTheSiteOfIssue) {
  World w;
  w.site("mill-b", "plant", SiteKind::plant, {ProcessKind::flotation});
  w.attest("att-mill-b", AttestationKind::chain_of_custody, "plant", "mill-b", {CocModel::segregated});
  concentrate(w, "L-1", "K-1");
  move_from_mill(w, "O-1", "K-1", "mill-b");
  w.must("plant", w.certificate("C-1", "K-1", CocModel::segregated));
  revoke(w, "att-mill-b");
  const auto [whole, without] = whole_and_without(w, "C-1", [](const SignedStatement& s) {
    const auto* sent = std::get_if<payload::Dispatch>(&s.payload);
    return std::holds_alternative<payload::Receipt>(s.payload)
               ? s.issuer().value == "plant" && std::get<payload::Receipt>(s.payload).dispatch.value == "O-1"
               : sent && sent->id.value == "O-1";
  });
  EXPECT_EQ(whole.substr(0, 16), "valid_with_flags");
  EXPECT_EQ(without, "cannot_evaluate evidence_incomplete");
}

}  // namespace
}  // namespace anta::test
