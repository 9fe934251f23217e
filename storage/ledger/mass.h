// The arithmetic of masses: rounding half to even, limits compared exactly, sums that cannot overflow.
//
// Everything is integer arithmetic with 128-bit intermediates, so that two machines never differ in a gram.
// Limits are compared by multiplying out, never by dividing first: a limit is included and nothing is rounded
// on the way to it. Pure, any thread. Source: ledger.md section 2 (dry, cu) and 6.1.
#pragma once

#include <cstdint>
#include <optional>

#include "storage/ledger/ids.h"
#include "storage/ledger/payload/common.h"
#include "storage/ledger/state/common.h"

namespace anta {

inline constexpr std::int64_t ppm_whole = 1000000;
inline constexpr std::int64_t day_ms = 86400000;

// a * b / c rounded half to even. a and b of either sign, c above zero; the result must fit (invariant).
std::int64_t half_even(std::int64_t a, std::int64_t b, std::int64_t c);

// dry = half_even(wet * (1e6 - moisture) / 1e6); cu = half_even(dry * grade / 1e6).
Grams dry_of(Grams wet, Ppm moisture);
Grams cu_of(Grams dry, Ppm grade);

// A measurement as the law counts it: wet as measured, dry and Cu computed.
state::Figures figures_of(const payload::Measurement& measurement);

// |difference| <= ppm of base, the limit included; base is not negative.
bool within(std::int64_t difference, std::int64_t ppm, std::int64_t base);

// numerator / denominator (both not negative) lies in [low, high] ppm. Of nothing, every ratio is in.
bool ratio_between(std::int64_t numerator, std::int64_t denominator, std::int64_t low_ppm,
                   std::int64_t high_ppm);

// What is taken out of a lot has the lot's grade: |cu * lot_dry - dry * lot_cu| <= ppm of dry * lot_cu
// (ledger.md 6.1, draw_grade_ppm). lot_dry and lot_cu are what remains before the draw.
bool keeps_grade(Grams dry, Grams cu, Grams lot_dry, Grams lot_cu, std::int64_t ppm);

// Sums of what a record can hold: nothing when the sum is below zero or above grams_max, or overflows.
std::optional<Grams> add(Grams a, Grams b);
std::optional<Grams> subtract(Grams a, Grams b);
std::optional<Grams> shifted(Grams a, std::int64_t by);
std::optional<std::int64_t> checked_sum(std::int64_t a, std::int64_t b);

}  // namespace anta
