// The term of every entry of the whole ledger, run-length encoded: (first index, term) per leadership.
//
// The ledger is never compacted and terms never fall along it, so a few bytes per leadership answer every
// question about a previous term from memory: the core never calls storage. Owned by one Raft; no locking.
#pragma once

#include <vector>

#include "storage/ledger/ids.h"

namespace anta::raft {

struct TermRun {
  LogIndex first = {};  // the first entry of the run; runs are in order of it
  Term term = {};       // rises from run to run

  bool operator==(const TermRun&) const = default;
};

class Terms {
 public:
  Terms() = default;
  // The table of a log that ends at `last`. `runs` must be in order, start at 1 and not pass `last`.
  Terms(std::vector<TermRun> runs, LogIndex last);

  LogIndex last() const { return last_; }
  Term last_term() const { return runs_.empty() ? Term{} : runs_.back().term; }

  // The term of the entry at `index`; zero for index 0 and for anything past the last entry.
  Term at(LogIndex index) const;

  // The highest index that is at or below `index` and whose term is at or below `term`; 0 when there is none.
  // With it both sides of a rejected append skip whole terms (rule 6).
  LogIndex last_at_or_below(LogIndex index, Term term) const;

  // The first index of the run that contains `index`, which is in the log.
  LogIndex run_start(LogIndex index) const;

  // The entry after the last one has `term`, which is not below the last one's.
  void append(Term term);

  // Forget everything from `from` on.
  void truncate(LogIndex from);

  const std::vector<TermRun>& runs() const { return runs_; }

 private:
  std::size_t run_of(LogIndex index) const;  // index is in the log

  std::vector<TermRun> runs_ = {};
  LogIndex last_ = {};
};

}  // namespace anta::raft
