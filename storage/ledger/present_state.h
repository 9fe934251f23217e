// What is so at the checkpoint: a certificate file's proven records, held against the checkpoint and laid
// over what the evidence made.
//
// Internal to verify_certificate, on its thread; the node asks relied_keys for what to prove. A proven record
// is newer than a replayed one or equal to it, and a quorum of cosigners computed its root: where the two
// differ, something happened that the file's evidence does not tell (proofs.md section 5).
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "crypto/checkpoint.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/evidence.h"

namespace anta {

// That the seal is the checkpoint's newest leaf and each record's proof leads to its state root; that records
// of the kinds that are relied on can be read. Codes: state_seal, state_proof.*, state_record.
std::optional<ReplayFailure> check_present_state(const ProvenState& state, const Checkpoint& checkpoint);

// The records that a verdict about this certificate rests on, as the evidence's view (with whatever was laid
// over it) has them: the certificate, the lots of its chain, the attestations that were counted with their
// bodies' accreditations, the formalisation of who originated, the accounts it was debited from, the keys
// that signed what counts, and which amendments the law has. Sorted. Empty when the evidence makes no such
// certificate.
std::vector<StateKey> relied_keys(const Evidence& evidence, const CertificateId& certificate,
                                  Millis checkpoint_time);

// Those of `relied` that the state does not prove.
std::vector<StateKey> unproven(const std::set<StateKey>& relied, const std::optional<ProvenState>& state);

}  // namespace anta
