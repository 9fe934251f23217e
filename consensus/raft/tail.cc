#include "consensus/raft/tail.h"

#include <utility>

#include "crypto/error.h"

namespace anta::raft {

Tail::Tail(const std::vector<LogEntry>& recent) {
  if (recent.empty()) return;
  first_ = recent.front().index;
  before_ = recent.front().header.prev_hash;  // zero when the first is the ledger's first
  for (const LogEntry& entry : recent)
    append(entry);
}

const LogEntry* Tail::find(LogIndex index) const {
  if (index < first_ || index >= end()) return nullptr;
  return &slots_[index.value - first_.value].entry;
}

std::optional<Digest> Tail::hash_at(LogIndex index) const {
  if (index == LogIndex{}) return Digest{};
  if (index == first_.previous()) return before_;
  const LogEntry* entry = find(index);
  if (!entry) return std::nullopt;
  return entry->hash;
}

void Tail::append(LogEntry entry) {
  ANTA_INVARIANT(entry.index == end() && entry.payload);
  const std::uint64_t before = slots_.empty() ? evicted_ : slots_.back().cumulative;
  const std::uint64_t cumulative = before + entry.size();
  slots_.push_back({std::move(entry), cumulative});
}

void Tail::truncate(LogIndex from) {
  while (!slots_.empty() && slots_.back().entry.index >= from)
    slots_.pop_back();
  if (!slots_.empty() || from >= first_) return;
  first_ = from;  // everything in memory went, and entries on disk before it: their hashes are not here
  before_ = from == LogIndex{1} ? std::optional<Digest>(Digest{}) : std::nullopt;
}

void Tail::evict(std::uint64_t bytes_max, LogIndex durable_and_committed) {
  while (slots_.size() > 1 && bytes() > bytes_max && first_ <= durable_and_committed) {
    before_ = slots_.front().entry.hash;
    evicted_ = slots_.front().cumulative;
    slots_.pop_front();
    first_ = first_.next();
  }
}

std::uint64_t Tail::bytes_after(LogIndex index) const {
  if (slots_.empty() || index.next() >= end()) return 0;
  const LogIndex from = index.next() > first_ ? index.next() : first_;
  const std::size_t at = from.value - first_.value;
  const std::uint64_t before = at == 0 ? evicted_ : slots_[at - 1].cumulative;
  return slots_.back().cumulative - before;
}

}  // namespace anta::raft
