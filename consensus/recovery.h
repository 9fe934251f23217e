// Recovery: how a network goes on when so many of its voters are gone for good that no majority can come
// back (consensus.md section 3, "recovery epoch").
//
// No node can decide that; the operators do, outside the protocol, and write down what they decided: which
// entry is the last that survives, and who votes from there on. The document is the same on every node. A
// node that is started with it
//
//   - gives up what its log has beyond the base, unless it knows that to be committed: then the base is the
//     wrong one, and the node refuses;
//   - appends a configuration with the new voters as the entry after the base. Its bytes follow from the
//     document alone, so all nodes have the same entry there;
//   - speaks under the new epoch, and under a name of the cluster that follows from all documents: messages
//     of others are dropped before they are looked at (rule 12), so that neither what is left of the old
//     cluster nor who was given another document can disturb the new one, or commit beside it with its help.
//
// A node that does not have the base gives up what it does not know to be committed (another entry may stand
// there, with the same term as ours) and expects the entry after the base as an amnesiac does (log_store.h):
// it promises nothing until a leader of the new epoch has brought it past it. Else those who lag could elect
// one of their own by the old configuration. All voters of the new one have to have the base.
//
// Who else belongs to the network stays what the ledger says: whoever leads takes the others in again as
// learners and promotes them, until their organisations vote otherwise.
//
// The order of durable effects, and what a crash between two of them means:
//
//   note    Who lacks the base becomes an amnesiac that expects the entry after it.
//             crash: an amnesiac of the old epoch, which is safe; the next start goes on.
//   enter   Truncation, entry, hard state and epoch, in one synced batch.
//             crash: the next start finds the epoch in the log and not in the file.
//   settle  Who has the entry is no amnesiac any more: what it had promised was promised in an epoch that is
//           over. Then the file `epoch` says that this node may have promised things in the new one.
//             crash: done again; it has not run in the new epoch.
//
// The file is what a database that lost its synced end is found out by: it has been in an epoch that the log
// does not know of. The node then enters it again, and stays an amnesiac.
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

// Writes down, in a ledger that was restored from a backup, that this node may have promised things in these
// epochs: enter() then leaves it an amnesiac where it has been through them.
Result<void> note_promised(Database& database, std::uint64_t epochs);

// What holds after the base, and the entry that carries it, at base + 1 in term base_term + 1.
raft::ConfigurationRecord record_of(const Recovery& recovery);
LogEntry entry_of(const Recovery& recovery);

// The name under which nodes that took these documents speak; the network's own where there are none. Nodes
// with other documents, or with the same in another order, have another.
Digest cluster_of(const Digest& network, std::span<const Recovery> recoveries);

// malformed (recovery.*): epochs that are not 1, 2, ... in order, bases that fall, another network's, no
// voters or one twice.
Result<void> check_recoveries(std::span<const Recovery> recoveries, const Digest& network);

// Performs those that this log has not been through, one by one. Gives the log back, opened anew when it
// changed.
//
// corrupt (recovery.committed_beyond, recovery.other_history, recovery.other_document): this ledger has what
// the document gives up, or went through another. malformed (recovery.base_missing, recovery.base_term): a
// voter has to have the base, and the document's term has to be its. malformed (recovery.document_missing):
// the log has been through more epochs than there are documents. busy (recovery.unwhole): a rebuilding or a
// repair of this ledger has to end first.
Result<std::unique_ptr<LogStore>> enter(std::span<const Recovery> recoveries, const raft::Member& self,
                                        Database& database, std::unique_ptr<LogStore> log);

}  // namespace anta
