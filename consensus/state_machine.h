// The port through which committed blocks become state. The node's LedgerMachine implements it; tests have
// their own.
//
// Called by the Replica's `disk` thread only, one call at a time, in log order, each block once per run of
// the process: after a restart application goes on after applied(). Only entries that are committed and
// durable here arrive; nothing is ever taken back.
#pragma once

#include <span>

#include "crypto/error.h"
#include "storage/log_entry.h"

namespace anta {

class StateMachine {
 public:
  virtual ~StateMachine() = default;

  // Makes the block's effects, together with the new applied(), one atomic (unsynced) write.
  // `block.header.kind` is always `block`; no-ops and configurations are passed over by the shell. A rejected
  // statement is an outcome, not an error: an error here (a failed write, a law version this release does not
  // know) stops the replica for good.
  virtual Result<void> apply(const LogEntry& block) = 0;

  // Entries read from the log that will be applied soon, in order: a hint, for work that can be done ahead.
  // On `disk`, as apply(); must return at once.
  virtual void ahead(std::span<const LogEntry> /*entries*/) {}

  // The index of the newest block applied; zero before the first. Read once, at start, before any apply.
  virtual LogIndex applied() const = 0;

  // Whether the statement with this digest is recorded here. Any thread, rarely: when the members change.
  virtual bool knows(const Digest& statement) const = 0;
};

}  // namespace anta
