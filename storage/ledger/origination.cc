#include "storage/ledger/origination.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "storage/ledger/mass.h"
#include "storage/ledger/schema.h"

namespace anta {
namespace {

using state::List;
using Record = state::Origination;
using Entry = Record::Entry;
using Part = Record::Part;

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

std::int64_t window_ms(const Draft& draft) { return draft.parameter("capacity_window_days") * day_ms; }

std::int64_t number_of(std::int64_t event) {
  constexpr std::int64_t span = origination_record_days * day_ms;
  const std::int64_t quotient = event / span;
  return event % span < 0 ? quotient - 1 : quotient;
}

std::string record_id(const PartyId& party, std::int64_t number) {
  return party.value + "/" + std::to_string(number);
}

std::string part_id(const std::string& record, Millis from) {
  return record + "/" + std::to_string(from.value);
}

__extension__ typedef __int128 Wide;  // some full records of the largest lots exceed 64 bits

std::int64_t bounded(Wide sum, std::int64_t most) {
  return static_cast<std::int64_t>(std::min(sum, Wide{most}));
}

bool earlier(const Entry& a, const Entry& b) { return a.event_time < b.event_time; }

// Of the event times that share a window of this length with the event.
struct Reach {
  Millis event = {};
  std::int64_t window = 0;

  std::int64_t first() const { return event.value - window + 1; }
  std::int64_t last() const { return event.value + window - 1; }
  bool touches(const List<Part>& parts, std::size_t at) const {
    const bool begins = parts[at].from.value <= last();
    return begins && (at + 1 == parts.size() || parts[at + 1].from.value > first());
  }
};

// The part that the event belongs to.
std::size_t part_of(const List<Part>& parts, Millis event) {
  const auto after = std::upper_bound(parts.begin(), parts.end(), event,
                                      [](Millis at, const Part& part) { return at < part.from; });
  ANTA_INVARIANT(after != parts.begin());
  return static_cast<std::size_t>(after - parts.begin()) - 1;
}

// Every record that the reach touches, with its id, from the earliest on.
template <typename Visit>
void visit_records(const Draft& draft, const PartyId& party, const Reach& reach, Visit&& visit) {
  for (std::int64_t number = number_of(reach.first()); number <= number_of(reach.last()); ++number) {
    const std::string id = record_id(party, number);
    if (const auto record = draft.look<Record>(id)) visit(id, *record);
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

// What is cut off a list that became too long: the later half; or the one entry that came at the end of all,
// so that lists which are filled in order are full.
List<Entry> cut_off(List<Entry>& entries, bool at_the_end) {
  const std::size_t kept = at_the_end ? entries.size() - 1 : entries.size() / 2;
  const auto from = entries.begin() + static_cast<std::ptrdiff_t>(kept);
  List<Entry> rest(from, entries.end());
  entries.erase(from, entries.end());
  return rest;
}

// A sum that no record can hold says only that it is too much.
Part summary(Millis from, const List<Entry>& entries) {
  Wide sum = 0;
  for (const Entry& entry : entries)
    sum += entry.dry_g.value;
  return {from, Grams{bounded(sum, grams_max)}};
}

// Adds to the part that the event belongs to, and cuts it when it is too long or drops it when it is empty;
// the first stays, since it is what the times before the second belong to.
void add_to_part(Draft& draft, const std::string& id, List<Part>& parts, Millis event, std::int64_t dry_g) {
  const std::size_t at = part_of(parts, event);
  const std::string held_id = part_id(id, parts[at].from);
  Record held = draft.get<Record>(held_id).value_or(Record{});
  if (dry_g != 0) add(held.entries, event, dry_g);
  if (held.entries.empty() && at > 0) {
    draft.remove(Kind::origination, held_id);
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at));
    return;
  }
  if (held.entries.size() > origination_entries_max) {
    const bool at_the_end = at + 1 == parts.size() && held.entries.back().event_time == event;
    Record rest{.entries = cut_off(held.entries, at_the_end)};
    const Millis from = rest.entries.front().event_time;
    parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1, summary(from, rest.entries));
    draft.put(part_id(id, from), std::move(rest));
  }
  parts[at] = summary(parts[at].from, held.entries);
  draft.put(held_id, std::move(held));
}

// The newest entry, if there is any.
std::optional<Millis> newest_of(const Draft& draft, const std::string& id, const Record& record) {
  if (!record.entries.empty()) return record.entries.back().event_time;
  if (!record.parts) return std::nullopt;
  for (auto part = record.parts->rbegin(); part != record.parts->rend(); ++part) {
    const auto held = draft.look<Record>(part_id(id, part->from));
    if (held && !held->entries.empty()) return held->entries.back().event_time;
  }
  return std::nullopt;
}

}  // namespace

