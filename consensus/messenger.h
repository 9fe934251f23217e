// Messenger: messages of the node's own to other nodes, without a replica: for a node that joins and has no
// log yet (node/joiner.h). What it hears of Raft is passed over, as if lost.
//
// Threads: a loop of its own, which calls the hooks; send() from any thread. It runs from start() to stop(),
// which must not be called from a hook.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "consensus/transport.h"

namespace anta {

struct MessengerHooks {
  std::function<void(const NodeId& from, std::uint8_t kind, Bytes bytes)> on_app = {};
  std::function<void(const NodeId& peer, bool up)> on_peer = {};
};

class Messenger {
 public:
  // What the transport's own start and set_peers answer.
  static Result<std::unique_ptr<Messenger>> start(const TransportFactory& factory,
                                                  std::vector<TransportPeer> peers, MessengerHooks hooks);
  ~Messenger();  // stop()

  // Best effort.
  void send(NodeId to, std::uint8_t kind, Bytes bytes);
  void stop();

 private:
  struct State;
  explicit Messenger(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace anta
