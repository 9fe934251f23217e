// Parties, their roles and their relations. Only a registrar registers and grants; a relation may also be
// declared by either side, since it can only narrow what a body may attest.
#include <algorithm>
#include <set>

#include "crypto/text.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

Verdict registrar_only(const Draft& draft) {
  if (holds_role(draft.view(), draft.issuer(), Role::registrar, draft.event_time())) return {};
  return violated("role_missing", draft.issuer().value + " is not a registrar");
}

Verdict party_known(const Draft& draft, const PartyId& party) {
  if (party_exists(draft.view(), party)) return {};
  return violated("unknown_reference", "no party " + party.value);
}

void add_role(Draft& draft, const PartyId& party, Role role, state::Interval during) {
  const std::string id = role_record_id(party, role);
  state::RoleHeld record = draft.get<state::RoleHeld>(id).value_or(state::RoleHeld{});
  record.held.push_back(during);
  draft.put(id, std::move(record));
  draft.concerns(Kind::party, party.value);
}

// A `party` says itself that it is a person, and its decoder refuses the name (schema_party.cc).
constexpr const char* no_name = "a person's name never enters in clear: name_commitment";

bool names_a_person(const LedgerView& view, const payload::PartyUpdate& p) {
  if (!p.name) return false;
  const auto party = state::look<state::Party>(view, p.party.value);
  return party && party->kind == PartyKind::person;
}

Verdict ids_free(const Draft& draft, const payload::Party& p) {
  if (party_exists(draft.view(), p.id)) {
    return violated("duplicate_id", "party " + p.id.value + " is registered already");
  }
  std::set<PublicKey> seen;
  for (const PublicKey& key : p.keys) {
    if (!seen.insert(key).second || draft.view().read(Kind::key, hex(kid_of(key)))) {
      return violated("duplicate_id", "key " + hex(kid_of(key)).substr(0, 16) + " is registered already");
    }
  }
  return {};
}

// What one party may say of itself and one other: each side has its own share, so that neither keeps the
// other from speaking.
constexpr std::size_t relations_per_declarer_max = 128;

// Who declared a relation, or a registrar, ends it earlier: whom it binds must not erase it.
Verdict check_relation(const Draft& draft, const payload::Relation& p, const state::Relation& record,
                       bool registrar) {
  const bool side = draft.issuer() == p.party || draft.issuer() == p.other;
  if (!side && !registrar) return violated("not_issuer", "neither side of the relation, nor a registrar");
  if (registrar) return in_order(p.from, p.until);
  const auto same = [&](const state::Relation::Entry& entry) {
    return entry.kind == p.kind && entry.during.from == p.from;
  };
  std::size_t own = 0;
  for (const state::Relation::Entry& entry : record.entries) {
    own += entry.by == draft.issuer() ? 1 : 0;
    const bool outlives = p.until && (!entry.during.until || *p.until < *entry.during.until);
    if (!same(entry) || entry.by == draft.issuer() || !outlives) continue;
    return violated("not_issuer",
                    entry.by.value + " declared it for longer: that party or a registrar ends it");
  }
  if (const Verdict verdict = in_order(p.from, p.until); !verdict) return verdict;
  const bool again = std::any_of(record.entries.begin(), record.entries.end(),
                                 [&](const auto& e) { return same(e) && e.by == draft.issuer(); });
  if (again || own < relations_per_declarer_max) return {};
  return violated("wrong_state", draft.issuer().value + " has declared as many relations here as it may");
}

}  // namespace

Verdict in_order(Millis from, const std::optional<Millis>& until) {
  if (until && *until < from) return violated("event_order", "the period ends before it begins");
  return {};
}

