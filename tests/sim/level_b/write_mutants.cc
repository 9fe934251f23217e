// How a mutant of the write discipline writes a batch: unsynced, or in two parts.
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <string>
#include <vector>

#include "storage/database.h"
#include "storage/write_mutant.h"

namespace anta {
namespace {

using rocksdb::Slice;
using rocksdb::Status;

// Families by their numbers: "default" is 0, ours follow.
constexpr std::uint32_t log_family = static_cast<std::uint32_t>(Family::log) + 1;
constexpr std::uint32_t meta_family = static_cast<std::uint32_t>(Family::meta) + 1;

// A batch in RocksDB's own encoding, because its Put wants handles that only the Database has.
class Part {
 public:
  void put(std::uint32_t family, const Slice& key, const Slice& value) {
    begin(0x5, family, key);
    text(value);
  }
  void erase(std::uint32_t family, const Slice& key) { begin(0x4, family, key); }
  bool empty() const { return count_ == 0; }
  rocksdb::WriteBatch batch() const {
    std::string head(12, '\0');
    for (std::size_t i = 0; i < 4; ++i)
      head[8 + i] = static_cast<char>(count_ >> (8 * i));
    return rocksdb::WriteBatch(head + body_);
  }

 private:
  void begin(char tag, std::uint32_t family, const Slice& key) {
    ++count_;
    body_ += tag;
    number(family);
    text(key);
  }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7)
      body_ += static_cast<char>(value | 0x80);
    body_ += static_cast<char>(value);
  }
  void text(const Slice& bytes) {
    number(bytes.size());
    body_.append(bytes.data(), bytes.size());
  }

  std::uint32_t count_ = 0;
  std::string body_ = {};
};

// Puts what the mutant tears off into a part of its own, and looks at what there is.
class Splitter final : public rocksdb::WriteBatch::Handler {
 public:
  Part first = {};
  Part behind = {};
  bool entries = false;
  bool hard_state = false;
  bool mark = false;

  Status PutCF(std::uint32_t family, const Slice& key, const Slice& value) override {
    const bool meta = family == meta_family;
    const bool is_hard_state = meta && key == "hard_state";
    const bool is_applied = meta && key == "applied";
    entries = entries || family == log_family;
    hard_state = hard_state || is_hard_state;
    mark = mark || (meta && key == "cosigning_mark");
    if (family == log_family) std::erase(deleted_, key.ToString());
    const bool apart = (is_hard_state && ANTA_WRITE_MUTANT(hard_state_apart)) ||
                       (is_applied && ANTA_WRITE_MUTANT(applied_apart));
    (apart ? behind : first).put(family, key, value);
    return Status::OK();
  }
  Status DeleteCF(std::uint32_t family, const Slice& key) override {
    if (family == log_family && ANTA_WRITE_MUTANT(truncation_apart))
      deleted_.push_back(key.ToString());
    else
      first.erase(family, key);
    return Status::OK();
  }
  // Of the log, only what no new entry replaces.
  void finish() {
    for (const std::string& key : deleted_)
      behind.erase(log_family, key);
  }

 private:
  std::vector<std::string> deleted_ = {};
};

}  // namespace

Status written_by_mutant(rocksdb::DB& db, const rocksdb::WriteOptions& how, rocksdb::WriteBatch& batch) {
  Splitter split;
  const Status read = batch.Iterate(&split);
  if (!read.ok()) return read;
  split.finish();
  rocksdb::WriteOptions options = how;
  if (split.entries && ANTA_WRITE_MUTANT(entries_not_synced)) options.sync = false;
  if (split.hard_state && !split.entries && ANTA_WRITE_MUTANT(hard_state_not_synced)) options.sync = false;
  if (split.mark && !split.entries && !split.hard_state && ANTA_WRITE_MUTANT(mark_not_synced))
    options.sync = false;
  if (split.behind.empty()) return db.Write(options, &batch);
  rocksdb::WriteBatch first = split.first.batch();
  rocksdb::WriteBatch behind = split.behind.batch();
  const Status written = db.Write(options, &first);
  return written.ok() ? db.Write(options, &behind) : written;
}

}  // namespace anta
