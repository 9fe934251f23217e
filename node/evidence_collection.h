// Which statements a certificate needs as evidence: found by following the ledger's own records upstream.
//
// From the certificate's lot through everything it was made from: what made each lot, every transfer, stock
// correction, hold and change of owner, the certificates on it and their statuses; the sites with their
// accounts and attestations, and every status of those; the parties with their keys, roles, relations,
// formalisations and accreditations, up to the registrar. A process or blend that only took from an upstream
// lot and made nothing of ours is left out, unless all that it used is upstream anyway. A correction comes
// along with what it corrects. The verifier replays the result through the law (storage/ledger/evidence.h).
//
// Reads one snapshot; on the caller's thread; the caller bounds how often.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "crypto/error.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/statement.h"
#include "storage/ledger_reader.h"

namespace anta {

struct CollectedEvidence {
  // Statements below `size`, by leaf.
  std::map<LeafIndex, SignedStatement> statements = {};
};

// not_found: no such certificate; rule_violated (certificate_statements_max): it has too many sources.
Result<CollectedEvidence> collect_evidence(const LedgerReader& reader, const CertificateId& certificate,
                                           TreeSize size);

// Statements about who may say what (field 6 of the file), as opposed to what happened (field 3).
bool is_authority(std::string_view type);

}  // namespace anta
