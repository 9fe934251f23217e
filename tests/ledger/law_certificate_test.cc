// Certificates: who may claim what, what it costs, and what ends a claim.
#include "tests/ledger/law_chain.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

template <typename Change>
std::string certify(World& w, Change change, const std::string& as = "plant") {
  concentrate(w, "L-1", "K-1");
  payload::Certificate p = w.certificate("C-1", "K-1", CocModel::segregated, "smelter");
  change(p);
  return w.submit(as, p);
}
std::string certify(World& w) {
  return certify(w, [](payload::Certificate&) {});
}

// 1 000 000 g dry of K-1 with this much copper; its grade gives 240 000.
std::string part_with(World& w, std::int64_t cu) {
  return certify(w, [&](auto& p) {
    p.dry_g = Grams{1000000};
    p.cu_g = Grams{cu};
  });
}

// An anode at the works, of copper that was credited with 842 445 g to account A.
void anode(World& w) {
  w.must("smelter", account(w, "A"));
  concentrate(w, "L-1", "K-1");
  sell(w, "K-1");
  w.must("smelter", smelting(w, "B-2", "K-1", "A-1"));
}
std::string claim(World& w, std::int64_t cu) {
  payload::Certificate p = w.certificate("C-2", "A-1", CocModel::mass_balance, "buyer");
  p.cu_g = Grams{cu};
  p.dry_g = Grams{cu * 1000 / 992};
  return w.submit("smelter", p);
}

void void_the_mine(World& w) {
  payload::AttestationStatus p = w.attestation_status("att-mine", AttestationChange::revoked);
  p.void_from = Millis{t0};
  w.must("body", p);
}

const LawTable claims(
    __FILE__,
    {
        {"unknown_reference", outside, standard, "a_certificate_for_no_lot",
         [](World& w) { return certify(w, [](auto& p) { p.lot = LotId{"K-9"}; }); }},
        {"unknown_reference", outside, standard, "a_certificate_of_no_scheme",
         [](World& w) { return certify(w, [](auto& p) { p.schemes = {SchemeId{"none"}}; }); }},
        {"duplicate_id", outside, standard, "a_certificate_again",
         [](World& w) {
           EXPECT_EQ(certify(w), "accepted");
           return w.submit("plant", w.certificate("C-1", "K-1", CocModel::segregated, "smelter"));
         }},
        {"not_holder", outside, standard, "certified_by_another",
         [](World& w) { return certify(w, [](auto&) {}, "smelter"); }},
        {"event_order", outside, standard, "certified_before_it_was_made",
         [](World& w) { return certify(w, [](auto& p) { p.common.event_time.value -= 1; }); }},
        {"lot_on_hold", outside, standard, "certified",
         [](World& w) {
           concentrate(w, "L-1", "K-1");
           hold(w, "K-1");
           return w.submit("plant", w.certificate("C-1", "K-1", CocModel::segregated));
         }},
        {"out_of_scope", outside, standard, "the_sites_attestation_is_suspended",
         [](World& w) {
           concentrate(w, "L-1", "K-1");
           w.must("body", w.attestation_status("att-mill", AttestationChange::suspended));
           w.now += 1;
           return w.submit("plant", w.certificate("C-1", "K-1", CocModel::segregated));
         }},
        {"out_of_scope", outside, standard, "ended_before_it_began",
         [](World& w) { return certify(w, [](auto& p) { p.valid_until = p.common.event_time; }); }},
        {"coc_model_upgrade", inside, standard, "claiming_the_lots_model",
         [](World& w) { return certify(w); }},
        {"coc_model_upgrade", outside, standard, "claiming_a_stronger_one",
         [](World& w) { return certify(w, [](auto& p) { p.coc_model = CocModel::identity_preserved; }); }},
        {"not_eligible", inside, standard, "of_an_attested_mine", [](World& w) { return certify(w); }},
        {"not_eligible", outside, standard, "of_a_mine_that_is_suspended",
         [](World& w) {
           w.must("body", w.attestation_status("att-mine", AttestationChange::suspended));
           w.now += 1;
           return certify(w);
         }},
        {"not_eligible", outside, standard, "under_review",
         [](World& w) {
           concentrate(w, "L-1", "K-1");
           void_the_mine(w);
           return w.submit("plant", w.certificate("C-1", "K-1", CocModel::segregated));
         }},
        {"upstream_under_review", inside, standard, "claimed_on_sound_copper",
         [](World& w) {
           anode(w);
           return claim(w, 400000);
         }},
        {"upstream_under_review", outside, standard, "claimed_on_copper_under_review",
         [](World& w) {
           anode(w);
           deliver_from_second(w, "L-2");
           w.must("plant", w.flotation("B-3", {"L-2"}, "K-2"));
           sell(w, "K-2");
           void_the_mine(w);
           return claim(w, 400000);
         }},
    });

