// Undo records: for each applied block, what its changes replaced, so that the past can be answered.
//
// Family `undo`, one record per block: 'v' || be64 log index holds old values of the family `state`. A record
// is be32 count, then per change be16 key length, key, one byte whether there was a value, be32 length,
// value. Pure, any thread; an UndoReach belongs to one.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/ids.h"

namespace anta {

struct OldValue {
  Bytes key = {};
  std::optional<Bytes> value = {};  // nothing: the key was absent
};

// One of them read back: views of the record's bytes.
struct OldView {
  ByteView key = {};
  std::optional<ByteView> value = {};
};

Bytes undo_key(LogIndex block);
bool is_undo_key(ByteView key);     // earlier builds kept other records in the family, too
LogIndex undo_block(ByteView key);  // of a key made by undo_key

Bytes encode_undo(const std::vector<OldValue>& changes);
Result<std::vector<OldView>> decode_undo(ByteView bytes);
std::size_t undo_count(ByteView bytes);  // of its changes, as the record says; 0 when it is none

// What going through a record takes of memory, in bytes: its own and undo_entry_bytes for each old value.
inline constexpr std::uint64_t undo_entry_bytes = 128;
std::uint64_t undo_cost(ByteView bytes);

// How far back a question about the past may go, and so which records are worth keeping: the newest always,
// and those before it up to a number and a sum of costs.
class UndoReach {
 public:
  UndoReach(std::uint64_t blocks_max, std::uint64_t bytes_max)
      : blocks_max_(blocks_max), bytes_max_(bytes_max) {}

  void add(LogIndex block, std::uint64_t cost);        // the newest; rising
  bool add_older(LogIndex block, std::uint64_t cost);  // falling, before any add(); false: beyond the reach

  std::optional<LogIndex> oldest() const;

 private:
  struct Record {
    LogIndex block = {};
    std::uint64_t cost = 0;
  };

  std::uint64_t blocks_max_ = 0;
  std::uint64_t bytes_max_ = 0;
  std::uint64_t bytes_ = 0;
  std::deque<Record> records_ = {};  // oldest first
};

}  // namespace anta
