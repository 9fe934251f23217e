// Certificate files of lawful ledgers: what the report says, and what policies and statuses make of it.
#include "storage/ledger/verify.h"

#include <algorithm>
#include <limits>

#include "tests/ledger/law_chain.h"
#include "tests/ledger/ledger_builder.h"
#include "tests/ledger/report_words.h"

namespace anta::test {
namespace {

// A certified concentrate with one ledger over it, settled.
struct Concentrate : testing::Test {
  Concentrate() {
    certify_concentrate(world);
    ledger.settle();
  }
  Report verify() { return verify_now(ledger, ledger.file("C-1")); }
  Report verify(const Assertions& assertions) {
    Trust trust = ledger.trust();
    trust.assertions = assertions;
    return verify_now(ledger, ledger.proven_file("C-1"), trust);
  }
  Report verify_at(const Trust& trust, std::int64_t now_ms) {
    return verify_certificate(encode_certificate_file(ledger.file("C-1")), trust, Millis{now_ms});
  }
  std::int64_t checkpoint_ms() const {
    return static_cast<std::int64_t>(ledger.checkpoint_seconds()) * second;
  }

  World world;
  LedgerBuilder ledger{world};
};

using VerifyLawful = Concentrate;
using VerifyStatuses = Concentrate;
using VerifyPolicy = Concentrate;

// Goal: a lawful chain is valid, and the report names network, checkpoint and cosigners.
TEST_F(VerifyLawful, NamesTheCheckpoint) {
  const Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::valid) << explained(report);
  EXPECT_TRUE(report.reasons.empty());
  EXPECT_EQ(report.origin, ledger.genesis().origin);
  EXPECT_EQ(report.genesis, sha256(encode_genesis(ledger.genesis())));
  EXPECT_EQ(report.size, ledger.size());
  EXPECT_EQ(report.root, ledger.root());
  EXPECT_EQ(report.checkpoint_seconds, ledger.checkpoint_seconds());  // the oldest of the three counts
  ASSERT_EQ(report.cosigners.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(report.cosigners[i].name, "org-" + std::to_string(i + 1) + "/anta");
    EXPECT_EQ(report.cosigners[i].time_seconds, ledger.checkpoint_seconds() + i);
  }
  EXPECT_TRUE(report.missing_cosigners.empty());
  EXPECT_EQ(report.statements, ledger.statements().size());
  EXPECT_TRUE(report.flags.empty()) << report.flags.front().code;
  EXPECT_TRUE(lists(report.checked, "checked.masses"));
  EXPECT_TRUE(lists(report.not_checked, "not_checked.present_state"));
  EXPECT_TRUE(lists(report.not_checked, "not_checked.freshness"));
  EXPECT_TRUE(lists(report.not_checked, "not_checked.recording_times"));
}

// Goal: the claim is the certificate's, gram for gram.
TEST_F(VerifyLawful, TellsTheClaim) {
  const Report report = verify();
  ASSERT_TRUE(report.claim) << explained(report);
  EXPECT_EQ(report.claim->certificate, CertificateId{"C-1"});
  EXPECT_EQ(report.claim->lot, LotId{"K-1"});
  EXPECT_EQ(report.claim->material, Material::concentrate);
  EXPECT_EQ(report.claim->dry_g, Grams{3637499});
  EXPECT_EQ(report.claim->cu_g, Grams{873000});
  EXPECT_EQ(report.claim->coc_model, CocModel::segregated);
  EXPECT_EQ(report.claim->schemes, std::vector<SchemeId>{SchemeId{"crp"}});
  EXPECT_EQ(report.claim->holder, PartyId{"plant"});
  EXPECT_EQ(report.claim->buyer, PartyId{"smelter"});
  EXPECT_EQ(report.claim->issued, Millis{world.now - hour});
  EXPECT_EQ(report.claim->valid_until, Millis{t0 + 5000 * day});
  EXPECT_EQ(report.claim->state, "live");
  EXPECT_TRUE(lists(report.claimed, "claim.model.segregated"));
  EXPECT_FALSE(lists(report.not_claimed, "not_claimed.physical_origin"));
}

// Goal: the chain goes back to the mine with its masses, attestations and formalisation.
TEST_F(VerifyLawful, TellsTheChain) {
  const Report report = verify();
  ASSERT_EQ(report.chain.size(), 2u) << explained(report);
  const Report::ChainLot& made = report.chain[0];
  EXPECT_EQ(made.lot, LotId{"K-1"});
  EXPECT_EQ(made.depth, 0u);
  EXPECT_EQ(made.site, SiteId{"mill"});
  EXPECT_EQ(made.cu_g, Grams{873000});
  EXPECT_FALSE(made.origin);
  ASSERT_EQ(made.sources.size(), 1u);
  EXPECT_EQ(made.sources[0].lot, LotId{"L-1"});
  EXPECT_EQ(made.sources[0].dry_g, Grams{19400000});
  EXPECT_EQ(made.sources[0].cu_g, Grams{970000});
  const Report::ChainLot& mined = report.chain[1];
  EXPECT_EQ(mined.lot, LotId{"L-1"});
  EXPECT_EQ(mined.depth, 1u);
  EXPECT_EQ(mined.maker, PartyId{"miner"});
  EXPECT_EQ(mined.site, SiteId{"mine"});
  EXPECT_EQ(mined.ubigeo, "030414");
  EXPECT_EQ(mined.dry_g, Grams{19400000});
  EXPECT_EQ(mined.coc_model, CocModel::identity_preserved);
  EXPECT_EQ(mined.eligible, std::vector<SchemeId>{SchemeId{"crp"}});
  EXPECT_EQ(mined.state, "consumed");
  EXPECT_TRUE(mined.origin);
  ASSERT_EQ(report.attestations.size(), 2u);
  EXPECT_EQ(report.attestations[0].id, AttestationId{"att-mill"});
  EXPECT_EQ(report.attestations[1].id, AttestationId{"att-mine"});
  for (const Report::AttestationLine& line : report.attestations) {
    EXPECT_EQ(line.body, PartyId{"body"});
    EXPECT_EQ(line.at_event, "in_force");
    EXPECT_EQ(line.at_checkpoint, "in_force");
  }
  ASSERT_EQ(report.formalisations.size(), 1u);
  EXPECT_EQ(report.formalisations[0].party, PartyId{"miner"});
  EXPECT_EQ(report.formalisations[0].at_event, "vigente");
  EXPECT_EQ(report.formalisations[0].at_checkpoint, "vigente");
}

// Goal: a mass_balance claim is valid and says that the metal may be other copper.
TEST(VerifyMassBalance, IsValidAndSaysWhatItDoesNotClaim) {
  World w;
  certify_anode(w);
  LedgerBuilder ledger(w);
  ledger.settle();
  const Report report = verify_now(ledger, ledger.file("C-2"));
  EXPECT_EQ(report.verdict, CertificateVerdict::valid) << explained(report);
  ASSERT_EQ(report.chain.size(), 3u);
  EXPECT_EQ(report.chain[0].lot, LotId{"A-1"});
  EXPECT_EQ(report.chain[0].cu_g, Grams{846810});
  EXPECT_EQ(report.chain[1].lot, LotId{"K-1"});
  EXPECT_EQ(report.chain[2].lot, LotId{"L-1"});
  EXPECT_EQ(report.chain[2].depth, 2u);
  EXPECT_EQ(report.claim->coc_model, CocModel::mass_balance);
  EXPECT_EQ(report.claim->cu_g, Grams{400000});
  EXPECT_TRUE(lists(report.claimed, "claim.model.mass_balance"));
  EXPECT_TRUE(lists(report.not_claimed, "not_claimed.physical_origin"));
  EXPECT_TRUE(lists(report.not_checked, "not_checked.account_history"));
  const LeafIndex receipt = ledger.leaf_of("receipt", "S-K-1");
  EXPECT_EQ(flagged_at(report, "no_handover"),
            std::vector<std::string>{"statement receipt@" + std::to_string(receipt.value)});
}

// Goal: a revocation that looks back past the mine's lot flags the certificate and everything upstream.
TEST_F(VerifyStatuses, RevokedFromTheBeginning) {
  payload::AttestationStatus p = world.attestation_status("att-mine", AttestationChange::revoked);
  p.void_from = Millis{t0};
  world.must("body", p);
  ledger.settle();
  const Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags) << explained(report);
  EXPECT_TRUE(report.reasons.empty());
  const std::string at = "@" + std::to_string(ledger.leaf_of("attestation-status", "att-mine").value) + "!";
  EXPECT_EQ(flagged_at(report, "upstream_under_review"),
            (std::vector<std::string>{"certificate C-1" + at, "lot K-1" + at, "lot L-1" + at}));
  ASSERT_EQ(report.attestations.size(), 2u);
  EXPECT_EQ(report.attestations[1].at_checkpoint, "revoked");
}

