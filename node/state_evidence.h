// Field 5 of a certificate file, and of the other proofs that have it: the seal of a reader's moment and
// records of the state under it.
//
// The reader is that of a finished checkpoint's size (LedgerStore::reader_of). On the caller's thread.
#pragma once

#include <vector>

#include "crypto/error.h"
#include "node/executor.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger_reader.h"

namespace anta {

// busy, rule deadline, when it may not go on; and what the reader says.
Result<ProvenState> prove_state(const LedgerReader& reader, const std::vector<StateKey>& keys,
                                const MayGoOn& may_go_on);

}  // namespace anta
