// The claims that certificates lay on a lot: conserved like the metal (ledger.md 6.6).
//
// A live certificate binds its quantity of the lot to its claimant: the named buyer, or, of a bearer
// certificate, whoever holds the lot after the issuer. Only the claimant may draw what is bound; to the
// issuer a bearer certificate binds it against everybody. The functions that change a lot leave its record to
// the caller to put; certificates are put here. Internal to the law.
#pragma once

#include <vector>

#include "storage/ledger/draft.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/state.h"

namespace anta {

// The live certificates on the lot, oldest first.
std::vector<state::Certificate> live_certificates(const Draft& draft, const state::Lot& lot);

// The Cu of live certificates of the scheme whose named buyer is the lot's holder, that another issued, and
// that are valid at the moment: what a receiver may take into its account.
Grams claimed_by_holder(const Draft& draft, const state::Lot& lot, const SchemeId& scheme, Millis at);

// The Cu that the lot's holder itself has certified for the scheme above mass_balance, live: copper whose
// claim is out in the world, whoever holds the lot.
Grams promised_by_holder(const Draft& draft, const state::Lot& lot, const SchemeId& scheme);

// already_certified, unless dry and cu can be drawn by `actor` without touching what is bound to another.
Verdict may_draw(const Draft& draft, const state::Lot& lot, Grams dry, Grams cu, const PartyId& actor);

// already_certified, unless every live certificate's named buyer is one of the two.
Verdict may_leave(const Draft& draft, const state::Lot& lot, const PartyId& from, const PartyId& to);

// After a draw by `actor` lowered what remains: its own certificates that no longer fit read consumed.
void consume_claims(Draft& draft, state::Lot& lot, const PartyId& actor);

// After custody went to the lot's new holder: certificates that name the old holder read consumed (it sold
// what it had bought), and claims shrink to the accepted figures.
void settle_claims(Draft& draft, state::Lot& lot, const PartyId& old_holder);

// What is certified beyond dry and cu is taken off the newest certificates first (flag certified_reduced).
void shorten_claims(Draft& draft, state::Lot& lot, Grams dry, Grams cu);

// Takes a certificate's quantity off the lot's certified figures.
void unbind(state::Lot& lot, const state::Certificate& certificate);

// The lot names the certificate no more: it ended before anybody used it.
void forget(state::Lot& lot, const state::Certificate& certificate);

}  // namespace anta
