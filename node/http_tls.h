// The HTTP listener's certificate and key: two PEM files, proven to belong together before anybody is served.
//
// The certificate file holds the node's own certificate first, then whatever leads to an authority that
// clients trust; the key file (mode 0600, no passphrase) holds its key. Both are read once, into a context
// for TLS 1.2 and 1.3: what was checked is what is served, whatever happens to the files afterwards. A
// renewed pair is another HttpTls; connections keep the one they began with. No session is resumed, so every
// new connection shows the newest certificate. Ed25519 certificates are refused: browsers refuse them.
//
// The only file of node that knows OpenSSL; Asio carries the connections (http_server.cc). Immutable, so any
// thread; who serves with it keeps it alive.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "crypto/error.h"
#include "storage/ledger/ids.h"

namespace asio::ssl {
class context;
}

namespace anta {

class HttpTls {
 public:
  // How long before its end a certificate is worth a warning.
  static constexpr std::int64_t warn_ms = std::int64_t{30} * 24 * 3'600 * 1'000;

  // malformed, rule config.tls: which file, what is wrong with it, and what to do.
  static Result<std::shared_ptr<const HttpTls>> load(const std::filesystem::path& certificate,
                                                     const std::filesystem::path& key);
  ~HttpTls();
  HttpTls(const HttpTls&) = delete;
  HttpTls& operator=(const HttpTls&) = delete;

  asio::ssl::context& native() const;
  const std::string& fingerprint() const;  // SHA-256 of the node's certificate, as hex
  Millis expires() const;                  // when the first certificate of the file ends

  // Whether a failed handshake (the value of Asio's error) was plain HTTP: a client that wrote http://.
  static bool is_plain_http(int error);

 private:
  struct State;
  explicit HttpTls(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// What to tell an operator about a certificate that has ended or will within HttpTls::warn_ms.
std::optional<std::string> expiry_warning(Millis expires, Millis now);

}  // namespace anta
