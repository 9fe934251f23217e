// Parties, roles, keys, relations, sites, formalisation: who may say so, and what is taken.
#include <gmock/gmock.h>

#include "crypto/text.h"
#include "storage/ledger/standing.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

payload::RoleGrant grant(const World& w, const std::string& party, Role role) {
  payload::RoleGrant p;
  p.common = w.common();
  p.party = PartyId{party};
  p.role = role;
  p.from = Millis{w.now};
  return p;
}

payload::RoleRevoke revoke_role(const World& w, const std::string& party, Role role) {
  payload::RoleRevoke p;
  p.common = w.common();
  p.party = PartyId{party};
  p.role = role;
  p.from = Millis{w.now};
  return p;
}

payload::PartyUpdate update(const World& w, const std::string& party) {
  payload::PartyUpdate p;
  p.common = w.common();
  p.party = PartyId{party};
  p.name = "Renamed";
  p.capacity_class = CapacityClass::ppm;
  return p;
}

payload::Relation relation(const World& w, const std::string& party, const std::string& to) {
  payload::Relation p;
  p.common = w.common();
  p.party = PartyId{party};
  p.other = PartyId{to};
  p.from = Millis{w.now};
  return p;
}

payload::KeyRotate rotation(World& w, const std::string& party) {
  payload::KeyRotate p;
  p.common = w.common();
  p.party = PartyId{party};
  p.old_key = w.key(party).public_key();
  p.new_key = w.key(party + "'s new").public_key();
  return p;
}

payload::KeyRevoke key_revocation(World& w, const std::string& party) {
  payload::KeyRevoke p;
  p.common = w.common();
  p.party = PartyId{party};
  p.key = w.key(party).public_key();
  p.reason = "lost";
  return p;
}

payload::Document document(const World& w) {
  payload::Document p;
  p.common = w.common();
  p.digest = sha256(as_bytes("a contract"));
  p.media_type = "application/pdf";
  p.title = "Contract";
  return p;
}

payload::Countersign countersign(const World& w) {
  payload::Countersign p;
  p.common = w.common();
  p.of = sha256(as_bytes("a statement"));
  return p;
}

const LawTable roles(
    __FILE__,
    {
        {"role_missing", inside, standard, "a_registrar_registers",
         [](World& w) { return w.submit("registrar", w.party_payload("newcomer")); }},
        {"role_missing", outside, standard, "a_plant_registers_a_party",
         [](World& w) { return w.submit("plant", w.party_payload("newcomer")); }},
        {"role_missing", outside, standard, "a_plant_updates_a_party",
         [](World& w) { return w.submit("plant", update(w, "plant")); }},
        {"role_missing", outside, standard, "a_plant_grants_a_role",
         [](World& w) { return w.submit("plant", grant(w, "plant", Role::laboratory)); }},
        {"role_missing", outside, standard, "a_plant_revokes_a_role",
         [](World& w) { return w.submit("plant", revoke_role(w, "miner", Role::producer)); }},
        {"role_missing", inside, standard, "a_granted_role_holds_from_its_beginning",
         [](World& w) {
           w.must("registrar", grant(w, "plant", Role::authority));
           return w.submit("plant", w.formalisation("miner", FormalisationStatus::vigente));
         }},
        {"role_missing", outside, standard, "not_a_millisecond_before",
         [](World& w) {
           w.must("registrar", grant(w, "plant", Role::authority));
           --w.now;
           return w.submit("plant", w.formalisation("miner", FormalisationStatus::vigente));
         }},
        {"role_missing", inside, standard, "a_millisecond_before_it_is_revoked",
         [](World& w) {
           w.must("registrar", revoke_role(w, "miner", Role::producer));
           --w.now;
           return w.submit("miner", w.lot("L-1"));
         }},
        {"role_missing", outside, standard, "from_when_it_is_revoked",
         [](World& w) {
           w.must("registrar", revoke_role(w, "miner", Role::producer));
           return w.submit("miner", w.lot("L-1"));
         }},
        {"role_missing", outside, standard, "until_is_not_included",
         [](World& w) {
           payload::RoleGrant p = grant(w, "plant", Role::authority);
           p.until = Millis{w.now + day};
           w.must("registrar", p);
           w.now += day;
           return w.submit("plant", w.formalisation("miner", FormalisationStatus::vigente));
         }},
        {"role_missing", outside, standard, "a_miner_formalises_itself",
         [](World& w) { return w.submit("miner", w.formalisation("miner", FormalisationStatus::vigente)); }},
        {"role_missing", outside, standard, "a_plant_countersigns",
         [](World& w) { return w.submit("plant", countersign(w)); }},
        {"role_missing", inside, standard, "an_authority_countersigns",
         [](World& w) { return w.submit("ministry", countersign(w)); }},
    });

