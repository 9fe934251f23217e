#include "tests/sim/disk.h"

#include <algorithm>
#include <utility>

namespace anta::sim {

raft::Token Disk::finish_one() {
  Waiting waiting = std::move(queue_.front());
  queue_.pop_front();
  if (syncing_ > 0) --syncing_;
  raft::Persist& batch = waiting.batch;
  if (batch.truncate_from)
    durable_.log.resize(std::min<std::size_t>(durable_.log.size(), batch.truncate_from->value - 1));
  for (LogEntry& entry : batch.entries)
    durable_.log.push_back(std::move(entry));
  if (batch.hard_state) durable_.hard_state = std::move(*batch.hard_state);
  durable_.applied = std::max(durable_.applied, waiting.applied);
  return batch.token;
}

void Disk::lose_unsynced() {
  queue_.clear();
  syncing_ = 0;
}

const LogEntry* Disk::written(LogIndex index) const {
  for (auto waiting = queue_.rbegin(); waiting != queue_.rend(); ++waiting) {
    for (const LogEntry& entry : waiting->batch.entries) {
      if (entry.index == index) return &entry;
    }
    if (waiting->batch.truncate_from && index >= *waiting->batch.truncate_from) return nullptr;
  }
  return durable_.entry(index);
}

}  // namespace anta::sim