// Goal: an attestation relied on and suspended since is told, with the statement that suspended it.
TEST_F(VerifyStatuses, SuspendedSince) {
  world.must("body", world.attestation_status("att-mine", AttestationChange::suspended));
  ledger.settle();
  const Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags) << explained(report);
  const LeafIndex by = ledger.leaf_of("attestation-status", "att-mine");
  EXPECT_EQ(flagged_at(report, "upstream_suspended"),
            std::vector<std::string>{"attestation att-mine@" + std::to_string(by.value) + "!"});
  ASSERT_EQ(report.attestations.size(), 2u);
  EXPECT_EQ(report.attestations[1].at_event, "in_force");
  EXPECT_EQ(report.attestations[1].at_checkpoint, "suspended");
}

// Goal: a suspension that was lifted again leaves the certificate valid.
TEST_F(VerifyStatuses, ReinstatedSince) {
  world.must("body", world.attestation_status("att-mine", AttestationChange::suspended));
  world.now += hour;
  world.must("body", world.attestation_status("att-mine", AttestationChange::reinstated));
  ledger.settle();
  const Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::valid) << explained(report);
}

// Goal: what an upstream site made rests on its attestation as of then, not as of the certificate's issue.
TEST(VerifyMassBalance, UpstreamSuspendedBeforeTheIssue) {
  World w;
  w.must("smelter", account(w, "A"));
  concentrate(w, "L-1", "K-1");
  sell(w, "K-1");
  w.must("body", w.attestation_status("att-mill", AttestationChange::suspended));
  w.now += hour;
  w.must("smelter", smelting(w, "B-2", "K-1", "A-1"));
  payload::Certificate p = w.certificate("C-2", "A-1", CocModel::mass_balance);
  p.cu_g = Grams{400000};
  p.dry_g = Grams{403225};
  w.must("smelter", p);
  LedgerBuilder ledger(w);
  ledger.settle();
  const Report report = verify_now(ledger, ledger.file("C-2"));
  EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags) << explained(report);
  const LeafIndex by = ledger.leaf_of("attestation-status", "att-mill");
  EXPECT_EQ(flagged_at(report, "upstream_suspended"),
            std::vector<std::string>{"attestation att-mill@" + std::to_string(by.value) + "!"});
}

