// What an accepted statement does, as data (house.md rule 1): the caller performs it, or drops it in a dry
// run.
#pragma once

#include <string>
#include <vector>

#include "storage/ledger/ids.h"
#include "storage/ledger/view.h"

namespace anta {

// One record of the state after the statement; null: the record is removed.
struct StateChange {
  StateKey key = {};
  SharedBytes value = {};
};

// Grams that entered, left or moved out of sight, so that conservation can be checked over any accepted
// prefix: originated + gained = present + processed_away + lost + exported (ledger.md section 8).
struct MassFlow {
  struct Amount {
    std::int64_t dry_g = 0;
    std::int64_t cu_g = 0;
    auto operator<=>(const Amount&) const = default;
  };
  Amount originated = {};      // a lot registered at a mine
  Amount gained = {};          // accepted above what was sent, raised by a stock-take, or found by a process
  Amount lost = {};            // accepted below what was sent, loss, adjust downwards
  Amount processed_away = {};  // inputs minus outputs of a process: tailings, losses and the closure's rest
  Amount exported = {};        // left with a dispatch-end exported
};

struct Effects {
  std::vector<StateChange> changes = {};  // each key once, in order of key
  std::vector<std::string> flags = {};    // codes of F, sorted; also on the records concerned, with the leaf
  std::vector<StateKey> subjects =
      {};  // whose history this statement belongs to (lots, parties, attestations, ...)
  MassFlow mass = {};
};

}  // namespace anta
