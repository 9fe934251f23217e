// Scrubber: reads everything stored at a bounded rate while the node works, and repairs the log from the
// peers (storage/scrub.h, storage/log_repair.h).
//
// Damage in a table of the log below level 0: this node hands leadership over, takes the file out, and asks
// its peers in turn for the entries, from the end of the gap backwards. Until the last is back the log is
// repairing (LogStore::repairing): the node is not ready, does not vote, as a leader answers `busy`, and
// applies nothing, since the law may ask for what is missing. A start with a gap left goes on with it. Any
// other damage: the reason is logged with the file, the entry and the operator's next step, and the node
// stops (exit 8).
//
// What peers ask for is the LogServer's (log_server.h). A few answers wait, more are dropped.
//
// Threads: its executor's owns it all; it should be of low priority and of nobody else. on_entries,
// set_rate and figures from any; wait_until_whole on the replica's disk thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "consensus/log_sink.h"
#include "consensus/state_machine.h"
#include "crypto/guarded.h"
#include "node/executor.h"
#include "node/peer_wire.h"
#include "storage/log_repair.h"
#include "storage/scrub.h"

namespace anta {

struct ScrubberOptions {
  std::uint64_t bytes_per_second = std::uint64_t{8} << 20;  // 0: does not read
  std::uint64_t slice_bytes_max = std::uint64_t{1} << 20;   // read in one go
  std::uint32_t round_pause_ms = 10'000;  // between two rounds: of a small ledger one is short
  std::uint32_t answer_ms = 2'000;        // then another peer is asked
  std::size_t answers_max = 16;           // of peers, waiting
};

struct ScrubberPorts {
  std::function<LogIndex()> applied = {};
  std::function<std::vector<NodeId>()> peers = {};  // the other members
  std::function<void(const NodeId& to, PeerKind kind, Bytes bytes)> send = {};
  std::function<void()> step_down = {};
  std::function<void(const Error&)> on_fatal = {};  // once
  LogSink log = {};
};

class Scrubber {
 public:
  // Since start, but for the position and the gap.
  struct Figures {
    std::uint64_t bytes = 0;
    std::uint64_t rounds = 0;
    std::uint64_t damaged = 0;   // files found
    std::uint64_t repaired = 0;  // entries fetched
    LogIndex position = {};      // the chain is verified up to here in this round; 0: tables are being read
    std::string gap = {};        // what is missing, in words for an operator; empty: nothing
  };

  // All outlive it; the executor runs nothing of it after its own stop.
  static Result<std::unique_ptr<Scrubber>> open(ScrubberOptions options, ScrubberPorts ports,
                                                Database& database, LogStore& log, Executor& executor);

  void start();
  void set_rate(std::uint64_t bytes_per_second) { rate_ = bytes_per_second; }
  void on_entries(const NodeId& from, Bytes bytes);
  Figures figures() const;

  // Returns at once when nothing is missing, otherwise when the gap is filled or stop() is called.
  void wait_until_whole();
  // Nothing waits and nothing is read any more. Before the executor's stop.
  void stop();

 private:
  Scrubber(ScrubberOptions options, ScrubberPorts ports, Database& database, LogStore& log,
           Executor& executor)
      : options_(std::move(options)),
        ports_(std::move(ports)),
        database_(database),
        log_(log),
        executor_(executor),
        rate_(options_.bytes_per_second) {}

  void later(std::uint32_t ms, void (Scrubber::*work)());
  void step();
  void found(const Damage& damage);
  void cut();
  void ask();
  void unanswered(std::uint64_t asked);
  void answered(const NodeId& from, ByteView bytes);
  void fatal(const Error& error);
  void publish();
  void say(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const {
    if (ports_.log) ports_.log(level, event, fields);
  }

  const ScrubberOptions options_;
  const ScrubberPorts ports_;
  Database& database_;
  LogStore& log_;
  Executor& executor_;
  std::atomic<std::uint64_t> rate_;
  std::atomic<bool> stopped_ = false;
  std::atomic<std::size_t> answers_ = 0;

  std::unique_ptr<Scrub> scrub_ = {};
  std::unique_ptr<LogRepair> repair_ = {};
  std::size_t next_peer_ = 0;
  NodeId asked_peer_ = {};
  std::uint64_t asked_ = 0;  // counts requests, so that an old timer does nothing
  Figures counts_ = {};

  mutable Mutex mutex_;
  Condition whole_;
  Figures shown_ ANTA_GUARDED_BY(mutex_) = {};
};

// A state machine that applies nothing while the log has a gap.
class WholeLogMachine final : public StateMachine {
 public:
  WholeLogMachine(StateMachine& machine, Scrubber& scrubber) : machine_(machine), scrubber_(scrubber) {}
  Result<void> apply(const LogEntry& block) override {
    scrubber_.wait_until_whole();
    return machine_.apply(block);
  }
  void ahead(std::span<const LogEntry> entries) override { machine_.ahead(entries); }
  LogIndex applied() const override { return machine_.applied(); }
  bool knows(const Digest& statement) const override { return machine_.knows(statement); }

 private:
  StateMachine& machine_;
  Scrubber& scrubber_;
};

}  // namespace anta
