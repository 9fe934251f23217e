// Chain of custody (ISO 22095 words): what a site is attested to keep, what a made lot may be called, and the
// credits of mass-balance accounts.
//
// A credit stands on a lot (state::Lot::credits) and in an account's balance; the functions here change both
// together, so that every gram booked can be found again and taken back. The lot is the caller's to put; the
// accounts are put here. Internal to the law. Source: ledger.md 6.5 and 6.6.
#pragma once

#include <optional>
#include <vector>

#include "storage/ledger/draft.h"
#include "storage/ledger/state.h"

namespace anta {

// --- what a site is attested for ---

// The chain_of_custody attestations in force for a site at a moment, of all schemes together.
struct Custody {
  std::vector<CocModel> models = {};   // sorted, strongest first, each once
  std::vector<SchemeId> schemes = {};  // that attest the site, sorted
  bool attests(CocModel model) const;
  bool attested_by(const SchemeId& scheme) const;
};
Custody custody_at(const Draft& draft, const SiteId& site, Millis at);

// Whether one scheme attests the site for the model at the moment.
bool custody_attested(const Draft& draft, const SiteId& site, const SchemeId& scheme, CocModel model,
                      Millis at);

// --- what a made lot may be called ---

struct Provenance {
  std::optional<SiteId> origin = {};  // the one mine that all inputs come from
  CocModel model = CocModel::none;
  std::vector<state::Lot::SchemeEligibility> schemes = {};
};
// Of a process's output: the weakest of the inputs' models and of the model attested for the site (`named`,
// else the weakest attested); several origins: at most segregated; eligible and other inputs: at most
// controlled_blending; no attestation: none, and eligible for nothing.
Provenance made_provenance(const std::vector<state::Lot>& inputs, const Custody& custody,
                           std::optional<CocModel> named);
// Of a blend: the same, but lots of one origin need no attestation to be put together.
Provenance blend_provenance(const std::vector<state::Lot>& inputs, const Custody& custody);

// --- accounts and credits ---

// The open account of (site, scheme) whose period contains the moment; nothing if there is none.
std::optional<state::Account> account_at(const Draft& draft, const SiteId& site, const SchemeId& scheme,
                                         Millis at);

// Changes an account's balance. A balance below zero is a declared deficit: it is flagged
// account_in_deficit on the statement and on the account.
void move_balance(Draft& draft, const AccountId& account, std::int64_t by_g);

// Books what the acceptance of `lot` (its holder, site and accepted figures already the new ones) earns in
// the accounts of its site whose period contains the receipt's event, and that its holder keeps.
void book_credits(Draft& draft, state::Lot& lot, Millis receipt_event);

// Takes back every credit that stands on the lot, in full, except those taken over from a mass_balance
// certificate, and only of `scheme` if one is named. The accounts fall, below zero if need be. For void_from:
// call it for each voided lot and each of its descendants. Such a credit lives only on an eligible
// identity_preserved or segregated lot, whose ancestors are all so too, and on its split children and
// blends; so the walk needs no test of its own. Returns whether anything was reversed.
bool reverse_credits(Draft& draft, state::Lot& lot, const std::optional<SchemeId>& scheme = std::nullopt);

// A lot that leaves unprocessed: takes back the share of every credit, certificates' too, that lies over the
// Cu still on the lot, and returns what was taken, so that restore_credits can book it again.
std::vector<state::Lot::Credit> withdraw_credits(Draft& draft, state::Lot& lot);
void restore_credits(Draft& draft, state::Lot& lot, const std::vector<state::Lot::Credit>& reversed);

// Split and blend: the share of the credits over `cu` of `from` goes along to `to`; accounts do not change.
void carry_credits(state::Lot& from, state::Lot& to, Grams cu);

// A process whose output stays above mass_balance for a scheme: the claim goes on with the metal, so the
// drawn share of that scheme's credits is taken back.
void release_credits(Draft& draft, state::Lot& from, Grams cu, const SchemeId& scheme);

}  // namespace anta
