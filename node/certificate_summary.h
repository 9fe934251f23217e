// The summary that stands for a certificate file which would be too large (storage/ledger/source_summary.h).
//
// Found by following the lots' own records upstream: no statement of the chain is read, so it costs a read
// for each lot, whatever lies behind it. The same note and the same ledger give the same bytes. On the
// caller's thread; the reader is that of the checkpoint's size (LedgerStore::reader_of).
#pragma once

#include "crypto/error.h"
#include "node/checkpointer.h"
#include "node/executor.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger_reader.h"

namespace anta {

// not_found: no such certificate; uncertain, rule not_cosigned: the checkpoint does not cover it; busy, rule
// deadline. rule_violated, rule certificate_too_large: its lot was registered at a mine, and so has no
// sources to sum up.
Result<CertificateFile> summary_of(const LedgerReader& reader, const FinishedCheckpoint& checkpoint,
                                   const CertificateId& certificate, const MayGoOn& may_go_on);

}  // namespace anta
