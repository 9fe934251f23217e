// A lead order: an organisation asks that a named node leads from now on (consensus/raft: transfer).
//
// A COSE_Sign1 like a statement's (crypto/cose.h) with a content type of its own, so that neither is ever
// taken for the other; its payload is `lead-order` of statements.cddl, its subject the node. It is no
// statement: it changes nothing on the ledger and leaves no record. It holds in one term only, which ends
// when it is followed, and for some minutes only, so that one that came to nothing is not kept for later.
// Whoever may vote on the network may sign one. Pure, any thread.
#pragma once

#include <array>

#include "crypto/cose.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/order.h"
#include "storage/ledger/shape.h"
#include "storage/ledger/view.h"

namespace anta {

inline constexpr std::string_view lead_order_type = "lead-order";
inline constexpr std::int64_t lead_order_age_max_ms = order_age_max_ms;

struct LeadOrder {
  Digest network = {};     // the genesis' digest
  NodeId node = {};        // who is to lead
  std::uint64_t term = 0;  // in which another leads
  Millis event_time = {};
};

// The views in `envelope` point into the bytes that were decoded.
struct SignedLeadOrder {
  CoseSign1 envelope = {};
  LeadOrder order = {};
};

// malformed: it would not decode.
Result<Bytes> sign_lead_order(const LeadOrder& order, const PartyId& issuer, const SigningKey& key,
                              std::int64_t iat_seconds, const std::array<std::uint8_t, 16>& cti);

// Everything that needs no state; not the signature.
Result<SignedLeadOrder> decode_lead_order(ByteView bytes);

// Whether the ledger as this view has it lets its signer ask for this, now, in this network. malformed
// (lead.network), rule_violated (lead.stale; unknown_key: none of the issuer's that is valid;
// lead.not_a_voter: a learner, or removed), bad_signature, not_authorised (no_vote), not_found (lead.node).
Result<void> authorise(const LedgerView& view, const SignedLeadOrder& order, const Digest& network,
                       Millis now);

const Shape* lead_order_shape();

}  // namespace anta
