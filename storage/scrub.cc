#include "storage/scrub.h"

#include <algorithm>

#include "storage/big_endian.h"
#include "storage/log_record.h"

namespace anta {
namespace {

constexpr std::string_view position_key = "scrub";  // of the family `meta` (stored: never rename)
constexpr std::size_t position_size = 3 * 8;

constexpr const char* restore =
    "restore its directory from a backup, or let it join again with an empty directory under a new "
    "incarnation";

Bytes encode_position(const Scrub::Position& position) {
  Bytes out;
  put_u64(out, position.table);
  put_u64(out, position.table_last);
  put_u64(out, position.entry.value);
  return out;
}

Damage::Place place_of(const Table& table) {
  return table.level == 0 ? Damage::Place::level_0 : Damage::Place::deeper;
}

// What RocksDB says, without what we say to operators around it.
std::string cause(const Error& error) {
  const std::size_t next_step = error.message.find(". Next step");
  return error.message.substr(0, next_step);
}

}  // namespace

std::string Damage::text() const {
  std::string where = family == Family::log ? "log entry " + std::to_string(index.value)
                                            : "the family " + std::string(family_name(family));
  if (table) where += " in " + table->name + " (level " + std::to_string(table->level) + ")";
  return where + ": " + what;
}

Error damage_error(const Damage& damage) {
  std::string step;
  const bool derived = damage.family != Family::log && damage.family != Family::meta;
  if (derived) {
    step = "this node stops; rebuild it from this node's own log with antad --config FILE --rebuild";
  } else if (damage.place == Damage::Place::memory) {
    step =
        "this node stops; check the machine's memory and start it again; if the same entry is told again, " +
        std::string(restore);
  } else {
    step = "this node stops; keep the files as they are and check the disk; " + std::string(restore);
  }
  return {Code::corrupt, derived ? "scrub.derived" : "scrub.damaged",
          "damage was found: " + damage.text() + ". Next step: " + step};
}

struct Scrub::State {
  Database& database;
  Position position = {};
  std::uint64_t unsaved = 0;           // bytes read since the position was kept
  std::optional<Cursor> records = {};  // of the table under way
  Table table = {};                    // likewise
  std::optional<Digest> hash = {};     // of the entry at position.entry, once it was read here

  explicit State(Database& of) : database(of) {}

