// Payloads: what every statement may carry, and a measurement. Member names are the field names of
// storage/ledger/statements.cddl; what is lawful is the law's to say. Pure data, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/vocabulary.h"

namespace anta::payload {

using Text = std::string;
template <typename T>
using Maybe = std::optional<T>;
template <typename T>
using List = std::vector<T>;

// What every statement may say beside its own fields.
struct Common {
  Millis event_time = {};
  Maybe<DeviceId> device = {};
  Maybe<std::uint64_t> device_seq = {};
  Maybe<List<Digest>> documents = {};
  Maybe<Text> note = {};
};

struct Measurement {
  Grams wet_g = {};
  Ppm moisture_ppm = {};
  Ppm cu_ppm = {};
  MeasurementStatus status = MeasurementStatus::estimated;
  Maybe<MeasurementMethod> method = {};
  Maybe<Text> ticket = {};
  Maybe<Grams> gross_g = {};
  Maybe<Grams> tare_g = {};
  Maybe<ScaleId> scale = {};
  Maybe<PartyId> laboratory = {};
  Maybe<Digest> assay_certificate = {};
};

}  // namespace anta::payload
