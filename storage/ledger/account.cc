// Mass-balance accounts: opening. (Booking is custody_chain's, debiting the certificate's.)
#include <string>

#include "storage/ledger/custody_chain.h"
#include "storage/ledger/mass.h"
#include "storage/ledger/recovery.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

constexpr std::size_t accounts_per_site_max = 256;  // every acceptance and claim at the site reads them all

Verdict check_scope(const Draft& draft, const payload::BalanceOpen& p, const state::Site& site) {
  if (!custody_attested(draft, p.site, p.scheme, CocModel::mass_balance, draft.event_time())) {
    return violated("out_of_scope", "site " + p.site.value + " is not attested for mass_balance by " +
                                        p.scheme.value + " at the event");
  }
  const std::int64_t length = p.until.value - p.from.value;
  if (length <= 0 || length > draft.parameter("account_period_max_days") * day_ms) {
    return violated("out_of_scope", "a period is above nothing and at most " +
                                        std::to_string(draft.parameter("account_period_max_days")) + " days");
  }
  if (site.accounts.size() >= accounts_per_site_max) {
    return violated("out_of_scope", "site " + p.site.value + " has as many accounts as it may");
  }
  const std::int64_t bound = recovery_bound_ppm(draft, site.processes);
  if (p.conversion_ppm.value > bound) {
    return violated("out_of_scope", "the site's processes convert at most " + std::to_string(bound) + " ppm");
  }
  return {};
}

Verdict check_overlap(const Draft& draft, const payload::BalanceOpen& p, const state::Site& site) {
  for (const AccountId& id : site.accounts) {
    const auto account = draft.look<state::Account>(id.value);
    ANTA_INVARIANT(account != nullptr);
    const bool apart =
        p.until <= account->period.from || (account->period.until && *account->period.until <= p.from);
    if (account->open && account->scheme == p.scheme && !apart) {
      return violated("account_overlap", "account " + id.value + " is open for " + p.scheme.value);
    }
  }
  return {};
}

// A deficit ends with eligible copper: not with the next account, and not with one opened beforehand. A part
// of the ledger does not know the balances.
Verdict check_deficit(const Draft& draft, const payload::BalanceOpen& p) {
  if (draft.moment.partial) return {};
  const auto deficit = account_in_deficit(draft, p.site, p.scheme);
  if (!deficit) return {};
  return violated("account_in_deficit", "account " + deficit->value + " of the site is in deficit");
}

}  // namespace

Verdict rule(Draft& draft, const payload::BalanceOpen& p) {
  auto site = draft.get<state::Site>(p.site.value);
  if (!site) return violated("unknown_reference", "no site " + p.site.value);
  if (!scheme_owner(draft.view(), p.scheme, draft.moment.block_time)) {
    return violated("unknown_reference", "no scheme " + p.scheme.value);
  }
  if (draft.has<state::Account>(p.id.value)) {
    return violated("duplicate_id", "account " + p.id.value + " exists");
  }
  if (site->operator_id != draft.issuer()) {
    return violated("not_holder", "site " + p.site.value + " is operated by " + site->operator_id.value);
  }
  if (auto verdict = check_scope(draft, p, *site); !verdict) return verdict;
  if (auto verdict = check_overlap(draft, p, *site); !verdict) return verdict;
  if (auto verdict = check_deficit(draft, p); !verdict) return verdict;
  state::Account account = {};
  account.id = p.id;
  account.site = p.site;
  account.scheme = p.scheme;
  account.product = p.product;
  account.method = p.method;
  account.period = {p.from, p.until};
  account.conversion_ppm = p.conversion_ppm;
  account.operator_id = draft.issuer();
  account.opened = draft.event_time();
  draft.put(p.id.value, account);
  site->accounts.push_back(p.id);
  draft.put(p.site.value, *site);
  return {};
}

}  // namespace anta