  Result<void> load();
  Result<void> save();
  Result<void> tables(std::uint64_t bytes_max, Slice& slice);
  Result<bool> next_table(Slice& slice);
  void read_table(std::uint64_t bytes_max, Slice& slice);
  void table_damaged(Slice& slice, LogIndex index, std::string what);
  Result<void> chain(LogIndex applied, std::uint64_t bytes_max, Slice& slice);
  Damage locate(LogIndex index, std::string what) const;
};

Result<void> Scrub::State::load() {
  auto stored = database.get(Family::meta, as_bytes(position_key));
  if (!stored) return pass(stored);
  if (!*stored || (*stored)->size() != position_size) return {};  // a round begins
  const ByteView bytes = **stored;
  position = {.table = get_u64(bytes),
              .table_last = get_u64(bytes.subspan(8)),
              .entry = LogIndex{get_u64(bytes.subspan(16))}};
  return {};
}

Result<void> Scrub::State::save() {
  unsaved = 0;
  Batch batch = database.batch();
  batch.put(Family::meta, as_bytes(position_key), encode_position(position));
  return database.write(batch, Sync::no);
}

// ---- the first half ----

// Unless the table has been merged or taken out since: then it is nobody's any more. Its level may be
// another.
void Scrub::State::table_damaged(Slice& slice, LogIndex index, std::string what) {
  records.reset();
  position.table = table.number;
  const std::vector<Table> live = database.tables();
  const auto still = std::ranges::find(live, table.number, &Table::number);
  if (still == live.end()) return;
  table = *still;
  slice.damage = Damage{.place = place_of(table),
                        .table = table,
                        .family = table.family,
                        .index = index,
                        .what = std::move(what)};
}

// Opens the table with the next number; false when the half is over.
Result<bool> Scrub::State::next_table(Slice& slice) {
  const std::vector<Table> live = database.tables();
  if (position.table_last == 0) position.table_last = live.empty() ? 1 : live.back().number;
  const auto next =
      std::ranges::find_if(live, [this](const Table& one) { return one.number > position.table; });
  if (next == live.end() || next->number > position.table_last) return false;
  table = *next;
  auto opened = database.table_cursor(table);
  if (opened) {
    records = std::move(*opened);
    records->seek({});
  } else if (database.failure()) {
    return pass(opened);
  } else if (opened.error().code == Code::not_found) {
    position.table = table.number;  // merged into others since, which a later round reads
  } else {
    table_damaged(slice, index_of_key(table.first), cause(opened.error()));
  }
  return true;
}

void Scrub::State::read_table(std::uint64_t bytes_max, Slice& slice) {
  LogIndex next =
      index_of_key(table.first);  // of family log: what can not be read, should the reading end here
  std::uint64_t entries = 0;
  for (; records->valid(); records->next()) {
    if (slice.bytes >= bytes_max || entries++ >= entries_max) return;
    slice.bytes += records->key().size() + records->value().size();
    if (table.family != Family::log) continue;
    const LogIndex index = index_of_key(records->key());
    if (auto entry = decode_log_record(index, records->value()); !entry)
      return table_damaged(slice, index, cause(entry.error()));
    next = index.next();
  }
  if (auto read = records->status(); !read) return table_damaged(slice, next, cause(read.error()));
  records.reset();
  position.table = table.number;
}

Result<void> Scrub::State::tables(std::uint64_t bytes_max, Slice& slice) {
  while (slice.bytes < bytes_max && !slice.damage) {
    if (!records) {
      auto more = next_table(slice);
      if (!more) return pass(more);
      if (!*more) {
        position.entry = LogIndex{1};
        hash.reset();
        return {};
      }
      if (!records) continue;
    }
    read_table(bytes_max, slice);
    if (records) return {};  // the slice is full
  }
  return {};
}

// ---- the second half ----

// Which table has the newest record of an entry, or can not say.
Damage Scrub::State::locate(LogIndex index, std::string what) const {
  Damage damage{.family = Family::log, .index = index, .what = std::move(what)};
  const Bytes key = log_key(index);
  const auto current = database.get(Family::log, key);
  std::vector<Table> live = database.tables();
  // Newest first: level 0 by falling number, then the levels downwards.
  std::ranges::sort(live, [](const Table& a, const Table& b) {
    return a.level != b.level ? a.level < b.level : a.number > b.number;
  });
  for (const Table& one : live) {
    const bool covers = one.family == Family::log && !std::ranges::lexicographical_compare(key, one.first) &&
                        !std::ranges::lexicographical_compare(one.last, key);
    if (!covers) continue;
    auto found = database.table_cursor(one);
    if (!found && found.error().code == Code::not_found) continue;
    if (found) found->seek(key);
    const bool unreadable = !found || (!found->valid() && !found->status());
    // An older record of the entry than the newest is not what was found.
    const bool here = found && found->valid() && std::ranges::equal(found->key(), key) && current &&
                      *current && std::ranges::equal(found->value(), **current);
    if (!unreadable && !here) continue;
    damage.place = place_of(one);
    damage.table = one;
    break;
  }
  return damage;
}

Result<void> Scrub::State::chain(LogIndex applied, std::uint64_t bytes_max, Slice& slice) {
  // position.entry is verified; its hash is read again after a start.
  LogIndex next = hash ? position.entry.next() : position.entry;
  Cursor log = database.scan(Family::log);
  std::uint64_t entries = 0;
  const auto damaged = [&](const std::string& what) {
    slice.damage = locate(next, what);
    position.entry = next.next();
    hash.reset();
  };
  for (log.seek(log_key(next)); next <= applied; log.next(), next = next.next()) {
    if (slice.bytes >= bytes_max || entries++ >= entries_max) return {};
    if (!log.valid()) {
      if (auto dead = database.failure()) return tl::unexpected(std::move(*dead));
      auto read = log.status();
      damaged(read ? "it is missing" : cause(read.error()));
      return {};
    }
    if (!std::ranges::equal(log.key(), log_key(next))) {
      damaged("it is missing");
      return {};
    }
    auto entry = decode_log_record(next, log.value());
    slice.bytes += log.key().size() + log.value().size();
    if (!entry) {
      damaged(cause(entry.error()));
      return {};
    }
    const std::optional<Digest> before = next.value == 1 ? Digest{} : hash;
    if (before && entry->header.prev_hash != *before) {
      damaged("it does not continue the hash chain");
      return {};
    }
    position.entry = next;
    hash = entry->hash;
  }
  slice.round_ended = true;
  position = {};
  hash.reset();
  return {};
}

// ---- the whole ----

Result<std::unique_ptr<Scrub>> Scrub::open(Database& database) {
  auto state = std::make_unique<State>(database);
  // A merge met damage somewhere: a whole round is needed, from its beginning.
  if (database.suspect()) return std::unique_ptr<Scrub>(new Scrub(std::move(state)));
  if (auto loaded = state->load(); !loaded) return pass(loaded);
  return std::unique_ptr<Scrub>(new Scrub(std::move(state)));
}

Scrub::Scrub(std::unique_ptr<State> state) : state_(std::move(state)) {}
Scrub::~Scrub() = default;

const Scrub::Position& Scrub::position() const { return state_->position; }

Result<Scrub::Slice> Scrub::step(LogIndex applied, std::uint64_t bytes_max) {
  State& s = *state_;
  if (auto dead = s.database.failure()) return tl::unexpected(std::move(*dead));
  Slice slice;
  const bool first_half = s.position.entry.value == 0;
  auto done = first_half ? s.tables(bytes_max, slice) : s.chain(applied, bytes_max, slice);
  if (!done) return pass(done);
  s.unsaved += slice.bytes;
  const bool turned = slice.round_ended || slice.damage || first_half != (s.position.entry.value == 0);
  if (turned || s.unsaved >= position_bytes) {
    if (auto saved = s.save(); !saved) return pass(saved);
  }
  return slice;
}

}  // namespace anta
