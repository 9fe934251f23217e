// Accreditation, attestations and their statuses: who attests whom, for how long, and what a change does.
#include "storage/ledger/standing.h"
#include "tests/ledger/law_chain.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

payload::Attestation fresh(const World& w) { return w.attestation("att-new", "miner", "mine"); }

payload::Accreditation accreditation(const World& w, AccreditationStatus status) {
  payload::Accreditation p;
  p.common = w.common();
  p.body = PartyId{"body"};
  p.scheme = SchemeId{"crp"};
  p.from = Millis{w.now};
  p.until = Millis{w.now + 10 * day};
  p.status = status;
  return p;
}

std::string attested_while(World& w, const std::string& party, const std::string& its_relation_to) {
  payload::Relation p;
  p.common = w.common();
  p.party = PartyId{party};
  p.other = PartyId{its_relation_to};
  p.kind = RelationKind::advises;
  p.from = Millis{w.now - day};
  p.until = Millis{w.now + day};
  w.must("registrar", p);
  return w.submit("body", fresh(w));
}

std::string valid_for(World& w, std::int64_t length) {
  payload::Attestation p = fresh(w);
  p.valid_until = Millis{p.valid_from.value + length};
  return w.submit("body", p);
}

std::string suspend_att_mine(World& w, std::int64_t effective_from) {
  payload::AttestationStatus p = w.attestation_status("att-mine", AttestationChange::suspended);
  p.effective_from = Millis{effective_from};
  return w.submit("body", p);
}

// Fraud at the mine since `since`, found and recorded now.
payload::AttestationStatus fraud(const World& w, std::int64_t since) {
  payload::AttestationStatus p = w.attestation_status("att-mine", AttestationChange::revoked);
  p.void_from = Millis{since};
  return p;
}

// A lot after a suspension that has lasted so long and was then reinstated: is it eligible?
bool eligible_after_reinstatement(World& w, std::int64_t suspended_for, std::string& outcome) {
  EXPECT_EQ(suspend_att_mine(w, w.now), "accepted");
  w.now += suspended_for;
  outcome = w.submit("body", w.attestation_status("att-mine", AttestationChange::reinstated));
  w.now += 2 * day;
  w.must("miner", w.lot("L-after"));
  return eligibility_for(w.get<state::Lot>("L-after"), SchemeId{"crp"}) == Eligibility::eligible;
}

const LawTable attesters(
    __FILE__,
    {
        {"role_missing", inside, standard, "a_body_attests",
         [](World& w) { return w.submit("body", fresh(w)); }},
        {"role_missing", outside, standard, "a_plant_attests",
         [](World& w) { return w.submit("plant", fresh(w)); }},
        {"role_missing", inside, standard, "the_owner_accredits",
         [](World& w) { return w.submit("owner", accreditation(w, AccreditationStatus::granted)); }},
        {"role_missing", outside, standard, "a_body_accredits_itself",
         [](World& w) { return w.submit("body", accreditation(w, AccreditationStatus::granted)); }},
        {"unknown_reference", outside, standard, "an_attestation_of_nobody",
         [](World& w) { return w.submit("body", w.attestation("att-new", "nobody", "mine")); }},
        {"unknown_reference", outside, standard, "an_attestation_for_no_scheme",
         [](World& w) {
           payload::Attestation p = fresh(w);
           p.scheme = SchemeId{"none"};
           return w.submit("body", p);
         }},
        {"unknown_reference", outside, standard, "an_accreditation_for_no_scheme",
         [](World& w) {
           payload::Accreditation p = accreditation(w, AccreditationStatus::granted);
           p.scheme = SchemeId{"none"};
           return w.submit("owner", p);
         }},
        {"unknown_reference", outside, standard, "a_status_of_nothing",
         [](World& w) {
           return w.submit("body", w.attestation_status("att-no", AttestationChange::revoked));
         }},
        {"event_order", inside, standard, "an_accreditation_that_ends_as_it_begins",
         [](World& w) {
           payload::Accreditation p = accreditation(w, AccreditationStatus::granted);
           p.until = p.from;
           return w.submit("owner", p);
         }},
        {"event_order", outside, standard, "an_accreditation_that_ends_before_it_begins",
         [](World& w) {
           payload::Accreditation p = accreditation(w, AccreditationStatus::granted);
           p.until = Millis{p.from.value - 1};
           return w.submit("owner", p);
         }},
        {"event_order", inside, standard, "an_attestation_that_ends_as_it_begins",
         [](World& w) {
           payload::Attestation p = fresh(w);
           p.valid_until = p.valid_from;
           return w.submit("body", p);
         }},
        {"event_order", outside, standard, "an_attestation_that_ends_before_it_begins",
         [](World& w) {
           payload::Attestation p = fresh(w);
           p.valid_until = Millis{p.valid_from.value - 1};
           return w.submit("body", p);
         }},
        {"duplicate_id", outside, standard, "an_attestation_again",
         [](World& w) { return w.submit("body", w.attestation("att-mine", "miner", "mine")); }},
    });

