#include "storage/ledger/custody_chain.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>

#include "storage/ledger/claims.h"
#include "storage/ledger/mass.h"
#include "storage/ledger/mutant.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

CocModel weaker(CocModel a, CocModel b) { return std::max(a, b); }

std::optional<SiteId> common_origin(const std::vector<state::Lot>& inputs) {
  for (const state::Lot& input : inputs) {
    if (!input.origin || input.origin != inputs.front().origin) return std::nullopt;
  }
  return inputs.empty() ? std::nullopt : inputs.front().origin;
}

// Whether some input is eligible for a scheme for which another is not.
bool is_mixed(const std::vector<state::Lot>& inputs) {
  std::set<SchemeId> any;
  for (const state::Lot& input : inputs) {
    for (const auto& entry : input.schemes)
      any.insert(entry.scheme);
  }
  return any.size() != common_eligibility(inputs).size();
}

// What putting the inputs together leaves of a model.
CocModel mixed_model(const std::vector<state::Lot>& inputs, CocModel model) {
  for (const state::Lot& input : inputs) {
    if (!ANTA_LAW_MUTANT(model_from_site_only)) model = weaker(model, input.coc_model);
  }
  if (!common_origin(inputs)) model = weaker(model, CocModel::segregated);
  if (is_mixed(inputs)) model = weaker(model, CocModel::controlled_blending);
  return model;
}

// The part of a credit that lies over `cu` grams of its lot.
Grams part_of(const state::Lot::Credit& credit, Grams cu) {
  if (credit.over_cu_g.value == 0) return {};
  return Grams{half_even(credit.cu_g.value, cu.value, credit.over_cu_g.value)};
}

// Cuts the part over `cu` off a credit; the rest stays in it.
state::Lot::Credit cut(state::Lot::Credit& credit, Grams cu) {
  const Grams over = std::min(cu, credit.over_cu_g);
  state::Lot::Credit part = {credit.account, part_of(credit, over), over, credit.by_certificate};
  credit.cu_g.value -= part.cu_g.value;
  credit.over_cu_g.value -= over.value;
  return part;
}

void drop_empty(std::vector<state::Lot::Credit>& credits) {
  std::erase_if(credits, [](const state::Lot::Credit& credit) { return credit.cu_g.value == 0; });
}

SchemeId scheme_of(const Draft& draft, const AccountId& id) {
  const auto account = draft.get<state::Account>(id.value);
  ANTA_INVARIANT(account.has_value());
  return account->scheme;
}

// The Cu of the lot that an account of the scheme counts, and whether certificates say so (ledger.md 6.6).
state::Lot::Credit counted(const Draft& draft, const state::Lot& lot, const state::Account& account,
                           Millis receipt_event) {
  const bool eligible =
      eligibility_for(lot, account.scheme) == Eligibility::eligible || ANTA_LAW_MUTANT(credit_to_ineligible);
  if (eligible && lot.coc_model <= CocModel::segregated) {
    return {account.id, lot.accepted.cu_g, lot.accepted.cu_g, false};
  }
  const Grams claimed = claimed_by_holder(draft, lot, account.scheme, receipt_event);
  return {account.id, std::min(claimed, lot.accepted.cu_g), lot.accepted.cu_g, true};
}

}  // namespace

bool Custody::attests(CocModel model) const {
  return std::find(models.begin(), models.end(), model) != models.end();
}

bool Custody::attested_by(const SchemeId& scheme) const {
  return std::binary_search(schemes.begin(), schemes.end(), scheme);
}

Custody custody_at(const Draft& draft, const SiteId& site_id, Millis at) {
  const auto site = draft.get<state::Site>(site_id.value);
  if (!site) return {};
  std::set<CocModel> models;
  std::set<SchemeId> schemes;
  for (const auto& attestation : attestations_at(draft.view(), *site, AttestationKind::chain_of_custody)) {
    if (!in_force(draft.view(), attestation, at, draft.moment.block_time)) continue;
    schemes.insert(attestation.scheme);
    models.insert(attestation.coc_models.begin(), attestation.coc_models.end());
  }
  return {{models.begin(), models.end()}, {schemes.begin(), schemes.end()}};
}

bool custody_attested(const Draft& draft, const SiteId& site_id, const SchemeId& scheme, CocModel model,
                      Millis at) {
  const auto site = draft.get<state::Site>(site_id.value);
  if (!site) return false;
  const auto attestations = attestations_at(draft.view(), *site, AttestationKind::chain_of_custody);
  return std::any_of(attestations.begin(), attestations.end(), [&](const state::Attestation& attestation) {
    const auto& models = attestation.coc_models;
    return attestation.scheme == scheme && std::find(models.begin(), models.end(), model) != models.end() &&
           in_force(draft.view(), attestation, at, draft.moment.block_time);
  });
}

Provenance made_provenance(const std::vector<state::Lot>& inputs, const Custody& custody,
                           std::optional<CocModel> named) {
  Provenance made = {common_origin(inputs), CocModel::none, {}};
  if (custody.models.empty()) return made;
  made.model = mixed_model(inputs, named.value_or(custody.models.back()));
  if (made.model == CocModel::none) return made;
  for (const auto& entry : common_eligibility(inputs)) {
    if (custody.attested_by(entry.scheme)) made.schemes.push_back(entry);
  }
  return made;
}

