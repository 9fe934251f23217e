#include "storage/ledger/tolerance.h"

#include <algorithm>
#include <cstdlib>

#include "storage/ledger/mass.h"

namespace anta {
namespace {

// How far two assays of one material may lie apart, in ppm of the dry mass.
std::int64_t assay_window(Material material, Ppm sent, const ParameterOf& parameter) {
  switch (material) {
    case Material::concentrate:
    case Material::cement_copper: return parameter("assay_concentrate_ppm");
    case Material::blister: return parameter("assay_blister_ppm");
    case Material::anode:
    case Material::cathode: return parameter("assay_anode_ppm");
    default:
      return std::max(parameter("assay_ore_ppm"),
                      sent.value * parameter("assay_ore_relative_ppm") / ppm_whole);
  }
}

}  // namespace

Match compare(Material material, const payload::Measurement& sent, const payload::Measurement& received,
              const ParameterOf& parameter) {
  const std::int64_t wet = received.wet_g.value - sent.wet_g.value;
  const std::int64_t moisture = received.moisture_ppm.value - sent.moisture_ppm.value;
  const std::int64_t sent_dry = figures_of(sent).dry_g.value;
  const std::int64_t dry = figures_of(received).dry_g.value - sent_dry;
  const std::int64_t grade = received.cu_ppm.value - sent.cu_ppm.value;
  const bool wet_within = within(wet, parameter("receipt_wet_ppm"), sent.wet_g.value) ||
                          std::abs(wet) <= parameter("receipt_wet_g");
  const bool rest_within = std::abs(moisture) <= parameter("receipt_moisture_ppm") &&
                           within(dry, parameter("receipt_dry_ppm"), sent_dry) &&
                           std::abs(grade) <= assay_window(material, sent.cu_ppm, parameter);
  if (wet_within && rest_within) return Match::accepted;
  const bool near = wet_within || within(wet, parameter("receipt_dispute_ppm"), sent.wet_g.value);
  return near ? Match::waits : Match::disputed;
}

}  // namespace anta
