// The files under the families: listing, reading, and taking them out (database.h).
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/metadata.h>
#include <rocksdb/sst_file_reader.h>

#include <algorithm>

#include "storage/rocks.h"

namespace anta {
std::vector<Table> Database::tables() const {
  std::vector<rocksdb::LiveFileMetaData> live;
  state_->db->GetLiveFilesMetaData(&live);
  std::vector<Table> tables;
  for (const rocksdb::LiveFileMetaData& file : live) {
    for (std::size_t i = 0; i < family_count; ++i) {
      const auto family = static_cast<Family>(i);
      if (family_name(family) != file.column_family_name) continue;
      tables.push_back({.family = family,
                        .name = file.relative_filename,
                        .number = file.file_number,
                        .level = file.level,
                        .bytes = file.size,
                        .first = to_bytes(as_bytes(file.smallestkey)),
                        .last = to_bytes(as_bytes(file.largestkey))});
    }
  }
  std::ranges::sort(tables, {}, &Table::number);
  return tables;
}

// A reader of its own has a cache of its own, which goes with it.
Result<Cursor> Database::table_cursor(const Table& table) const {
  if (auto dead = failure()) return tl::unexpected(std::move(*dead));
  rocksdb::Options how;
  how.env = state_->env;
  const auto reader = std::make_shared<rocksdb::SstFileReader>(how);
  const rocksdb::Status status = reader->Open(state_->path(table.name));
  if (!status.ok()) {
    const auto live = tables();
    if (std::ranges::find(live, table.number, &Table::number) == live.end())
      return fail(Code::not_found, "store.table", table.name + " is not in use any more");
    return tl::unexpected(store_error(status, "opening " + table.name));
  }
  rocksdb::ReadOptions read;
  read.verify_checksums = true;
  read.fill_cache = false;
  auto state = std::make_unique<Cursor::State>();
  state->family = table.family;
  state->table = reader;
  state->iterator.reset(reader->NewIterator(read));
  return Cursor(std::move(state));
}

Cursor Database::scan(Family family) const {
  rocksdb::ReadOptions how;
  how.verify_checksums = true;
  how.fill_cache = false;
  auto state = std::make_unique<Cursor::State>();
  state->family = family;
  if (auto dead = failure()) {
    state->iterator.reset(rocksdb::NewErrorIterator(rocksdb::Status::IOError(dead->message)));
  } else {
    state->iterator.reset(state_->db->NewIterator(how, state_->handle(family)));
  }
  return Cursor(std::move(state));
}

Result<void> Database::drop_tables(Family family, ByteView first, ByteView last) {
  if (auto dead = failure()) return tl::unexpected(std::move(*dead));
  const rocksdb::Slice from = slice(first);
  const rocksdb::Slice to = slice(last);
  const rocksdb::Status status = rocksdb::DeleteFilesInRange(state_->db, state_->handle(family), &from, &to);
  if (!status.ok()) {
    state_->failure->set(store_error(status, "taking tables out of " + std::string(family_name(family))));
    return tl::unexpected(*failure());
  }
  for (const Table& table : tables()) {
    const bool inside = !std::ranges::lexicographical_compare(table.first, first) &&
                        !std::ranges::lexicographical_compare(last, table.last);
    if (table.family == family && table.level > 0 && inside)
      return fail(Code::busy, "store.compacting", table.name + " is being compacted");
  }
  return {};
}

Result<void> Database::clear(Family family) {
  if (auto dead = failure()) return tl::unexpected(std::move(*dead));
  auto done = state_->make_again(family);
  if (!done) state_->failure->set(done.error());
  return done;
}

bool Database::State::suspect() const { return env->FileExists(path(suspect_file)).ok(); }
bool Database::suspect() const { return state_->suspect(); }

Result<void> Database::State::merge_by_itself() {
  const std::vector<rocksdb::ColumnFamilyHandle*> all(families.begin(), families.end());
  const rocksdb::Status status = db->EnableAutoCompaction(all);
  if (!status.ok()) return tl::unexpected(store_error(status, "letting the tables be merged"));
  return {};
}

Result<void> Database::begin_merging() {
  if (auto dead = failure()) return tl::unexpected(std::move(*dead));
  return suspect() ? Result<void>{} : state_->merge_by_itself();
}

// The file last: a crash in between leaves one more round to read.
Result<void> Database::trust() {
  if (auto dead = failure()) return tl::unexpected(std::move(*dead));
  if (auto merges = state_->merge_by_itself(); !merges) return merges;
  return remove_file(suspect_file);
}

Result<void> Database::write_out() {
  if (auto dead = failure()) return tl::unexpected(std::move(*dead));
  const auto& families = state_->families;
  rocksdb::FlushOptions how;
  how.allow_write_stall = true;  // nobody writes; without it RocksDB waits for merges first
  const rocksdb::Status status = state_->db->Flush(how, {families.begin(), families.end()});
  if (!status.ok()) return tl::unexpected(store_error(status, "writing what is in memory"));
  return {};
}

Result<void> Database::settle(Family family) {
  if (auto dead = failure()) return tl::unexpected(std::move(*dead));
  rocksdb::CompactRangeOptions how;
  how.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  rocksdb::Status status = state_->db->Flush(rocksdb::FlushOptions(), state_->handle(family));
  if (status.ok()) status = state_->db->CompactRange(how, state_->handle(family), nullptr, nullptr);
  if (!status.ok())
    return tl::unexpected(store_error(status, "merging the tables of " + std::string(family_name(family))));
  return {};
}

}  // namespace anta
