// Payloads: countersignatures, documents, corrections, votes, nodes. Member names are the field names of
// storage/ledger/statements.cddl; what is lawful is the law's to say. Pure data, any thread.
#pragma once

#include <variant>

#include "crypto/keys.h"
#include "storage/ledger/payload/common.h"

namespace anta::payload {

struct Countersign {
  Common common = {};
  Digest of = {};
};
struct Document {
  Common common = {};
  Digest digest = {};
  Text media_type = {};
  Text title = {};
  Maybe<PartyId> subject = {};
  Maybe<Millis> retain_until = {};
};
struct Correction {
  Common common = {};
  Digest of = {};
  CorrectionReason reason = CorrectionReason::did_not_occur;
  Maybe<Digest> replacement = {};
};
struct ParameterProposal {
  Common common = {};
  ProposalId id = {};
  Text name = {};
  std::variant<std::int64_t, Text> value = std::int64_t{0};
  Millis effective_from = {};
};
struct Vote {
  Common common = {};
  ProposalId proposal = {};
  bool approve = false;
};
struct NodeKeySet {
  PublicKey log = {};
  PublicKey cosigner = {};
  PublicKey tls = {};
};
struct Node {
  Common common = {};
  NodeId node = {};
  PartyId organisation = {};
  NodeAction action = NodeAction::learner;
  Maybe<NodeKeySet> keys = {};
  Maybe<Text> address = {};
  Maybe<PublicKey> key = {};  // of a witness: what it cosigns with; without one it leaves
  ProposalId proposal = {};
};

}  // namespace anta::payload
