// What a summary (certificate_file.h, field 9) proves by itself.
//
// Internal to verify_certificate, on its thread. Proven: the certificate's statement is in the ledger and
// signed by its issuer; as the state has it, the certificate stands so, on that lot, which was made from
// those lots, and these from as many sources with together as many grams as the districts add up to. All of
// that is the quorum's word: its cosigners computed those records; nothing of it is recomputed here. In which
// districts the sources lie is the word of the node that made the file.
#pragma once

#include <optional>

#include "crypto/checkpoint.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/evidence.h"
#include "storage/ledger/verify.h"

namespace anta {

// Fills genesis, claim, chain (of made lots), sources, flags, claimed, not_claimed. What does not hold: the
// codes of Evidence::replay for genesis and inclusion, of check_present_state, malformed,
// certificate_missing, unknown_key, bad_signature, state_not_proven (a record that is needed is not there: no
// answer, not a no), state_contradicts (statement and record differ), summary_stray (a lot that is none of
// the chain's), summary_sum (districts and records do not add up).
std::optional<ReplayFailure> check_summary(const CertificateFile& file, const Checkpoint& checkpoint,
                                           Report& report);

}  // namespace anta
