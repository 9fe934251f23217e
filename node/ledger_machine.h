// What a committed block does to the ledger: the one place where a statement's fate is decided.
//
// For each statement of a block, in order: a digest decided before keeps its first answer; then decode,
// authenticate, judge (law.h) over the state with the block's earlier statements laid on it. Accepted: a
// leaf and its effects. Rejected by the law: a final record. Malformed, bad_signature, unknown_key and
// event_in_future leave no record (ledger.md section 2); a correct leader proposes none of them, and whoever
// waits is told all the same. Block time is max(previous seal's, the entry's). Nothing here reads a clock:
// the same log gives the same ledger on every node.
//
// Where the law in force is of a version that this release does not have, apply() fails before it judges and
// writes nothing (law.h: law_known): the node stops, and goes on from there with a newer release.
//
// A whole block is one write (storage/ledger_store.h), made by apply() on the replica's disk thread. Then the
// observer is told, on that thread; it hands the notice on and returns. Its error is
// the apply's: final.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "consensus/state_machine.h"
#include "crypto/digest.h"
#include "node/verification.h"
#include "storage/ledger/law.h"
#include "storage/ledger_store.h"

namespace anta {

// What became of one statement of a block.
struct Decision {
  Digest statement = {};
  bool again = false;                  // decided before this block: `answer` is the first outcome
  Result<Outcome> answer = Outcome{};  // an error: it left no record and may be sent again
};

struct BlockNotice {
  Applied applied = {};
  std::vector<Decision> decisions = {};  // in block order
  double seconds = 0;                    // judging and applying took
  bool nodes_changed = false;            // a node or a witness did
};

class LedgerMachine final : public StateMachine {
 public:
  using Observer = std::function<Result<void>(const BlockNotice&)>;

  // Store and verification outlive the machine; the genesis is applied already. `law_version` is the newest
  // that the node's release has: another than this program's in the simulator alone.
  LedgerMachine(LedgerStore& store, Verification& verification, Observer observer,
                std::int64_t law_version = law_version_known);

  Result<void> apply(const LogEntry& block) override;
  void ahead(std::span<const LogEntry> entries) override;  // signatures are checked in parallel
  LogIndex applied() const override;
  bool knows(const Digest& statement) const override;

 private:
  LedgerStore& store_;
  Verification& verification_;
  Observer observer_ = {};
  std::int64_t law_version_ = 0;
};

}  // namespace anta