// Goal: a certified lot whose masses the two sides argue about is told with the receipt that differs.
TEST_F(VerifyStatuses, Disputed) {
  payload::Measurement less = as_it_is(world, "K-1");
  world.must("plant", sale(world, "S-1", {"K-1"}));
  world.now += day;
  less.wet_g.value = less.wet_g.value / 100 * 95;
  world.must("smelter", world.receipt("S-1", {"K-1"}, less));
  ledger.settle();
  const Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags) << explained(report);
  EXPECT_EQ(report.chain.at(0).state, "disputed");
  const LeafIndex receipt = ledger.leaf_of("receipt", "S-1");
  EXPECT_EQ(flagged_at(report, "upstream_disputed"),
            std::vector<std::string>{"dispatch S-1@" + std::to_string(receipt.value) + "!"});
}

// Goal: a process with 2.5 % of its mass missing is lawful, flagged, and the flag moves the verdict.
TEST(VerifyFlags, BatchClosure) {
  World w;
  w.deliver("L-1");
  payload::Process p = w.flotation("B-1", {"L-1"}, "K-1");
  p.tailings->dry_g.value -= 19400000 / 40;
  p.tailings->cu_g.value -= 970000 / 40;
  w.must("plant", p);
  w.must("plant", w.certificate("C-1", "K-1", CocModel::segregated));
  LedgerBuilder ledger(w);
  ledger.settle();
  const Report report = verify_now(ledger, ledger.file("C-1"));
  EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags) << explained(report);
  const std::string at = "@" + std::to_string(ledger.leaf_of("process", "B-1").value) + "!";
  EXPECT_EQ(flagged_at(report, "batch_closure"), std::vector<std::string>{"lot K-1" + at});
  EXPECT_FALSE(report.claim->buyer);
}

