// Reads a RocksDB write-ahead log without RocksDB, to tell a torn end from damage in the middle.
//
// The file is made of blocks of 32 KiB; in a block follow records {masked crc32c LE, length LE16, type,
// bytes} that never cross a block's end. A logical record is one Full fragment, or First, Middle..., Last.
// After a crash the bytes that were not synced may be cut (a short end, which RocksDB tolerates by itself),
// or be there at full length but as zeros or torn (which makes it refuse to open). In both cases no later
// logical record is intact: if one is, the damage is in the middle and bytes that were synced may be lost.
// Where a later record begins is not known, so it is searched byte by byte, also in the torn record's own
// bytes, which whoever wrote the statement in it has chosen. So a record counts only if it is a write batch
// {sequence LE64, count LE32, operations} whose sequence number can follow: not below what the last intact
// batch ends with, and not further from it than one per byte in between; and a first fragment only if it
// fills its block.
// Pure, any thread. Source: RocksDB wiki, "Write Ahead Log File Format"; RocksDB 7.8 db/log_format.h.
#pragma once

#include <cstdint>
#include <optional>

#include "crypto/digest.h"

namespace anta {

struct WalDamage {
  std::uint64_t offset = 0;   // of the first fragment that is not intact
  bool intact_after = false;  // a later logical record begins and its first fragment is intact
};

// Nothing: every fragment is intact up to the end of the file or up to a short end.
std::optional<WalDamage> find_wal_damage(ByteView file);

}  // namespace anta
