// One moment of the applied ledger: the database as it was, and the state tree's version of then.
//
// Made by LedgerStore after each apply, shared by the readers of that moment; immutable, any thread. Internal
// to the store and its readers. Goes before the database.
#pragma once

#include <memory>

#include "storage/applied.h"
#include "storage/database.h"
#include "storage/state_tree.h"

namespace anta {

struct AppliedMoment {
  Applied applied = {};
  ReadSnapshot snapshot;
  StateTree::Version tree;
};

}  // namespace anta