const LawTable bodies(
    __FILE__,
    {
        {"conflict_of_interest", inside, standard, "a_stranger",
         [](World& w) { return attested_while(w, "body", "buyer"); }},
        {"conflict_of_interest", outside, standard, "itself",
         [](World& w) { return w.submit("body", w.attestation("att-new", "body", "mine")); }},
        {"conflict_of_interest", outside, standard, "whom_it_advises",
         [](World& w) { return attested_while(w, "body", "miner"); }},
        {"conflict_of_interest", outside, standard, "who_says_so_of_it",
         [](World& w) { return attested_while(w, "miner", "body"); }},
        {"conflict_of_interest", outside, standard, "the_operator_of_a_site_is_related",
         [](World& w) {
           EXPECT_EQ(attested_while(w, "plant", "body"), "accepted");
           return w.submit("body", w.attestation("att-2", "miner", "mill"));
         }},
        {"issuer_not_accredited", inside, standard, "the_last_millisecond",
         [](World& w) {
           w.now = t0 + 3000 * day - 1;
           return w.submit("body", fresh(w));
         }},
        {"issuer_not_accredited", outside, standard, "until_is_not_included",
         [](World& w) {
           w.now = t0 + 3000 * day;
           return w.submit("body", fresh(w));
         }},
        {"issuer_not_accredited", outside, standard, "while_suspended",
         [](World& w) {
           w.must("owner", accreditation(w, AccreditationStatus::suspended));
           w.now += 10 * day - 1;
           return w.submit("body", fresh(w));
         }},
        {"issuer_not_accredited", inside, standard, "after_the_suspension",
         [](World& w) {
           w.must("owner", accreditation(w, AccreditationStatus::suspended));
           w.now += 10 * day;
           return w.submit("body", fresh(w));
         }},
        {"out_of_scope", inside, standard, "the_longest", [](World& w) { return valid_for(w, 1187 * day); }},
        {"out_of_scope", outside, standard, "a_millisecond_longer",
         [](World& w) { return valid_for(w, 1187 * day + 1); }},
        {"out_of_scope",
         inside,
         other,
         "the_longest",
         [](World& w) { return valid_for(w, 1100 * day); },
         {{"attestation_max_days", 1100}}},
        {"out_of_scope",
         outside,
         other,
         "a_millisecond_longer",
         [](World& w) { return valid_for(w, 1100 * day + 1); },
         {{"attestation_max_days", 1100}}},
        {"out_of_scope", outside, standard, "an_unknown_site",
         [](World& w) { return w.submit("body", w.attestation("att-new", "miner", "nowhere")); }},
    });

