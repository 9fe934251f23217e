#include "storage/undo.h"

#include "storage/big_endian.h"

namespace anta {
namespace {

tl::unexpected<Error> damaged() {
  return fail(Code::corrupt, "store.undo", "a stored undo record does not decode");
}

}  // namespace

Bytes undo_key(LogIndex block) {
  Bytes key = {'v'};
  put_u64(key, block.value);
  return key;
}

bool is_undo_key(ByteView key) { return key.size() == 9 && key[0] == 'v'; }

LogIndex undo_block(ByteView key) {
  ANTA_INVARIANT(key.size() == 9);
  return LogIndex{get_u64(key.subspan(1))};
}

Bytes encode_undo(const std::vector<OldValue>& changes) {
  Bytes out;
  put_u32(out, static_cast<std::uint32_t>(changes.size()));
  for (const OldValue& change : changes) {
    ANTA_INVARIANT(change.key.size() <= UINT16_MAX);
    put_u16(out, static_cast<std::uint16_t>(change.key.size()));
    put_bytes(out, change.key);
    out.push_back(change.value ? 1 : 0);
    put_u32(out, change.value ? static_cast<std::uint32_t>(change.value->size()) : 0);
    if (change.value) put_bytes(out, *change.value);
  }
  return out;
}

std::size_t undo_count(ByteView bytes) { return bytes.size() < 4 ? 0 : get_u32(bytes); }

std::uint64_t undo_cost(ByteView bytes) { return bytes.size() + undo_count(bytes) * undo_entry_bytes; }

void UndoReach::add(LogIndex block, std::uint64_t cost) {
  records_.push_back({block, cost});
  bytes_ += cost;
  while (records_.size() > 1 && (records_.size() > blocks_max_ || bytes_ > bytes_max_)) {
    bytes_ -= records_.front().cost;
    records_.pop_front();
  }
}

bool UndoReach::add_older(LogIndex block, std::uint64_t cost) {
  if (!records_.empty() && (records_.size() >= blocks_max_ || bytes_ + cost > bytes_max_)) return false;
  records_.push_front({block, cost});
  bytes_ += cost;
  return true;
}

std::optional<LogIndex> UndoReach::oldest() const {
  return records_.empty() ? std::nullopt : std::optional(records_.front().block);
}

Result<std::vector<OldView>> decode_undo(ByteView bytes) {
  if (bytes.size() < 4) return damaged();
  const std::uint32_t count = get_u32(bytes);
  bytes = bytes.subspan(4);
  constexpr std::size_t change_bytes_min = 2 + 1 + 4;
  if (count > bytes.size() / change_bytes_min) return damaged();
  std::vector<OldView> changes(count);
  for (OldView& change : changes) {
    if (bytes.size() < change_bytes_min) return damaged();
    const std::size_t key_bytes = get_u16(bytes);
    if (bytes.size() < change_bytes_min + key_bytes) return damaged();
    change.key = bytes.subspan(2, key_bytes);
    const ByteView after = bytes.subspan(2 + key_bytes);
    const std::size_t value_bytes = get_u32(after.subspan(1));
    if (after[0] > 1 || after.size() < 5 + value_bytes) return damaged();
    if (after[0] == 1) change.value = after.subspan(5, value_bytes);
    bytes = after.subspan(5 + value_bytes);
  }
  if (!bytes.empty()) return damaged();
  return changes;
}

}  // namespace anta
