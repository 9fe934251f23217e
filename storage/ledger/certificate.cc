// Certificates: what the holder of a lot claims of it, and what ends a claim.
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "storage/ledger/claims.h"
#include "storage/ledger/custody_chain.h"
#include "storage/ledger/draws.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

// A claim that the metal itself does not carry: an account pays for it. book_and_claim is even less tied to
// the metal than mass_balance, so it pays too.
bool is_paid_by_account(CocModel model) { return model >= CocModel::mass_balance; }

std::vector<SchemeId> schemes_of(const payload::Certificate& p) {
  const std::set<SchemeId> unique(p.schemes.begin(), p.schemes.end());
  return {unique.begin(), unique.end()};
}

Result<state::Lot> find_parts(const Draft& draft, const payload::Certificate& p) {
  auto lot = draft.get<state::Lot>(p.lot.value);
  if (!lot) return violated("unknown_reference", "no lot " + p.lot.value);
  for (const SchemeId& scheme : p.schemes) {
    if (!scheme_owner(draft.view(), scheme, draft.moment.block_time)) {
      return violated("unknown_reference", "no scheme " + scheme.value);
    }
  }
  if (p.buyer && !party_exists(draft.view(), *p.buyer)) {
    return violated("unknown_reference", "no party " + p.buyer->value);
  }
  if (draft.has<state::Certificate>(p.id.value)) {
    return violated("duplicate_id", "certificate " + p.id.value + " exists");
  }
  if (lot->holder != draft.issuer()) {
    return violated("not_holder", "lot " + p.lot.value + " is held by " + lot->holder.value);
  }
  return std::move(*lot);
}

Verdict check_claim(const Draft& draft, const payload::Certificate& p, const state::Lot& lot) {
  const Custody custody = custody_at(draft, lot.site, draft.event_time());
  for (const SchemeId& scheme : p.schemes) {
    const Custody::Scheme* attested = custody.of(scheme);
    if (attested && !attested->sound.empty()) continue;
    return violated("out_of_scope", draft.issuer().value + " has no chain_of_custody attestation of " +
                                        scheme.value + " in force for site " + lot.site.value);
  }
  if (p.valid_until <= draft.event_time()) {
    return violated("out_of_scope", "the certificate would have ended before it is issued");
  }
  if (p.coc_model < lot.coc_model) {
    return violated("coc_model_upgrade", "lot " + lot.id.value + " is " + std::string(word(lot.coc_model)));
  }
  for (const SchemeId& scheme : p.schemes) {
    if (!is_paid_by_account(p.coc_model) && eligibility_for(lot, scheme) != Eligibility::eligible) {
      return violated("not_eligible", "lot " + lot.id.value + " is not eligible for " + scheme.value);
    }
    if (custody.of(scheme)->is_sound(p.coc_model)) continue;
    return violated("not_eligible", "site " + lot.site.value + " is attested by " + scheme.value +
                                        " for weaker models than " + std::string(word(p.coc_model)));
  }
  return {};
}

// A credit over no copper of the lot is of what processing used: it says nothing of what is left.
bool is_credited(const Draft& draft, const state::Lot& lot, const SchemeId& scheme) {
  return std::any_of(lot.credits.begin(), lot.credits.end(), [&](const state::Lot::Credit& credit) {
    const auto account = draft.look<state::Account>(credit.account.value);
    return credit.over_cu_g.value > 0 && account && account->scheme == scheme;
  });
}

// Live and consumed: whatever happens to the lot reads them all. What is split off starts without.
constexpr std::size_t certificates_per_lot_max = 256;

// Certified quantity never exceeds the lot, and what an account was credited for is not claimed again above
// mass_balance.
Verdict check_quantity(const Draft& draft, const payload::Certificate& p, const state::Lot& lot) {
  if (auto verdict = available(lot, p.dry_g, p.cu_g); !verdict) return verdict;
  if (auto verdict = has_grade(draft, lot, p.dry_g, p.cu_g); !verdict) return verdict;
  if (lot.certificates.size() >= certificates_per_lot_max) {
    return violated("already_certified", "lot " + lot.id.value + " has as many certificates as it may");
  }
  const bool dry_fits = p.dry_g.value <= lot.remaining_dry_g.value - lot.certified_dry_g.value;
  const bool cu_fits = p.cu_g.value <= lot.remaining_cu_g.value - lot.certified_cu_g.value;
  if (!dry_fits || !cu_fits) {
    return violated("already_certified", std::to_string(lot.certified_cu_g.value) + " g Cu of lot " +
                                             lot.id.value + " are certified already");
  }
  if (is_paid_by_account(p.coc_model)) return {};
  for (const SchemeId& scheme : p.schemes) {
    if (!is_credited(draft, lot, scheme)) continue;
    return violated("already_certified", "the copper of lot " + lot.id.value + " is credited to an account");
  }
  return {};
}