const LawTable attestation_statuses(
    __FILE__,
    {
        {"not_issuer", inside, standard, "a_status_by_the_body",
         [](World& w) { return suspend_att_mine(w, w.now); }},
        {"not_issuer", inside, standard, "a_status_by_the_schemes_owner",
         [](World& w) {
           return w.submit("owner", w.attestation_status("att-mine", AttestationChange::suspended));
         }},
        {"not_issuer", outside, standard, "a_status_by_another",
         [](World& w) {
           return w.submit("ministry", w.attestation_status("att-mine", AttestationChange::suspended));
         }},
        {"event_order", inside, standard, "a_status_effective_from_the_issue",
         [](World& w) { return suspend_att_mine(w, t0); }},
        {"event_order", outside, standard, "a_status_effective_before_the_issue",
         [](World& w) { return suspend_att_mine(w, t0 - 1); }},
        {"event_order", outside, standard, "a_status_before_the_issue",
         [](World& w) {
           w.must("body", fresh(w));
           payload::AttestationStatus p = w.attestation_status("att-new", AttestationChange::suspended);
           p.common.event_time = Millis{w.now - 1};
           return w.submit("body", p);
         }},
        {"wrong_state", inside, standard, "reinstated_after_a_suspension",
         [](World& w) {
           EXPECT_EQ(suspend_att_mine(w, w.now), "accepted");
           return w.submit("body", w.attestation_status("att-mine", AttestationChange::reinstated));
         }},
        {"wrong_state", outside, standard, "reinstated_without_one",
         [](World& w) {
           return w.submit("body", w.attestation_status("att-mine", AttestationChange::reinstated));
         }},
        {"wrong_state", outside, standard, "suspended_twice",
         [](World& w) {
           EXPECT_EQ(suspend_att_mine(w, w.now), "accepted");
           return suspend_att_mine(w, w.now);
         }},
        {"wrong_state", outside, standard, "suspended_after_a_revocation",
         [](World& w) {
           w.must("body", w.attestation_status("att-mine", AttestationChange::revoked));
           return suspend_att_mine(w, w.now);
         }},
        {"wrong_state", outside, standard, "void_without_revoking",
         [](World& w) {
           payload::AttestationStatus p = w.attestation_status("att-mine", AttestationChange::suspended);
           p.void_from = Millis{w.now};
           return w.submit("body", p);
         }},
        {"wrong_state", inside, standard, "fraud_found_after_a_revocation",
         [](World& w) {
           w.must("body", w.attestation_status("att-mine", AttestationChange::revoked));
           return w.submit("body", fraud(w, w.now));
         }},
        {"wrong_state", outside, standard, "fraud_found_twice",
         [](World& w) {
           w.must("body", fraud(w, w.now));
           return w.submit("body", fraud(w, w.now));
         }},
        {"wrong_state", inside, standard, "reinstated_on_the_last_day",
         [](World& w) {
           std::string outcome;
           EXPECT_TRUE(eligible_after_reinstatement(w, 183 * day - 1, outcome));
           return outcome == "accepted" ? w.submit("miner", w.lot("L-2")) : outcome;
         }},
        {"wrong_state", outside, standard, "too_long_suspended_is_revoked",
         [](World& w) {
           std::string outcome;
           EXPECT_FALSE(eligible_after_reinstatement(w, 183 * day, outcome));
           return outcome;
         }},
        {"wrong_state",
         inside,
         other,
         "reinstated_on_the_last_day",
         [](World& w) {
           std::string outcome;
           EXPECT_TRUE(eligible_after_reinstatement(w, 5 * day - 1, outcome));
           return outcome == "accepted" ? w.submit("miner", w.lot("L-2")) : outcome;
         },
         {{"suspension_revokes_after_days", 5}}},
        {"wrong_state",
         outside,
         other,
         "too_long_suspended_is_revoked",
         [](World& w) {
           std::string outcome;
           EXPECT_FALSE(eligible_after_reinstatement(w, 5 * day, outcome));
           return outcome;
         },
         {{"suspension_revokes_after_days", 5}}},
    });

