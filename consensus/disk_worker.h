// The `disk` thread: writes the log with group commit, and applies what is committed, in one order.
//
// Everything that waits when it looks goes into one LogStore::write; then it applies blocks one by one, for
// about as long as that write took (at least apply_slice_min), so that neither syncs nor applies starve, and
// looks again. The first error is final: it is reported, failed() is true before the report leaves, and
// nothing is written or applied afterwards.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "consensus/raft/events.h"
#include "consensus/state_machine.h"
#include "consensus/worker.h"
#include "storage/log_store.h"

namespace anta {

// Committed entries to apply. Without entries they are read from the log, from `from` to `to`.
struct ApplyJob {
  LogIndex from = {};
  LogIndex to = {};
  std::vector<LogEntry> entries = {};
};

// What became of the work, handed to the loop.
struct DiskReport {
  std::optional<raft::Token> persisted = {};  // this and all before
  std::uint64_t marks_written = 0;            // how many of the marks, oldest first
  std::optional<LogIndex> applied = {};       // this and all before
  std::uint64_t applied_bytes = 0;            // of entries that came with a job
  std::optional<Error> failed = {};           // the last report there is
};

class DiskWorker {
 public:
  // `report` and `on_applied` are called on the disk thread.
  DiskWorker(LogStore& log, StateMachine& machine, std::function<void(DiskReport)> report,
             std::function<void(LogIndex)> on_applied,
             std::chrono::milliseconds apply_slice_min = std::chrono::milliseconds{2});

  void start();
  void stop();  // what is not yet being written is forgotten

  // From any thread; performed in the order they were called.
  void persist(raft::Persist persist);
  void mark(Bytes mark);  // made durable, with the next synced write or one of its own
  void apply(ApplyJob job);
  void end_amnesia();

  // Gives up without a report, because the core stopped.
  void abandon() { failed_.store(true); }
  bool failed() const { return failed_.load(); }

  struct Counters {
    std::atomic<std::uint64_t> batches = 0;
    std::atomic<std::uint64_t> syncs = 0;
    std::atomic<std::uint64_t> writes = 0;
    std::atomic<std::uint64_t> entries = 0;
    std::atomic<std::uint64_t> bytes = 0;
    std::atomic<std::uint64_t> blocks_applied = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  using Clock = std::chrono::steady_clock;
  void drained();
  void write_all();
  void apply_for(Clock::duration time);
  Result<std::uint64_t> apply_next();
  void end(const Error& why);

  static constexpr std::uint64_t load_bytes_max = std::uint64_t{4} << 20;

  LogStore& log_;
  StateMachine& machine_;
  std::function<void(DiskReport)> report_;
  std::function<void(LogIndex)> on_applied_;
  Clock::duration apply_slice_min_;
  std::atomic<bool> failed_ = false;
  Counters counters_ = {};

  // The disk thread's own.
  std::vector<LogStore::LogWrite> writes_ = {};
  std::optional<raft::Token> newest_ = {};  // of what is in writes_
  std::uint64_t marks_ = 0;
  std::deque<ApplyJob> jobs_ = {};
  std::size_t job_position_ = 0;
  bool read_here_ = false;  // the first job's entries were read here and did not come with it
  std::optional<LogIndex> applied_ = {};
  Clock::duration last_write_ = {};

  Worker worker_;  // last: its thread uses all of the above
};

}  // namespace anta
