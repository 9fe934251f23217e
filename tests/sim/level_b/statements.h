// What the simulated clients send: a ledger's genesis and signed statements of every kind that the law's own
// tests use, made once. Some the law accepts, some it rejects, some do not even read.
#pragma once

#include <memory>
#include <vector>

#include "storage/ledger/genesis.h"
#include "storage/ledger/ids.h"

namespace anta::sim {

struct Statements {
  Genesis genesis = {};
  Bytes genesis_bytes = {};
  std::vector<std::shared_ptr<const Bytes>> founding = {};  // in their order each is accepted
  Digest last_of_founding = {};
  std::vector<std::shared_ptr<const Bytes>> others = {};   // in any order
  std::vector<std::shared_ptr<const Bytes>> new_law = {};  // proposes the next version of the law, and votes
  Millis time = {};                                        // no statement's event is later
};

// The same for everybody, made at the first call.
const Statements& statements();

}  // namespace anta::sim