const LawTable attestation_flags(
    __FILE__, {
                  {"status_recorded_late", inside, standard, "no_lot_since",
                   [](World& w) {
                     w.must("miner", w.lot("L-1"));
                     return suspend_att_mine(w, w.now + 1);
                   }},
                  {"status_recorded_late", outside, standard, "a_lot_at_that_very_moment",
                   [](World& w) {
                     w.must("miner", w.lot("L-1"));
                     return suspend_att_mine(w, w.now);
                   }},
                  {"status_recorded_late", inside, standard, "a_formalisation_after_the_last_lot",
                   [](World& w) {
                     w.must("miner", w.lot("L-1"));
                     payload::Formalisation p = w.formalisation("miner", FormalisationStatus::excluido);
                     p.effective_from = Millis{w.now + 1};
                     return w.submit("ministry", p);
                   }},
                  {"status_recorded_late", outside, standard, "an_exclusion_over_a_lot",
                   [](World& w) {
                     w.must("miner", w.lot("L-1"));
                     return w.submit("ministry", w.formalisation("miner", FormalisationStatus::excluido));
                   }},
                  {"status_recorded_late", inside, standard, "a_status_that_changes_nothing",
                   [](World& w) {
                     w.must("miner", w.lot("L-1"));
                     return w.submit("ministry", w.formalisation("miner", FormalisationStatus::formalizado));
                   }},
                  {"upstream_under_review", inside, standard, "void_after_the_lots_event",
                   [](World& w) {
                     w.must("miner", w.lot("L-1"));
                     return w.submit("body", fraud(w, w.now + 1));
                   }},
                  {"upstream_under_review", outside, standard, "void_from_the_lots_event",
                   [](World& w) {
                     w.must("miner", w.lot("L-1"));
                     return w.submit("body", fraud(w, w.now));
                   }},
                  {"upstream_under_review", inside, standard, "recorded_later_of_an_earlier_event",
                   [](World& w) {
                     w.now += 10 * day;
                     payload::AttestationStatus p = fraud(w, w.now - 2 * day);
                     w.must("body", p);
                     w.now -= 2 * day + 1;
                     return w.submit("miner", w.lot("L-late"));
                   }},
                  {"upstream_under_review", outside, standard, "recorded_later_of_a_voided_event",
                   [](World& w) {
                     w.now += 10 * day;
                     w.must("body", fraud(w, w.now - 5 * day));
                     w.now -= 2 * day;
                     const std::string outcome = w.submit("miner", w.lot("L-late"));
                     const auto lot = w.get<state::Lot>("L-late");
                     EXPECT_EQ(eligibility_for(lot, SchemeId{"crp"}), Eligibility::under_review);
                     return outcome;
                   }},
              });

// Goal: a void reaches the lots of that event on and everything made of them, and nothing else; certificates
// on them are flagged, and the attestation of another mine keeps its lots.
TEST(LawAttestation, VoidReachesAllDescendants) {
  World w;
  w.must("miner", w.lot("L-before"));
  w.now += day;
  const std::int64_t since = w.now;
  concentrate(w, "L-1", "K-1");
  deliver_from_second(w, "L-other");
  payload::Split split;
  split.common = w.common();
  split.lot = LotId{"K-1"};
  const payload::Take all = w.all_of("K-1");
  split.children = {{LotId{"K-1a"}, Grams{all.dry_g.value / 2}, Grams{all.cu_g.value / 2}}};
  w.must("plant", split);
  w.must("plant", w.certificate("C-1", "K-1a", CocModel::segregated, "smelter"));
  w.must("body", fraud(w, since));
  const SchemeId crp{"crp"};
  for (const char* id : {"L-1", "K-1", "K-1a"}) {
    EXPECT_EQ(eligibility_for(w.get<state::Lot>(id), crp), Eligibility::under_review) << id;
    EXPECT_EQ(w.get<state::Lot>(id).stamp.flags.back().code, "upstream_under_review") << id;
  }
  for (const char* id : {"L-before", "L-other"}) {
    EXPECT_EQ(eligibility_for(w.get<state::Lot>(id), crp), Eligibility::eligible) << id;
    EXPECT_TRUE(w.get<state::Lot>(id).stamp.flags.empty()) << id;
  }
  const auto certificate = w.get<state::Certificate>("C-1");
  ASSERT_EQ(certificate.stamp.flags.size(), 1u);
  EXPECT_EQ(certificate.stamp.flags.front().code, "upstream_under_review");
  EXPECT_EQ(certificate.state, CertificateState::live);
  // What is made of them later inherits it.
  split.common = w.common();
  split.children = {{LotId{"K-1b"}, Grams{all.dry_g.value / 4}, Grams{all.cu_g.value / 4}}};
  w.must("plant", split);
  EXPECT_EQ(eligibility_for(w.get<state::Lot>("K-1b"), crp), Eligibility::under_review);
  EXPECT_TRUE(w.flagged("upstream_under_review"));
}

