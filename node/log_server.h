// LogServer: gives peers entries of the log, to a repair (storage/log_repair.h) and to a node that joins
// (joiner.h).
//
// Only what is applied here, and verifies as it is read, leaves. What waits is bounded in requests, more are
// dropped; answers are bounded in bytes, and so is what all of them together take per second, so that who
// joins does not take the disk and the links from those who commit. Reads are made on the executor, of low
// priority and never the replica's loop or disk thread.
//
// Threads: its executor's owns it; on_peer_message and set_rate from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "node/executor.h"
#include "node/peer_wire.h"
#include "storage/log_store.h"

namespace anta {

struct LogServerOptions {
  std::uint64_t bytes_per_second = std::uint64_t{64} << 20;
  std::uint64_t answer_bytes_max = std::uint64_t{1} << 20;  // at least one entry
  std::size_t requests_max = 16;                            // waiting
};

struct LogServerPorts {
  std::function<LogIndex()> applied = {};
  std::function<void(const NodeId& to, PeerKind kind, Bytes bytes)> send = {};
};

class LogServer {
 public:
  // Both outlive it; the executor runs nothing of it after its own stop.
  LogServer(LogServerOptions options, LogServerPorts ports, const LogStore& log, Executor& executor);

  void on_peer_message(const NodeId& from, PeerKind kind, Bytes bytes);
  void set_rate(std::uint64_t bytes_per_second) { rate_ = bytes_per_second; }
  std::uint64_t bytes_served() const { return served_; }  // since start

 private:
  void when_due(const NodeId& to, LogFetch fetch);
  void serve(const NodeId& to, const LogFetch& fetch);
  void offer(const NodeId& to, ByteView bytes);

  const LogServerOptions options_;
  const LogServerPorts ports_;
  const LogStore& log_;
  Executor& executor_;
  std::atomic<std::uint64_t> rate_;
  std::atomic<std::size_t> waiting_ = 0;
  std::atomic<std::uint64_t> served_ = 0;
  std::int64_t due_ms_ = 0;  // when the next answer may leave
};

}  // namespace anta
