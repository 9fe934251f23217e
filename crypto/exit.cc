#include "crypto/exit.h"

namespace anta {

Exit exit_for(const Error& error) {
  // Another address in the configuration is the next step, not another machine.
  if (error.rule == "http.port_taken" || error.rule == "peer.port_taken") return Exit::usage;
  // Whatever is wrong with a node's store (not there, in use, of another node): an operator looks at the
  // disk.
  if (error.rule.starts_with("store.")) return Exit::storage;
  // A node's certificate was verified, and the answer is no.
  if (error.rule == "tls.untrusted") return Exit::refused;
  switch (error.code) {
    case Code::malformed: return Exit::usage;
    case Code::bad_signature: return Exit::rejected;
    case Code::not_authorised: return Exit::not_allowed;
    case Code::rule_violated: return Exit::rejected;
    case Code::not_found: return Exit::not_found;
    case Code::not_leader:
    case Code::busy:
    case Code::uncertain: return Exit::undecided;
    case Code::corrupt:
    case Code::io: return Exit::storage;
  }
  return Exit::internal;
}

}  // namespace anta
