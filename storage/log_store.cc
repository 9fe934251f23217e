#include "storage/log_store.h"

#include <algorithm>
#include <utility>

#include "storage/applied.h"
#include "storage/log_backfill.h"
#include "storage/log_meta.h"
#include "storage/log_record.h"
#include "storage/write_mutant.h"

namespace anta {
namespace {

using namespace log_meta;

constexpr const char* watermark_file = "watermark";

tl::unexpected<Error> disagrees(const std::string& what) {
  return fail(
      Code::corrupt, "log.tables",
      "the log and its tables disagree: " + what +
          ". Next step: restore this node from a backup, or let it join again under a new incarnation");
}

tl::unexpected<Error> refused(LogIndex index, const std::string& what) {
  return fail(Code::corrupt, "log.chain",
              "log entry " + std::to_string(index.value) + " is refused: " + what);
}

std::string text(LogIndex index) { return std::to_string(index.value); }

}  // namespace

// The log's end and tables as they are, or as they would be after the batch in the making.
struct LogTables {
  LogIndex last = {};
  Digest last_hash = {};
  std::vector<LogStore::TermRun> terms = {};
  std::vector<LogIndex> configurations = {};
};

struct LogStore::State {
  Database& database;
  LogTables tables = {};
  Watermark watermark = {};  // what the file says
  std::optional<std::int64_t> watermark_written_ms = {};
  bool amnesiac = false;
  SharedGap gap = {};
  LogIndex applied = {};  // as of the start
  RecoveryEpoch recovery_epoch = {};
  Restored restored = {};

  explicit State(Database& of) : database(of) {}

  Result<void> load();
  Result<LogIndex> stored_applied() const;
  Result<void> load_gap();
  Result<void> load_tables();
  Result<void> load_end();
  Result<void> load_meta();
  Result<void> load_amnesia();
  Result<bool> holds(const Watermark& mark) const;

