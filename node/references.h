// Whom and what a statement names: parties, sites, attestations it cannot be judged without.
//
// Used by certificate assembly. Pure, any thread.
#pragma once

#include <optional>
#include <vector>

#include "storage/ledger/payload.h"

namespace anta {

struct References {
  std::vector<PartyId> parties = {};
  std::vector<SiteId> sites = {};
};

References references_of(const payload::Payload& payload);

// The chain's things that a statement is about; empty where its type has none.
struct Subject {
  std::vector<LotId> made = {};  // lots that it makes or registers
  std::vector<LotId> lots = {};  // lots that it is about otherwise, without draws
  std::optional<DispatchId> dispatch = {};
  std::optional<CertificateId> certificate = {};
  std::optional<AttestationId> attestation = {};
  std::optional<AccountId> account = {};
  bool is_draw = false;  // process, split, blend
};

Subject subject_in_chain(const payload::Payload& payload);

}  // namespace anta
