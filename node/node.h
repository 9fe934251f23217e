// A node: constructs everything and wires it together; no logic of its own.
//
// Threads: the replica's loop, disk and reader (consensus/replica.h), the verifiers, `service` (submission
// and checkpointer), and the HTTP server's. What crosses is posted. Start, reload and stop from one thread,
// in which no hook runs.
//
// Order at start: identity, certificate, the state healed where the node was set aside (divergence.h), data
// directory, database, the permission to begin removed
// (crypto/first_start.h), log, ledger (the genesis is applied when it is new), services, replica, HTTP.
// stop() goes back: HTTP drains while the node still works, what is undecided at the end of the drain time is
// answered, leadership is handed over, the rest closes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "crypto/error.h"
#include "node/config_change.h"
#include "node/log.h"

namespace anta {

class Node {
 public:
  // What a start and a reload ask of a configuration before anything else: the genesis, this node in it, its
  // seed, the address and the certificate of the HTTP listener with its key, and the files of recoveries.
  // Opens and changes nothing.
  struct Checked {
    NetworkId network = {};
    std::optional<std::string> warning = {};
  };
  static Result<Checked> check(const Config& config);

  // `on_fatal` is called once when the node can not go on (a failed disk, evidence of a broken peer): say why
  // and exit 8. The log outlives the node. Errors: malformed is the configuration's (exit 2), the rest the
  // machine's (exit 8).
  static Result<std::unique_ptr<Node>> start(const Config& config, Log& log,
                                             std::function<void(const Error&)> on_fatal);
  ~Node();  // stop()

  // Takes over what another configuration changes (config_change.h) once everything in it has proven good;
  // an error, and nothing has changed. Logs what applies and what needs a restart. When it returns, new
  // connections and requests meet the new limits; nothing in flight is cut.
  Result<ConfigChange> reload(const Config& next);

  std::uint16_t http_port() const;
  void stop();

 private:
  struct Parts;
  explicit Node(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace anta
