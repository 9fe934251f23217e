// What a producer originated, by event time: the memory of the capacity rule.
//
// Kept as records "<party>/<n>", n = floor(event / origination_record_days), whatever the window of the
// capacity rule: an amendment of it moves nothing. A record of more than origination_entries_max event times
// is cut into parts of at most that many, records "<party>/<n>/<from>", and keeps their sums: a registration
// then reads the sums, and writes them and one part, however many lots there were. Internal to the law.
// Source: ledger.md 6.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "storage/ledger/draft.h"

namespace anta {

inline constexpr std::int64_t origination_record_days = 30;
inline constexpr std::size_t origination_entries_max = 32;  // event times of a record or a part
// Of a record: 273 lots a day where they come in order, 137 in any order (what is taken back leaves its part
// shorter).
inline constexpr std::size_t origination_parts_max = 256;

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

// No less than heaviest_window(), without reading a part: the sum of all that such a window may touch.
std::int64_t heaviest_window_bound(const Draft& draft, const PartyId& party, Millis event, Grams dry);

// Adds to what the party originated at the event; a negative amount takes back what was added.
void originate(Draft& draft, const PartyId& party, Millis event, std::int64_t dry_g);

// Whether anything originated at or after the moment is on record. Looks back no further than
// origination_look_back_days before the block's time.
inline constexpr std::int64_t origination_look_back_days = 3660;
bool originated_since(const Draft& draft, const PartyId& party, Millis moment);

}  // namespace anta
