// Which policy is in force, with its proof: a finished checkpoint, and under it the records of the network's
// nodes and witnesses, from which the policy follows (cosigners.h).
//
// Deterministic CBOR map; numbers and parts are those of a certificate file (certificate_file.h):
//
//     1: 1                  format
//     2: tstr               the checkpoint note
//     5: proven state       the record of kind network, and each node that it names
//
// A verifier that trusts an older policy, and whose policy the note meets, may take the newer one over; to
// others it is no more than what a node says. Errors are `malformed`, rule certificate.* as of a file, or
// what check_present_state says; policy.incomplete (a record is missing). Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "crypto/checkpoint.h"
#include "crypto/error.h"
#include "crypto/policy.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/view.h"

namespace anta {

struct PolicyProof {
  std::string note = {};
  ProvenState state = {};
};

Bytes encode_policy_proof(const PolicyProof& proof);
Result<PolicyProof> decode_policy_proof(ByteView bytes);

// The records that a proof needs, as a view has them.
std::vector<StateKey> policy_keys(const LedgerView& view);

// The policy that the proven records make, after their proofs were held against `checkpoint`, which the
// caller trusts (or says that it does not).
Result<Policy> proven_policy(const PolicyProof& proof, const Checkpoint& checkpoint);

}  // namespace anta
