// Chain of custody (ISO 22095 words): what a site is attested to keep, what a made lot may be called, and the
// credits of mass-balance accounts.
//
// A credit stands on a lot (state::Lot::credits) and in an account's balance; the functions here change both
// together, so that every gram booked can be found again and taken back. The lot is the caller's to put; the
// accounts are put here. Internal to the law. Source: ledger.md 6.5 and 6.6.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "storage/ledger/draft.h"
#include "storage/ledger/state.h"

namespace anta {

// --- what a site is attested for ---

// The chain_of_custody attestations in force for a site at a moment whose subject is the issuer: nobody's
// claims ride on what was attested of somebody else. An attestation void by then counts for what was made, so
// that it is put under review, and not for what is claimed.
struct Custody {
  struct Scheme {
    SchemeId scheme = {};
    std::vector<CocModel> models = {};     // sorted, strongest first, each once
    std::vector<CocModel> sound = {};      // the same, by attestations that no void reaches
    bool is_enough(CocModel model) const;  // some model attested is at least as strong
    bool is_sound(CocModel model) const;   // some sound one is
  };
  std::vector<Scheme> schemes = {};  // sorted by scheme
  bool attests(CocModel model) const;
  std::optional<CocModel> weakest() const;  // of all schemes; none: nothing is attested
  const Scheme* of(const SchemeId& scheme) const;
};
Custody custody_at(const Draft& draft, const SiteId& site, Millis at);

// Whether one scheme attests the site, run by the issuer, for the model at the moment, and no void reaches
// it.
bool custody_attested(const Draft& draft, const SiteId& site, const SchemeId& scheme, CocModel model,
                      Millis at);

// --- what a made lot may be called ---

struct Provenance {
  std::optional<SiteId> origin = {};  // the one mine that all inputs come from
  CocModel model = CocModel::none;
  std::vector<state::Lot::SchemeEligibility> schemes = {};
  bool voided = false;  // only attestations that were void by then say so: it is under review from the start
};
// Of a process's output: the weakest of the inputs' models and of the model attested for the site (`named`,
// else the weakest attested); several origins: at most segregated; eligible and other inputs: at most
// controlled_blending; no attestation: none, and eligible for nothing. A scheme stays only if it attests the
// site for a model at least as strong as the output's.
Provenance made_provenance(const std::vector<state::Lot>& inputs, const Custody& custody,
                           std::optional<CocModel> named);
// Of a blend: the same, but lots of one origin need no attestation to be put together.
Provenance blend_provenance(const std::vector<state::Lot>& inputs, const Custody& custody);

// --- accounts and credits ---

// The open account of (site, scheme) whose period contains the moment; nothing if there is none.
std::optional<state::Account> account_at(const Draft& draft, const SiteId& site, const SchemeId& scheme,
                                         Millis at);

// An account of the site and scheme, of any period, that is below zero.
std::optional<AccountId> account_in_deficit(const Draft& draft, const SiteId& site, const SchemeId& scheme);

// Changes an account's balance. A balance below zero is a declared deficit: it is flagged
// account_in_deficit on the statement and on the account.
void move_balance(Draft& draft, const AccountId& account, std::int64_t by_g);

// Books what the acceptance of `lot` (its holder, site and accepted figures already the new ones) earns in
// the accounts of its site whose period contains the receipt's event, and that its holder keeps.
void book_credits(Draft& draft, state::Lot& lot, Millis receipt_event);

// For void_from: takes back the scheme's credits on the lot that were booked for one of the `voided` lots
// (the void's own and all their descendants), in full, except those taken over from a mass_balance
// certificate. The accounts fall, below zero if need be. Such a credit was booked only for an eligible
// identity_preserved or segregated lot, whose ancestors are all so too, and lives on it, its split children
// and blends; what a blend holds of sound lots stays.
void reverse_credits(Draft& draft, state::Lot& lot, const SchemeId& scheme, const std::set<LotId>& voided);

// A lot that leaves unprocessed: takes back the share of every credit, certificates' too, that lies over the
// Cu still on the lot, and returns what was taken, so that restore_credits can book it again.
std::vector<state::Lot::Credit> withdraw_credits(Draft& draft, state::Lot& lot);
void restore_credits(Draft& draft, state::Lot& lot, const std::vector<state::Lot::Credit>& reversed);

// In what follows the lot's remaining figures are those after `cu` left it. Each credit of an account goes by
// its share; of certificates' credits goes only what no longer fits, as their claims do.

// Copper that left without being sold or worked: its share of every credit is taken back, and returned.
std::vector<state::Lot::Credit> lose_credits(Draft& draft, state::Lot& lot, Grams cu);

// A list of credits that parts are added to: to the credit of the same account, kind and booking, else as one
// of its own.
class CreditJoin {
 public:
  explicit CreditJoin(std::vector<state::Lot::Credit>& into);
  void add(const state::Lot::Credit& part);

 private:
  using Key = std::tuple<AccountId, bool, LotId>;
  static Key key_of(const state::Lot::Credit& credit);
  std::vector<state::Lot::Credit>& into_;
  std::map<Key, std::size_t> places_ = {};
};

// Split and blend: the share of the credits over `cu`, of the `whole` Cu that `from` had before it went, goes
// along, kept apart by the lot it was booked for; accounts do not change.
void carry_credits(state::Lot& from, CreditJoin& to, Grams cu, Grams whole);

// How many credits a lot stands for that is made of all these, and how many it may: a record must fit into a
// file, and a split writes them once for each child.
std::size_t credits_together(const std::vector<state::Lot>& lots);
inline constexpr std::size_t credits_per_lot_max = 512;

// A process whose output stays above mass_balance for a scheme: the claim goes on with the metal, so the
// drawn share of that scheme's credits is taken back.
void release_credits(Draft& draft, state::Lot& from, Grams cu, const SchemeId& scheme);

}  // namespace anta