// The accounts that pay, one per scheme: first that all exist, then that none is in deficit, then the credit.
Result<std::vector<state::Certificate::Debit>> find_debits(const Draft& draft, const payload::Certificate& p,
                                                           const state::Lot& lot) {
  std::vector<state::Certificate::Debit> debits;
  if (!is_paid_by_account(p.coc_model)) return debits;
  std::vector<state::Account> accounts;
  for (const SchemeId& scheme : schemes_of(p)) {
    auto account = account_at(draft, lot.site, scheme, draft.event_time());
    if (!account || account->product != lot.material || account->operator_id != draft.issuer()) {
      return violated("no_account", "no account of " + draft.issuer().value + " for " + scheme.value +
                                        " and " + std::string(word(lot.material)) + " at " + lot.site.value);
    }
    accounts.push_back(std::move(*account));
  }
  // A part of the ledger holds a part of the account's credits: its balance is then the cosigners' to answer
  // for.
  const bool whole = !draft.moment.partial;
  for (const state::Account& account : accounts) {
    const auto deficit = whole ? account_in_deficit(draft, account.site, account.scheme) : std::nullopt;
    if (deficit) return violated("account_in_deficit", "account " + deficit->value + " is in deficit");
  }
  for (const state::Account& account : accounts) {
    if (whole && account.balance_g < p.cu_g.value) {
      return violated("credit_exceeded",
                      "account " + account.id.value + " has " + std::to_string(account.balance_g) + " g Cu");
    }
    debits.push_back({account.id, p.cu_g});
  }
  return debits;
}

// --- status ---

bool may_change(const Draft& draft, const payload::CertificateStatus& p,
                const state::Certificate& certificate, const state::Lot& lot) {
  if (draft.issuer() == certificate.holder) return true;
  const bool held_by_buyer = certificate.buyer == draft.issuer() && lot.holder == draft.issuer();
  if (p.status == CertificateChange::superseded && held_by_buyer) return true;
  return std::any_of(certificate.schemes.begin(), certificate.schemes.end(), [&](const SchemeId& scheme) {
    return scheme_owner(draft.view(), scheme, draft.moment.block_time) == draft.issuer();
  });
}

// A successor that exists already is another certificate on the same lot; one that does not exist yet is an
// announcement, since it cannot be issued before this one frees the metal.
bool names_successor(const Draft& draft, const payload::CertificateStatus& p,
                     const state::Certificate& certificate) {
  if (!p.by) return true;
  if (*p.by == certificate.id) return false;
  const auto successor = draft.look<state::Certificate>(p.by->value);
  return !successor || successor->lot == certificate.lot;
}

// Live may become both; consumed only void, since fraud may be found late.
bool is_open_to(const state::Certificate& certificate, CertificateChange change) {
  if (certificate.state == CertificateState::live) return true;
  return certificate.state == CertificateState::consumed && change == CertificateChange::voided;
}

// The account gets back what it paid while the issuer still holds the lot and the period runs: nobody has
// relied on the claim by then.
void return_debits(Draft& draft, const state::Certificate& certificate, const state::Lot& lot) {
  if (lot.holder != certificate.holder) return;
  for (const state::Certificate::Debit& debit : certificate.debits) {
    const auto account = draft.look<state::Account>(debit.account.value);
    ANTA_INVARIANT(account != nullptr);
    if (!account->open || !account->period.contains(draft.event_time())) continue;
    move_balance(draft, debit.account, debit.cu_g.value);
  }
}

}  // namespace

Verdict rule(Draft& draft, const payload::Certificate& p) {
  Result<state::Lot> lot = find_parts(draft, p);
  if (!lot) return pass(lot);
  if (auto verdict = lot_ready(draft, *lot); !verdict) return verdict;
  if (auto verdict = check_claim(draft, p, *lot); !verdict) return verdict;
  if (auto verdict = check_quantity(draft, p, *lot); !verdict) return verdict;
  auto debits = find_debits(draft, p, *lot);
  if (!debits) return pass(debits);
  state::Certificate certificate = {};
  certificate.id = p.id;
  certificate.lot = p.lot;
  certificate.site = lot->site;
  certificate.holder = draft.issuer();
  certificate.dry_g = p.dry_g;
  certificate.cu_g = p.cu_g;
  certificate.coc_model = p.coc_model;
  certificate.schemes = schemes_of(p);
  certificate.buyer = p.buyer;
  certificate.issued = draft.event_time();
  certificate.valid_until = p.valid_until;
  certificate.debits = *debits;
  for (const state::Certificate::Debit& debit : certificate.debits)
    move_balance(draft, debit.account, -debit.cu_g.value);
  if (is_under_review(*lot)) draft.flag("upstream_under_review", certificate.stamp);
  lot->certified_dry_g.value += p.dry_g.value;
  lot->certified_cu_g.value += p.cu_g.value;
  lot->certificates.push_back(p.id);
  draft.put(p.id.value, certificate);
  draft.put(p.lot.value, *lot);
  return {};
}

Verdict rule(Draft& draft, const payload::CertificateStatus& p) {
  auto certificate = draft.get<state::Certificate>(p.certificate.value);
  if (!certificate || !names_successor(draft, p, *certificate)) {
    return violated("unknown_reference", "no certificate " + p.certificate.value + ", or no such successor");
  }
  auto lot = draft.get<state::Lot>(certificate->lot.value);
  ANTA_INVARIANT(lot.has_value());
  if (!may_change(draft, p, *certificate, *lot)) {
    return violated("not_issuer",
                    draft.issuer().value + " neither issued the certificate nor owns its scheme");
  }
  if (draft.event_time() < certificate->issued) {
    return violated("event_order", "before the certificate was issued");
  }
  if (!is_open_to(*certificate, p.status)) {
    return violated("wrong_state",
                    "certificate " + p.certificate.value + " is " + std::string(word(certificate->state)));
  }
  if (certificate->state == CertificateState::live) {
    unbind(*lot, *certificate);
    forget(*lot, *certificate);
    draft.put(lot->id.value, *lot);
    return_debits(draft, *certificate, *lot);
  }
  const bool superseded = p.status == CertificateChange::superseded;
  certificate->state = superseded ? CertificateState::superseded : CertificateState::voided;
  certificate->superseded_by = p.by;
  draft.put(p.certificate.value, *certificate);
  return {};
}

}  // namespace anta