// Goal: superseded and void certificates are not valid, whatever their evidence.
TEST_F(VerifyStatuses, SupersededIsNotLive) {
  world.must("plant", certificate_status(world, "C-1", CertificateChange::superseded));
  ledger.settle();
  Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::not_valid);
  EXPECT_EQ(codes(report), "certificate_not_live");
  EXPECT_EQ(report.claim->state, "superseded");
}
TEST_F(VerifyStatuses, VoidIsNotLive) {
  world.must("owner", certificate_status(world, "C-1", CertificateChange::voided));
  ledger.settle();
  const Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::not_valid);
  EXPECT_EQ(codes(report), "certificate_not_live");
  EXPECT_EQ(report.claim->state, "void");
}

// Goal: a certificate drawn by its buyer is still valid, and reads consumed.
TEST_F(VerifyStatuses, ConsumedHolds) {
  sell(world, "K-1");
  world.must("smelter", smelting(world, "B-2", "K-1", "A-1"));
  ledger.settle();
  const Report report = verify();
  EXPECT_EQ(report.verdict, CertificateVerdict::valid) << explained(report);
  EXPECT_EQ(report.claim->state, "consumed");
}

// Goal: valid until a moment means not at that moment.
TEST_F(VerifyStatuses, Expires) {
  const std::int64_t end = t0 + 5000 * day;
  EXPECT_EQ(verify_at(ledger.trust(), end - 1).verdict, CertificateVerdict::valid);
  const Report report = verify_at(ledger.trust(), end);
  EXPECT_EQ(report.verdict, CertificateVerdict::not_valid);
  EXPECT_EQ(codes(report), "certificate_expired");
}

// Goal: nobody is trusted by default.
TEST_F(VerifyPolicy, NoneIsNoAnswer) {
  const Report report = verify_at(Trust{}, checkpoint_ms());
  EXPECT_EQ(report.verdict, CertificateVerdict::cannot_evaluate);
  EXPECT_EQ(codes(report), "no_policy");
  EXPECT_TRUE(report.cosigners.empty());
}

// Goal: two of three cosignatures are no quorum, and the report names who is missing.
TEST_F(VerifyPolicy, TwoOfThree) {
  CertificateFile file = ledger.file("C-1");
  file.note = ledger.note(2);
  const Report report = verify_now(ledger, file);
  EXPECT_EQ(report.verdict, CertificateVerdict::cannot_evaluate);
  EXPECT_EQ(codes(report), "no_quorum");
  EXPECT_EQ(report.cosigners.size(), 2u);
  EXPECT_EQ(report.missing_cosigners, std::vector<std::string>{"org-3/anta"});
  EXPECT_FALSE(report.claim);
}

