#include "storage/ledger/schema_payload.h"

namespace anta::schema {

void describe(Schema& schema, const payload::BalanceOpen& open) {
  describe(schema, open.common);
  schema.add("id", open.id)
      .add("site", open.site)
      .add("scheme", open.scheme)
      .add("product", open.product)
      .add("method", open.method)
      .add("from", open.from)
      .add("until", open.until)
      .add("conversion_ppm", open.conversion_ppm);
}

void describe(Schema& schema, const payload::BalanceClose& close) {
  describe(schema, close.common);
  schema.add("account", close.account)
      .add("book_cu_g", close.book_cu_g)
      .add("counted_cu_g", close.counted_cu_g);
}

void describe(Schema& schema, const payload::Certificate& certificate) {
  describe(schema, certificate.common);
  schema.add("id", certificate.id)
      .add("lot", certificate.lot)
      .add("dry_g", certificate.dry_g)
      .add("cu_g", certificate.cu_g)
      .add("coc_model", certificate.coc_model)
      .add("schemes", certificate.schemes, at_least_one)
      .add("buyer", certificate.buyer)
      .add("valid_until", certificate.valid_until);
}

void describe(Schema& schema, const payload::CertificateStatus& status) {
  describe(schema, status.common);
  schema.add("certificate", status.certificate)
      .add("status", status.status)
      .add("by", status.by)
      .add("reason", status.reason);
}

}  // namespace anta::schema
