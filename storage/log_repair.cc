#include "storage/log_repair.h"

#include <algorithm>

#include "storage/big_endian.h"
#include "storage/log_meta.h"
#include "storage/log_record.h"

namespace anta {
namespace {

using log_meta::configuration_prefix;

void put(const LogEntry& entry, Batch& batch) {
  const LogRecordFrame frame = frame_log_record(entry);
  batch.put(Family::log, log_key(entry.index), {frame.head, *entry.payload, frame.tail});
}

tl::unexpected<Error> not_repairable(const Damage& damage, const std::string& why) {
  Damage told = damage;
  told.what += " (this node can not repair it: " + why + ")";
  return tl::unexpected(damage_error(told));
}

}  // namespace

Result<std::unique_ptr<LogRepair>> LogRepair::open(Database& database, LogStore& log) {
  auto record = database.get(Family::meta, as_bytes(log_gap_key));
  if (!record) return pass(record);
  std::unique_ptr<LogRepair> repair(new LogRepair(database, log));
  if (!*record) return repair;
  auto gap = decode_log_gap(**record);
  if (!gap) return pass(gap);
  repair->gap_ = std::move(*gap);
  return repair;
}

// The configurations that a start reads and that lie in the gap; one more, since the newest may be rolled
// back while the gap is there, and a start then reads one further back. No log has two that are not
// committed.
Result<std::vector<LogEntry>> LogRepair::configurations(const LogGap& gap) const {
  std::vector<LogIndex> all;
  Cursor meta = database_.cursor(Family::meta);
  for (meta.seek(as_bytes(configuration_prefix));
       meta.valid() && as_text(meta.key()).starts_with(configuration_prefix); meta.next()) {
    all.push_back(index_of_key(meta.key().subspan(configuration_prefix.size())));
  }
  if (auto read = meta.status(); !read) return pass(read);
  std::vector<LogEntry> kept;
  for (std::size_t i = all.size() - std::min(all.size(), LogStore::configurations_restored + 1);
       i < all.size(); ++i) {
    if (!gap.holds(all[i])) continue;
    auto entry = log_.read_one(all[i]);
    if (!entry) return pass(entry);
    kept.push_back(std::move(*entry));
  }
  return kept;
}

Result<LogGap> LogRepair::plan(const Damage& damage, LogIndex applied) const {
  if (damage.family != Family::log || damage.place != Damage::Place::deeper || !damage.table)
    return tl::unexpected(damage_error(damage));
  LogGap gap{.from = index_of_key(damage.table->first),
             .to = index_of_key(damage.table->last),
             .file = damage.table->name};
  if (gap_) return not_repairable(damage, "another file is being repaired");
  if (gap.from.value == 0 || gap.to < gap.from) return not_repairable(damage, "its keys are no log's");
  // Two entries behind it: a start between mark and cut finds the end of the log going backwards, and RocksDB
  // looks one entry further than it gives.
  if (gap.to.next() >= applied) return not_repairable(damage, "it reaches to the end of what is applied");
  if (gap.from.value > 1) {
    auto before = log_.read_one(gap.from.previous());
    if (!before) return not_repairable(damage, "the entry before the file can not be read");
    gap.before = before->hash;
  }
  auto after = log_.read_one(gap.to.next());
  if (!after) return not_repairable(damage, "the entry after the file can not be read");
  gap.end = after->header.prev_hash;
  if (!configurations(gap))
    return not_repairable(damage, "the cluster's configuration in it can not be read");
  return gap;
}

Result<void> LogRepair::mark(const LogGap& gap) {
  ANTA_INVARIANT(!gap_);
  const auto kept = configurations(gap);
  if (!kept) return pass(kept);
  Batch batch = database_.batch();
  for (const LogEntry& entry : *kept)
    put(entry, batch);
  batch.put(Family::meta, as_bytes(log_gap_key), encode_log_gap(gap));
  if (auto done = database_.write(batch, Sync::yes); !done) return done;
  gap_ = gap;
  log_.set_gap(gap_);
  return {};
}

Result<void> LogRepair::cut() {
  if (!gap_) return {};
  const std::vector<Table> live = database_.tables();
  const auto victim = std::ranges::find(live, gap_->file, &Table::name);
  if (victim == live.end()) return {};
  return database_.drop_tables(Family::log, victim->first, victim->last);
}

Result<void> LogRepair::check(std::span<const LogEntry> entries) const {
  Digest wanted = gap_->end;
  LogIndex index = gap_->to;
  for (std::size_t i = entries.size(); i > 0; --i, index = index.previous()) {
    const LogEntry& entry = entries[i - 1];
    const bool right = entry.payload && entry.index == index && index >= gap_->from &&
                       entry_hash(entry.header, *entry.payload) == wanted;
    if (!right) {
      return fail(Code::malformed, "log.refill",
                  "log entry " + std::to_string(index.value) + " is not what the entry after it names");
    }
    wanted = entry.header.prev_hash;
  }
  if (index < gap_->from && wanted != gap_->before) {
    return fail(Code::corrupt, "log.chain",
                "log entry " + std::to_string(gap_->from.value) +
                    " as the entries after it prove it does not follow the entry that this node has before "
                    "it. Next step: restore this node from a backup, or let it join again under a new "
                    "incarnation");
  }
  return {};
}

Result<void> LogRepair::refill(std::span<const LogEntry> entries) {
  if (!gap_ || entries.empty()) return fail(Code::malformed, "log.refill", "no entries, or no gap for them");
  if (auto good = check(entries); !good) return good;
  Batch batch = database_.batch();
  for (const LogEntry& entry : entries)
    put(entry, batch);
  std::optional<LogGap> rest;
  if (entries.front().index > gap_->from) {
    rest = gap_;
    rest->to = entries.front().index.previous();
    rest->end = entries.front().header.prev_hash;
    batch.put(Family::meta, as_bytes(log_gap_key), encode_log_gap(*rest));
  } else {
    batch.erase(Family::meta, as_bytes(log_gap_key));
  }
  if (auto done = database_.write(batch, Sync::yes); !done) return done;
  gap_ = std::move(rest);
  log_.set_gap(gap_);
  return {};
}

}  // namespace anta
