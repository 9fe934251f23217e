#include "storage/ledger/claims.h"

#include <algorithm>
#include <optional>
#include <string>

namespace anta {
namespace {

// Who may use what the certificate binds; nobody while the issuer of a bearer certificate holds the lot.
std::optional<PartyId> claimant(const state::Certificate& certificate, const state::Lot& lot) {
  if (certificate.buyer) return certificate.buyer;
  if (lot.holder != certificate.holder) return lot.holder;
  return std::nullopt;
}

void consume(Draft& draft, state::Lot& lot, state::Certificate& certificate) {
  certificate.state = CertificateState::consumed;
  unbind(lot, certificate);
  draft.put(certificate.id.value, certificate);
  draft.concerns(Kind::certificate, certificate.id.value);
}

bool claims_fit(const state::Lot& lot) {
  return lot.certified_dry_g <= lot.remaining_dry_g && lot.certified_cu_g <= lot.remaining_cu_g;
}

// Takes up to `excess` off `part` and off the lot's `whole`.
void shorten(Grams& part, Grams& whole, const Grams& limit) {
  if (whole <= limit) return;
  const std::int64_t cut = std::min(part.value, whole.value - limit.value);
  part.value -= cut;
  whole.value -= cut;
}

}  // namespace

std::vector<state::Certificate> live_certificates(const Draft& draft, const state::Lot& lot) {
  std::vector<state::Certificate> live;
  for (const CertificateId& id : lot.certificates) {
    auto certificate = draft.get<state::Certificate>(id.value);
    ANTA_INVARIANT(certificate.has_value());
    if (certificate->state == CertificateState::live) live.push_back(std::move(*certificate));
  }
  return live;
}

Grams claimed_by_holder(const Draft& draft, const state::Lot& lot, const SchemeId& scheme, Millis at) {
  Grams sum = {};
  for (const state::Certificate& certificate : live_certificates(draft, lot)) {
    const auto& schemes = certificate.schemes;
    const bool names = std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
    if (!names || certificate.buyer != lot.holder || at >= certificate.valid_until) continue;
    if (certificate.holder == lot.holder) continue;  // its own word, and it may take it back
    sum.value += certificate.cu_g.value;             // together at most the lot's certified Cu
  }
  return sum;
}

Grams promised_by_holder(const Draft& draft, const state::Lot& lot, const SchemeId& scheme) {
  Grams sum = {};
  for (const state::Certificate& certificate : live_certificates(draft, lot)) {
    const auto& schemes = certificate.schemes;
    const bool names = std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
    if (!names || certificate.holder != lot.holder || certificate.coc_model >= CocModel::mass_balance)
      continue;
    sum.value += certificate.cu_g.value;
  }
  return sum;
}

Verdict may_draw(const Draft& draft, const state::Lot& lot, Grams dry, Grams cu, const PartyId& actor) {
  Grams bound_dry = {};
  Grams bound_cu = {};
  for (const state::Certificate& certificate : live_certificates(draft, lot)) {
    if (claimant(certificate, lot) == actor) continue;
    bound_dry.value += certificate.dry_g.value;
    bound_cu.value += certificate.cu_g.value;
  }
  if (dry.value <= lot.remaining_dry_g.value - bound_dry.value &&
      cu.value <= lot.remaining_cu_g.value - bound_cu.value) {
    return {};
  }
  return violated("already_certified", "lot " + lot.id.value + " is certified to another: " +
                                           std::to_string(bound_cu.value) + " g Cu are bound");
}

Verdict may_leave(const Draft& draft, const state::Lot& lot, const PartyId& from, const PartyId& to) {
  for (const state::Certificate& certificate : live_certificates(draft, lot)) {
    if (!certificate.buyer || certificate.buyer == from || certificate.buyer == to) continue;
    return violated("already_certified", "certificate " + certificate.id.value + " on lot " + lot.id.value +
                                             " is issued to " + certificate.buyer->value);
  }
  return {};
}

void consume_claims(Draft& draft, state::Lot& lot, const PartyId& actor) {
  for (state::Certificate& certificate : live_certificates(draft, lot)) {
    if (claims_fit(lot)) return;
    if (claimant(certificate, lot) == actor) consume(draft, lot, certificate);
  }
  ANTA_INVARIANT(claims_fit(lot));
}

void settle_claims(Draft& draft, state::Lot& lot, const PartyId& old_holder) {
  if (old_holder != lot.holder) {
    for (state::Certificate& certificate : live_certificates(draft, lot)) {
      if (certificate.buyer == old_holder) consume(draft, lot, certificate);
    }
  }
  shorten_claims(draft, lot, lot.accepted.dry_g, lot.accepted.cu_g);
}

void shorten_claims(Draft& draft, state::Lot& lot, Grams dry, Grams cu) {
  std::vector<state::Certificate> live = live_certificates(draft, lot);
  for (auto newest = live.rbegin(); newest != live.rend(); ++newest) {
    const Grams dry_before = newest->dry_g;
    const Grams cu_before = newest->cu_g;
    shorten(newest->dry_g, lot.certified_dry_g, dry);
    shorten(newest->cu_g, lot.certified_cu_g, cu);
    if (newest->dry_g == dry_before && newest->cu_g == cu_before) continue;
    draft.flag("certified_reduced", newest->stamp);
    draft.put(newest->id.value, *newest);
    draft.concerns(Kind::certificate, newest->id.value);
  }
}

void unbind(state::Lot& lot, const state::Certificate& certificate) {
  lot.certified_dry_g.value -= certificate.dry_g.value;
  lot.certified_cu_g.value -= certificate.cu_g.value;
  ANTA_INVARIANT(lot.certified_dry_g.value >= 0 && lot.certified_cu_g.value >= 0);
}

void forget(state::Lot& lot, const state::Certificate& certificate) {
  std::erase(lot.certificates, certificate.id);
}

}  // namespace anta
