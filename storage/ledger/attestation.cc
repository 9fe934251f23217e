// Accreditation, attestations, and what a change of an attestation's status does.
//
// A suspension looks forward only. A revocation with void_from looks back: the subject's lots at the listed
// sites from that event on, and everything made of them, are put under review, and the credits that stand on
// them are taken back.
#include <algorithm>
#include <limits>
#include <set>

#include "storage/ledger/custody_chain.h"
#include "storage/ledger/lineage.h"
#include "storage/ledger/mass.h"
#include "storage/ledger/mutant.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

std::optional<PartyId> owner_of(const Draft& draft, const SchemeId& scheme) {
  return scheme_owner(draft.view(), scheme, draft.moment.block_time);
}

// --- attestation ---

bool is_conflicted(const Draft& draft, const payload::Attestation& p) {
  const auto close = [&](const PartyId& party) {
    return party == draft.issuer() || related(draft.view(), draft.issuer(), party, draft.event_time());
  };
  if (close(p.subject)) return true;
  return std::any_of(p.sites.begin(), p.sites.end(), [&](const SiteId& id) {
    const auto site = draft.look<state::Site>(id.value);
    return site && close(site->operator_id);
  });
}

// What one body may say of one site: every question about the site reads them all.
constexpr std::ptrdiff_t attestations_per_body_max = 64;

std::ptrdiff_t attested_by(const Draft& draft, const state::Site& site, const PartyId& body) {
  return std::count_if(site.attestations.begin(), site.attestations.end(), [&](const AttestationId& id) {
    const auto attestation = draft.look<state::Attestation>(id.value);
    return attestation && attestation->body == body;
  });
}

// Each once, sorted: a site listed twice would be looked back on twice.
std::vector<SiteId> sites_of(const payload::Attestation& p) {
  const std::set<SiteId> unique(p.sites.begin(), p.sites.end());
  return {unique.begin(), unique.end()};
}

Verdict check_scope(const Draft& draft, const payload::Attestation& p) {
  for (const SiteId& id : sites_of(p)) {
    const auto site = draft.look<state::Site>(id.value);
    if (!site) return violated("out_of_scope", "no site " + id.value);
    if (site->operator_id != p.subject) {
      return violated("out_of_scope", "site " + id.value + " is operated by " + site->operator_id.value +
                                          ", not by " + p.subject.value);
    }
    if (attested_by(draft, *site, draft.issuer()) < attestations_per_body_max) continue;
    return violated("out_of_scope", "site " + id.value + " has as many attestations of one body as it may");
  }
  const std::int64_t length = p.valid_until.value - p.valid_from.value;
  if (length > draft.parameter("attestation_max_days") * day_ms) {
    return violated("out_of_scope", "an attestation is valid for at most " +
                                        std::to_string(draft.parameter("attestation_max_days")) + " days");
  }
  return {};
}

Verdict check_attestation(const Draft& draft, const payload::Attestation& p) {
  const LedgerView& view = draft.view();
  if (!holds_role(view, draft.issuer(), Role::assurance_body, draft.event_time())) {
    return violated("role_missing", draft.issuer().value + " is not an assurance body");
  }
  if (!owner_of(draft, p.scheme)) return violated("unknown_reference", "no scheme " + p.scheme.value);
  if (!party_exists(view, p.subject)) return violated("unknown_reference", "no party " + p.subject.value);
  if (draft.has<state::Attestation>(p.id.value)) {
    return violated("duplicate_id", "attestation " + p.id.value + " is registered already");
  }
  if (const Verdict verdict = in_order(p.valid_from, p.valid_until); !verdict) return verdict;
  if (is_conflicted(draft, p)) {
    return violated("conflict_of_interest", "the body is, owns or advises whom it attests");
  }
  if (!is_accredited(view, draft.issuer(), p.scheme, draft.event_time())) {
    return violated("issuer_not_accredited",
                    draft.issuer().value + " is not accredited for " + p.scheme.value + " at the event");
  }
  return check_scope(draft, p);
}

// --- attestation-status ---