const LawTable quantities(
    __FILE__, {
                  {"balance_exceeded", inside, standard, "certifying_the_whole_lot",
                   [](World& w) { return certify(w); }},
                  {"balance_exceeded", outside, standard, "certifying_a_gram_more",
                   [](World& w) { return certify(w, [](auto& p) { p.dry_g.value += 1; }); }},
                  {"balance_exceeded", outside, standard, "certifying_a_dispatched_lot",
                   [](World& w) {
                     concentrate(w, "L-1", "K-1");
                     w.must("plant", sale(w, "S-1", {"K-1"}));
                     return w.submit("plant", w.certificate("C-1", "K-1", CocModel::segregated));
                   }},
                  {"not_conserved", inside, standard, "certified_half_a_percent_richer",
                   [](World& w) { return part_with(w, 241200); }},
                  {"not_conserved", outside, standard, "certified_richer_still",
                   [](World& w) { return part_with(w, 241201); }},
                  {"not_conserved",
                   inside,
                   other,
                   "certified_as_rich_as_it_says",
                   [](World& w) { return part_with(w, 242400); },
                   {{"draw_grade_ppm", 10000}}},
                  {"not_conserved",
                   outside,
                   other,
                   "certified_richer_than_it_says",
                   [](World& w) { return part_with(w, 242401); },
                   {{"draw_grade_ppm", 10000}}},
                  {"already_certified", inside, standard, "the_rest_of_a_lot",
                   [](World& w) {
                     EXPECT_EQ(part_with(w, 240000), "accepted");
                     payload::Certificate p = w.certificate("C-2", "K-1", CocModel::segregated, "buyer");
                     p.dry_g.value -= 1000000;
                     p.cu_g.value -= 240000;
                     return w.submit("plant", p);
                   }},
                  {"already_certified", outside, standard, "a_gram_of_it_twice",
                   [](World& w) {
                     EXPECT_EQ(part_with(w, 240000), "accepted");
                     payload::Certificate p = w.certificate("C-2", "K-1", CocModel::segregated, "buyer");
                     p.dry_g.value -= 999999;
                     p.cu_g.value -= 240000;
                     return w.submit("plant", p);
                   }},
                  {"already_certified", outside, standard, "copper_that_an_account_was_credited_for",
                   [](World& w) {
                     w.attest("att-seg", AttestationKind::chain_of_custody, "smelter", "works",
                              {CocModel::segregated});
                     w.must("smelter", account(w, "A"));
                     concentrate(w, "L-1", "K-1");
                     sell(w, "K-1");
                     return w.submit("smelter", w.certificate("C-1", "K-1", CocModel::segregated));
                   }},
              });

