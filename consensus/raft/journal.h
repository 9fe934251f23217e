// The log as the core sees it: the terms of all of it, the newest entries, and how much of it is on this
// disk.
//
// Every step that changes the log, the term or the vote ends with one batch for the disk, under a token.
// Tokens come back in order. What a token makes durable is trimmed when a later truncation removes it: its
// bytes did reach the disk, but not as part of this log (rule 13, the ABA case). Owned by one Raft; no
// locking.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "consensus/raft/events.h"
#include "consensus/raft/tail.h"
#include "consensus/raft/terms.h"

namespace anta::raft {

class Journal {
 public:
  // `durable_term` is the term of the restored hard state.
  Journal(std::vector<TermRun> runs, LogIndex last, const std::vector<LogEntry>& recent, Term durable_term);

  LogIndex last() const { return terms_.last(); }
  Term last_term() const { return terms_.last_term(); }
  const Terms& terms() const { return terms_; }
  const Tail& tail() const { return tail_; }

  // The last entry that is durable here and still in the log. Elections compare this one (rule 2).
  LogIndex persisted() const { return persisted_; }

  // The hard state on disk: its term, and whether it is the latest one handed out.
  Term durable_term() const { return durable_term_; }
  bool hard_state_durable() const { return hard_state_token_ <= done_; }

  // Change the log in memory, as part of this step's batch. A truncation comes before the step's appends.
  void append(LogEntry entry);
  void truncate(LogIndex from);

  // The step's batch, if it changed anything; `hard_state` is given when term or vote changed. `now` is in
  // ticks.
  std::optional<Persist> take_batch(std::optional<HardState> hard_state, std::uint64_t now);

  // The disk has everything up to `token`. False when the token runs backwards or was never handed out (rule
  // 11). `stale` tells whether some of what it made durable had been truncated meanwhile.
  bool persisted(Token token, bool& stale);

  // The tick at which the oldest batch that is not on disk was handed out; absent when everything is.
  std::optional<std::uint64_t> oldest_unpersisted() const;

  void evict(std::uint64_t bytes_max, LogIndex committed);

 private:
  struct Pending {
    Token token = {};
    LogIndex last = {};  // durable with this token and everything before it
    bool trimmed = false;
    Term hard_term = {};  // 0: the batch holds no hard state
    std::uint64_t since = 0;
  };

  Terms terms_;
  Tail tail_;
  LogIndex persisted_;
  Term durable_term_;
  Token issued_ = {};
  Token done_ = {};
  Token hard_state_token_ = {};
  std::deque<Pending> pending_ = {};

  // This step's batch.
  std::optional<LogIndex> truncate_from_ = {};
  LogIndex appended_from_ = {};  // 0: nothing was appended
};

}  // namespace anta::raft
