// A verifier's report with one of everything, for the tests of its two forms: words and data.
#pragma once

#include "storage/ledger/verify.h"

namespace anta::test {

inline Report whole_report() {
  Report report;
  report.verdict = CertificateVerdict::valid_with_flags;
  report.origin = "anta.example/sur-0123abcd";
  report.size = 173;
  report.checkpoint_seconds = 1'764'000'000;
  report.cosigners = {{"nasca/anta", 1'764'000'000}, {"bahia/anta", 1'764'000'001}};
  report.missing_cosigners = {"sello/anta"};
  Report::Claim claim;
  claim.certificate = CertificateId{"C-9"};
  claim.lot = LotId{"CAT-1"};
  claim.material = Material::cathode;
  claim.dry_g = Grams{25'000'006};
  claim.cu_g = Grams{999};
  claim.coc_model = CocModel::mass_balance;
  claim.schemes = {SchemeId{"crp"}};
  claim.holder = PartyId{"bahia-sur"};
  claim.buyer = PartyId{"nordkabel"};
  claim.issued = Millis{1'763'000'000'000};
  claim.valid_until = Millis{1'770'000'000'000};
  claim.state = "live";
  report.claim = claim;
  Report::ChainLot cathode{LotId{"CAT-1"}, 0,       Material::cathode, PartyId{"bahia-sur"},
                           SiteId{"ilo"},  "180303"};
  cathode.eligible = {SchemeId{"crp"}};
  Report::ChainLot ore{LotId{"ORE-1"}, 2, Material::ore_sulphide, PartyId{"warmi"}, SiteId{"mina"}, "040302"};
  ore.origin = true;
  report.chain = {cathode, ore};
  Report::AttestationLine attestation;
  attestation.id = AttestationId{"att-warmi"};
  attestation.scheme = SchemeId{"crp"};
  attestation.criteria = "2024";
  attestation.body = PartyId{"sello"};
  attestation.subject = PartyId{"warmi"};
  attestation.at_event = "in_force";
  attestation.at_checkpoint = "suspended";
  report.attestations = {attestation};
  report.formalisations = {{PartyId{"warmi"}, "vigente", "excluido"}};
  report.flags = {{"upstream_under_review", "lot ORE-1", LeafIndex{44}, Digest{}, true},
                  {"batch_closure", "process B-1", LeafIndex{50}, std::nullopt, true},
                  {"no_handover", "dispatch D-1", LeafIndex{60}, std::nullopt, false}};
  report.statements = 61;
  report.claimed = {"claim.quantity", "claim.model.mass_balance"};
  report.not_claimed = {"not_claimed.physical_origin"};
  report.checked = {"checked.quorum"};
  report.not_checked = {"not_checked.present_state"};
  return report;
}

}  // namespace anta::test