// Goal: a policy whose quorum is `none` demands nothing, so nothing follows from it.
TEST_F(VerifyPolicy, QuorumNone) {
  Trust trust = ledger.trust();
  trust.policy->quorum.reset();
  const Report report = verify_at(trust, checkpoint_ms());
  EXPECT_EQ(report.verdict, CertificateVerdict::cannot_evaluate);
  EXPECT_EQ(codes(report), "no_quorum");
}

// Goal: max_age counts from the quorum's time, to the second.
TEST_F(VerifyPolicy, Stale) {
  Trust trust = ledger.trust();
  trust.assertions.max_age_seconds = 3600;
  const Report fresh = verify_at(trust, checkpoint_ms() + hour);
  EXPECT_EQ(fresh.verdict, CertificateVerdict::valid) << explained(fresh);
  EXPECT_TRUE(lists(fresh.checked, "checked.freshness"));
  EXPECT_FALSE(lists(fresh.not_checked, "not_checked.freshness"));
  const Report stale = verify_at(trust, checkpoint_ms() + hour + second);
  EXPECT_EQ(stale.verdict, CertificateVerdict::cannot_evaluate);
  EXPECT_EQ(codes(stale), "stale");
}

// Goal: one age for whoever believes a checkpoint: just max_age is not older, a quorum ahead of the clock is
// not old, and nothing wraps at the ends of the numbers.
TEST(Freshness, IsOneComparison) {
  const auto stale = [](std::int64_t max_age, std::uint64_t quorum_seconds, std::int64_t now_ms) {
    return is_stale(Assertions{.max_age_seconds = max_age}, quorum_seconds, Millis{now_ms});
  };
  EXPECT_FALSE(is_stale(Assertions{}, 0, Millis{std::numeric_limits<std::int64_t>::max()}));
  EXPECT_FALSE(stale(3600, 1'000, 4'600'000));
  EXPECT_FALSE(stale(3600, 1'000, 4'600'999));
  EXPECT_TRUE(stale(3600, 1'000, 4'601'000));
  EXPECT_FALSE(stale(0, 1'000, 1'000'999));
  EXPECT_TRUE(stale(0, 1'000, 1'001'000));
  EXPECT_FALSE(stale(0, 1'060, 1'000'000));
  EXPECT_FALSE(stale(0, std::numeric_limits<std::uint64_t>::max(), 1'000'000));
  EXPECT_FALSE(stale(0, std::uint64_t{1} << 63, 1'000'000));
  EXPECT_FALSE(stale(std::numeric_limits<std::int64_t>::max(), 0, std::numeric_limits<std::int64_t>::max()));
  EXPECT_FALSE(stale(0, 0, -5'000));
}

// Goal: cosignatures from more than a minute ahead of the verifier's clock give no answer: one of the clocks
// is wrong, and the file need not be.
TEST_F(VerifyPolicy, CosignedInTheFuture) {
  const Report report = verify_at(ledger.trust(), checkpoint_ms() - hour);
  EXPECT_EQ(report.verdict, CertificateVerdict::cannot_evaluate);
  EXPECT_EQ(codes(report), "clock");
  EXPECT_FALSE(report.claim);
}

// Goal: state is demanded unless the policy says otherwise; a file without it gets no answer.
TEST_F(VerifyPolicy, RequireState) {
  Trust trust = ledger.trust();
  trust.assertions = Assertions{};
  const Report report = verify_now(ledger, ledger.file("C-1"), trust);
  EXPECT_EQ(report.verdict, CertificateVerdict::cannot_evaluate);
  EXPECT_EQ(codes(report), "state_not_proven");
  EXPECT_TRUE(lists(report.not_checked, "not_checked.present_state"));
}

// Goal: a no outweighs a check that could not be made.
TEST_F(VerifyPolicy, ANoOutweighsNoAnswer) {
  Trust trust = ledger.trust();
  trust.assertions = Assertions{.schemes = {SchemeId{"other"}}};
  const Report report = verify_now(ledger, ledger.file("C-1"), trust);
  EXPECT_EQ(report.verdict, CertificateVerdict::not_valid);
  EXPECT_EQ(codes(report), "policy_scheme");
}

// Goal: 32 bits of the origin are no identity: without the genesis's digest the report says so.
TEST_F(VerifyPolicy, UnpinnedGenesis) {
  const Report unpinned = verify(Assertions{});
  EXPECT_TRUE(lists(unpinned.not_checked, "not_checked.genesis"));
  EXPECT_FALSE(lists(unpinned.checked, "checked.genesis"));
  const Report pinned = verify(Assertions{.genesis = sha256(encode_genesis(ledger.genesis()))});
  EXPECT_FALSE(lists(pinned.not_checked, "not_checked.genesis"));
  EXPECT_TRUE(lists(pinned.checked, "checked.genesis"));
}

// Goal: each assertion is met by what the certificate says and refused by anything else.
TEST_F(VerifyPolicy, Assertions) {
  const Digest genesis = sha256(encode_genesis(ledger.genesis()));
  EXPECT_EQ(codes(verify(Assertions{.genesis = genesis,
                                    .schemes = {SchemeId{"x"}, SchemeId{"crp"}},
                                    .issuers = {PartyId{"plant"}},
                                    .models = {CocModel::segregated},
                                    .certificate = CertificateId{"C-1"},
                                    .buyer = PartyId{"smelter"}})),
            "");
  const std::pair<anta::Assertions, const char*> refused[] = {
      {{.genesis = sha256(as_bytes("another"))}, "other_network"},
      {{.schemes = {SchemeId{"x"}}}, "policy_scheme"},
      {{.issuers = {PartyId{"smelter"}}}, "policy_issuer"},
      {{.models = {CocModel::identity_preserved, CocModel::mass_balance}}, "policy_model"},
      {{.certificate = CertificateId{"C-2"}}, "policy_certificate"},
      {{.buyer = PartyId{"buyer"}}, "policy_buyer"},
  };
  for (const auto& [assertions, code] : refused) {
    const Report report = verify(assertions);
    EXPECT_EQ(report.verdict, CertificateVerdict::not_valid) << code;
    EXPECT_EQ(codes(report), code);
  }
}

// Goal: a report says which assertions were asked for, those and no others, whether they are met or not; a
// buyer who demanded to be named could not tell.
TEST_F(VerifyPolicy, AReportSaysWhichAssertionsWereAskedFor) {
  const std::vector<std::string> all = {
      "checked.genesis",      "checked.policy_scheme",      "checked.policy_issuer",
      "checked.policy_model", "checked.policy_certificate", "checked.policy_buyer"};
  const auto asked = [&](const anta::Assertions& assertions) {
    std::string found;
    const Report report = verify(assertions);
    for (const std::string& code : all) {
      if (lists(report.checked, code)) found += code.substr(8) + " ";
    }
    return found;
  };
  EXPECT_EQ(asked({}), "");
  EXPECT_EQ(asked({.schemes = {}, .issuers = {}, .models = {}}), "");
  EXPECT_EQ(asked({.schemes = {SchemeId{"crp"}}}), "policy_scheme ");
  EXPECT_EQ(asked({.schemes = {SchemeId{"x"}}}), "policy_scheme ");
  EXPECT_EQ(asked({.issuers = {PartyId{"plant"}}}), "policy_issuer ");
  EXPECT_EQ(asked({.models = {CocModel::mass_balance}}), "policy_model ");
  EXPECT_EQ(asked({.certificate = CertificateId{"C-1"}}), "policy_certificate ");
  EXPECT_EQ(asked({.buyer = PartyId{"smelter"}}), "policy_buyer ");
  EXPECT_EQ(asked({.genesis = sha256(as_bytes("another")), .buyer = PartyId{"buyer"}}),
            "genesis policy_buyer ");
}

}  // namespace
}  // namespace anta::test
