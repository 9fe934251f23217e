// Who this node is to its peers, and whom it takes for a peer: TLS 1.3 with pinned Ed25519 keys.
//
// The certificate is made in memory from the node's TLS key and signed by itself; its names and dates mean
// nothing. Checking a peer's certificate is replaced entirely: the only question is whether its public key is
// pinned (constant time), on the dialling side whether it is the key of the node that was dialled. The
// handshake itself proves possession of the key (RFC 8446 section 4.4.3). No tickets, no resumption: a
// resumed session shows no certificate. The sides accept nothing but Ed25519.
//
// Lives on the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "crypto/error.h"
#include "crypto/keys.h"

namespace asio::ssl {
class context;
}
struct ssl_st;

namespace anta {

class TlsContext {
 public:
  // `on_unpinned` is called within a handshake whose peer shows a key that is not expected.
  using OnUnpinned = std::function<void(const PublicKey& shown)>;
  static Result<std::unique_ptr<TlsContext>> create(const SigningKey& key, std::vector<PublicKey> pinned,
                                                    OnUnpinned on_unpinned);
  ~TlsContext();

  asio::ssl::context& native();

  // For handshakes from now on; connections that are up are their owner's.
  void set_pinned(std::vector<PublicKey> pinned);

  // For the dialling side, before the handshake: only this key will do. It outlives the connection.
  static void expect(ssl_st* connection, const PublicKey* key);

  // The peer's key, once the handshake is done.
  static std::optional<PublicKey> peer_key(ssl_st* connection);

 private:
  struct State;
  explicit TlsContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace anta
