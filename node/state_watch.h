// Tells every peer this node's state roots, once a second and more often while blocks are applied, and
// watches theirs (state_agreement.h). So a node also knows how far a majority has applied the log.
//
// Who differs is named in the log, once for each time that it begins or ends, and in figures(). When a
// majority of the voters differs from this node, it tells its roots once more, so that the others can name
// it, and `set_aside` is called, once, `farewell_ms` later; from then on it tells nothing more: what it has
// is not the network's state.
//
// State lives on one executor; the on_ functions and figures() may be called from any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "consensus/log_sink.h"
#include "node/executor.h"
#include "node/peer_wire.h"
#include "node/state_agreement.h"
#include "storage/applied.h"

namespace anta {

struct StateWatchPorts {
  NodeId self = {};
  std::function<void(const NodeId& to, PeerKind kind, Bytes bytes)> send = {};
  std::function<std::vector<NodeId>()> peers = {};   // that are connected
  std::function<std::vector<NodeId>()> voters = {};  // by the log, not by the state that is in doubt
  std::function<void(const StateDifference&)> set_aside = {};  // on the executor
  // How far a majority of the voters has applied the log, whenever that changes; nothing: too few have told.
  // On the executor.
  std::function<void(std::optional<LogIndex>)> applied_by_majority = {};
  LogSink log = {};
};

struct StateWatchFigures {
  std::map<NodeId, StateDifference> differing = {};
  std::optional<StateDifference> outvoted = {};  // this node is set aside
};

class StateWatch {
 public:
  static constexpr std::uint32_t interval_ms = 1'000;
  static constexpr std::uint32_t busy_interval_ms = 200;  // while there is something new
  static constexpr std::uint32_t farewell_ms = 100;

  // The executor and what the ports reach outlive it; the executor is stopped before it goes.
  StateWatch(StateWatchPorts ports, Executor& executor);
  ~StateWatch();

  // Telling, for as long as the executor runs. Before it the voters are not asked for: what was applied
  // earlier may be told to this when there is no replica yet.
  void start();

  void on_applied(const Applied& applied);
  void on_peer(const NodeId& peer, bool up);
  void on_peer_message(const NodeId& from, Bytes bytes);

  StateWatchFigures figures() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace anta
