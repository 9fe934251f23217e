#include "storage/ledger/schema_payload.h"

namespace anta::schema {
namespace {

constexpr Limits latitude = {.min = -9'000, .max = 9'000};  // hundredths of a degree
constexpr Limits longitude = {.min = -18'000, .max = 18'000};

Result<void> check_site(const void* object, const Place& at) {
  const auto& site = *static_cast<const payload::Site*>(object);
  if (!site.ubigeo && !site.country) {
    return refuse(at, "missing_field", "one of \"ubigeo\" and \"country\" is due");
  }
  return {};
}

}  // namespace

void describe(Schema& schema, const payload::Site& site) {
  describe(schema, site.common);
  schema.add("id", site.id)
      .add("operator", site.operator_id)
      .add("kind", site.kind)
      .add("ubigeo", site.ubigeo, {.form = &ubigeo_form})
      .add("country", site.country, {.form = &country_form})
      .add("concession", site.concession)
      .add("concession_holder", site.concession_holder)
      .add("capacity_g_per_day", site.capacity_g_per_day)
      .add("processes", site.processes)
      .add("coc_model", site.coc_model)
      .add("latitude_e2", site.latitude_e2, latitude)
      .add("longitude_e2", site.longitude_e2, longitude)
      .check(check_site);
}

void describe(Schema& schema, const payload::Formalisation& formalisation) {
  describe(schema, formalisation.common);
  schema.add("subject", formalisation.subject)
      .add("concession", formalisation.concession)
      .add("scheme", formalisation.scheme)
      .add("code", formalisation.code)
      .add("status", formalisation.status)
      .add("effective_from", formalisation.effective_from)
      .add("snapshot", formalisation.snapshot);
}

void describe(Schema& schema, const payload::Accreditation& accreditation) {
  describe(schema, accreditation.common);
  schema.add("body", accreditation.body)
      .add("scheme", accreditation.scheme)
      .add("from", accreditation.from)
      .add("until", accreditation.until)
      .add("status", accreditation.status);
}

void describe(Schema& schema, const payload::Attestation& attestation) {
  describe(schema, attestation.common);
  schema.add("id", attestation.id)
      .add("scheme", attestation.scheme)
      .add("criteria", attestation.criteria)
      .add("kind", attestation.kind)
      .add("subject", attestation.subject)
      .add("sites", attestation.sites)
      .add("materials", attestation.materials)
      .add("coc_models", attestation.coc_models)
      .add("valid_from", attestation.valid_from)
      .add("valid_until", attestation.valid_until)
      .add("results", attestation.results)
      .add("report", attestation.report);
}

void describe(Schema& schema, const payload::AttestationStatus& status) {
  describe(schema, status.common);
  schema.add("attestation", status.attestation)
      .add("status", status.status)
      .add("reason", status.reason)
      .add("effective_from", status.effective_from)
      .add("void_from", status.void_from);
}

}  // namespace anta::schema
