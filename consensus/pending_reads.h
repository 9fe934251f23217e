// Reads that wait: first for the core to say up to where, then for this node to have applied that, never
// longer than their deadline. Pure bookkeeping; the Replica's `loop` owns it. Ticks are the core's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "crypto/error.h"
#include "storage/ledger/ids.h"

namespace anta {

class PendingReads {
 public:
  using Callback = std::function<void(Result<LogIndex>)>;

  // A new read's number, for the core.
  std::uint64_t add(Callback callback, std::uint64_t deadline_tick);

  // The core's word about a read; a number that is not waiting (it expired) is passed over.
  void finish(std::uint64_t read, Result<LogIndex> index, LogIndex applied);

  // Answers the reads that `applied` serves.
  void note_applied(LogIndex applied);

  // Answers the reads whose time is over: busy.
  void expire(std::uint64_t tick);

  void fail_all(const Error& why);

  std::size_t size() const { return reads_.size(); }
  std::size_t waiting() const { return waiting_.size(); }  // of them, for the apply alone

 private:
  struct Read {
    Callback callback = {};
    std::uint64_t deadline = 0;
    std::optional<LogIndex> index = {};  // known: waits only for the apply
  };
  void answer(std::map<std::uint64_t, Read>::iterator read, Result<LogIndex> index);

  std::map<std::uint64_t, Read> reads_ = {};                   // numbers rise with deadlines
  std::set<std::pair<LogIndex, std::uint64_t>> waiting_ = {};  // whose index is known; all are in reads_
  std::uint64_t last_ = 0;
};

}  // namespace anta