Provenance blend_provenance(const std::vector<state::Lot>& inputs, const Custody& custody) {
  const std::optional<SiteId> origin = common_origin(inputs);
  if (!origin) return made_provenance(inputs, custody, std::nullopt);
  return {origin, mixed_model(inputs, CocModel::identity_preserved), common_eligibility(inputs)};
}

std::optional<state::Account> account_at(const Draft& draft, const SiteId& site_id, const SchemeId& scheme,
                                         Millis at) {
  const auto site = draft.get<state::Site>(site_id.value);
  if (!site) return std::nullopt;
  for (const AccountId& id : site->accounts) {
    auto account = draft.get<state::Account>(id.value);
    ANTA_INVARIANT(account.has_value());
    if (account->open && account->scheme == scheme && account->period.contains(at)) return account;
  }
  return std::nullopt;
}

void move_balance(Draft& draft, const AccountId& id, std::int64_t by_g) {
  auto account = draft.get<state::Account>(id.value);
  ANTA_INVARIANT(account.has_value());
  const std::int64_t limit =
      by_g < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
  account->balance_g = checked_sum(account->balance_g, by_g).value_or(limit);
  if (account->balance_g >= 0) {
    std::erase_if(account->stamp.flags,
                  [](const state::Flag& flag) { return flag.code == "account_in_deficit"; });
  } else if (by_g < 0 && !draft.moment.partial) {  // a part of the ledger does not know the balance
    draft.flag("account_in_deficit", account->stamp);
  }
  draft.put(id.value, *account);
  draft.concerns(Kind::account, id.value);
}

void book_credits(Draft& draft, state::Lot& lot, Millis receipt_event) {
  const auto site = draft.get<state::Site>(lot.site.value);
  ANTA_INVARIANT(site.has_value());
  for (const AccountId& id : site->accounts) {
    const auto account = draft.get<state::Account>(id.value);
    ANTA_INVARIANT(account.has_value());
    if (!account->open || !account->period.contains(receipt_event)) continue;
    if (account->operator_id != lot.holder) continue;  // somebody else's goods on the operator's ground
    state::Lot::Credit credit = counted(draft, lot, *account, receipt_event);
    credit.cu_g = Grams{half_even(credit.cu_g.value, account->conversion_ppm.value, ppm_whole)};
    if (credit.cu_g.value == 0) continue;
    lot.credits.push_back(credit);
    move_balance(draft, id, credit.cu_g.value);
  }
}

bool reverse_credits(Draft& draft, state::Lot& lot, const std::optional<SchemeId>& scheme) {
  bool reversed = false;
  for (state::Lot::Credit& credit : lot.credits) {
    if (credit.by_certificate || (scheme && scheme_of(draft, credit.account) != *scheme)) continue;
    move_balance(draft, credit.account, -credit.cu_g.value);
    credit.cu_g = {};
    reversed = true;
  }
  drop_empty(lot.credits);
  return reversed;
}

std::vector<state::Lot::Credit> withdraw_credits(Draft& draft, state::Lot& lot) {
  std::vector<state::Lot::Credit> reversed;
  for (state::Lot::Credit& credit : lot.credits) {
    state::Lot::Credit part = cut(credit, lot.remaining_cu_g);
    credit.over_cu_g = {};  // what is left of it is used up by processing: it follows no copper of this lot
    if (part.cu_g.value == 0) continue;
    move_balance(draft, part.account, -part.cu_g.value);
    reversed.push_back(part);
  }
  drop_empty(lot.credits);
  return reversed;
}

void restore_credits(Draft& draft, state::Lot& lot, const std::vector<state::Lot::Credit>& reversed) {
  for (const state::Lot::Credit& credit : reversed) {
    move_balance(draft, credit.account, credit.cu_g.value);
    lot.credits.push_back(credit);
  }
}

void carry_credits(state::Lot& from, state::Lot& to, Grams cu) {
  for (state::Lot::Credit& credit : from.credits) {
    const state::Lot::Credit part = cut(credit, cu);
    if (part.cu_g.value == 0) continue;
    const auto same = std::find_if(to.credits.begin(), to.credits.end(), [&](const auto& other) {
      return other.account == part.account && other.by_certificate == part.by_certificate;
    });
    if (same == to.credits.end()) {
      to.credits.push_back(part);
    } else {
      same->cu_g.value += part.cu_g.value;
      same->over_cu_g.value += part.over_cu_g.value;
    }
  }
  drop_empty(from.credits);
}

void release_credits(Draft& draft, state::Lot& from, Grams cu, const SchemeId& scheme) {
  for (state::Lot::Credit& credit : from.credits) {
    if (scheme_of(draft, credit.account) != scheme) continue;
    const state::Lot::Credit part = cut(credit, cu);
    if (part.cu_g.value != 0) move_balance(draft, part.account, -part.cu_g.value);
  }
  drop_empty(from.credits);
}

}  // namespace anta