// Goal: a suspension looks forward only: lots of before stay eligible, lots inside it are not.
TEST(LawAttestation, SuspensionLooksForward) {
  World w;
  w.must("miner", w.lot("L-1"));
  w.now += 3 * day;
  EXPECT_EQ(suspend_att_mine(w, w.now), "accepted");
  w.must("miner", w.lot("L-2"));
  const SchemeId crp{"crp"};
  EXPECT_EQ(eligibility_for(w.get<state::Lot>("L-1"), crp), Eligibility::eligible);
  EXPECT_EQ(eligibility_for(w.get<state::Lot>("L-2"), crp), std::nullopt);
  w.now -= 1;
  w.must("miner", w.lot("L-3"));  // recorded late, judged at its event
  EXPECT_EQ(eligibility_for(w.get<state::Lot>("L-3"), crp), Eligibility::eligible);
}

// Goal: eligibility asks for producer, site, material and all three moments.
TEST(LawAttestation, EligibilityAsksForAllOfIt) {
  World w;
  payload::Attestation narrow = fresh(w);
  narrow.subject = PartyId{"miner2"};
  narrow.sites = {SiteId{"pit"}};
  narrow.materials = {{Material::ore_oxide}};
  narrow.valid_from = Millis{w.now};
  narrow.valid_until = Millis{w.now + 2 * day};
  w.site("pit", "miner2", SiteKind::mine);
  w.must("body", narrow);
  const auto eligible = [&](Material material, const char* site, std::int64_t from, std::int64_t until,
                            std::int64_t event, const char* producer = "miner2") {
    return !eligibility_of(w.view,
                           {PartyId{producer}, SiteId{site}, material, Millis{w.now + from},
                            Millis{w.now + until}, Millis{w.now + event}},
                           Millis{w.now})
                .empty();
  };
  const std::int64_t last = 2 * day - 1;
  EXPECT_TRUE(eligible(Material::ore_oxide, "pit", 0, day, last));
  EXPECT_FALSE(eligible(Material::ore_sulphide, "pit", 0, day, last));
  EXPECT_FALSE(eligible(Material::ore_oxide, "pit", -1, day, last));
  EXPECT_FALSE(eligible(Material::ore_oxide, "pit", 0, day, last + 1));
  EXPECT_FALSE(eligible(Material::ore_oxide, "pit", 0, day, last, "miner"));
  EXPECT_FALSE(eligible(Material::ore_oxide, "mill", 0, day, last));
  EXPECT_TRUE(eligible(Material::ore_sulphide, "mine2", 0, day, last));
}

// Goal: the standing over a whole life: changes by effective time, ties by recording, ends that are final.
TEST(LawAttestation, StandingFollowsItsChanges) {
  state::Attestation a;
  a.valid = {Millis{100}, Millis{1000 * day}};
  const auto at = [&](std::int64_t when) { return standing_at(a, Millis{when}, 10); };
  const auto change = [&](AttestationChange status, std::int64_t from) {
    a.changes.push_back({status, Millis{from}, std::nullopt, {}});
  };
  EXPECT_EQ(at(99), Standing::not_yet);
  EXPECT_EQ(at(100), Standing::in_force);
  EXPECT_EQ(at(1000 * day - 1), Standing::in_force);
  EXPECT_EQ(at(1000 * day), Standing::expired);
  change(AttestationChange::reinstated, 5 * day);
  change(AttestationChange::suspended, 2 * day);
  EXPECT_EQ(at(2 * day - 1), Standing::in_force);
  EXPECT_EQ(at(2 * day), Standing::suspended);
  EXPECT_EQ(at(5 * day - 1), Standing::suspended);
  EXPECT_EQ(at(5 * day), Standing::in_force);
  change(AttestationChange::suspended, 5 * day);  // of equal times the later recorded
  EXPECT_EQ(at(5 * day), Standing::suspended);
  EXPECT_EQ(at(15 * day - 1), Standing::suspended);
  EXPECT_EQ(at(15 * day), Standing::revoked);
  change(AttestationChange::withdrawn, 1 * day);
  EXPECT_EQ(at(1 * day - 1), Standing::in_force);
  EXPECT_EQ(at(5 * day), Standing::withdrawn);
}

}  // namespace
}  // namespace anta::test
