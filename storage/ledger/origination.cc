#include "storage/ledger/origination.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <vector>

#include "storage/ledger/mass.h"

namespace anta {
namespace {

using Entry = state::Origination::Entry;

std::int64_t window_ms(const Draft& draft) { return draft.parameter("capacity_window_days") * day_ms; }

std::int64_t bucket_of(Millis event, std::int64_t window) {
  const std::int64_t quotient = event.value / window;
  return event.value % window < 0 ? quotient - 1 : quotient;
}

std::string record_id(const PartyId& party, std::int64_t bucket) {
  return party.value + "/" + std::to_string(bucket);
}

__extension__ typedef __int128 Wide;  // three full records of the largest lots exceed 64 bits

bool earlier(const Entry& a, const Entry& b) { return a.event_time < b.event_time; }

}  // namespace

bool has_room(const Draft& draft, const PartyId& party, Millis event) {
  const auto record = draft.look<state::Origination>(record_id(party, bucket_of(event, window_ms(draft))));
  if (!record || record->entries.size() < originations_max) return true;
  return std::binary_search(record->entries.begin(), record->entries.end(), Entry{event, {}}, earlier);
}

// The window's end moves on with its beginning, so that every entry is added once and taken away once.
std::int64_t heaviest_sum(const std::vector<Entry>& entries, Millis event, std::int64_t window_ms) {
  Wide heaviest = 0;
  Wide sum = 0;
  std::size_t end = 0;
  for (const Entry& first : entries) {
    const std::int64_t begin = first.event_time.value;
    if (begin > event.value) break;
    for (; end < entries.size() && entries[end].event_time.value - begin < window_ms; ++end)
      sum += entries[end].dry_g.value;
    if (event.value - begin < window_ms) heaviest = std::max(heaviest, sum);
    sum -= first.dry_g.value;
  }
  constexpr Wide largest = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(heaviest, largest));
}

std::int64_t heaviest_window(const Draft& draft, const PartyId& party, Millis event, Grams dry) {
  const std::int64_t window = window_ms(draft);
  const std::int64_t middle = bucket_of(event, window);
  std::array<std::shared_ptr<const state::Origination>, 3> records = {};
  std::size_t count = 1;
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i] = draft.look<state::Origination>(record_id(party, middle - 1 + static_cast<std::int64_t>(i)));
    if (records[i]) count += records[i]->entries.size();
  }
  std::vector<Entry> entries;  // sorted, since the records are, and follow each other
  entries.reserve(count);
  for (const auto& record : records) {
    if (record) entries.insert(entries.end(), record->entries.begin(), record->entries.end());
  }
  const Entry added = {event, dry};
  entries.insert(std::lower_bound(entries.begin(), entries.end(), added, earlier), added);
  return heaviest_sum(entries, event, window);
}

void originate(Draft& draft, const PartyId& party, Millis event, std::int64_t dry_g) {
  const std::string id = record_id(party, bucket_of(event, window_ms(draft)));
  state::Origination record = draft.get<state::Origination>(id).value_or(state::Origination{});
  auto& entries = record.entries;
  auto at = std::lower_bound(entries.begin(), entries.end(), Entry{event, {}}, earlier);
  if (at == entries.end() || at->event_time != event) at = entries.insert(at, {event, Grams{0}});
  const std::optional<Grams> sum = shifted(at->dry_g, dry_g);
  ANTA_INVARIANT(sum.has_value());
  at->dry_g = *sum;
  if (sum->value == 0) entries.erase(at);
  draft.put(id, std::move(record));
}

bool originated_since(const Draft& draft, const PartyId& party, Millis moment) {
  const std::int64_t window = window_ms(draft);
  const std::int64_t now = draft.moment.block_time.value;
  const Millis earliest{std::max(moment.value, now - origination_look_back_days * day_ms)};
  const Millis latest{now + draft.parameter("event_ahead_max_ms")};
  if (earliest > latest) return false;
  for (std::int64_t bucket = bucket_of(earliest, window); bucket <= bucket_of(latest, window); ++bucket) {
    const auto record = draft.look<state::Origination>(record_id(party, bucket));
    if (record && !record->entries.empty() && record->entries.back().event_time >= earliest) return true;
  }
  return false;
}

}  // namespace anta
