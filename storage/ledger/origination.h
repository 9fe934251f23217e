// What a producer originated, by event time: the memory of the capacity rule.
//
// Kept as records "<party>/<n>", n = floor(event / capacity_window_days), so that every window of that length
// which contains an event lies in three records. Internal to the law. Source: ledger.md 6.4.
#pragma once

#include <cstdint>

#include "storage/ledger/draft.h"

namespace anta {

// The most dry grams that any half-open window of capacity_window_days which contains the event would hold if
// `dry` were added at the event: windows that begin at an origination, or at the event, are enough. 64 bits
// could overflow by a thousand of the largest lots: the answer stops at the largest number.
std::int64_t heaviest_window(const Draft& draft, const PartyId& party, Millis event, Grams dry);

// Adds to what the party originated at the event; a negative amount takes back what was added.
void originate(Draft& draft, const PartyId& party, Millis event, std::int64_t dry_g);

// Whether anything originated at or after the moment is on record. Looks back no further than
// origination_look_back_days before the block's time.
inline constexpr std::int64_t origination_look_back_days = 3660;
bool originated_since(const Draft& draft, const PartyId& party, Millis moment);

}  // namespace anta
