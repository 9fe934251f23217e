// Transport over TLS 1.3: how nodes reach each other on real networks.
//
// Trust. Both sides show a self-signed certificate made in memory from their Ed25519 TLS key; nothing in it
// counts but the key, and the key must be pinned: the dialler accepts only the key of the node that it dials,
// the listener any pinned key, which then says who the peer is. There is no chain, no expiry, no resumption
// (a resumed session would skip the check). A valid key that is not pinned is refused, counted and logged.
// Then both sides send a hello {protocol versions, network, node, incarnation} and refuse what does not fit.
//
// Connections. One per pair: the node with the smaller id dials, again and again with backoff and jitter; the
// other listens. A newer connection of the same peer replaces the older one. Both sides send a ping when they
// have been quiet for a third of `idle_timeout`, and close what has been silent for all of it.
//
// Frames are described in frame.h. Two queues per peer: heartbeats, votes and answers go first, and a large
// frame travels in fragments of 16 KiB between which they pass. Queues are bounded in bytes; over the bound
// raft messages are dropped, app messages answered busy.
//
// Lives on the loop's thread (transport.h). The port listened on is known after start().
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "consensus/log_sink.h"
#include "consensus/message_codec.h"
#include "consensus/transport.h"
#include "crypto/keys.h"

namespace anta {

struct TlsOptions {
  NodeId self = {};
  std::uint64_t incarnation = 1;
  Digest network = {};
  const SigningKey* key = nullptr;  // this node's TLS key; read while the transport is made, not kept
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 0;          // 0: the system chooses (on_listening tells)
  std::vector<TransportPeer> peers = {};  // every other node, at the start
  LogSink log = {};
  // The versions of the protocol that it speaks (message_codec.h); tests: those of another release.
  std::uint16_t protocol_min = peer_protocol_min;
  std::uint16_t protocol_max = peer_protocol_max;
  std::function<void(std::uint16_t port)> on_listening = {};  // called within start(), on the loop

  // Limits.
  std::uint64_t frame_bytes_max = 8u << 20;      // one message; larger ones are refused on both sides
  std::uint64_t outgoing_bytes_max = 32u << 20;  // queued per peer and not yet written
  std::uint32_t handshakes_max = 32;  // accepted and not yet past the hello; over it the oldest is closed
  // Of them from one address; as many as there are peers are always let wait, since all may share an address.
  std::uint32_t handshakes_per_host_max = 4;
  std::chrono::milliseconds handshake_timeout{5000};
  std::chrono::milliseconds idle_timeout{5000};
  std::chrono::milliseconds backoff_min{50};
  std::chrono::milliseconds backoff_max{500};  // a peer that starts waits so long to be found
};

// start() answers io when the port cannot be had ("another program listens on 127.0.0.1:7001").
TransportFactory tls_transport(TlsOptions options);

}  // namespace anta