// Which change is lawful after what is recorded. Revoked and withdrawn are final, but a revocation may add
// once from when everything was void.
bool may_change(const Draft& draft, const state::Attestation& attestation,
                const payload::AttestationStatus& p) {
  if (p.void_from && p.status != AttestationChange::revoked) return false;
  const auto is_final = [](const auto& change) {
    return change.status == AttestationChange::revoked || change.status == AttestationChange::withdrawn;
  };
  if (std::any_of(attestation.changes.begin(), attestation.changes.end(), is_final)) {
    return p.void_from && !void_from(attestation);
  }
  const Standing standing =
      standing_at(attestation, p.effective_from, draft.parameter("suspension_revokes_after_days"));
  switch (p.status) {
    case AttestationChange::suspended: return standing == Standing::in_force || standing == Standing::not_yet;
    case AttestationChange::reinstated: return standing == Standing::suspended;
    case AttestationChange::revoked:
    case AttestationChange::withdrawn: return true;
  }
  return false;
}

// The lots of the subject at the attested sites whose event is at or after the moment; no more than so many.
std::set<LotId> lots_since(const Draft& draft, const state::Attestation& attestation, Millis from,
                           std::size_t at_most = std::numeric_limits<std::size_t>::max()) {
  std::set<LotId> lots;
  for (const SiteId& id : attestation.sites) {
    const auto site = draft.look<state::Site>(id.value);
    ANTA_INVARIANT(site != nullptr);
    walk_site_since(draft.view(), *site, from, [&](const state::Lot& lot) {
      const bool counts = lot.maker == attestation.subject && lot.state != LotState::withdrawn;
      if (counts && lots.size() < at_most) lots.insert(lot.id);
      return lots.size() < at_most;
    });
  }
  return lots;
}

void flag_certificates(Draft& draft, const state::Lot& lot, const SchemeId& scheme) {
  for (const CertificateId& id : lot.certificates) {
    auto certificate = draft.get<state::Certificate>(id.value);
    ANTA_INVARIANT(certificate.has_value());
    const bool stands =
        certificate->state == CertificateState::live || certificate->state == CertificateState::consumed;
    const auto& schemes = certificate->schemes;
    if (!stands || std::find(schemes.begin(), schemes.end(), scheme) == schemes.end()) continue;
    draft.flag("upstream_under_review", certificate->stamp);
    draft.put(id.value, std::move(*certificate));
  }
}

// A lot on the way keeps the credits that leaving reversed in its dispatch; coming back must not book them.
void forget_reversed(Draft& draft, const state::Lot& lot, const SchemeId& scheme,
                     const std::set<LotId>& voided) {
  if (!lot.dispatch) return;
  auto dispatch = draft.get<state::Dispatch>(lot.dispatch->value);
  ANTA_INVARIANT(dispatch.has_value());
  std::size_t forgotten = 0;
  for (auto& line : dispatch->lines) {
    if (line.lot != lot.id) continue;
    forgotten += std::erase_if(line.reversed, [&](const state::Lot::Credit& credit) {
      const auto account = draft.look<state::Account>(credit.account.value);
      return !credit.by_certificate && voided.contains(credit.lot) && account && account->scheme == scheme;
    });
  }
  if (forgotten > 0) draft.put(dispatch->id.value, *dispatch);
}

void put_under_review(Draft& draft, const LotId& id, const SchemeId& scheme, const std::set<LotId>& voided) {
  auto lot = draft.get<state::Lot>(id.value);
  ANTA_INVARIANT(lot.has_value());
  for (auto& entry : lot->schemes) {
    if (entry.scheme == scheme) entry.status = Eligibility::under_review;
  }
  draft.flag("upstream_under_review", lot->stamp);
  reverse_credits(draft, *lot, scheme, voided);
  forget_reversed(draft, *lot, scheme, voided);
  flag_certificates(draft, *lot, scheme);
  draft.put(id.value, std::move(*lot));
}

