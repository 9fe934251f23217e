#include <algorithm>
#include <array>

#include "storage/ledger/schema_payload.h"

namespace anta::schema {
namespace {

// RUC of a legal entity: 11 digits, starting 20, the last a check digit modulo 11 (SUNAT). A RUC starting 10
// is a natural person's DNI and never enters in clear.
bool is_legal_ruc(std::string_view text) {
  constexpr std::array<int, 10> weights = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (text.size() != 11 || !digits || !text.starts_with("20")) return false;
  int sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i)
    sum += weights[i] * (text[i] - '0');
  const int check = (11 - sum % 11) % 10;  // 11 -> 1, 10 -> 0
  return text[10] - '0' == check;
}

// ledger.md sections 4 and 7. Where no country is said, a tax id is taken for Peru's.
Result<void> check_party(const void* object, const Place& at) {
  const auto& party = *static_cast<const payload::Party*>(object);
  if (party.kind == PartyKind::person) {
    if (party.name) {
      return refuse(at.field("name"), "personal_data",
                    "a person's name never enters in clear: name_commitment");
    }
    if (party.tax_id) {
      return refuse(at.field("tax_id"), "personal_data",
                    "a person's tax id never enters in clear: tax_id_commitment");
    }
  }
  const bool peru = !party.country || *party.country == "PE";
  if (party.tax_id && peru && !is_legal_ruc(*party.tax_id)) {
    return refuse(at.field("tax_id"), "tax_id",
                  "is not the RUC of a legal entity: 11 digits, starting 20, with a valid check digit");
  }
  return {};
}

}  // namespace

void describe(Schema& schema, const payload::Party& party) {
  describe(schema, party.common);
  schema.add("id", party.id)
      .add("kind", party.kind)
      .add("name", party.name)
      .add("name_commitment", party.name_commitment)
      .add("tax_id", party.tax_id)
      .add("tax_id_commitment", party.tax_id_commitment)
      .add("country", party.country, {.form = &country_form})
      .add("ubigeo", party.ubigeo, {.form = &ubigeo_form})
      .add("roles", party.roles, at_least_one)
      .add("keys", party.keys, at_least_one)
      .add("languages", party.languages)
      .add("capacity_class", party.capacity_class)
      .check(check_party);
}

void describe(Schema& schema, const payload::PartyUpdate& update) {
  describe(schema, update.common);
  schema.add("party", update.party)
      .add("name", update.name)
      .add("languages", update.languages)
      .add("capacity_class", update.capacity_class);
}

void describe(Schema& schema, const payload::RoleGrant& grant) {
  describe(schema, grant.common);
  schema.add("party", grant.party).add("role", grant.role).add("from", grant.from).add("until", grant.until);
}

void describe(Schema& schema, const payload::RoleRevoke& revoke) {
  describe(schema, revoke.common);
  schema.add("party", revoke.party).add("role", revoke.role).add("from", revoke.from);
}

void describe(Schema& schema, const payload::KeyRotate& rotate) {
  describe(schema, rotate.common);
  schema.add("party", rotate.party).add("old", rotate.old_key).add("new", rotate.new_key);
}

void describe(Schema& schema, const payload::KeyRevoke& revoke) {
  describe(schema, revoke.common);
  schema.add("party", revoke.party)
      .add("key", revoke.key)
      .add("reason", revoke.reason)
      .add("compromised_since", revoke.compromised_since);
}

void describe(Schema& schema, const payload::Relation& relation) {
  describe(schema, relation.common);
  schema.add("party", relation.party)
      .add("other", relation.other)
      .add("kind", relation.kind)
      .add("from", relation.from)
      .add("until", relation.until);
}

}  // namespace anta::schema
