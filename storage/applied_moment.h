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
  struct Tree {
    std::size_t buckets = 0;
    std::size_t bytes = 0;    // in memory
    std::size_t retired = 0;  // nodes that only earlier moments see
  };
  Applied applied = {};
  ReadSnapshot snapshot;
  StateTree::Version tree;
  Tree figures = {};
  std::size_t replaced_bytes = 0;  // what its update of the tree keeps in memory for earlier moments
  LogIndex undo_oldest = {};       // of the undo records that a question may go through; none: the next one's
};

}  // namespace anta
