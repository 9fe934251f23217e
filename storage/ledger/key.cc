// Keys: a party, or the registrar for it, replaces or retires them. A retired key keeps its record, so that
// nobody can register it again, and what it signed before stays what it was.
#include "crypto/text.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

// The key's record if it is the party's, and the signer may dispose of it.
Result<state::Key> key_of(const Draft& draft, const PartyId& party, const PublicKey& key) {
  const std::string id = hex(kid_of(key));
  std::optional<state::Key> record = draft.get<state::Key>(id);
  if (!party_exists(draft.view(), party) || !record || record->party != party) {
    return violated("unknown_reference", "no key " + id.substr(0, 16) + " of party " + party.value);
  }
  return *record;
}

bool is_registrar(const Draft& draft) {
  return holds_role(draft.view(), draft.issuer(), Role::registrar, draft.event_time());
}

Verdict may_dispose(const Draft& draft, const PartyId& party) {
  if (draft.issuer() == party || is_registrar(draft)) return {};
  return violated("not_issuer", "neither the key's party nor a registrar");
}

}  // namespace

// A registrar may also replace a key that is retired, or a party whose only key was revoked could never sign
// again. The retired key stays as it is: rotated, or revoked since when it was.
Verdict rule(Draft& draft, const payload::KeyRotate& p) {
  Result<state::Key> old_key = key_of(draft, p.party, p.old_key);
  if (!old_key) return pass(old_key);
  const std::string new_id = hex(kid_of(p.new_key));
  if (draft.view().read(Kind::key, new_id)) {
    return violated("duplicate_id", "key " + new_id.substr(0, 16) + " is registered already");
  }
  if (const Verdict verdict = may_dispose(draft, p.party); !verdict) return verdict;
  if (old_key->state == KeyState::active) {
    old_key->state = KeyState::rotated;
    draft.put(hex(kid_of(p.old_key)), std::move(*old_key));
  } else if (!is_registrar(draft)) {
    return violated("wrong_state", "the old key is retired already: a registrar replaces it");
  }
  state::Key fresh;
  fresh.party = p.party;
  fresh.key = p.new_key;
  fresh.since = draft.event_time();
  draft.put(new_id, std::move(fresh));
  draft.concerns(Kind::party, p.party.value);
  return {};
}

// A rotated key may still be revoked: it can turn out to have leaked.
Verdict rule(Draft& draft, const payload::KeyRevoke& p) {
  Result<state::Key> key = key_of(draft, p.party, p.key);
  if (!key) return pass(key);
  if (const Verdict verdict = may_dispose(draft, p.party); !verdict) return verdict;
  if (key->state == KeyState::revoked) return violated("wrong_state", "the key is revoked already");
  key->state = KeyState::revoked;
  key->compromised_since = p.compromised_since;
  draft.put(hex(kid_of(p.key)), std::move(*key));
  draft.concerns(Kind::party, p.party.value);
  return {};
}

}  // namespace anta
