#include "storage/ledger/schema_payload.h"

#include <array>

namespace anta::schema {
namespace {

constexpr std::size_t note_bytes_max = 500;

template <std::size_t... alternative>
std::array<const Type*, sizeof...(alternative)> types_of(std::index_sequence<alternative...>) {
  return {&type_of<std::variant_alternative_t<alternative, payload::Payload>>()...};
}

}  // namespace

void describe(Schema& schema, const payload::Common& common) {
  schema.add("event_time", common.event_time)
      .add("device", common.device)
      .add("device_seq", common.device_seq)
      .add("documents", common.documents)
      .add("note", common.note, {.text_max = note_bytes_max});
}

void describe(Schema& schema, const payload::Measurement& measurement) {
  schema.add("wet_g", measurement.wet_g)
      .add("moisture_ppm", measurement.moisture_ppm)
      .add("cu_ppm", measurement.cu_ppm)
      .add("status", measurement.status)
      .add("method", measurement.method)
      .add("ticket", measurement.ticket)
      .add("gross_g", measurement.gross_g)
      .add("tare_g", measurement.tare_g)
      .add("scale", measurement.scale)
      .add("laboratory", measurement.laboratory)
      .add("assay_certificate", measurement.assay_certificate);
}

const Type& payload_type(std::size_t alternative) {
  static const auto types = types_of(std::make_index_sequence<std::variant_size_v<payload::Payload>>());
  return *types.at(alternative);
}

}  // namespace anta::schema
