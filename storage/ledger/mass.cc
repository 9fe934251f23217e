#include "storage/ledger/mass.h"

#include <limits>

#include "crypto/error.h"
#include "storage/ledger/mutant.h"

namespace anta {

#ifdef ANTA_LAW_MUTANTS
LawMutant active_law_mutant = LawMutant::none;
#endif

namespace {

__extension__ typedef __int128 Wide;

Wide magnitude(std::int64_t value) { return value < 0 ? -Wide{value} : Wide{value}; }

std::optional<Grams> as_grams(Wide value) {
  if (value < 0 || value > grams_max) return std::nullopt;
  return Grams{static_cast<std::int64_t>(value)};
}

}  // namespace

std::int64_t half_even(std::int64_t a, std::int64_t b, std::int64_t c) {
  ANTA_INVARIANT(c > 0);
  const Wide product = Wide{a} * b;
  Wide quotient = product / c;
  Wide rest = product % c;
  if (rest < 0) {  // floor division, so that one rule serves both signs
    rest += c;
    quotient -= 1;
  }
  const bool tie_goes_up = quotient % 2 != 0 || ANTA_LAW_MUTANT(half_up_rounding);
  if (2 * rest > c || (2 * rest == c && tie_goes_up)) quotient += 1;
  ANTA_INVARIANT(quotient >= std::numeric_limits<std::int64_t>::min() &&
                 quotient <= std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(quotient);
}

Grams dry_of(Grams wet, Ppm moisture) {
  return Grams{half_even(wet.value, ppm_whole - moisture.value, ppm_whole)};
}

Grams cu_of(Grams dry, Ppm grade) { return Grams{half_even(dry.value, grade.value, ppm_whole)}; }

state::Figures figures_of(const payload::Measurement& measurement) {
  const Grams dry = dry_of(measurement.wet_g, measurement.moisture_ppm);
  return {measurement.wet_g, dry, cu_of(dry, measurement.cu_ppm)};
}

bool within(std::int64_t difference, std::int64_t ppm, std::int64_t base) {
  ANTA_INVARIANT(base >= 0 && ppm >= 0);
  return magnitude(difference) * ppm_whole <= Wide{ppm} * base;
}

bool ratio_between(std::int64_t numerator, std::int64_t denominator, std::int64_t low_ppm,
                   std::int64_t high_ppm) {
  ANTA_INVARIANT(numerator >= 0 && denominator >= 0);
  if (denominator == 0) return true;
  const Wide share = Wide{numerator} * ppm_whole;
  return Wide{denominator} * low_ppm <= share && share <= Wide{denominator} * high_ppm;
}

bool keeps_grade(Grams dry, Grams cu, Grams lot_dry, Grams lot_cu, std::int64_t ppm) {
  const Wide due = Wide{dry.value} * lot_cu.value;
  const Wide drawn = Wide{cu.value} * lot_dry.value;
  const Wide difference = due < drawn ? drawn - due : due - drawn;
  return difference * ppm_whole <= due * ppm;  // 2^53 * 2^53 * 2^20 stays below 2^127
}

std::optional<Grams> add(Grams a, Grams b) { return as_grams(Wide{a.value} + b.value); }

std::optional<Grams> subtract(Grams a, Grams b) { return as_grams(Wide{a.value} - b.value); }

std::optional<Grams> shifted(Grams a, std::int64_t by) { return as_grams(Wide{a.value} + by); }

std::optional<std::int64_t> checked_sum(std::int64_t a, std::int64_t b) {
  const Wide sum = Wide{a} + b;
  if (sum < std::numeric_limits<std::int64_t>::min() || sum > std::numeric_limits<std::int64_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(sum);
}

}  // namespace anta
