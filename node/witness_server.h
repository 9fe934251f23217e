// A running witness: the listener, its memory, and the one thread that answers.
//
//     POST /add-checkpoint     witness.h
//     GET  /<hash>/checkpoint  what it cosigned last of the origin of that hash (witness_notes.h)
//     GET  /healthz            200 while it runs
//
// Requests are read by the listener's thread, bounded before memory is taken (witness_request_bytes_max,
// 413). It answers GET itself, from memory, so that who watches neither waits for logs nor keeps them
// waiting; add-checkpoint is answered by another one after the other, and past waiting_max of them with 503.
// When the memory cannot be made durable `on_fatal` is called and must not return: nobody knows what the disk
// has.
//
// start, reload and stop are one thread's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "crypto/checkpoint.h"
#include "node/log.h"
#include "node/witness_config.h"

namespace anta {

class WitnessServer {
 public:
  static constexpr std::size_t waiting_max = 32;
  // Of which one address has at most three quarters, unless it is a proxy's.
  static constexpr std::size_t connections_max = 256;

  // `remembered`: a seam for tests, called after the memory is durable and before the answer is made.
  static Result<std::unique_ptr<WitnessServer>> start(const WitnessConfig& config, Log& log,
                                                      std::function<void(const Error&)> on_fatal,
                                                      std::function<void(const Checkpoint&)> remembered = {});
  ~WitnessServer();  // stop()
  WitnessServer(const WitnessServer&) = delete;
  WitnessServer& operator=(const WitnessServer&) = delete;

  // What --check says: the warning, if any.
  static Result<std::optional<std::string>> check(const WitnessConfig& config);

  // Takes over the log's level and format, the policy and the certificate. An error changes nothing.
  Result<void> reload(const WitnessConfig& next);

  std::uint16_t port() const;
  void stop();

 private:
  struct Parts;
  explicit WitnessServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace anta
