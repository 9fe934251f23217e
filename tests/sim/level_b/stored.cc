#include "tests/sim/level_b/stored.h"

#include <rocksdb/write_batch.h>

#include <algorithm>

#include "storage/big_endian.h"
#include "storage/crc32c.h"
#include "storage/log_record.h"
#include "storage/outcome.h"

namespace anta::sim {
namespace {

constexpr std::size_t block_bytes = 32768;
constexpr std::size_t header_bytes = 7;

ByteView bytes_of(const rocksdb::Slice& slice) {
  return as_bytes(std::string_view(slice.data(), slice.size()));
}

std::uint32_t little_u32(ByteView in) {
  return in[0] | std::uint32_t{in[1]} << 8 | std::uint32_t{in[2]} << 16 | std::uint32_t{in[3]} << 24;
}
std::uint32_t masked(std::uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8u; }

class Collector final : public rocksdb::WriteBatch::Handler {
 public:
  rocksdb::Status PutCF(std::uint32_t family, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    return add(family, key, to_bytes(bytes_of(value)));
  }
  rocksdb::Status DeleteCF(std::uint32_t family, const rocksdb::Slice& key) override {
    return add(family, key, std::nullopt);
  }
  Changes changes = {};

 private:
  rocksdb::Status add(std::uint32_t family, const rocksdb::Slice& key, std::optional<Bytes> value) {
    if (family == 0 || family > family_count) return rocksdb::Status::Corruption("a family that is none");
    changes.push_back({static_cast<Family>(family - 1), to_bytes(bytes_of(key)), std::move(value)});
    return rocksdb::Status::OK();
  }
};

void perform_meta(Stored& stored, const Change& change) {
  const std::string_view key = as_text(change.key);
  if (!change.value) return;
  const ByteView value = *change.value;
  if (key == "hard_state" && value.size() >= 16) {
    stored.hard_state = {Term{get_u64(value)}, NodeId{std::string(as_text(value.subspan(16)))},
                         LogIndex{get_u64(value.subspan(8))}};
  }
  if (key == "applied") {
    const auto applied = decode_applied(value);
    if (applied) stored.applied = *applied;
  }
  if (key == "cosigning_mark") stored.mark = *change.value;
}

}  // namespace

void Stored::perform(const Changes& changes) {
  for (const Change& change : changes) {
    if (change.family == Family::meta) perform_meta(*this, change);
    if (change.family == Family::index && change.key.size() == 33 && change.key[0] == 'O' && change.value) {
      Digest digest;
      std::copy(change.key.begin() + 1, change.key.end(), digest.bytes.begin());
      const auto outcome = decode_outcome(digest, *change.value);
      if (outcome) outcomes[digest] = {outcome->block, outcome->position};
    }
    if (change.family != Family::log) continue;
    const LogIndex index{get_u64(change.key)};
    if (!change.value) {
      log.erase(index);
      continue;
    }
    const auto entry = decode_log_record(index, *change.value);
    if (entry) log[index] = *entry;
  }
}

std::vector<WalReader::Found> WalReader::take(ByteView bytes) {
  std::vector<Found> found;
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  while (!damaged_ && at_ < bytes_.size()) {
    const std::size_t room = block_bytes - at_ % block_bytes;
    if (room < header_bytes) {
      at_ += room;
      continue;
    }
    if (bytes_.size() - at_ < header_bytes) break;
    const ByteView head = ByteView(bytes_).subspan(at_, header_bytes);
    const std::size_t length = head[4] | std::size_t{head[5]} << 8;
    const std::uint8_t type = head[6];
    // RocksDB takes both for the log's end: a record that the power cut, and one of a file used again.
    looks_short_ = length > bytes_.size() - at_ - header_bytes || (type >= 5 && type <= 8);
    damaged_ = type < 1 || type > 4 || length > room - header_bytes;
    if (damaged_ || bytes_.size() - at_ - header_bytes < length) break;
    const ByteView typed = ByteView(bytes_).subspan(at_ + 6, 1 + length);
    damaged_ = masked(crc32c({typed})) != little_u32(head);
    if (damaged_) break;
    if (type <= 2) record_.clear();  // full, or the first fragment
    record_.insert(record_.end(), typed.begin() + 1, typed.end());
    at_ += header_bytes + length;
    if (type == 2 || type == 3) continue;
    Collector collector;
    const rocksdb::WriteBatch batch(std::string(as_text(record_)));
    damaged_ = !batch.Iterate(&collector).ok();
    if (!damaged_) found.push_back({at_, std::move(collector.changes)});
  }
  return found;
}

std::vector<Changes> StoredDisk::appended(const std::string& wal, ByteView bytes) {
  std::vector<Changes> batches;
  for (WalReader::Found& found : readers_[wal].take(bytes)) {
    written_.perform(found.changes);
    batches.push_back(found.changes);
    batches_.push_back({wal, found.end, std::move(found.changes)});
  }
  return batches;
}

// Those before it in older logs too: RocksDB syncs them first.
void StoredDisk::synced(const std::string& wal, std::uint64_t bytes) {
  for (; durable_batches_ < batches_.size(); ++durable_batches_) {
    const Written& next = batches_[durable_batches_];
    if (next.wal > wal || (next.wal == wal && next.end > bytes)) break;
    durable_.perform(next.changes);
  }
}

void StoredDisk::removed(const std::string& wal) {
  readers_.erase(wal);
  while (!batches_.empty() && batches_.front().wal <= wal) {
    tables_.perform(batches_.front().changes);
    if (durable_batches_ > 0)
      --durable_batches_;
    else
      durable_.perform(batches_.front().changes);
    batches_.pop_front();
  }
}

StoredDisk::Damage StoredDisk::restarted(const std::map<std::string, Bytes>& wals) {
  Damage damage = Damage::none;
  readers_.clear();
  batches_.clear();
  written_ = tables_;
  for (const auto& [name, bytes] : wals) {
    if (damage != Damage::none || name < first_wal_) continue;
    WalReader reader;
    for (WalReader::Found& found : reader.take(bytes)) {
      written_.perform(found.changes);
      batches_.push_back({name, found.end, std::move(found.changes)});
    }
    if (reader.damaged() || reader.looks_short())
      damage = reader.looks_short() ? Damage::looks_short : Damage::visible;
  }
  durable_ = written_;
  durable_batches_ = batches_.size();
  return damage;
}

void StoredDisk::opened(const std::string& newest_wal) {
  tables_ = durable_ = written_;
  batches_.clear();
  durable_batches_ = 0;
  first_wal_ = newest_wal;
}

}  // namespace anta::sim