Verdict rule(Draft& draft, const payload::Party& p) {
  if (const Verdict verdict = registrar_only(draft); !verdict) return verdict;
  if (const Verdict verdict = ids_free(draft, p); !verdict) return verdict;
  state::Party party;
  party.id = p.id;
  party.kind = p.kind;
  party.name = p.name;
  party.country = p.country;
  party.ubigeo = p.ubigeo;
  party.capacity_class = p.capacity_class;
  party.languages = p.languages.value_or(state::List<state::Text>{});
  party.registered = draft.event_time();
  draft.put(p.id.value, std::move(party));
  for (const PublicKey& public_key : p.keys) {
    state::Key key;
    key.party = p.id;
    key.key = public_key;
    key.since = draft.event_time();
    draft.put(hex(kid_of(public_key)), std::move(key));
  }
  for (const Role role : std::set<Role>(p.roles.begin(), p.roles.end())) {
    add_role(draft, p.id, role, {draft.event_time(), std::nullopt});
  }
  return {};
}

Result<void> may_enter(const LedgerView& view, const SignedStatement& statement) {
  const auto* update = std::get_if<payload::PartyUpdate>(&statement.payload);
  if (!update || !names_a_person(view, *update)) return {};
  return fail(Code::malformed, "personal_data", no_name);
}

Verdict rule(Draft& draft, const payload::PartyUpdate& p) {
  if (names_a_person(draft.view(), p)) return violated("malformed", no_name);
  if (const Verdict verdict = registrar_only(draft); !verdict) return verdict;
  if (const Verdict verdict = party_known(draft, p.party); !verdict) return verdict;
  state::Party party = *draft.get<state::Party>(p.party.value);
  if (p.name) party.name = p.name;
  if (p.languages) party.languages = *p.languages;
  if (p.capacity_class) party.capacity_class = p.capacity_class;
  draft.put(p.party.value, std::move(party));
  return {};
}

Verdict rule(Draft& draft, const payload::RoleGrant& p) {
  if (const Verdict verdict = registrar_only(draft); !verdict) return verdict;
  if (const Verdict verdict = party_known(draft, p.party); !verdict) return verdict;
  if (const Verdict verdict = in_order(p.from, p.until); !verdict) return verdict;
  add_role(draft, p.party, p.role, {p.from, p.until});
  return {};
}

// Ends the role from a moment on: intervals that hold it are cut there, later ones disappear.
Verdict rule(Draft& draft, const payload::RoleRevoke& p) {
  if (const Verdict verdict = registrar_only(draft); !verdict) return verdict;
  if (const Verdict verdict = party_known(draft, p.party); !verdict) return verdict;
  const std::string id = role_record_id(p.party, p.role);
  std::optional<state::RoleHeld> record = draft.get<state::RoleHeld>(id);
  if (!record) {
    return violated("unknown_reference", p.party.value + " never was " + std::string(word(p.role)));
  }
  std::erase_if(record->held, [&](const state::Interval& held) { return held.from >= p.from; });
  for (state::Interval& held : record->held) {
    if (held.contains(p.from)) held.until = p.from;
  }
  draft.put(id, std::move(*record));
  draft.concerns(Kind::party, p.party.value);
  return {};
}

// Declared again with the same kind and beginning, the declarer's word of before gives way, and to a
// registrar's everybody's.
Verdict rule(Draft& draft, const payload::Relation& p) {
  if (const Verdict verdict = party_known(draft, p.party); !verdict) return verdict;
  if (const Verdict verdict = party_known(draft, p.other); !verdict) return verdict;
  const std::string id = p.party.value + "/" + p.other.value;
  state::Relation record = draft.get<state::Relation>(id).value_or(state::Relation{});
  const bool registrar = holds_role(draft.view(), draft.issuer(), Role::registrar, draft.event_time());
  if (const Verdict verdict = check_relation(draft, p, record, registrar); !verdict) return verdict;
  const std::size_t replaced = std::erase_if(record.entries, [&](const state::Relation::Entry& entry) {
    return entry.kind == p.kind && entry.during.from == p.from && (registrar || entry.by == draft.issuer());
  });
  record.entries.push_back({p.kind, {p.from, p.until}, draft.issuer(), replaced > 0});
  draft.put(id, std::move(record));
  draft.concerns(Kind::party, p.party.value);
  draft.concerns(Kind::party, p.other.value);
  return {};
}

}  // namespace anta
