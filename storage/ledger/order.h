// Orders: what an organisation that may vote on the network asks of a node, in its own name, and soon over.
//
// They are no statements: nothing is recorded. Each kind has a content type of its own and is signed like a
// statement (lead_order.h, backup_order.h); who may give one is the same for all. Pure, any thread.
#pragma once

#include "crypto/cose.h"
#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/view.h"

namespace anta {

// How far an order's event_time may lie from the clock of the node that is asked, either way: one that came
// to nothing is not kept for later.
inline constexpr std::int64_t order_age_max_ms = 300'000;

struct Asked {
  Digest network = {};  // the genesis' digest, as the order has it
  Millis event_time = {};
};

// Whether the ledger as this view has it lets the signer of `envelope` give an order, now, in this network.
// malformed (order.network), rule_violated (order.stale; unknown_key: none of the issuer's that is valid),
// bad_signature, not_authorised (no_vote).
Result<void> may_order(const LedgerView& view, const CoseSign1& envelope, const Asked& asked,
                       const Digest& network, Millis now);

}  // namespace anta
