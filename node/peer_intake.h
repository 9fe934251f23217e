// How much of what peers sent may wait for the executor that works on it.
//
// The replica's loop (or a messenger's, of a node that joins) hands on each message of a peer by posting it
// to an executor; were that slower than the peer, what waits would grow without end. Here each peer's waiting
// messages and bytes are counted, from their arrival until the work has run, and what comes above a limit is
// dropped. Each of these messages is sent again while it matters: a forwarded request, a checkpoint that is
// asked for its cosignatures, a state root, a part of the log. One peer's limit is nobody else's.
//
// Threads: take is one thread's, the one on which messages arrive; dropped any's. The executor outlives it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "consensus/log_sink.h"
#include "node/executor.h"
#include "storage/ledger/ids.h"

namespace anta {

class PeerIntake {
 public:
  struct Limits {  // of one peer
    std::size_t messages_max = 4'096;
    std::size_t bytes_max = std::size_t{64} << 20;
  };

  PeerIntake(Executor& executor, LogSink log);
  PeerIntake(Executor& executor, LogSink log, Limits limits);

  // A message of so many bytes. Where there is room `deliver` is called, here and now, and posts the work to
  // the executor, which runs what is posted in order: what is posted behind it gives the room back. Where
  // there is none nothing is called, and the log says so once until nothing of that peer waits any more.
  void take(const NodeId& from, std::size_t bytes, const std::function<void()>& deliver);

  std::uint64_t dropped() const { return dropped_; }  // messages, since start

 private:
  // Shared with what was posted, which may run when this is gone.
  struct Waiting {
    std::atomic<std::size_t> messages = 0;
    std::atomic<std::size_t> bytes = 0;
  };
  struct Peer {
    std::shared_ptr<Waiting> waiting = std::make_shared<Waiting>();
    bool told = false;
  };
  void drop(const NodeId& from, Peer& peer);

  Executor& executor_;
  const LogSink log_;
  const Limits limits_;
  std::map<NodeId, Peer> peers_ = {};  // as many as there are pinned keys
  std::atomic<std::uint64_t> dropped_ = 0;
};

}  // namespace anta
