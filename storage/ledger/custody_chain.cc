#include "storage/ledger/custody_chain.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "storage/ledger/claims.h"
#include "storage/ledger/mass.h"
#include "storage/ledger/mutant.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

CocModel weaker(CocModel a, CocModel b) { return std::max(a, b); }

bool lists(const std::vector<CocModel>& models, CocModel model) {
  return std::find(models.begin(), models.end(), model) != models.end();
}

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
  state::Lot::Credit part = {credit.account, part_of(credit, over), over, credit.by_certificate, credit.lot};
  credit.cu_g.value -= part.cu_g.value;
  credit.over_cu_g.value -= over.value;
  return part;
}

void drop_empty(std::vector<state::Lot::Credit>& credits) {
  std::erase_if(credits, [](const state::Lot::Credit& credit) { return credit.cu_g.value == 0; });
}

SchemeId scheme_of(const Draft& draft, const AccountId& id) {
  const auto account = draft.look<state::Account>(id.value);
  ANTA_INVARIANT(account != nullptr);
  return account->scheme;
}

// The Cu of the lot that an account of the scheme counts, and whether certificates say so (ledger.md 6.6).
state::Lot::Credit counted(const Draft& draft, const state::Lot& lot, const state::Account& account,
                           Millis receipt_event) {
  const bool eligible =
      eligibility_for(lot, account.scheme) == Eligibility::eligible || ANTA_LAW_MUTANT(credit_to_ineligible);
  if (eligible && lot.coc_model <= CocModel::segregated) {
    // What the receiver itself certifies of it stays a claim of this lot, and is no account's.
    const Grams promised = promised_by_holder(draft, lot, account.scheme);
    const Grams free = subtract(lot.accepted.cu_g, promised).value_or(Grams{});
    return {account.id, free, lot.accepted.cu_g, false, lot.id};
  }
  const Grams claimed =
      std::min(claimed_by_holder(draft, lot, account.scheme, receipt_event), lot.accepted.cu_g);
  return {account.id, claimed, claimed, true, lot.id};
}

// `cu` of the `whole` Cu of a lot goes: cuts off each credit what lies over it. Credits of one account lie
// beside each other, each over a part of every gram. Certificates' go like their claims: copper that nobody
// claims is the first to go, and then theirs, in order. Where processing has used some, the credits stand for
// more than there is, and go by their shares.
std::vector<state::Lot::Credit> cut_all(std::vector<state::Lot::Credit>& credits, Grams cu, Grams whole) {
  std::map<std::pair<AccountId, bool>, Grams> together;  // as they were
  for (const state::Lot::Credit& credit : credits)
    together[{credit.account, credit.by_certificate}].value += credit.over_cu_g.value;
  std::map<AccountId, std::int64_t> claimed_gone;
  std::vector<state::Lot::Credit> parts;
  for (state::Lot::Credit& credit : credits) {
    const Grams sum = together.at({credit.account, credit.by_certificate});
    Grams over = {
        half_even(cu.value, credit.over_cu_g.value, std::max<std::int64_t>({whole.value, sum.value, 1}))};
    if (credit.by_certificate) {
      std::int64_t& gone = claimed_gone[credit.account];
      const std::int64_t excess = sum.value - (whole.value - cu.value) - gone;
      over.value = std::clamp<std::int64_t>(std::min(excess, cu.value - gone), 0, credit.over_cu_g.value);
      gone += over.value;
    }
    parts.push_back(cut(credit, over));
  }
  return parts;
}

}  // namespace

bool Custody::Scheme::is_enough(CocModel model) const { return !models.empty() && models.front() <= model; }
bool Custody::Scheme::is_sound(CocModel model) const { return !sound.empty() && sound.front() <= model; }

bool Custody::attests(CocModel model) const {
  return std::any_of(schemes.begin(), schemes.end(), [&](const Scheme& s) { return lists(s.models, model); });
}

std::optional<CocModel> Custody::weakest() const {
  std::optional<CocModel> model;
  for (const Scheme& s : schemes) {
    if (!s.models.empty()) model = weaker(model.value_or(s.models.back()), s.models.back());
  }
  return model;
}

const Custody::Scheme* Custody::of(const SchemeId& scheme) const {
  const auto found =
      std::find_if(schemes.begin(), schemes.end(), [&](const Scheme& s) { return s.scheme == scheme; });
  return found == schemes.end() ? nullptr : &*found;
}

