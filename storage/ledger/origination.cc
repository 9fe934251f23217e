#include "storage/ledger/origination.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "storage/ledger/mass.h"
#include "storage/ledger/schema.h"

namespace anta {
namespace {

using Entry = state::Origination::Entry;

std::int64_t window_ms(const Draft& draft) { return draft.parameter("capacity_window_days") * day_ms; }

std::int64_t bucket_of(Millis event, std::int64_t window) {
  const std::int64_t quotient = event.value / window;
  return event.value % window < 0 ? quotient - 1 : quotient;
}

using state::List;
using Record = state::Origination;
using Records = std::array<std::shared_ptr<const Record>, 3>;

std::string record_id(const PartyId& party, std::int64_t bucket) {
  return party.value + "/" + std::to_string(bucket);
}

std::string part_id(const std::string& record, Millis from) {
  return record + "/" + std::to_string(from.value);
}

__extension__ typedef __int128 Wide;  // three full records of the largest lots exceed 64 bits

std::int64_t bounded(Wide sum) {
  constexpr Wide largest = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(sum, largest));
}

bool earlier(const Entry& a, const Entry& b) { return a.event_time < b.event_time; }

// The part that the event belongs to.
std::size_t part_of(const Record& record, Millis event) {
  const auto after = std::upper_bound(record.parts.begin(), record.parts.end(), event,
                                      [](Millis at, const Record::Part& part) { return at < part.from; });
  ANTA_INVARIANT(after != record.parts.begin());
  return static_cast<std::size_t>(after - record.parts.begin()) - 1;
}

// The entries among which the event's is, or would be.
std::shared_ptr<const Record> holder(const Draft& draft, const std::string& id, Millis event) {
  auto record = draft.look<Record>(id);
  if (!record || record->parts.empty()) return record;
  return draft.look<Record>(part_id(id, record->parts[part_of(*record, event)].from));
}

// The records of windows that contain the event: the event's own and those beside it.
Records records_around(const Draft& draft, const PartyId& party, Millis event) {
  const std::int64_t middle = bucket_of(event, window_ms(draft));
  Records records = {};
  for (std::size_t i = 0; i < records.size(); ++i)
    records[i] = draft.look<Record>(record_id(party, middle - 1 + static_cast<std::int64_t>(i)));
  return records;
}

void add_entries(const Draft& draft, const std::string& id, const Record& record,
                 std::vector<Entry>& entries) {
  entries.insert(entries.end(), record.entries.begin(), record.entries.end());
  for (const Record::Part& part : record.parts) {
    const auto held = draft.look<Record>(part_id(id, part.from));
    if (held) entries.insert(entries.end(), held->entries.begin(), held->entries.end());
  }
}

// Adds to the event's entry; one that comes to nothing goes.
void add(List<Entry>& entries, Millis event, std::int64_t dry_g) {
  auto at = std::lower_bound(entries.begin(), entries.end(), Entry{event, {}}, earlier);
  if (at == entries.end() || at->event_time != event) at = entries.insert(at, {event, Grams{0}});
  const std::optional<Grams> sum = shifted(at->dry_g, dry_g);
  ANTA_INVARIANT(sum.has_value());
  at->dry_g = *sum;
  if (sum->value == 0) entries.erase(at);
}

// What is cut off a list that became too long: a last entry that came in order, else the later half, so that
// lists which are filled in order are full.
List<Entry> cut_off(List<Entry>& entries, Millis added) {
  const bool in_order = entries.back().event_time == added;
  const auto from =
      entries.begin() + static_cast<std::ptrdiff_t>(in_order ? entries.size() - 1 : entries.size() / 2);
  List<Entry> rest(from, entries.end());
  entries.erase(from, entries.end());
  return rest;
}

Record::Part summary(Millis from, const List<Entry>& entries) {
  Record::Part part = {from, Grams{0}};
  for (const Entry& entry : entries)
    part.dry_g.value += entry.dry_g.value;  // within one window, which was found to fit a record's number
  return part;
}

}  // namespace