const LawTable party_references(
    __FILE__,
    {
        {"unknown_reference", inside, standard, "a_known_party",
         [](World& w) { return w.submit("registrar", update(w, "miner")); }},
        {"unknown_reference", outside, standard, "an_unknown_party_updated",
         [](World& w) { return w.submit("registrar", update(w, "nobody")); }},
        {"unknown_reference", outside, standard, "a_role_for_nobody",
         [](World& w) { return w.submit("registrar", grant(w, "nobody", Role::buyer)); }},
        {"unknown_reference", outside, standard, "a_role_that_was_never_held",
         [](World& w) { return w.submit("registrar", revoke_role(w, "miner", Role::buyer)); }},
        {"unknown_reference", outside, standard, "a_relation_to_nobody",
         [](World& w) { return w.submit("miner", relation(w, "miner", "nobody")); }},
        {"unknown_reference", outside, standard, "a_key_of_another_party",
         [](World& w) {
           payload::KeyRotate p = rotation(w, "miner");
           p.old_key = w.key("plant").public_key();
           return w.submit("miner", p);
         }},
        {"unknown_reference", outside, standard, "a_site_of_nobody",
         [](World& w) { return w.submit("registrar", w.site_payload("pit", "nobody", SiteKind::mine)); }},
        {"unknown_reference", outside, standard, "a_concession_of_nobody",
         [](World& w) {
           payload::Site p = w.site_payload("pit", "miner", SiteKind::mine);
           p.concession_holder = PartyId{"nobody"};
           return w.submit("miner", p);
         }},
        {"unknown_reference", outside, standard, "a_formalisation_of_nobody",
         [](World& w) {
           return w.submit("ministry", w.formalisation("nobody", FormalisationStatus::vigente));
         }},
        {"unknown_reference", outside, standard, "a_document_about_nobody",
         [](World& w) {
           payload::Document p = document(w);
           p.subject = PartyId{"nobody"};
           return w.submit("plant", p);
         }},
    });

// The shortest period that is lawful is empty; a millisecond less runs backwards.
template <typename P>
P ending(P p, std::int64_t after_from) {
  p.until = Millis{p.from.value + after_from};
  return p;
}

const LawTable periods(
    __FILE__,
    {
        {"event_order", inside, standard, "a_role_that_ends_as_it_begins",
         [](World& w) { return w.submit("registrar", ending(grant(w, "plant", Role::laboratory), 0)); }},
        {"event_order", outside, standard, "a_role_that_ends_before_it_begins",
         [](World& w) { return w.submit("registrar", ending(grant(w, "plant", Role::laboratory), -1)); }},
        {"event_order", inside, standard, "a_relation_that_ends_as_it_begins",
         [](World& w) { return w.submit("plant", ending(relation(w, "miner", "plant"), 0)); }},
        {"event_order", outside, standard, "a_relation_that_ends_before_it_begins",
         [](World& w) { return w.submit("plant", ending(relation(w, "miner", "plant"), -1)); }},
        {"event_order", outside, standard, "a_registrars_relation_that_ends_before_it_begins",
         [](World& w) { return w.submit("registrar", ending(relation(w, "miner", "plant"), -1)); }},
    });

const LawTable ids(
    __FILE__,
    {
        {"duplicate_id", inside, standard, "a_new_party",
         [](World& w) { return w.submit("registrar", w.party_payload("newcomer")); }},
        {"duplicate_id", outside, standard, "a_party_again",
         [](World& w) { return w.submit("registrar", w.party_payload("miner")); }},
        {"duplicate_id", outside, standard, "a_key_that_is_anothers",
         [](World& w) {
           payload::Party p = w.party_payload("newcomer");
           p.keys = {w.key("miner").public_key()};
           return w.submit("registrar", p);
         }},
        {"duplicate_id", outside, standard, "the_same_key_twice",
         [](World& w) {
           payload::Party p = w.party_payload("newcomer");
           p.keys.push_back(p.keys.front());
           return w.submit("registrar", p);
         }},
        {"duplicate_id", outside, standard, "rotating_to_a_retired_key",
         [](World& w) {
           w.must("registrar", key_revocation(w, "plant"));
           payload::KeyRotate p = rotation(w, "miner");
           p.new_key = w.key("plant").public_key();
           return w.submit("miner", p);
         }},
        {"duplicate_id", outside, standard, "a_site_again",
         [](World& w) { return w.submit("plant", w.site_payload("mine", "plant", SiteKind::plant)); }},
        {"duplicate_id", inside, standard, "a_rejected_id_stays_free",
         [](World& w) {
           EXPECT_EQ(w.submit("buyer", w.site_payload("pit", "miner", SiteKind::mine)), "not_issuer");
           return w.submit("miner", w.site_payload("pit", "miner", SiteKind::mine));
         }},
        {"duplicate_id", inside, standard, "two_keep_the_same_document",
         [](World& w) {
           w.must("miner", document(w));
           return w.submit("plant", document(w));
         }},
        {"duplicate_id", outside, standard, "a_document_again",
         [](World& w) {
           w.must("plant", document(w));
           return w.submit("plant", document(w));
         }},
        {"duplicate_id", outside, standard, "a_countersignature_again",
         [](World& w) {
           w.must("auditor", countersign(w));
           return w.submit("auditor", countersign(w));
         }},
    });

