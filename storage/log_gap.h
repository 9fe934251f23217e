// A range of the log that this node has lost to a rotten file and gets back from its peers (log_repair.h).
//
// Kept in `meta` from before the file is taken out until the last entry is back, so that a log with a hole
// is never taken for a shorter one. It shrinks from its end: `end` is the hash that the entry `to` must
// have, which the entry after it names, so that each entry proves the one before. Pure, any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/ids.h"

namespace anta {

struct LogGap {
  LogIndex from = {};
  LogIndex to = {};       // both included
  Digest before = {};     // hash of the entry before `from`; zero when that is entry 0
  Digest end = {};        // hash of the entry `to`
  std::string file = {};  // the table that is taken out first; out already when no such table is in use

  bool holds(LogIndex index) const { return from <= index && index <= to; }
  bool operator==(const LogGap&) const = default;
};

inline constexpr std::string_view log_gap_key = "log_gap";  // of the family `meta` (stored: never rename)

Bytes encode_log_gap(const LogGap& gap);
Result<LogGap> decode_log_gap(ByteView bytes);

// As other threads see it: `from` is zero when there is none. It only shrinks, at its end.
struct SharedGap {
  std::atomic<std::uint64_t> from = 0;
  std::atomic<std::uint64_t> to = 0;

  bool holds(LogIndex index) const {
    const std::uint64_t first = from.load(std::memory_order_acquire);
    return first != 0 && first <= index.value && index.value <= to.load(std::memory_order_acquire);
  }
};

// busy (log.repairing): what is asked of an entry inside a gap.
tl::unexpected<Error> being_repaired(LogIndex index);

}  // namespace anta
