// The port through which messages reach other nodes: raft messages, and the node's own (cosigning,
// forwarded submissions) beside them.
//
// A transport lives on one thread, the Replica's `loop`: every call is made there and every handler is called
// there. Delivery is best effort: a message may be lost, delayed or overtaken by a smaller one, never
// altered, and `from` is authenticated. Nothing here blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "consensus/raft/messages.h"
#include "crypto/error.h"
#include "crypto/signature.h"

namespace asio {
class io_context;
}

namespace anta {

// Another node, as the ledger has it: how to reach it and how to know it.
struct TransportPeer {
  NodeId id = {};
  std::uint64_t incarnation = 1;
  PublicKey key = {};     // its TLS key
  std::string host = {};  // name or address; used only where this node dials
  std::uint16_t port = 0;

  bool operator==(const TransportPeer&) const = default;
};

// What the owner of the transport is told. Set once, before start().
struct TransportHandlers {
  // A raft message whose `from.id` is the authenticated sender; hashes of its entries are computed.
  std::function<void(raft::Message)> on_message = {};
  // One of the node's own messages. Kinds below replica_kind_first are the node's.
  std::function<void(const NodeId& from, std::uint8_t kind, Bytes bytes)> on_app = {};
  // The peer can be sent to (true), or no longer (false): what was in flight is lost.
  std::function<void(const NodeId& peer, bool up)> on_peer = {};
};

// Since start, only rising.
struct TransportMetrics {
  std::uint64_t bytes_sent = 0;      // frames, before TLS
  std::uint64_t bytes_received = 0;  // likewise
  std::uint64_t frames_sent = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t messages_dropped = 0;   // outgoing, queue full or peer down
  std::uint64_t app_refused = 0;        // send_app answered busy or not_found
  std::uint64_t connections = 0;        // that got as far as a good hello
  std::uint64_t unpinned_refused = 0;   // TLS keys that are valid but not pinned
  std::uint64_t hello_refused = 0;      // other network, incarnation or protocol version
  std::uint64_t malformed_refused = 0;  // frames that closed their connection
};

// App kinds from here on belong to the replica itself (the clock notice); the node uses those below.
inline constexpr std::uint8_t replica_kind_first = 0xf0;

class Transport {
 public:
  virtual ~Transport() = default;

  virtual Result<void> start(TransportHandlers handlers) = 0;

  // Closes every connection; no handler is called afterwards.
  virtual void stop() = 0;

  // From now on these are the others. Who is not among them, or is there with another key, incarnation or
  // address, loses its connection; the new are dialled. malformed: one of them twice, or a key; then nothing
  // changes.
  virtual Result<void> set_peers(std::vector<TransportPeer> peers) = 0;

  // To message.to. False: dropped, because the peer is down or its queue is full; Raft sends again.
  virtual bool send(raft::Message message) = 0;

  // Ok when it is queued, which promises nothing more. busy: the peer's queue is full; not_found: the peer
  // is unknown or down now; malformed: larger than a frame may be.
  virtual Result<void> send_app(const NodeId& peer, std::uint8_t kind, Bytes bytes) = 0;

  virtual TransportMetrics metrics() const = 0;
};

// Makes the transport once the loop exists. The io_context is run by the `loop` thread alone and outlives it.
using TransportFactory = std::function<Result<std::unique_ptr<Transport>>(asio::io_context& loop)>;

}  // namespace anta
