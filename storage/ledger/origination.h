// What a producer originated, by event time: the memory of the capacity rule.
//
// Kept as records "<party>/<n>", n = floor(event / capacity_window_days), so that every window of that length
// which contains an event lies in three records. Internal to the law. Source: ledger.md 6.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "storage/ledger/draft.h"

namespace anta {

// Event times that one record holds: about 137 lots a day for a window of 30 days. Every lot of a producer
// reads three records and writes one, so their size is what a registration costs.
inline constexpr std::size_t originations_max = 4096;

// Whether the event's record takes another lot: lots of one event time share an entry.
bool has_room(const Draft& draft, const PartyId& party, Millis event);

// The most dry grams in any half-open window of this length which begins at an entry and contains the event,
// of entries sorted by time. One pass; no more than the largest number.
std::int64_t heaviest_sum(const std::vector<state::Origination::Entry>& entries, Millis event,
                          std::int64_t window_ms);

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
