#include "consensus/pending_reads.h"

#include <utility>

namespace anta {

std::uint64_t PendingReads::add(Callback callback, std::uint64_t deadline_tick) {
  reads_.emplace(++last_, Read{std::move(callback), deadline_tick, {}});
  return last_;
}

// Out of the tables before it is called: the callback may ask for the next read.
void PendingReads::answer(std::map<std::uint64_t, Read>::iterator read, Result<LogIndex> index) {
  const Callback callback = std::move(read->second.callback);
  if (read->second.index) waiting_.erase({*read->second.index, read->first});
  reads_.erase(read);
  callback(std::move(index));
}

void PendingReads::finish(std::uint64_t read, Result<LogIndex> index, LogIndex applied) {
  const auto found = reads_.find(read);
  if (found == reads_.end() || found->second.index) return;
  if (!index || *index <= applied) return answer(found, std::move(index));
  found->second.index = *index;
  waiting_.emplace(*index, read);
}

void PendingReads::note_applied(LogIndex applied) {
  while (!waiting_.empty() && waiting_.begin()->first <= applied) {
    const auto [index, read] = *waiting_.begin();
    answer(reads_.find(read), index);
  }
}

void PendingReads::expire(std::uint64_t tick) {
  while (!reads_.empty() && reads_.begin()->second.deadline <= tick) {
    answer(reads_.begin(), fail(Code::busy, "read_timeout", "no quorum confirmed the read in time"));
  }
}

void PendingReads::fail_all(const Error& why) {
  while (!reads_.empty())
    answer(reads_.begin(), tl::unexpected<Error>(why));
}

}  // namespace anta