const LawTable accounts(
    __FILE__, {
                  {"no_account", inside, standard, "an_account_for_this_product",
                   [](World& w) {
                     anode(w);
                     return claim(w, 400000);
                   }},
                  {"no_account", outside, standard, "none_for_this_product",
                   [](World& w) {
                     payload::BalanceOpen p = account(w, "A");
                     p.product = Material::cathode;
                     w.must("smelter", p);
                     concentrate(w, "L-1", "K-1");
                     sell(w, "K-1");
                     w.must("smelter", smelting(w, "B-2", "K-1", "A-1"));
                     return claim(w, 400000);
                   }},
                  {"no_account", outside, standard, "its_period_is_over",
                   [](World& w) {
                     payload::BalanceOpen p = account(w, "A");
                     p.until = Millis{w.now + day};
                     w.must("smelter", p);
                     concentrate(w, "L-1", "K-1");
                     sell(w, "K-1");
                     w.must("smelter", smelting(w, "B-2", "K-1", "A-1"));
                     return claim(w, 400000);
                   }},
                  {"no_account", outside, standard, "book_and_claim_is_paid_for_too",
                   [](World& w) {
                     concentrate(w, "L-1", "K-1");
                     return w.submit("plant", w.certificate("C-1", "K-1", CocModel::book_and_claim));
                   }},
                  {"credit_exceeded", inside, standard, "all_the_credit",
                   [](World& w) {
                     anode(w);
                     return claim(w, 842445);
                   }},
                  {"credit_exceeded", outside, standard, "a_gram_more",
                   [](World& w) {
                     anode(w);
                     return claim(w, 842446);
                   }},
                  {"account_in_deficit", inside, standard, "an_account_at_nought",
                   [](World& w) {
                     anode(w);
                     EXPECT_EQ(claim(w, 842445), "accepted");
                     w.must("smelter", certificate_status(w, "C-2", CertificateChange::superseded));
                     payload::Certificate p = w.certificate("C-3", "A-1", CocModel::mass_balance, "buyer");
                     p.cu_g = Grams{400000};
                     p.dry_g = Grams{403225};
                     return w.submit("smelter", p);
                   }},
                  {"account_in_deficit", outside, standard, "an_account_below_it",
                   [](World& w) {
                     anode(w);
                     payload::Certificate p = w.certificate("C-1", "A-1", CocModel::mass_balance, "buyer");
                     p.cu_g = Grams{400000};
                     p.dry_g = Grams{403225};
                     w.must("smelter", p);
                     void_the_mine(w);
                     return claim(w, 1000);
                   }},
              });

const LawTable certificate_statuses(
    __FILE__, {
                  {"not_issuer", inside, standard, "superseded_by_its_issuer",
                   [](World& w) {
                     EXPECT_EQ(certify(w), "accepted");
                     return w.submit("plant", certificate_status(w, "C-1", CertificateChange::superseded));
                   }},
                  {"not_issuer", inside, standard, "voided_by_the_schemes_owner",
                   [](World& w) {
                     EXPECT_EQ(certify(w), "accepted");
                     return w.submit("owner", certificate_status(w, "C-1", CertificateChange::voided));
                   }},
                  {"not_issuer", outside, standard, "superseded_by_a_buyer_that_has_nothing_yet",
                   [](World& w) {
                     EXPECT_EQ(certify(w), "accepted");
                     return w.submit("smelter", certificate_status(w, "C-1", CertificateChange::superseded));
                   }},
                  {"event_order", outside, standard, "superseded_before_it_was_issued",
                   [](World& w) {
                     EXPECT_EQ(certify(w), "accepted");
                     w.now -= 1;
                     return w.submit("plant", certificate_status(w, "C-1", CertificateChange::superseded));
                   }},
                  {"wrong_state", outside, standard, "superseded_twice",
                   [](World& w) {
                     EXPECT_EQ(certify(w), "accepted");
                     w.must("plant", certificate_status(w, "C-1", CertificateChange::superseded));
                     return w.submit("plant", certificate_status(w, "C-1", CertificateChange::superseded));
                   }},
                  {"unknown_reference", outside, standard, "a_successor_on_another_lot",
                   [](World& w) {
                     EXPECT_EQ(certify(w), "accepted");
                     concentrate(w, "L-2", "K-2");
                     w.must("plant", w.certificate("C-2", "K-2", CocModel::segregated));
                     payload::CertificateStatus p =
                         certificate_status(w, "C-1", CertificateChange::superseded);
                     p.by = CertificateId{"C-2"};
                     return w.submit("plant", p);
                   }},
              });