bool has_room(const Draft& draft, const PartyId& party, Millis event) {
  const std::string id = record_id(party, bucket_of(event, window_ms(draft)));
  const auto record = draft.look<Record>(id);
  if (!record || record->parts.size() < origination_parts_max) return true;
  const auto held = holder(draft, id, event);
  if (!held || held->entries.size() < origination_entries_max) return true;
  return std::binary_search(held->entries.begin(), held->entries.end(), Entry{event, {}}, earlier);
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
  return bounded(heaviest);
}

std::int64_t heaviest_window(const Draft& draft, const PartyId& party, Millis event, Grams dry) {
  const std::int64_t window = window_ms(draft);
  const Records records = records_around(draft, party, event);
  std::vector<Entry> entries;  // sorted, since the records are, and follow each other
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::int64_t bucket = bucket_of(event, window) - 1 + static_cast<std::int64_t>(i);
    if (records[i]) add_entries(draft, record_id(party, bucket), *records[i], entries);
  }
  const Entry added = {event, dry};
  entries.insert(std::lower_bound(entries.begin(), entries.end(), added, earlier), added);
  return heaviest_sum(entries, event, window);
}

std::int64_t heaviest_window_bound(const Draft& draft, const PartyId& party, Millis event, Grams dry) {
  Wide sum = dry.value;
  for (const auto& record : records_around(draft, party, event)) {
    if (!record) continue;
    for (const Entry& entry : record->entries)
      sum += entry.dry_g.value;
    for (const Record::Part& part : record->parts)
      sum += part.dry_g.value;
  }
  return bounded(sum);
}

void originate(Draft& draft, const PartyId& party, Millis event, std::int64_t dry_g) {
  const std::string id = record_id(party, bucket_of(event, window_ms(draft)));
  Record record = draft.get<Record>(id).value_or(Record{});
  if (record.parts.empty()) {
    add(record.entries, event, dry_g);
    if (record.entries.size() <= origination_entries_max) {
      draft.put(id, std::move(record));
      return;
    }
    record.parts.push_back({Millis{schema::time_min}, Grams{0}});
    draft.put(part_id(id, record.parts[0].from), Record{.entries = std::exchange(record.entries, {})});
    dry_g = 0;  // it is in the part already
  }
  const std::size_t at = part_of(record, event);
  const std::string held_id = part_id(id, record.parts[at].from);
  Record held = draft.get<Record>(held_id).value_or(Record{});
  if (dry_g != 0) add(held.entries, event, dry_g);
  if (held.entries.size() > origination_entries_max) {
    Record rest{.entries = cut_off(held.entries, event)};
    const Millis from = rest.entries.front().event_time;
    record.parts.insert(record.parts.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                        summary(from, rest.entries));
    draft.put(part_id(id, from), std::move(rest));
  }
  record.parts[at] = summary(record.parts[at].from, held.entries);
  draft.put(held_id, std::move(held));
  draft.put(id, std::move(record));
}

bool originated_since(const Draft& draft, const PartyId& party, Millis moment) {
  const std::int64_t window = window_ms(draft);
  const std::int64_t now = draft.moment.block_time.value;
  const Millis earliest{std::max(moment.value, now - origination_look_back_days * day_ms)};
  const Millis latest{now + draft.parameter("event_ahead_max_ms")};
  if (earliest > latest) return false;
  for (std::int64_t bucket = bucket_of(earliest, window); bucket <= bucket_of(latest, window); ++bucket) {
    const std::string id = record_id(party, bucket);
    const auto record = draft.look<Record>(id);
    if (!record) continue;
    std::vector<Entry> entries;
    add_entries(draft, id, *record, entries);
    if (!entries.empty() && entries.back().event_time >= earliest) return true;
  }
  return false;
}

}  // namespace anta