bool has_room(const Draft& draft, const PartyId& party, Millis event) {
  const std::string id = record_id(party, number_of(event.value));
  const auto record = draft.look<Record>(id);
  if (!record || !record->parts || record->parts->size() < origination_parts_max) return true;
  const Millis from = (*record->parts)[part_of(*record->parts, event)].from;
  const auto held = draft.look<Record>(part_id(id, from));
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
  return bounded(heaviest, largest);
}

std::int64_t heaviest_window(const Draft& draft, const PartyId& party, Millis event, Grams dry) {
  const Reach reach{event, window_ms(draft)};
  std::vector<Entry> entries;  // sorted, since records and parts are, and follow each other
  visit_records(draft, party, reach, [&](const std::string& id, const Record& record) {
    entries.insert(entries.end(), record.entries.begin(), record.entries.end());
    for (std::size_t i = 0; record.parts && i < record.parts->size(); ++i) {
      if (!reach.touches(*record.parts, i)) continue;
      const auto held = draft.look<Record>(part_id(id, (*record.parts)[i].from));
      if (held) entries.insert(entries.end(), held->entries.begin(), held->entries.end());
    }
  });
  const Entry added = {event, dry};
  entries.insert(std::lower_bound(entries.begin(), entries.end(), added, earlier), added);
  return heaviest_sum(entries, event, reach.window);
}

std::int64_t heaviest_window_bound(const Draft& draft, const PartyId& party, Millis event, Grams dry) {
  const Reach reach{event, window_ms(draft)};
  Wide sum = dry.value;
  visit_records(draft, party, reach, [&](const std::string&, const Record& record) {
    for (const Entry& entry : record.entries)
      sum += entry.dry_g.value;
    for (std::size_t i = 0; record.parts && i < record.parts->size(); ++i) {
      if (!reach.touches(*record.parts, i)) continue;
      const std::int64_t held = (*record.parts)[i].dry_g.value;
      sum += held == grams_max ? Wide{largest} : Wide{held};
    }
  });
  return bounded(sum, largest);
}

void originate(Draft& draft, const PartyId& party, Millis event, std::int64_t dry_g) {
  const std::string id = record_id(party, number_of(event.value));
  Record record = draft.get<Record>(id).value_or(Record{});
  if (!record.parts) {
    add(record.entries, event, dry_g);
    if (record.entries.size() > origination_entries_max) {
      const Millis from{schema::time_min};
      record.parts = List<Part>{summary(from, record.entries)};
      draft.put(part_id(id, from), Record{.entries = std::exchange(record.entries, {})});
      add_to_part(draft, id, *record.parts, event, 0);
    }
  } else {
    add_to_part(draft, id, *record.parts, event, dry_g);
  }
  draft.put(id, std::move(record));
}

bool originated_since(const Draft& draft, const PartyId& party, Millis moment) {
  const std::int64_t now = draft.moment.block_time.value;
  const std::int64_t earliest = std::max(moment.value, now - origination_look_back_days * day_ms);
  const std::int64_t latest = now + draft.parameter("event_ahead_max_ms");
  for (std::int64_t number = number_of(earliest); number <= number_of(latest); ++number) {
    const std::string id = record_id(party, number);
    const auto record = draft.look<Record>(id);
    const auto newest = record ? newest_of(draft, id, *record) : std::nullopt;
    if (newest && newest->value >= earliest) return true;
  }
  return false;
}

}  // namespace anta