std::string received_with(World& w, std::int64_t less) {
  EXPECT_EQ(certify(w), "accepted");
  payload::Measurement measurement = as_it_is(w, "K-1");
  w.must("plant", sale(w, "S-1", {"K-1"}));
  measurement.wet_g.value -= less;
  return w.submit("smelter", w.receipt("S-1", {"K-1"}, measurement));
}

const LawTable shrinking(__FILE__, {
                                       {"certified_reduced", inside, standard, "received_as_certified",
                                        [](World& w) { return received_with(w, 0); }},
                                       {"certified_reduced", outside, standard, "received_with_less",
                                        [](World& w) { return received_with(w, 100); }},
                                   });

// Goal: an account pays a mass_balance certificate and is paid back while nobody has relied on it.
TEST(LawCertificate, AccountsPayAndAreRepaid) {
  World w;
  anode(w);
  EXPECT_EQ(claim(w, 400000), "accepted");
  EXPECT_EQ(w.get<state::Account>("A").balance_g, 442445);
  EXPECT_EQ(w.get<state::Lot>("A-1").certified_cu_g, Grams{400000});
  w.must("smelter", certificate_status(w, "C-2", CertificateChange::superseded));
  EXPECT_EQ(w.get<state::Account>("A").balance_g, 842445);
  EXPECT_EQ(w.get<state::Lot>("A-1").certified_cu_g, Grams{0});
  EXPECT_EQ(w.get<state::Certificate>("C-2").state, CertificateState::superseded);
}

// Goal: drawn by its buyer a certificate reads consumed and frees nothing; void it may still become.
TEST(LawCertificate, ItsBuyerConsumesIt) {
  World w;
  EXPECT_EQ(certify(w), "accepted");
  sell(w, "K-1");
  EXPECT_EQ(w.get<state::Certificate>("C-1").state, CertificateState::live);
  w.must("smelter", smelting(w, "B-2", "K-1", "A-1"));
  EXPECT_EQ(w.get<state::Certificate>("C-1").state, CertificateState::consumed);
  EXPECT_EQ(w.get<state::Lot>("K-1").certified_cu_g, Grams{0});
  EXPECT_EQ(w.submit("plant", certificate_status(w, "C-1", CertificateChange::superseded)), "wrong_state");
  w.must("owner", certificate_status(w, "C-1", CertificateChange::voided));
  EXPECT_EQ(w.get<state::Certificate>("C-1").state, CertificateState::voided);
}

// Goal: claims never exceed the lot that was accepted: the newest certificate gives way first.
TEST(LawCertificate, ClaimsShrinkWithTheMetal) {
  World w;
  EXPECT_EQ(part_with(w, 240000), "accepted");
  payload::Certificate rest = w.certificate("C-2", "K-1", CocModel::segregated, "smelter");
  rest.dry_g.value -= 1000000;
  rest.cu_g.value -= 240000;
  w.must("plant", rest);
  payload::Measurement less = as_it_is(w, "K-1");
  w.must("plant", sale(w, "S-1", {"K-1"}));
  less.wet_g.value -= 1000;  // 910 g dry, 218 g Cu
  w.must("smelter", w.receipt("S-1", {"K-1"}, less));
  const auto lot = w.get<state::Lot>("K-1");
  EXPECT_EQ(lot.accepted.cu_g, Grams{872781});
  EXPECT_EQ(lot.certified_cu_g, Grams{872781});
  EXPECT_EQ(w.get<state::Certificate>("C-1").cu_g, Grams{240000});
  EXPECT_EQ(w.get<state::Certificate>("C-2").cu_g, Grams{632781});
}

}  // namespace
}  // namespace anta::test
