#include "storage/ledger/schema_payload.h"

namespace anta::schema {

void describe(Schema& schema, const payload::LotMeasurement& line) {
  schema.add("lot", line.lot).add("measurement", line.measurement);
}

void describe(Schema& schema, const payload::Dispatch& dispatch) {
  describe(schema, dispatch.common);
  schema.add("id", dispatch.id)
      .add("lots", dispatch.lots, at_least_one)
      .add("from_site", dispatch.from_site)
      .add("to", dispatch.to)
      .add("to_site", dispatch.to_site)
      .add("ownership_moves", dispatch.ownership_moves)
      .add("carrier", dispatch.carrier)
      .add("vehicle", dispatch.vehicle)
      .add("seals", dispatch.seals)
      .add("waybill", dispatch.waybill, not_empty)  // ledger.md 6.3: no waybill is malformed
      .add("tax_deposit", dispatch.tax_deposit);
}

void describe(Schema& schema, const payload::Handover& handover) {
  describe(schema, handover.common);
  schema.add("dispatch", handover.dispatch);
}

void describe(Schema& schema, const payload::Receipt& receipt) {
  describe(schema, receipt.common);
  schema.add("dispatch", receipt.dispatch)
      .add("lots", receipt.lots, at_least_one)
      .add("seals_intact", receipt.seals_intact)
      .add("ticket", receipt.ticket);
}

void describe(Schema& schema, const payload::ReceiptReply& reply) {
  describe(schema, reply.common);
  schema.add("dispatch", reply.dispatch).add("answer", reply.answer).add("reason", reply.reason);
}

void describe(Schema& schema, const payload::DisputeResolution& resolution) {
  describe(schema, resolution.common);
  schema.add("dispatch", resolution.dispatch)
      .add("lots", resolution.lots, at_least_one)
      .add("by", resolution.by);
}

void describe(Schema& schema, const payload::DispatchEnd& end) {
  describe(schema, end.common);
  schema.add("dispatch", end.dispatch).add("outcome", end.outcome).add("reason", end.reason);
}

}  // namespace anta::schema
