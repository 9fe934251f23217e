// Undo records: for each applied block, what its changes replaced, so that the past can be answered.
//
// Family `undo`, one record per block: 'v' || be64 log index holds old values of the family `state`. A record
// is be32 count, then per change be16 key length, key, one byte whether there was a value, be32 length,
// value. Pure, any thread.
#pragma once

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

}  // namespace anta
