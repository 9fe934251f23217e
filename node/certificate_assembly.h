// The certificate file of one certificate under one finished checkpoint (proofs.md section 5, format 1).
//
// Evidence is collected upstream (evidence_collection.h), every statement gets its inclusion path at the
// checkpoint's size, and the note goes in verbatim. The same note and the same ledger give the same bytes.
#pragma once

#include "crypto/error.h"
#include "node/checkpointer.h"
#include "node/evidence_collection.h"
#include "storage/ledger/ids.h"
#include "storage/ledger_reader.h"

namespace anta {

// not_found: no such certificate. uncertain, rule not_cosigned: it is newer than the checkpoint. And what
// collect_evidence says.
Result<Bytes> assemble_certificate(const LedgerReader& reader, const FinishedCheckpoint& checkpoint,
                                   const CertificateId& certificate, const MayGoOn& may_go_on);

}  // namespace anta
