// What a measurement may say of a material: what is impossible, and what is unusual enough to be flagged.
//
// Used by every rule that takes a measurement in: lot, receipt, dispute-resolution, process, blend. Windows
// and limits are parameters, limits included. Internal to the law. Source: ledger.md 6.1.
#pragma once

#include "crypto/error.h"
#include "storage/ledger/draft.h"
#include "storage/ledger/payload/common.h"

namespace anta {

bool is_ore(Material material);

// Two rules in the order of ledger.md 6.8: moisture_impossible for all of a statement's measurements comes
// before grade_impossible for any.
Result<void> moisture_possible(const Draft& draft, const payload::Measurement& measurement);
Result<void> grade_possible(const Draft& draft, Material material, const payload::Measurement& measurement);

// The same limit for what a stock-take or a draw leaves: no more Cu than the dry mass can hold.
Result<void> grade_possible(const Draft& draft, Material material, Grams dry, Grams cu);

// Flags grade_unusual, moisture_unusual and final_unsupported (final, but it does not name a scale, an assay
// certificate and a party that is a laboratory at the event) on the statement and on the record.
void flag_measurement(Draft& draft, Material material, const payload::Measurement& measurement,
                      state::Stamp& on);

}  // namespace anta