  using Written = std::vector<std::pair<LogIndex, Digest>>;  // of this batch, in order, for truncations in it
  Result<void> put(const LogWrite& write, LogTables& next, Written& written, Batch& batch) const;
  Result<void> truncate(LogIndex from, LogTables& next, Written& written, Batch& batch) const;
  Result<void> append(const LogEntry& entry, LogTables& next, Batch& batch) const;
  Result<Digest> hash_at(LogIndex index, const Written& written) const;
  Result<void> lower_watermark(std::span<const LogWrite> writes);
  Result<LogEntry> entry_at(LogIndex index) const;
  Result<LogEntry> stored_entry(LogIndex index) const;  // inside the gap too
};

// ---- start ----

Result<void> LogStore::State::load_tables() {
  Cursor meta = database.cursor(Family::meta);
  const auto each = [&meta](std::string_view prefix, auto&& take) -> Result<void> {
    for (meta.seek(as_bytes(prefix)); meta.valid() && as_text(meta.key()).starts_with(prefix); meta.next()) {
      if (meta.key().size() != prefix.size() + 8) return disagrees("a table's key has an impossible size");
      if (auto taken = take(LogIndex{get_u64(meta.key().subspan(prefix.size()))}); !taken) return taken;
    }
    return meta.status();
  };
  auto terms = each(term_prefix, [&](LogIndex first) -> Result<void> {
    if (meta.value().size() != 8) return disagrees("a term has an impossible size");
    const Term term{get_u64(meta.value())};
    const bool rises = tables.terms.empty() ? first.value == 1 : tables.terms.back().term < term;
    if (!rises) return disagrees("the term table does not rise at entry " + text(first));
    tables.terms.push_back({first, term});
    return {};
  });
  if (!terms) return terms;
  return each(configuration_prefix, [&](LogIndex index) -> Result<void> {
    tables.configurations.push_back(index);
    return {};
  });
}

Result<LogIndex> LogStore::State::stored_applied() const {
  auto stored = database.get(Family::meta, as_bytes(applied_key));
  if (!stored) return pass(stored);
  if (!*stored) return LogIndex{};
  auto record = decode_applied(**stored);
  if (!record) return pass(record);
  return record->index;
}

Result<void> LogStore::State::load_gap() {
  auto record = database.get(Family::meta, as_bytes(log_gap_key));
  if (!record) return pass(record);
  if (!*record) return {};
  auto found = decode_log_gap(**record);
  if (!found) return pass(found);
  gap.to = found->to.value;
  gap.from = found->from.value;
  restored.gap = std::move(*found);
  return {};
}

// The newest entries, backwards: contiguous, each the hash that its successor names. A gap ends them. So does
// damage in what is applied already: it is scrub's to find and repair, or to stop for.
Result<void> LogStore::State::load_end() {
  Cursor log = database.cursor(Family::log);
  log.seek_for_prev(log_key(LogIndex{UINT64_MAX}));
  std::uint64_t bytes = 0;
  std::vector<LogEntry>& recent = restored.recent;
  const auto older = [&] { return !recent.empty() && recent.back().index.previous() <= applied; };
  for (; log.valid() && (recent.empty() || bytes < recent_bytes_max); log.prev()) {
    if (log.key().size() != 8) return disagrees("a log key has an impossible size");
    const LogIndex index{get_u64(log.key())};
    auto entry = decode_log_record(index, log.value());
    if (!entry && older()) break;
    if (!entry) return pass(entry);
    if (!recent.empty() &&
        (recent.back().index.previous() != index || recent.back().header.prev_hash != entry->hash)) {
      if (older()) break;
      return disagrees("entry " + text(recent.back().index) + " does not follow entry " + text(index));
    }
    bytes += entry->size();
    recent.push_back(std::move(*entry));
    if (gap.holds(index.previous())) break;
  }
  if (auto read = log.status(); !read && !older()) return read;
  const bool begins_here = !log.valid() && log.status();
  std::ranges::reverse(recent);
  const Term end_term = tables.terms.empty() ? Term{} : tables.terms.back().term;
  if (recent.empty()) {
    if (!tables.terms.empty() || !tables.configurations.empty() || restored.gap)
      return disagrees("the log is empty, its tables not");
    return {};
  }
  if (restored.gap && recent.front().index == restored.gap->to.next() &&
      recent.front().header.prev_hash != restored.gap->end)
    return disagrees("entry " + text(recent.front().index) + " does not follow the gap that is being filled");
  if (restored.gap && recent.back().index <= restored.gap->to)
    return disagrees("the log ends inside the gap that is being filled");
  if (begins_here && recent.front().index.value != 1 && recent.front().index.previous() > applied)
    return disagrees("the log does not begin at entry 1");
  if (recent.front().index.value == 1 && !recent.front().header.prev_hash.is_zero())
    return disagrees("entry 1 follows another entry");
  tables.last = recent.back().index;
  tables.last_hash = recent.back().hash;
  if (end_term != recent.back().header.term || tables.terms.back().first > tables.last) {
    return disagrees("the term table ends in term " + std::to_string(end_term.value) + ", the log in term " +
                     std::to_string(recent.back().header.term.value));
  }
  return {};
}

Result<void> LogStore::State::load_meta() {
  auto hard_state = database.get(Family::meta, as_bytes(hard_state_key));
  auto mark = database.get(Family::meta, as_bytes(mark_key));
  if (!hard_state) return pass(hard_state);
  if (!mark) return pass(mark);
  restored.cosigning_mark = std::move(*mark);
  auto epoch = database.get(Family::meta, as_bytes(epoch_key));
  if (!epoch) return pass(epoch);
  if (*epoch && (*epoch)->size() != 8 + Digest::size)
    return disagrees("the recovery epoch has an impossible size");
  if (*epoch) recovery_epoch = decode_epoch(**epoch);
  HardState& state = restored.hard_state;
  if (*hard_state) {
    if ((*hard_state)->size() < hard_state_bytes_min)
      return disagrees("the hard state has an impossible size");
    state = decode_hard_state(**hard_state);
  }
  if (!restored.recent.empty() && state.term < restored.recent.back().header.term) {
    return disagrees("the log's last entry has a later term than the hard state");
  }
  if (applied > tables.last)
    return disagrees("block " + text(applied) + " is applied, the log ends at " + text(tables.last));
  state.commit = std::max(state.commit, applied);
  state.commit = std::min(state.commit, tables.last);  // a hint can be ahead of a log that was cut
  const std::size_t known = tables.configurations.size();
  for (std::size_t i = known - std::min(known, configurations_restored); i < known; ++i) {
    auto entry = stored_entry(tables.configurations[i]);  // LogRepair::mark keeps them
    if (!entry) return pass(entry);
    if (entry->header.kind != EntryKind::configuration) {
      return disagrees("entry " + text(entry->index) + " should be a configuration");
    }
    restored.configurations.push_back(std::move(*entry));
  }
  return {};
}

Result<bool> LogStore::State::holds(const Watermark& mark) const {
  if (mark.index.value == 0 || mark.index > tables.last) return mark.index.value == 0;
  // What stands there now was read when the gap was made; entries after it are here and chained.
  if (gap.holds(mark.index)) return true;
  auto entry = entry_at(mark.index);
  if (entry) return entry->hash == mark.hash;
  if (entry.error().code != Code::corrupt || mark.index > applied) return pass(entry);
  // Damage in what is applied is the scrub's. The next entry names what stood here; if that is as rotten,
  // `applied` vouches for it: nothing below it is ever replaced.
  auto next = entry_at(mark.index.next());
  return !next || next->header.prev_hash == mark.hash;
}

// An amnesiac of an earlier start, of this one (database_open.cc), or one whose log lacks what the watermark
// saw, or whose watermark can not be read.
Result<void> LogStore::State::load_amnesia() {
  auto marked = database.read_file(Database::amnesia_file, 4096);
  if (!marked) return pass(marked);
  auto file = database.read_file(watermark_file, watermark_bytes);
  if (!file && file.error().code != Code::malformed) return pass(file);
  amnesiac = marked->has_value();
  std::string why;
  if (!file || (*file && !decode_watermark(**file))) {
    // Nobody knows what it had seen: at least what is here.
    watermark = {tables.last, tables.last_hash};
    why = "the watermark can not be read\n";
  } else if (*file) {
    watermark = *decode_watermark(**file);
    auto held = holds(watermark);
    if (!held) return pass(held);
    if (!*held) why = "the log lacks entry " + text(watermark.index) + ", which was on this disk\n";
  }
  if (!why.empty() && !amnesiac) {
    if (auto noted = database.replace_file(Database::amnesia_file, as_bytes(why), Sync::yes); !noted)
      return noted;
    amnesiac = true;
  }
  if (ANTA_WRITE_MUTANT(amnesia_in_memory)) std::ignore = database.remove_file(Database::amnesia_file);
  restored.amnesiac = amnesiac;
  restored.watermark = watermark.index;
  return {};
}

Result<void> LogStore::State::load() {
  auto mark = read_backfill(database);
  if (!mark) return pass(mark);
  if (*mark) return load_meta();
  auto done = stored_applied();
  if (!done) return pass(done);
  applied = *done;
  if (auto step = load_gap(); !step) return step;
  if (auto step = load_tables(); !step) return step;
  if (auto step = load_end(); !step) return step;
  if (auto step = load_meta(); !step) return step;
  if (auto step = load_amnesia(); !step) return step;
  restored.terms = tables.terms;
  restored.last = tables.last;
  restored.last_hash = tables.last_hash;
  restored.applied = applied;
  return {};
}

Result<std::unique_ptr<LogStore>> LogStore::open(Database& database) {
  auto state = std::make_unique<State>(database);
  if (auto loaded = state->load(); !loaded) return pass(loaded);
  return std::unique_ptr<LogStore>(new LogStore(std::move(state)));
}

LogStore::LogStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogStore::~LogStore() = default;

LogStore::Restored LogStore::recover() { return std::exchange(state_->restored, {}); }

Result<LogStore::Restored> LogStore::adopt() {
  ANTA_INVARIANT(state_->tables.last.value == 0);
  if (auto loaded = state_->load(); !loaded) return pass(loaded);
  return recover();
}

// ---- writing ----

Result<Digest> LogStore::State::hash_at(LogIndex index, const Written& written) const {
  if (index.value == 0) return Digest{};
  const auto newest =
      std::find_if(written.rbegin(), written.rend(), [index](const auto& w) { return w.first == index; });
  if (newest != written.rend()) return newest->second;
  return entry_at(index).map(&LogEntry::hash);
}

Result<void> LogStore::State::truncate(LogIndex from, LogTables& next, Written& written, Batch& batch) const {
  if (from.value == 0) return refused(from, "nothing stands before entry 1");
  auto done = stored_applied();
  if (!done) return pass(done);
  if (from <= *done) return refused(from, "it is applied and can not be truncated");
  if (from > next.last) return {};
  auto before = hash_at(from.previous(), written);
  if (!before) return pass(before);
  for (LogIndex index = from; index <= next.last; index = index.next())
    batch.erase(Family::log, log_key(index));
  next.last = from.previous();
  next.last_hash = *before;
  for (; !next.terms.empty() && next.terms.back().first >= from; next.terms.pop_back()) {
    batch.erase(Family::meta, indexed(term_prefix, next.terms.back().first));
  }
  for (; !next.configurations.empty() && next.configurations.back() >= from; next.configurations.pop_back()) {
    batch.erase(Family::meta, indexed(configuration_prefix, next.configurations.back()));
  }
  std::erase_if(written, [from](const auto& w) { return w.first >= from; });
  return {};
}

Result<void> LogStore::State::append(const LogEntry& entry, LogTables& next, Batch& batch) const {
  if (!entry.payload) return refused(entry.index, "it has no payload");
  if (entry.index != next.last.next()) return refused(entry.index, "the log ends at " + text(next.last));
  if (entry.header.prev_hash != next.last_hash)
    return refused(entry.index, "it does not continue the hash chain");
  const Term before = next.terms.empty() ? Term{} : next.terms.back().term;
  if (entry.header.term < before) return refused(entry.index, "its term falls");
  const LogRecordFrame frame = frame_log_record(entry);
  batch.put(Family::log, log_key(entry.index), {frame.head, *entry.payload, frame.tail});
  if (entry.header.term > before) {
    next.terms.push_back({entry.index, entry.header.term});
    batch.put(Family::meta, indexed(term_prefix, entry.index), encode_u64(entry.header.term.value));
  }
  if (entry.header.kind == EntryKind::configuration) {
    next.configurations.push_back(entry.index);
    batch.put(Family::meta, indexed(configuration_prefix, entry.index), {});
  }
  next.last = entry.index;
  next.last_hash = entry.hash;
  return {};
}

Result<void> LogStore::State::put(const LogWrite& write, LogTables& next, Written& written,
                                  Batch& batch) const {
  if (write.truncate_from) {
    if (auto cut = truncate(*write.truncate_from, next, written, batch); !cut) return cut;
  }
  for (const LogEntry& entry : write.entries) {
    if (auto added = append(entry, next, batch); !added) return added;
    written.emplace_back(entry.index, entry.hash);
  }
  if (write.hard_state)
    batch.put(Family::meta, as_bytes(hard_state_key),
              encode_hard_state(write.hard_state->term, write.hard_state->vote, write.hard_state->commit));
  if (write.cosigning_mark) batch.put(Family::meta, as_bytes(mark_key), *write.cosigning_mark);
  if (write.recovery_epoch) batch.put(Family::meta, as_bytes(epoch_key), encode_epoch(*write.recovery_epoch));
  return {};
}

// The watermark must not lead: it goes below a truncation before the truncation is written.
Result<void> LogStore::State::lower_watermark(std::span<const LogWrite> writes) {
  LogIndex lowest = tables.last.next();
  for (const LogWrite& write : writes) {
    if (write.truncate_from) lowest = std::min(lowest, *write.truncate_from);
  }
  if (lowest > watermark.index || amnesiac || ANTA_WRITE_MUTANT(watermark_not_lowered)) return {};
  auto hash = hash_at(lowest.previous(), {});
  if (!hash) return pass(hash);
  watermark = {lowest.previous(), *hash};
  return database.replace_file(watermark_file, encode_watermark(watermark), Sync::yes);
}

Result<void> LogStore::write(std::span<const LogWrite> writes) {
  State& s = *state_;
  if (auto dead = s.database.failure()) return tl::unexpected(std::move(*dead));
  LogTables next = s.tables;
  State::Written written;
  Batch batch = s.database.batch();
  bool sync = false;
  for (const LogWrite& write : writes) {
    if (auto added = s.put(write, next, written, batch); !added) return added;
    sync = sync || write.must_sync || write.truncate_from || !write.entries.empty() || write.cosigning_mark;
  }
  if (auto lowered = s.lower_watermark(writes); !lowered) return lowered;
  if (ANTA_WRITE_MUTANT(watermark_before_written))
    std::ignore =
        s.database.replace_file(watermark_file, encode_watermark({next.last, next.last_hash}), Sync::no);
  if (auto done = s.database.write(batch, sync ? Sync::yes : Sync::no); !done) return done;
  s.tables = std::move(next);
  return {};
}

// Every append is synced (write() sees to it), so the log's end is what the disk holds.
Result<void> LogStore::note_persisted(std::int64_t monotonic_ms) {
  State& s = *state_;
  if (s.amnesiac || s.tables.last <= s.watermark.index) return {};
  if (s.watermark_written_ms && monotonic_ms - *s.watermark_written_ms < watermark_interval_ms) return {};
  const Watermark newest{s.tables.last, s.tables.last_hash};
  if (auto done = s.database.replace_file(watermark_file, encode_watermark(newest), Sync::no); !done)
    return done;
  s.watermark = newest;
  s.watermark_written_ms = monotonic_ms;
  return {};
}

// The watermark first: a crash in between leaves an amnesiac, which is safe.
Result<void> LogStore::end_amnesia() {
  State& s = *state_;
  if (!s.amnesiac) return {};
  s.watermark = {s.tables.last, s.tables.last_hash};
  auto done = s.database.replace_file(watermark_file, encode_watermark(s.watermark), Sync::yes);
  if (done) done = s.database.remove_file(Database::amnesia_file);
  if (done) s.amnesiac = false;
  return done;
}

Result<void> LogStore::begin_amnesia() {
  auto noted = state_->database.replace_file(Database::amnesia_file, as_bytes("said to be one\n"), Sync::yes);
  if (noted) state_->amnesiac = true;
  return noted;
}

Result<void> LogStore::expect(LogIndex index, const Digest& hash) {
  return state_->database.replace_file(watermark_file, encode_watermark({index, hash}), Sync::yes);
}

// ---- reading ----

Result<LogEntry> LogStore::State::entry_at(LogIndex index) const {
  if (gap.holds(index)) return being_repaired(index);
  return stored_entry(index);
}

Result<LogEntry> LogStore::State::stored_entry(LogIndex index) const {
  auto record = database.get(Family::log, log_key(index));
  if (!record) return pass(record);
  if (!*record) return fail(Code::not_found, "log.entry", "log entry " + text(index) + " is not here");
  return decode_log_record(index, **record);
}

Result<LogEntry> LogStore::read_one(LogIndex index) const { return state_->entry_at(index); }

Result<std::vector<LogEntry>> LogStore::read(LogIndex from, LogIndex to, std::uint64_t bytes_max) const {
  std::vector<LogEntry> entries;
  std::uint64_t bytes = 0;
  if (state_->gap.holds(from)) return being_repaired(from);
  Cursor log = state_->database.scan(Family::log);  // what the law reads stays in the cache
  for (log.seek(log_key(from)); log.valid(); log.next()) {
    const LogIndex index = from.plus(entries.size());
    if (index > to || (!entries.empty() && bytes >= bytes_max) || state_->gap.holds(index)) break;
    const bool here = std::ranges::equal(log.key(), log_key(index));
    if (!here && entries.empty()) break;
    if (!here) return refused(index, "it is missing in the middle of the log");
    auto entry = decode_log_record(index, log.value());
    if (!entry) return pass(entry);
    if (!entries.empty() && entry->header.prev_hash != entries.back().hash)
      return refused(index, "it does not continue the hash chain");
    bytes += entry->size();
    entries.push_back(std::move(*entry));
  }
  if (auto read = log.status(); !read) return pass(read);
  if (entries.empty()) return fail(Code::not_found, "log.entry", "log entry " + text(from) + " is not here");
  return entries;
}

Result<std::vector<LogEntry>> LogStore::read_back(LogIndex from, LogIndex to, std::uint64_t bytes_max) const {
  std::vector<LogEntry> entries;
  std::uint64_t bytes = 0;
  Cursor log = state_->database.scan(Family::log);
  log.seek(log_key(to));
  for (LogIndex index = to; index >= from && index.value > 0; index = index.previous(), log.prev()) {
    if (!entries.empty() && bytes >= bytes_max) break;
    const bool here = log.valid() && std::ranges::equal(log.key(), log_key(index));
    auto entry = here && !state_->gap.holds(index) ? decode_log_record(index, log.value())
                                                   : state_->entry_at(index);  // says why not
    if (!entry && entries.empty()) return pass(entry);
    if (!entry || !here) break;
    if (!entries.empty() && entries.back().header.prev_hash != entry->hash)
      return refused(entries.back().index, "it does not continue the hash chain");
    bytes += entry->size();
    entries.push_back(std::move(*entry));
  }
  if (entries.empty()) return fail(Code::not_found, "log.entry", "log entry " + text(to) + " is not here");
  std::ranges::reverse(entries);
  return entries;
}

bool LogStore::repairing() const { return state_->gap.from.load(std::memory_order_acquire) != 0; }

void LogStore::set_gap(const std::optional<LogGap>& gap) {
  if (gap) state_->gap.to.store(gap->to.value, std::memory_order_release);
  state_->gap.from.store(gap ? gap->from.value : 0, std::memory_order_release);
}

std::optional<Error> LogStore::failure() const { return state_->database.failure(); }
LogIndex LogStore::last() const { return state_->tables.last; }
Digest LogStore::last_hash() const { return state_->tables.last_hash; }
bool LogStore::amnesiac() const { return state_->amnesiac; }
LogStore::RecoveryEpoch LogStore::recovery_epoch() const { return state_->recovery_epoch; }

}  // namespace anta
