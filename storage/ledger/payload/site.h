// Payloads: sites, formalisation, accreditation and attestations. Member names are the field names of
// storage/ledger/statements.cddl; what is lawful is the law's to say. Pure data, any thread.
#pragma once

#include <utility>

#include "storage/ledger/payload/common.h"

namespace anta::payload {

struct Site {
  Common common = {};
  SiteId id = {};
  PartyId operator_id = {};  // field "operator"
  SiteKind kind = SiteKind::mine;
  Maybe<Text> ubigeo = {};
  Maybe<Text> country = {};
  Maybe<Text> concession = {};
  Maybe<PartyId> concession_holder = {};
  Maybe<Grams> capacity_g_per_day = {};
  Maybe<List<ProcessKind>> processes = {};
  Maybe<CocModel> coc_model = {};
  Maybe<std::int64_t> latitude_e2 = {};
  Maybe<std::int64_t> longitude_e2 = {};
};
struct Formalisation {
  Common common = {};
  PartyId subject = {};
  Maybe<Text> concession = {};
  Text scheme = {};
  Maybe<Text> code = {};
  FormalisationStatus status = FormalisationStatus::vigente;
  Millis effective_from = {};
  Maybe<Digest> snapshot = {};
};
struct Accreditation {
  Common common = {};
  PartyId body = {};
  SchemeId scheme = {};
  Millis from = {};
  Millis until = {};
  AccreditationStatus status = AccreditationStatus::granted;
};
struct Attestation {
  Common common = {};
  AttestationId id = {};
  SchemeId scheme = {};
  Text criteria = {};
  AttestationKind kind = AttestationKind::site_production;
  PartyId subject = {};
  List<SiteId> sites = {};
  Maybe<List<Material>> materials = {};
  Maybe<List<CocModel>> coc_models = {};
  Millis valid_from = {};
  Millis valid_until = {};
  Maybe<List<std::pair<Text, CriterionResult>>> results = {};  // a map on the wire, sorted by key
  Maybe<Digest> report = {};
};
struct AttestationStatus {
  Common common = {};
  AttestationId attestation = {};
  AttestationChange status = AttestationChange::suspended;
  Text reason = {};
  Millis effective_from = {};
  Maybe<Millis> void_from = {};
};

}  // namespace anta::payload