void look_back(Draft& draft, const state::Attestation& attestation, Millis from) {
  if (ANTA_LAW_MUTANT(void_from_ignored)) return;
  std::set<LotId> voided = lots_since(draft, attestation, from);
  const std::vector<LotId> roots(voided.begin(), voided.end());
  walk_descendants(
      draft.view(), roots, [](const state::Lot&) { return true; },
      [&](const state::Lot& lot) { voided.insert(lot.id); });
  for (const LotId& id : voided)
    put_under_review(draft, id, attestation.scheme, voided);
}

// Whether lots follow from an attestation of this kind: the others are facts beside the metal.
bool carries_lots(AttestationKind kind) {
  return kind == AttestationKind::site_production || kind == AttestationKind::chain_of_custody;
}

}  // namespace

Verdict rule(Draft& draft, const payload::Accreditation& p) {
  const std::optional<PartyId> owner = owner_of(draft, p.scheme);
  if (owner != draft.issuer() &&
      !holds_role(draft.view(), draft.issuer(), Role::accreditation_body, draft.event_time())) {
    return violated("role_missing", "neither an accreditation body nor the scheme's owner");
  }
  if (!owner) return violated("unknown_reference", "no scheme " + p.scheme.value);
  if (!party_exists(draft.view(), p.body)) return violated("unknown_reference", "no party " + p.body.value);
  if (const Verdict verdict = in_order(p.from, p.until); !verdict) return verdict;
  const std::string id = p.body.value + "/" + p.scheme.value;
  state::Accreditation record = draft.get<state::Accreditation>(id).value_or(state::Accreditation{});
  record.entries.push_back({p.status, {p.from, p.until}, draft.issuer(), draft.statement.digest});
  draft.put(id, std::move(record));
  draft.concerns(Kind::party, p.body.value);
  return {};
}

Verdict rule(Draft& draft, const payload::Attestation& p) {
  if (const Verdict verdict = check_attestation(draft, p); !verdict) return verdict;
  state::Attestation attestation;
  attestation.id = p.id;
  attestation.scheme = p.scheme;
  attestation.criteria = p.criteria;
  attestation.kind = p.kind;
  attestation.body = draft.issuer();
  attestation.subject = p.subject;
  attestation.sites = sites_of(p);
  attestation.materials = p.materials.value_or(state::List<Material>{});
  attestation.coc_models = p.coc_models.value_or(state::List<CocModel>{});
  attestation.valid = {p.valid_from, p.valid_until};
  attestation.issued = draft.event_time();
  draft.put(p.id.value, std::move(attestation));
  for (const SiteId& id : sites_of(p)) {
    state::Site site = *draft.get<state::Site>(id.value);
    site.attestations.push_back(p.id);
    draft.put(id.value, std::move(site));
  }
  draft.concerns(Kind::party, p.subject.value);
  return {};
}

Verdict rule(Draft& draft, const payload::AttestationStatus& p) {
  auto attestation = draft.get<state::Attestation>(p.attestation.value);
  if (!attestation) return violated("unknown_reference", "no attestation " + p.attestation.value);
  if (draft.issuer() != attestation->body && draft.issuer() != owner_of(draft, attestation->scheme)) {
    return violated("not_issuer", "neither the body that issued it nor the scheme's owner");
  }
  if (draft.event_time() < attestation->issued || p.effective_from < attestation->issued) {
    return violated("event_order", "before the attestation was issued");
  }
  if (!may_change(draft, *attestation, p)) {
    return violated("wrong_state", "the attestation's status does not allow this change");
  }
  const bool late =
      carries_lots(attestation->kind) && !lots_since(draft, *attestation, p.effective_from, 1).empty();
  if (late) draft.flag("status_recorded_late", attestation->stamp);
  attestation->changes.push_back({p.status, p.effective_from, p.void_from, draft.statement.digest});
  draft.put(p.attestation.value, *attestation);
  draft.concerns(Kind::party, attestation->subject.value);
  if (p.void_from && carries_lots(attestation->kind)) look_back(draft, *attestation, *p.void_from);
  return {};
}

}  // namespace anta
