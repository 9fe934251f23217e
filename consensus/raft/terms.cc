#include "consensus/raft/terms.h"

#include <algorithm>
#include <utility>

#include "crypto/error.h"

namespace anta::raft {

Terms::Terms(std::vector<TermRun> runs, LogIndex last) : runs_(std::move(runs)), last_(last) {
  ANTA_INVARIANT(runs_.empty() == (last_ == LogIndex{}));
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (i == 0) {
      ANTA_INVARIANT(runs_[i].first == LogIndex{1});
    } else {
      ANTA_INVARIANT(runs_[i - 1].first < runs_[i].first && runs_[i - 1].term < runs_[i].term);
    }
    ANTA_INVARIANT(runs_[i].first <= last_);
  }
}

std::size_t Terms::run_of(LogIndex index) const {
  auto after = std::upper_bound(runs_.begin(), runs_.end(), index,
                                [](LogIndex wanted, const TermRun& run) { return wanted < run.first; });
  return static_cast<std::size_t>(after - runs_.begin()) - 1;
}

Term Terms::at(LogIndex index) const {
  if (index == LogIndex{} || index > last_) return Term{};
  if (index >= runs_.back().first) return runs_.back().term;  // nearly always
  return runs_[run_of(index)].term;
}

LogIndex Terms::last_at_or_below(LogIndex index, Term term) const {
  index = std::min(index, last_);
  if (index == LogIndex{}) return index;
  std::size_t run = run_of(index);
  if (runs_[run].term <= term) return index;
  auto above = std::upper_bound(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(run), term,
                                [](Term wanted, const TermRun& r) { return wanted < r.term; });
  return above->first.previous();  // the end of the run before; 0 when there is none
}

LogIndex Terms::run_start(LogIndex index) const {
  ANTA_INVARIANT(index > LogIndex{} && index <= last_);
  return runs_[run_of(index)].first;
}

void Terms::append(Term term) {
  ANTA_INVARIANT(term >= last_term() && term > Term{});
  last_ = last_.next();
  if (term > last_term()) runs_.push_back({last_, term});
}

void Terms::truncate(LogIndex from) {
  ANTA_INVARIANT(from > LogIndex{});
  if (from > last_) return;
  last_ = from.previous();
  while (!runs_.empty() && runs_.back().first >= from)
    runs_.pop_back();
}

}  // namespace anta::raft
