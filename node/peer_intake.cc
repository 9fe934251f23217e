#include "node/peer_intake.h"

#include <string>
#include <utility>

namespace anta {

PeerIntake::PeerIntake(Executor& executor, LogSink log) : PeerIntake(executor, std::move(log), Limits{}) {}

PeerIntake::PeerIntake(Executor& executor, LogSink log, Limits limits)
    : executor_(executor), log_(std::move(log)), limits_(limits) {}

void PeerIntake::take(const NodeId& from, std::size_t bytes, const std::function<void()>& deliver) {
  Peer& peer = peers_[from];
  const std::shared_ptr<Waiting>& waiting = peer.waiting;
  const std::size_t messages = waiting->messages;
  if (messages == 0) peer.told = false;
  const std::size_t held = waiting->bytes;
  if (messages >= limits_.messages_max || held > limits_.bytes_max || bytes > limits_.bytes_max - held)
    return drop(from, peer);
  waiting->bytes += bytes;
  ++waiting->messages;
  deliver();
  executor_.post([waiting, bytes] {
    waiting->bytes -= bytes;
    --waiting->messages;
  });
}

void PeerIntake::drop(const NodeId& from, Peer& peer) {
  ++dropped_;
  if (std::exchange(peer.told, true) || !log_) return;
  log_(LogLevel::warning, "peer_messages_dropped",
       {{"peer", from.value},
        {"waiting_messages", std::to_string(peer.waiting->messages)},
        {"waiting_bytes", std::to_string(peer.waiting->bytes)},
        {"message",
         "this peer sends more than is worked on here; what is dropped is sent again while it matters"}});
}

}  // namespace anta