Custody custody_at(const Draft& draft, const SiteId& site_id, Millis at) {
  const auto site = draft.look<state::Site>(site_id.value);
  if (!site) return {};
  struct Models {
    std::set<CocModel> all = {};
    std::set<CocModel> sound = {};
  };
  std::map<SchemeId, Models> found;
  for (const auto& listed : attestations_at(draft.view(), *site, AttestationKind::chain_of_custody)) {
    const state::Attestation& attestation = *listed;
    if (attestation.subject != draft.issuer()) continue;
    if (!in_force(draft.view(), attestation, at, draft.moment.block_time)) continue;
    Models& models = found[attestation.scheme];
    models.all.insert(attestation.coc_models.begin(), attestation.coc_models.end());
    const std::optional<Millis> voided = void_from(attestation);
    if (voided && *voided <= at && !ANTA_LAW_MUTANT(void_from_ignored)) continue;
    models.sound.insert(attestation.coc_models.begin(), attestation.coc_models.end());
  }
  Custody custody;
  for (const auto& [scheme, models] : found) {
    custody.schemes.push_back(
        {scheme, {models.all.begin(), models.all.end()}, {models.sound.begin(), models.sound.end()}});
  }
  return custody;
}

bool custody_attested(const Draft& draft, const SiteId& site, const SchemeId& scheme, CocModel model,
                      Millis at) {
  const Custody custody = custody_at(draft, site, at);
  const Custody::Scheme* attested = custody.of(scheme);
  return attested && lists(attested->sound, model);
}

Provenance made_provenance(const std::vector<state::Lot>& inputs, const Custody& custody,
                           std::optional<CocModel> named) {
  Provenance made = {common_origin(inputs), CocModel::none, {}, false};
  const std::optional<CocModel> weakest = custody.weakest();
  if (!weakest) return made;
  made.model = mixed_model(inputs, named.value_or(*weakest));
  if (made.model == CocModel::none) return made;
  made.voided = std::none_of(custody.schemes.begin(), custody.schemes.end(),
                             [&](const Custody::Scheme& s) { return s.is_sound(made.model); });
  for (state::Lot::SchemeEligibility entry : common_eligibility(inputs)) {
    const Custody::Scheme* attested = custody.of(entry.scheme);
    if (!attested || !attested->is_enough(made.model)) continue;
    if (!attested->is_sound(made.model)) entry.status = Eligibility::under_review;
    made.schemes.push_back(entry);
  }
  return made;
}

Provenance blend_provenance(const std::vector<state::Lot>& inputs, const Custody& custody) {
  const std::optional<SiteId> origin = common_origin(inputs);
  if (!origin) return made_provenance(inputs, custody, std::nullopt);
  return {origin, mixed_model(inputs, CocModel::identity_preserved), common_eligibility(inputs), false};
}

std::optional<state::Account> account_at(const Draft& draft, const SiteId& site_id, const SchemeId& scheme,
                                         Millis at) {
  const auto site = draft.look<state::Site>(site_id.value);
  if (!site) return std::nullopt;
  for (const AccountId& id : site->accounts) {
    auto account = draft.get<state::Account>(id.value);
    ANTA_INVARIANT(account.has_value());
    if (account->open && account->scheme == scheme && account->period.contains(at)) return account;
  }
  return std::nullopt;
}

