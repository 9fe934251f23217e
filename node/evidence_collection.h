// Which statements a certificate needs as evidence: found by following the ledger's own indexes upstream.
//
// The rule: a file that holds a statement holds everything that came before it on the things that it touches,
// so that the verifier's replay through the law (storage/ledger/evidence.h) sees them as the law saw them.
// Whoever draws from a lot changes what the next one finds there; so every batch that drew from a lot
// belongs, with the histories of its other inputs up to that batch. Only the certified lot's history runs to
// the end of the tree: a lot that something upstream was drawn from ends with that draw, and what a batch
// made beside what is asked for is not followed.
//
// Beside the metal: sites with their accounts and attestations and every status of those; of a party its
// registration, updates, roles, and the keys it signed with; formalisation of who registers lots;
// accreditation of who attests, and what is declared between it and whom it attests (conflict of interest).
// What a party did elsewhere, and who else is registered, stays out: the size of a file depends on its chain,
// not on the network.
//
// Reads one snapshot; on the caller's thread. The work is in proportion to what comes out.
#pragma once

#include <map>
#include <string_view>

#include "crypto/error.h"
#include "node/executor.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/statement.h"
#include "storage/ledger_reader.h"

namespace anta {

struct CollectedEvidence {
  // Statements below `size`, by leaf.
  std::map<LeafIndex, SignedStatement> statements = {};
};

// `may_go_on` is asked between statements; false ends the work with busy, rule deadline. not_found: no such
// certificate; rule_violated, rule certificate_too_large: what it rests on does not fit into one file.
Result<CollectedEvidence> collect_evidence(const LedgerReader& reader, const CertificateId& certificate,
                                           TreeSize size, const MayGoOn& may_go_on,
                                           std::size_t bytes_max = certificate_file_bytes_max);

// busy, rule deadline: what putting a certificate together answers where `may_go_on` said no.
tl::unexpected<Error> too_late();

// Statements about who may say what (field 6 of the file), as opposed to what happened (field 3).
bool is_authority(std::string_view type);

}  // namespace anta
