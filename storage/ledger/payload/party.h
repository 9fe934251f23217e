// Payloads: parties, their roles, keys and relations. Member names are the field names of
// storage/ledger/statements.cddl; what is lawful is the law's to say. Pure data, any thread.
#pragma once

#include "crypto/keys.h"
#include "storage/ledger/payload/common.h"

namespace anta::payload {

struct Party {
  Common common = {};
  PartyId id = {};
  PartyKind kind = PartyKind::company;
  Maybe<Text> name = {};
  Maybe<Digest> name_commitment = {};
  Maybe<Text> tax_id = {};
  Maybe<Digest> tax_id_commitment = {};
  Maybe<Text> country = {};
  Maybe<Text> ubigeo = {};
  List<Role> roles = {};
  List<PublicKey> keys = {};
  Maybe<List<Text>> languages = {};
  Maybe<CapacityClass> capacity_class = {};
};
struct PartyUpdate {
  Common common = {};
  PartyId party = {};
  Maybe<Text> name = {};
  Maybe<List<Text>> languages = {};
  Maybe<CapacityClass> capacity_class = {};
};
struct RoleGrant {
  Common common = {};
  PartyId party = {};
  Role role = Role::producer;
  Millis from = {};
  Maybe<Millis> until = {};
};
struct RoleRevoke {
  Common common = {};
  PartyId party = {};
  Role role = Role::producer;
  Millis from = {};
};
struct KeyRotate {
  Common common = {};
  PartyId party = {};
  PublicKey old_key = {};  // field "old"
  PublicKey new_key = {};  // field "new"
};
struct KeyRevoke {
  Common common = {};
  PartyId party = {};
  PublicKey key = {};
  Text reason = {};
  Maybe<Millis> compromised_since = {};
};
struct Relation {
  Common common = {};
  PartyId party = {};
  PartyId other = {};
  RelationKind kind = RelationKind::owns;
  Millis from = {};
  Maybe<Millis> until = {};
};

}  // namespace anta::payload
