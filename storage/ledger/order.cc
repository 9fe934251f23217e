#include "storage/ledger/order.h"

#include <cstdlib>

#include "crypto/text.h"
#include "storage/ledger/network.h"
#include "storage/ledger/state.h"

namespace anta {

Result<void> may_order(const LedgerView& view, const CoseSign1& envelope, const Asked& asked,
                       const Digest& network, Millis now) {
  if (asked.network != network)
    return fail(Code::malformed, "order.network", "the order is for another network (genesis digest)");
  if (std::abs(asked.event_time.value - now.value) > order_age_max_ms) {
    return fail(Code::rule_violated, "order.stale",
                "the order's event_time is more than " + std::to_string(order_age_max_ms / 60'000) +
                    " minutes from this node's clock");
  }
  const auto key = state::look<state::Key>(view, hex(envelope.header.kid));
  const bool valid = key && key->party.value == envelope.header.issuer && key->state == KeyState::active &&
                     !(key->compromised_since && *key->compromised_since <= now);
  if (!valid) {
    return fail(Code::rule_violated, "unknown_key",
                "no valid key " + hex(envelope.header.kid).substr(0, 16) + " is registered for " +
                    envelope.header.issuer);
  }
  if (!verify_cose(envelope, key->key))
    return fail(Code::bad_signature, "bad_signature", "the signature does not verify");
  if (!has_vote(view, PartyId{envelope.header.issuer})) {
    return fail(Code::not_authorised, "no_vote",
                envelope.header.issuer + " runs no voting node of this network");
  }
  return {};
}

}  // namespace anta
