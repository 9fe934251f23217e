#include "storage/ledger/schema_payload.h"

namespace anta::schema {

void describe(Schema& schema, const payload::Lot& lot) {
  describe(schema, lot.common);
  schema.add("id", lot.id)
      .add("site", lot.site)
      .add("material", lot.material)
      .add("form", lot.form)
      .add("pieces", lot.pieces)
      .add("measurement", lot.measurement)
      .add("extracted_from", lot.extracted_from)
      .add("extracted_until", lot.extracted_until)
      .add("producers", lot.producers);
}

void describe(Schema& schema, const payload::Take& take) {
  schema.add("lot", take.lot).add("dry_g", take.dry_g).add("cu_g", take.cu_g);
}

void describe(Schema& schema, const payload::Make& make) {
  schema.add("id", make.id)
      .add("material", make.material)
      .add("form", make.form)
      .add("measurement", make.measurement);
}

void describe(Schema& schema, const payload::Mass& mass) {
  schema.add("dry_g", mass.dry_g).add("cu_g", mass.cu_g);
}

void describe(Schema& schema, const payload::Child& child) {
  schema.add("id", child.id).add("dry_g", child.dry_g).add("cu_g", child.cu_g);
}

void describe(Schema& schema, const payload::Split& split) {
  describe(schema, split.common);
  schema.add("lot", split.lot).add("children", split.children, at_least_one);
}

void describe(Schema& schema, const payload::BlendOutput& output) {
  schema.add("id", output.id)
      .add("material", output.material)
      .add("form", output.form)
      .add("measurement", output.measurement);
}

void describe(Schema& schema, const payload::Blend& blend) {
  describe(schema, blend.common);
  schema.add("inputs", blend.inputs, at_least_two).add("output", blend.output);
}

void describe(Schema& schema, const payload::Process& process) {
  describe(schema, process.common);
  schema.add("id", process.id)
      .add("site", process.site)
      .add("process", process.process)
      .add("coc_model", process.coc_model)
      .add("inputs", process.inputs, at_least_one)
      .add("outputs", process.outputs, at_least_one)
      .add("tailings", process.tailings)
      .add("losses", process.losses);
}

void describe(Schema& schema, const payload::Adjust& adjust) {
  describe(schema, adjust.common);
  schema.add("lot", adjust.lot)
      .add("dry_g", adjust.dry_g)
      .add("cu_g", adjust.cu_g)
      .add("reason", adjust.reason);
}

void describe(Schema& schema, const payload::Loss& loss) {
  describe(schema, loss.common);
  schema.add("lot", loss.lot).add("dry_g", loss.dry_g).add("cu_g", loss.cu_g).add("reason", loss.reason);
}

void describe(Schema& schema, const payload::Hold& hold) {
  describe(schema, hold.common);
  schema.add("lot", hold.lot).add("legal_basis", hold.legal_basis);
}

void describe(Schema& schema, const payload::Release& release) {
  describe(schema, release.common);
  schema.add("lot", release.lot);
}

void describe(Schema& schema, const payload::Ownership& ownership) {
  describe(schema, ownership.common);
  schema.add("lot", ownership.lot).add("from", ownership.from).add("to", ownership.to);
}

}  // namespace anta::schema
