// Recovery: how a network goes on when so many of its voters are gone for good that no majority can come
// back (consensus.md section 3, "recovery epoch").
//
// No node can decide that; the operators do, outside the protocol, and write down what they decided: which
// entry is the last that survives, and who votes from there on. The document is the same on every node. A
// node that is started with it
//
//   - gives up what its log has beyond the base, unless that was applied: then it was committed, the base is
//     the wrong one, and the node refuses;
//   - appends a configuration with the new voters as the entry after the base. Its bytes follow from the
//     document alone, so all nodes have the same entry there;
//   - speaks under the new epoch: messages of other epochs are dropped before they are looked at
//     (rule 12), so that what is left of the old cluster can neither disturb the new one nor commit beside it
//     with its help.
//
// A node that does not have the base expects that entry as an amnesiac does (log_store.h): it promises
// nothing until a leader of the new epoch has brought it past it. Else those who lag could elect one of
// their own by the old configuration. All voters of the new one have to have the base.
//
// Who else belongs to the network stays what the ledger says: whoever leads takes the others in again as
// learners and promotes them, until their organisations vote otherwise.
//
// Pure but for enter(), which writes; before the node's threads start.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "consensus/raft/configuration.h"
#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/log_entry.h"

namespace anta {

class Database;
class LogStore;

struct Recovery {
  std::uint64_t epoch = 0;  // the first is 1; each follows the one before
  Digest network = {};      // digest of the genesis
  LogIndex base = {};       // the last entry that survives
  Term base_term = {};
  Digest base_hash = {};
  std::vector<raft::Member> voters = {};  // in order of id, at least one

  bool operator==(const Recovery&) const = default;
};

// Of the whole document: what the entry names where other configurations name a statement.
Digest digest_of(const Recovery& recovery);

// What holds after the base, and the entry that carries it, at base + 1 in term base_term + 1.
raft::ConfigurationRecord record_of(const Recovery& recovery);
LogEntry entry_of(const Recovery& recovery);

// malformed (recovery.*): epochs that are not 1, 2, ... in order, bases that fall, another network's, no
// voters or one twice.
Result<void> check_recoveries(std::span<const Recovery> recoveries, const Digest& network);

// Performs those that this log has not been through, one by one, each durable before the next; a crash
// between leaves a log that goes on from there. Gives the log back, opened anew when it changed.
//
// corrupt (recovery.applied_beyond, recovery.other_history): this ledger has what the document gives up.
// malformed (recovery.base_missing): `self` is to vote and has not got the base. malformed
// (recovery.document_missing): the log has been through more epochs than there are documents.
Result<std::unique_ptr<LogStore>> enter(std::span<const Recovery> recoveries, const raft::Member& self,
                                        Database& database, std::unique_ptr<LogStore> log);

}  // namespace anta