const LawTable issuers(
    __FILE__,
    {
        {"not_issuer", inside, standard, "a_site_by_its_operator",
         [](World& w) { return w.submit("miner", w.site_payload("pit", "miner", SiteKind::mine)); }},
        {"not_issuer", inside, standard, "a_site_by_the_registrar",
         [](World& w) { return w.submit("registrar", w.site_payload("pit", "miner", SiteKind::mine)); }},
        {"not_issuer", outside, standard, "a_site_by_another",
         [](World& w) { return w.submit("plant", w.site_payload("pit", "miner", SiteKind::mine)); }},
        {"not_issuer", inside, standard, "a_relation_by_the_other_side",
         [](World& w) { return w.submit("plant", relation(w, "miner", "plant")); }},
        {"not_issuer", outside, standard, "a_relation_by_a_third",
         [](World& w) { return w.submit("buyer", relation(w, "miner", "plant")); }},
        {"not_issuer", inside, standard, "a_key_rotated_by_the_registrar",
         [](World& w) { return w.submit("registrar", rotation(w, "miner")); }},
        {"not_issuer", outside, standard, "a_key_rotated_by_another",
         [](World& w) { return w.submit("plant", rotation(w, "miner")); }},
        {"not_issuer", outside, standard, "a_key_revoked_by_another",
         [](World& w) { return w.submit("plant", key_revocation(w, "miner")); }},
        {"wrong_state", outside, standard, "a_retired_key_rotated_by_its_party",
         [](World& w) {
           payload::Party party = w.party_payload("newcomer");
           party.keys = {w.key("newcomer").public_key(), w.key("its other").public_key()};
           w.must("registrar", party);
           payload::KeyRevoke lost = key_revocation(w, "newcomer");
           lost.key = w.key("its other").public_key();
           w.must("newcomer", lost);
           payload::KeyRotate p = rotation(w, "newcomer");
           p.old_key = lost.key;
           return w.submit("newcomer", p);
         }},
        {"wrong_state", inside, standard, "a_rotated_key_replaced_by_the_registrar",
         [](World& w) {
           w.must("registrar", rotation(w, "miner"));
           payload::KeyRotate p = rotation(w, "miner");
           p.new_key = w.key("a third").public_key();
           return w.submit("registrar", p);
         }},
        {"wrong_state", inside, standard, "a_rotated_key_revoked",
         [](World& w) {
           w.must("registrar", rotation(w, "miner"));
           return w.submit("registrar", key_revocation(w, "miner"));
         }},
        {"wrong_state", outside, standard, "a_revoked_key_revoked_again",
         [](World& w) {
           w.must("registrar", key_revocation(w, "miner"));
           return w.submit("registrar", key_revocation(w, "miner"));
         }},
    });

// Goal: a party whose only key was revoked signs again with the one that a registrar gives it; the revoked
// key stays revoked since when it was compromised.
TEST(LawParty, ARevokedKeyDoesNotLockItsPartyOut) {
  World w;
  payload::KeyRevoke stolen = key_revocation(w, "plant");
  stolen.compromised_since = Millis{t0};
  w.must("plant", stolen);
  EXPECT_EQ(w.submit("plant", document(w)), "unknown_key");
  payload::KeyRotate p = rotation(w, "plant");
  p.new_key = w.key("registrar's successor").public_key();
  w.must("registrar", p);
  const auto old_key = w.get<state::Key>(hex(kid_of(p.old_key)));
  EXPECT_EQ(old_key.state, KeyState::revoked);
  EXPECT_EQ(old_key.compromised_since, Millis{t0});
  const auto fresh = w.get<state::Key>(hex(kid_of(p.new_key)));
  EXPECT_EQ(fresh.state, KeyState::active);
  EXPECT_EQ(fresh.party, PartyId{"plant"});
  EXPECT_EQ(w.submit("plant", document(w)), "unknown_key");  // still signed with the revoked key
}

