// Exit codes of both programs (README.md) and the one switch that maps errors to them.
//
// The code decides; of the rules only the taken ports (a configuration's fault), store.* (a node's disk,
// whatever the code) and tls.untrusted (a node whose certificate does not verify) have an exit of their own.
//
// Scripts rely on these: never renumber.
#pragma once

#include "crypto/error.h"

namespace anta {

enum class Exit : int {
  ok = 0,
  internal = 1,
  usage = 2,    // the command line or a configuration is wrong
  refused = 3,  // verification says no
  not_found = 4,
  not_allowed = 5,
  undecided = 6,  // unreachable, no quorum, uncertain: try again
  rejected = 7,   // a rule of the ledger says no, or a scenario's expectation is not met
  storage = 8,
};

Exit exit_for(const Error& error);

}  // namespace anta
