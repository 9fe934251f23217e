// A certificate file (proofs.md section 5) from the applied ledger, under a finished checkpoint.
//
// What goes in: the certificate's statement and everything that its verifier replays
// (storage/ledger/evidence.h): for each lot from the certified one back to the mines all statements about it
// (draws that made no lot of the chain are left out), the transfers with all their answers, the certificates
// on those lots, the accounts of their sites, every attestation that lists one of their sites with all its
// status statements, formalisations of the makers; and in field 6 the parties, keys, roles, accreditations
// and relations of everybody who signed or is named. Only leaves below the checkpoint's size.
//
// Reads through one reader on the caller's thread; nothing is kept. Cost: one decode and one inclusion path
// per statement.
#pragma once

#include "crypto/checkpoint.h"
#include "crypto/error.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger_reader.h"

namespace anta {

// not_found: there is no such certificate below the checkpoint's size. busy (certificate.too_many): more
// statements than a file may hold.
Result<CertificateFile> assemble_certificate(const LedgerReader& reader, const CertificateId& certificate,
                                             const Checkpoint& checkpoint, const std::string& note);

}  // namespace anta
