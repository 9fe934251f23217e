#include "storage/log_backfill.h"

#include <algorithm>

#include "storage/big_endian.h"
#include "storage/crc32c.h"
#include "storage/log_meta.h"
#include "storage/log_record.h"

namespace anta {
namespace {

constexpr std::size_t mark_bytes = 4 * 8 + Digest::size + 4;

tl::unexpected<Error> wrong(LogIndex index, const std::string& what) {
  return fail(Code::malformed, "log.backfill", "log entry " + std::to_string(index.value) + " " + what);
}

}  // namespace

// be64 anchor, be64 to, hash, be64 term of the anchor, be64 term above, be32 crc32c.
Bytes encode_backfill(const Backfill& mark) {
  Bytes out;
  put_u64(out, mark.anchor.value);
  put_u64(out, mark.to.value);
  put_bytes(out, mark.end.view());
  put_u64(out, mark.anchor_term.value);
  put_u64(out, mark.above.value);
  put_u32(out, crc32c({out}));
  return out;
}

Result<Backfill> decode_backfill(ByteView bytes) {
  Backfill mark;
  if (bytes.size() == mark_bytes && crc32c({bytes.first(mark_bytes - 4)}) == get_u32(bytes.last(4))) {
    mark.anchor = LogIndex{get_u64(bytes)};
    mark.to = LogIndex{get_u64(bytes.subspan(8))};
    std::ranges::copy(bytes.subspan(16, Digest::size), mark.end.bytes.begin());
    mark.anchor_term = Term{get_u64(bytes.subspan(16 + Digest::size))};
    mark.above = Term{get_u64(bytes.subspan(24 + Digest::size))};
  }
  if (mark.to.value == 0 || mark.anchor < mark.to) {
    return fail(Code::corrupt, "log.backfill",
                "the record of this node's joining is damaged. Next step: join again with an empty data "
                "directory and a new seed, under a new incarnation");
  }
  return mark;
}

Result<std::optional<Backfill>> read_backfill(const Database& database) {
  auto record = database.get(Family::meta, as_bytes(log_backfill_key));
  if (!record) return pass(record);
  if (!*record) return std::optional<Backfill>{};
  auto mark = decode_backfill(**record);
  if (!mark) return pass(mark);
  return std::optional<Backfill>(*mark);
}

Result<LogBackfill> LogBackfill::open(Database& database) {
  LogBackfill backfill(database);
  auto mark = read_backfill(database);
  if (!mark) return pass(mark);
  backfill.mark_ = *mark;
  return backfill;
}

Result<void> LogBackfill::begin(LogIndex anchor, const Digest& hash) {
  ANTA_INVARIANT(!mark_ && anchor.value > 0);
  Cursor log = database_->cursor(Family::log);
  log.seek({});
  if (log.valid()) return fail(Code::corrupt, "log.backfill", "the log is not empty: nobody joins with it");
  if (auto read = log.status(); !read) return read;
  const Backfill mark{.anchor = anchor, .to = anchor, .end = hash};
  Batch batch = database_->batch();
  batch.put(Family::meta, as_bytes(log_backfill_key), encode_backfill(mark));
  if (auto done = database_->write(batch, Sync::yes); !done) return done;
  mark_ = mark;
  return {};
}

Result<void> LogBackfill::check(std::span<const LogEntry> entries) const {
  Digest wanted = mark_->end;
  Term above = mark_->above;
  LogIndex index = mark_->to;
  for (std::size_t i = entries.size(); i > 0; --i, index = index.previous()) {
    const LogEntry& entry = entries[i - 1];
    if (index.value == 0 || entry.index != index || !entry.payload) return wrong(index, "is out of order");
    if (entry.hash != wanted)  // of its bytes, by whoever decoded them (log_entry.h)
      return wrong(index, "is not what the entry after it names");
    const Term term = entry.header.term;
    if (term.value == 0 || (above.value != 0 && above < term)) return wrong(index, "has an impossible term");
    if ((index.value == 1) != entry.header.prev_hash.is_zero())
      return wrong(index, "begins the chain where it does not begin");
    wanted = entry.header.prev_hash;
    above = term;
  }
  return {};
}

// Committed up to the anchor, in its term; or in the term that this node has come to otherwise, with the vote
// that it gave there: both only ever rise.
Result<Bytes> LogBackfill::hard_state(const Backfill& done) const {
  auto stored = database_->get(Family::meta, as_bytes(log_meta::hard_state_key));
  if (!stored) return pass(stored);
  if (!*stored || (*stored)->size() < 16 || Term{get_u64(**stored)} < done.anchor_term)
    return log_meta::encode_hard_state(done.anchor_term, {}, done.anchor);
  const NodeId vote{std::string(as_text(ByteView(**stored).subspan(16)))};
  return log_meta::encode_hard_state(Term{get_u64(**stored)}, vote, done.anchor);
}

Result<void> LogBackfill::refill(std::span<const LogEntry> entries) {
  if (!mark_ || entries.empty()) return fail(Code::malformed, "log.backfill", "no entries, or none missing");
  if (auto good = check(entries); !good) return good;
  Batch batch = database_->batch();
  Backfill rest = *mark_;
  for (std::size_t i = entries.size(); i > 0; --i) {
    const LogEntry& entry = entries[i - 1];
    const LogRecordFrame frame = frame_log_record(entry);
    batch.put(Family::log, log_key(entry.index), {frame.head, *entry.payload, frame.tail});
    if (entry.header.kind == EntryKind::configuration)
      batch.put(Family::meta, log_meta::indexed(log_meta::configuration_prefix, entry.index), {});
    if (rest.above.value != 0 && rest.above != entry.header.term) {
      batch.put(Family::meta, log_meta::indexed(log_meta::term_prefix, entry.index.next()),
                log_meta::encode_u64(rest.above.value));
    }
    if (rest.anchor_term.value == 0) rest.anchor_term = entry.header.term;
    rest.above = entry.header.term;
  }
  const bool whole = entries.front().index.value == 1;
  rest.to = entries.front().index.previous();
  rest.end = entries.front().header.prev_hash;
  if (whole) {
    batch.put(Family::meta, log_meta::indexed(log_meta::term_prefix, LogIndex{1}),
              log_meta::encode_u64(rest.above.value));
    auto state = hard_state(rest);
    if (!state) return pass(state);
    batch.put(Family::meta, as_bytes(log_meta::hard_state_key), *state);
    batch.erase(Family::meta, as_bytes(log_backfill_key));
  } else {
    batch.put(Family::meta, as_bytes(log_backfill_key), encode_backfill(rest));
  }
  unsynced_ += batch.bytes();
  const bool sync = whole || unsynced_ >= unsynced_bytes_max;
  if (auto done = database_->write(batch, sync ? Sync::yes : Sync::no); !done) return done;
  if (sync) unsynced_ = 0;
  mark_ = whole ? std::nullopt : std::optional(rest);
  return {};
}

}  // namespace anta