// Goal: a registration writes what was said, a key record per key and a role from its event on.
TEST(LawParty, RegistrationWritesItsRecords) {
  World w;
  payload::Party p = w.party_payload("newcomer");
  p.roles = {Role::trader, Role::financier, Role::trader};
  p.capacity_class = CapacityClass::general;
  w.must("registrar", p);
  const auto party = w.get<state::Party>("newcomer");
  EXPECT_EQ(party.name, p.name);
  EXPECT_EQ(party.capacity_class, CapacityClass::general);
  EXPECT_EQ(party.registered.value, w.now);
  EXPECT_EQ(party.stamp.by, w.last_digest);
  const auto key = w.get<state::Key>(hex(kid_of(p.keys.front())));
  EXPECT_EQ(key.party.value, "newcomer");
  EXPECT_EQ(key.state, KeyState::active);
  EXPECT_EQ(w.get<state::RoleHeld>("newcomer/trader").held.size(), 1u);
  EXPECT_TRUE(holds_role(w.view, PartyId{"newcomer"}, Role::financier, Millis{w.now}));
  EXPECT_FALSE(holds_role(w.view, PartyId{"newcomer"}, Role::financier, Millis{w.now - 1}));
  EXPECT_THAT(w.last.subjects,
              testing::IsSupersetOf({StateKey{Kind::party, "newcomer"}, StateKey{Kind::party, "registrar"}}));
}

// Goal: an update changes what it names and nothing else.
TEST(LawParty, UpdateKeepsTheRest) {
  World w;
  w.must("registrar", update(w, "miner"));
  const auto party = w.get<state::Party>("miner");
  EXPECT_EQ(party.name, "Renamed");
  EXPECT_EQ(party.capacity_class, CapacityClass::ppm);
  EXPECT_EQ(party.country, "PE");
}

// Goal: a name that would be a person's is neither taken nor recorded, also where a party became known as one
// only by its own statement; what else an update says of a person holds.
TEST(LawParty, AnUpdateGivesNoPersonAName) {
  World w;
  payload::Party p = w.party_payload("maria");
  p.kind = PartyKind::person;
  p.name.reset();
  w.must("registrar", p);
  EXPECT_EQ(w.submit("registrar", update(w, "maria")), "malformed");
  EXPECT_FALSE(rejection_is_recorded("malformed"));
  payload::PartyUpdate nameless = update(w, "maria");
  nameless.name.reset();
  w.must("registrar", nameless);
  EXPECT_EQ(w.get<state::Party>("maria").capacity_class, CapacityClass::ppm);
  EXPECT_FALSE(w.get<state::Party>("maria").name);
}

// Goal: a relation holds both ways inside its interval; declared again it can be ended.
TEST(LawParty, RelationsHoldBothWaysUntilTheyEnd) {
  World w;
  const PartyId miner{"miner"};
  const PartyId body{"body"};
  w.must("miner", relation(w, "miner", "body"));
  EXPECT_TRUE(related(w.view, body, miner, Millis{w.now}));
  EXPECT_TRUE(related(w.view, miner, body, Millis{w.now + 900 * day}));
  EXPECT_FALSE(related(w.view, miner, body, Millis{w.now - 1}));
  EXPECT_FALSE(related(w.view, miner, PartyId{"plant"}, Millis{w.now}));
  payload::Relation end = relation(w, "miner", "body");
  end.until = Millis{w.now + day};
  w.must("miner", end);
  EXPECT_TRUE(related(w.view, miner, body, Millis{w.now + day - 1}));
  EXPECT_FALSE(related(w.view, miner, body, Millis{w.now + day}));
}

// Goal: of formalisations the latest effective one counts, and of equal ones the later recorded.
TEST(LawParty, TheLatestEffectiveFormalisationCounts) {
  World w;
  const PartyId miner{"miner"};
  w.formalise("miner", FormalisationStatus::excluido, w.now + 10 * day);
  w.formalise("miner", FormalisationStatus::suspendido, w.now + 5 * day);
  EXPECT_TRUE(is_formalised(w.view, miner, Millis{w.now + 5 * day - 1}));
  EXPECT_FALSE(is_formalised(w.view, miner, Millis{w.now + 5 * day}));
  w.formalise("miner", FormalisationStatus::reincorporado, w.now + 10 * day);
  EXPECT_FALSE(is_formalised(w.view, miner, Millis{w.now + 10 * day - 1}));
  EXPECT_TRUE(is_formalised(w.view, miner, Millis{w.now + 10 * day}));
  for (const auto& [status, may] : {std::pair{FormalisationStatus::vigente, true},
                                    {FormalisationStatus::suspendido, false},
                                    {FormalisationStatus::excluido, false},
                                    {FormalisationStatus::en_recurso, false},
                                    {FormalisationStatus::reincorporado, true},
                                    {FormalisationStatus::formalizado, true},
                                    {FormalisationStatus::vencido, false}}) {
    w.formalise("miner", status, w.now + 20 * day);
    EXPECT_EQ(is_formalised(w.view, miner, Millis{w.now + 20 * day}), may) << word(status);
  }
}

}  // namespace
}  // namespace anta::test
