// The newest entries, in memory: what is sent to peers, checked for equality, and applied without a read.
//
// Payloads are shared with the socket, the disk and the peers, never copied. What is durable and committed
// may be evicted from the front when the tail is over its bytes; what is not, stays. Owned by one Raft; no
// locking.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "storage/log_entry.h"

namespace anta::raft {

class Tail {
 public:
  // `recent` is contiguous; empty for an empty log.
  explicit Tail(const std::vector<LogEntry>& recent);

  // The first entry in memory; past the last one when there is none.
  LogIndex first() const { return first_; }
  LogIndex end() const { return first_.plus(slots_.size()); }

  // Null when the entry is not in memory. Valid until the next change.
  const LogEntry* find(LogIndex index) const;

  // The hash of the entry at `index` when it is known: zero at 0, else of entries here and of the one before.
  std::optional<Digest> hash_at(LogIndex index) const;

  void append(LogEntry entry);
  void truncate(LogIndex from);

  // Drop entries from the front while there are more than `bytes_max` bytes, but none above
  // `durable_and_committed`, and never the last one.
  void evict(std::uint64_t bytes_max, LogIndex durable_and_committed);

  std::uint64_t bytes() const { return slots_.empty() ? 0 : slots_.back().cumulative - evicted_; }

  // Bytes of the entries here above `index`.
  std::uint64_t bytes_after(LogIndex index) const;

 private:
  struct Slot {
    LogEntry entry = {};
    std::uint64_t cumulative = 0;  // bytes of everything up to and with this entry
  };

  std::deque<Slot> slots_ = {};
  LogIndex first_ = {1};
  std::uint64_t evicted_ = 0;                // cumulative bytes before the first slot
  std::optional<Digest> before_ = Digest{};  // the hash of the entry before the first, when known
};

}  // namespace anta::raft
