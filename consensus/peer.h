// One TLS connection between two nodes: handshake, hello, frames in both directions, pings, and its end.
//
// Lives on the loop's thread. A connection keeps itself alive while something is under way and ends once:
// through close(), silently, or by itself, with on_closed. It never calls a handler after its end. Messages
// leave through a FrameQueue; what one turn of the loop pushes goes into one write where it fits.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "consensus/frame.h"
#include "consensus/message_codec.h"
#include "consensus/tls_context.h"
#include "consensus/transport.h"
#include "crypto/signature.h"

namespace anta {

struct PeerSettings {
  Hello hello = {};  // what this side says
  std::uint64_t frame_bytes_max = 0;
  std::uint64_t outgoing_bytes_max = 0;
  std::chrono::milliseconds handshake_timeout{};  // from the dial or the accept to the other side's hello
  std::chrono::milliseconds idle_timeout{};
};

class PeerConnection {
 public:
  struct Handlers {
    // The other side has proven `key` and said hello. An error closes the connection.
    std::function<Result<void>(PeerConnection& from, const PublicKey& key, const Hello& hello)> on_hello = {};
    // A frame after the hello, other than a ping. An error closes the connection.
    std::function<Result<void>(PeerConnection& from, ByteView frame)> on_frame = {};
    // Once, unless close() was called: io (the network) or malformed (what it sent).
    std::function<void(PeerConnection& from, const Error& why)> on_closed = {};
  };

  // Begins at once; `metrics` counts until the end and outlives the loop's last turn.
  static std::shared_ptr<PeerConnection> dial(asio::io_context& loop, TlsContext& tls,
                                              const PeerSettings& settings, Handlers handlers,
                                              TransportMetrics& metrics, const std::string& host,
                                              std::uint16_t port, const PublicKey& expected);

  virtual ~PeerConnection() = default;

  // False: the lane is full (or the connection has ended), and nothing was queued.
  [[nodiscard]] virtual bool push(Lane lane, OutgoingFrame frame) = 0;
  virtual void close() = 0;

  // The other side's address, for logs.
  virtual const std::string& address() const = 0;
};

// Accepts connections on one port until closed.
class PeerListener {
 public:
  // Called per accepted socket with the host it comes from: the handlers for it, or none to refuse it.
  using OnAccept = std::function<std::optional<PeerConnection::Handlers>(const std::string& host)>;
  // And then with the connection that was made of it.
  using OnConnection =
      std::function<void(const std::string& host, std::shared_ptr<PeerConnection> connection)>;

  // io when the port cannot be had; the message names it.
  static Result<std::unique_ptr<PeerListener>> open(asio::io_context& loop, TlsContext& tls,
                                                    const PeerSettings& settings, TransportMetrics& metrics,
                                                    const std::string& host, std::uint16_t port,
                                                    OnAccept on_accept, OnConnection on_connection);
  virtual ~PeerListener() = default;
  virtual std::uint16_t port() const = 0;
  virtual void close() = 0;  // on_accept is not called afterwards
};

}  // namespace anta