std::optional<AccountId> account_in_deficit(const Draft& draft, const SiteId& site_id,
                                            const SchemeId& scheme) {
  const auto site = draft.look<state::Site>(site_id.value);
  if (!site) return std::nullopt;
  for (const AccountId& id : site->accounts) {
    const auto account = draft.look<state::Account>(id.value);
    ANTA_INVARIANT(account != nullptr);
    if (account->scheme == scheme && account->balance_g < 0) return id;
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
  const auto site = draft.look<state::Site>(lot.site.value);
  ANTA_INVARIANT(site != nullptr);
  for (const AccountId& id : site->accounts) {
    const auto account = draft.look<state::Account>(id.value);
    ANTA_INVARIANT(account != nullptr);
    if (!account->open || !account->period.contains(receipt_event)) continue;
    if (account->operator_id != lot.holder) continue;  // somebody else's goods on the operator's ground
    state::Lot::Credit credit = counted(draft, lot, *account, receipt_event);
    credit.cu_g = Grams{half_even(credit.cu_g.value, account->conversion_ppm.value, ppm_whole)};
    if (credit.cu_g.value == 0) continue;
    lot.credits.push_back(credit);
    move_balance(draft, id, credit.cu_g.value);
  }
}

void reverse_credits(Draft& draft, state::Lot& lot, const SchemeId& scheme, const std::set<LotId>& voided) {
  for (state::Lot::Credit& credit : lot.credits) {
    if (credit.by_certificate || !voided.contains(credit.lot) || scheme_of(draft, credit.account) != scheme) {
      continue;
    }
    move_balance(draft, credit.account, -credit.cu_g.value);
    credit.cu_g = {};
  }
  drop_empty(lot.credits);
}

namespace {

// Cuts off and takes back; what was taken.
std::vector<state::Lot::Credit> take_back(Draft& draft, state::Lot& lot, Grams cu, Grams whole) {
  std::vector<state::Lot::Credit> parts;
  if (lot.credits.empty()) return parts;
  parts = cut_all(lot.credits, cu, whole);
  drop_empty(parts);
  drop_empty(lot.credits);
  for (const state::Lot::Credit& part : parts)
    move_balance(draft, part.account, -part.cu_g.value);
  return parts;
}

}  // namespace

std::vector<state::Lot::Credit> withdraw_credits(Draft& draft, state::Lot& lot) {
  std::vector<state::Lot::Credit> reversed = take_back(draft, lot, lot.remaining_cu_g, lot.remaining_cu_g);
  for (state::Lot::Credit& credit : lot.credits)
    credit.over_cu_g = {};  // what is left of it is used up by processing: it follows no copper of this lot
  return reversed;
}

void restore_credits(Draft& draft, state::Lot& lot, const std::vector<state::Lot::Credit>& reversed) {
  for (const state::Lot::Credit& credit : reversed) {
    move_balance(draft, credit.account, credit.cu_g.value);
    lot.credits.push_back(credit);
  }
}

std::vector<state::Lot::Credit> lose_credits(Draft& draft, state::Lot& lot, Grams cu) {
  return take_back(draft, lot, cu, Grams{lot.remaining_cu_g.value + cu.value});
}

CreditJoin::CreditJoin(std::vector<state::Lot::Credit>& into) : into_(into) {
  for (std::size_t i = 0; i < into.size(); ++i)
    places_.emplace(key_of(into[i]), i);
}

void CreditJoin::add(const state::Lot::Credit& part) {
  const auto [place, is_new] = places_.emplace(key_of(part), into_.size());
  if (is_new) {
    into_.push_back(part);
    return;
  }
  into_[place->second].cu_g.value += part.cu_g.value;
  into_[place->second].over_cu_g.value += part.over_cu_g.value;
}

CreditJoin::Key CreditJoin::key_of(const state::Lot::Credit& credit) {
  return {credit.account, credit.by_certificate, credit.lot};
}

void carry_credits(state::Lot& from, CreditJoin& to, Grams cu, Grams whole) {
  if (from.credits.empty()) return;
  for (const state::Lot::Credit& part : cut_all(from.credits, cu, whole)) {
    if (part.cu_g.value != 0) to.add(part);
  }
  drop_empty(from.credits);
}

std::size_t credits_together(const std::vector<state::Lot>& lots) {
  std::vector<state::Lot::Credit> together;
  CreditJoin join(together);
  for (const state::Lot& lot : lots) {
    for (const state::Lot::Credit& credit : lot.credits)
      join.add(credit);
  }
  return together.size();
}

void release_credits(Draft& draft, state::Lot& from, Grams cu, const SchemeId& scheme) {
  if (from.credits.empty()) return;
  std::vector<state::Lot::Credit> of_scheme;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < from.credits.size(); ++i) {
    if (scheme_of(draft, from.credits[i].account) != scheme) continue;
    of_scheme.push_back(from.credits[i]);
    places.push_back(i);
  }
  for (const state::Lot::Credit& part : cut_all(of_scheme, cu, Grams{from.remaining_cu_g.value + cu.value})) {
    if (part.cu_g.value != 0) move_balance(draft, part.account, -part.cu_g.value);
  }
  for (std::size_t i = 0; i < places.size(); ++i)
    from.credits[places[i]] = of_scheme[i];
  drop_empty(from.credits);
}

}  // namespace anta
