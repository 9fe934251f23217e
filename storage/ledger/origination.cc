#include "storage/ledger/origination.h"

#include <algorithm>
#include <limits>
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

std::int64_t capped_sum(std::int64_t a, std::int64_t b) {
  return checked_sum(a, b).value_or(std::numeric_limits<std::int64_t>::max());
}

}  // namespace

std::int64_t heaviest_window(const Draft& draft, const PartyId& party, Millis event, Grams dry) {
  const std::int64_t window = window_ms(draft);
  const std::int64_t middle = bucket_of(event, window);
  std::vector<Entry> entries = {{event, dry}};
  for (std::int64_t bucket = middle - 1; bucket <= middle + 1; ++bucket) {
    const auto record = draft.get<state::Origination>(record_id(party, bucket));
    if (record) entries.insert(entries.end(), record->entries.begin(), record->entries.end());
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.event_time < b.event_time; });
  std::int64_t heaviest = 0;
  for (std::size_t first = 0; first < entries.size(); ++first) {
    const std::int64_t begin = entries[first].event_time.value;
    if (begin > event.value || event.value - begin >= window) continue;
    std::int64_t sum = 0;
    for (std::size_t i = first; i < entries.size() && entries[i].event_time.value - begin < window; ++i) {
      sum = capped_sum(sum, entries[i].dry_g.value);
    }
    heaviest = std::max(heaviest, sum);
  }
  return heaviest;
}

void originate(Draft& draft, const PartyId& party, Millis event, std::int64_t dry_g) {
  const std::string id = record_id(party, bucket_of(event, window_ms(draft)));
  state::Origination record = draft.get<state::Origination>(id).value_or(state::Origination{});
  auto& entries = record.entries;
  auto at = std::lower_bound(entries.begin(), entries.end(), event,
                             [](const Entry& entry, Millis when) { return entry.event_time < when; });
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
    const auto record = draft.get<state::Origination>(record_id(party, bucket));
    if (record && !record->entries.empty() && record->entries.back().event_time >= earliest) return true;
  }
  return false;
}

}  // namespace anta
