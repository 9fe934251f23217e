// The certificate file of one certificate under one finished checkpoint (proofs.md section 5, format 1), and
// the patch that brings an older file up to that checkpoint.
//
// Evidence is collected upstream (evidence_collection.h) and every statement gets its inclusion path. Then
// the file is replayed as its verifier will, so that what is handed out can be judged, and to learn which
// records the verdict rests on; those are proven under the checkpoint's seal. The same note and the same
// ledger give the same bytes. On the caller's thread; the reader is that of the checkpoint's size
// (LedgerStore::reader_of).
#pragma once

#include "crypto/error.h"
#include "node/checkpointer.h"
#include "node/evidence_collection.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/ids.h"
#include "storage/ledger_reader.h"

namespace anta {

// A file of at most `bytes_max` bytes: all of it, or where that does not fit its summary
// (certificate_summary.h). not_found: the checkpoint's tree has no such certificate. corrupt, rule evidence:
// the ledger's own statements do not replay, which is a bug. rule_violated, rule certificate_too_large: the
// summary does not fit either. And what collect_evidence says.
Result<Bytes> assemble_certificate(const LedgerReader& reader, const FinishedCheckpoint& checkpoint,
                                   const CertificateId& certificate, const MayGoOn& may_go_on,
                                   std::size_t bytes_max = certificate_file_bytes_max);

// For a file whose evidence is of the tree of size `evidence`. malformed, rule from: no tree of that size
// holds the certificate, or it is newer than the checkpoint. And the above.
Result<Bytes> assemble_patch(const LedgerReader& reader, const FinishedCheckpoint& checkpoint,
                             const CertificateId& certificate, TreeSize evidence, const MayGoOn& may_go_on);

}  // namespace anta
