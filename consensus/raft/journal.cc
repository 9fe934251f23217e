#include "consensus/raft/journal.h"

#include <algorithm>
#include <utility>

#include "consensus/raft/mutant.h"
#include "crypto/error.h"

namespace anta::raft {

Journal::Journal(std::vector<TermRun> runs, LogIndex last, const std::vector<LogEntry>& recent,
                 Term durable_term)
    : terms_(std::move(runs), last), tail_(recent), persisted_(last), durable_term_(durable_term) {
  ANTA_INVARIANT(recent.empty() ? last == LogIndex{} : recent.back().index == last);
}

void Journal::append(LogEntry entry) {
  if (appended_from_ == LogIndex{}) appended_from_ = entry.index;
  terms_.append(entry.header.term);
  tail_.append(std::move(entry));
}

void Journal::truncate(LogIndex from) {
  ANTA_INVARIANT(appended_from_ == LogIndex{});
  truncate_from_ = truncate_from_ ? std::min(*truncate_from_, from) : from;
  terms_.truncate(from);
  tail_.truncate(from);
  persisted_ = std::min(persisted_, from.previous());
  if (ANTA_MUTANT(stale_persisted_counts)) return;
  for (auto batch = pending_.rbegin(); batch != pending_.rend() && batch->last >= from; ++batch) {
    batch->last = from.previous();
    batch->trimmed = true;
  }
}

std::optional<Persist> Journal::take_batch(std::optional<HardState> hard_state, std::uint64_t now) {
  const bool appended = appended_from_ != LogIndex{};
  if (!hard_state && !truncate_from_ && !appended) return std::nullopt;
  issued_ = issued_.next();

  Pending pending{issued_, terms_.last(), false, {}, now};
  Persist batch{issued_, true, truncate_from_, {}, {}};
  if (appended) {
    batch.entries.reserve(terms_.last().value - appended_from_.value + 1);
    for (LogIndex i = appended_from_; i <= terms_.last(); i = i.next())
      batch.entries.push_back(*tail_.find(i));
  }
  if (hard_state) {
    hard_state_token_ = issued_;
    pending.hard_term = hard_state->term;
    batch.hard_state = std::move(hard_state);
  }
  pending_.push_back(pending);
  truncate_from_.reset();
  appended_from_ = LogIndex{};
  return batch;
}

bool Journal::persisted(Token token, bool& stale) {
  stale = false;
  if (token <= done_ || token > issued_) return false;
  done_ = token;
  while (!pending_.empty() && pending_.front().token <= token) {
    const Pending& batch = pending_.front();
    persisted_ = std::max(persisted_, std::min(batch.last, terms_.last()));
    if (batch.hard_term > Term{}) durable_term_ = batch.hard_term;
    stale = stale || batch.trimmed;
    pending_.pop_front();
  }
  return true;
}

std::optional<std::uint64_t> Journal::oldest_unpersisted() const {
  if (pending_.empty()) return std::nullopt;
  return pending_.front().since;
}

void Journal::evict(std::uint64_t bytes_max, LogIndex committed) {
  tail_.evict(bytes_max, std::min(persisted_, committed));
}

}  // namespace anta::raft
