#include "node/references.h"

namespace anta {
namespace {

namespace p = payload;

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

template <typename T>
void add(std::vector<T>& to, const T& one) {
  to.push_back(one);
}
template <typename T>
void add(std::vector<T>& to, const std::optional<T>& one) {
  if (one) to.push_back(*one);
}

void add_measurement(References& r, const p::Measurement& m) { add(r.parties, m.laboratory); }

template <typename Lines>
void add_lines(References& r, const Lines& lines) {
  for (const auto& line : lines)
    add_measurement(r, line.measurement);
}

template <typename Lines>
std::vector<LotId> lots_of(const Lines& lines) {
  std::vector<LotId> lots;
  for (const auto& line : lines)
    lots.push_back(line.lot);
  return lots;
}

template <typename Lines>
std::vector<LotId> ids_of(const Lines& lines) {
  std::vector<LotId> lots;
  for (const auto& line : lines)
    lots.push_back(line.id);
  return lots;
}

}  // namespace

References references_of(const payload::Payload& payload) {
  References r;
  std::visit(
      Overloaded{
          [&](const p::PartyUpdate& x) { add(r.parties, x.party); },
          [&](const p::RoleGrant& x) { add(r.parties, x.party); },
          [&](const p::RoleRevoke& x) { add(r.parties, x.party); },
          [&](const p::KeyRotate& x) { add(r.parties, x.party); },
          [&](const p::KeyRevoke& x) { add(r.parties, x.party); },
          [&](const p::Relation& x) { add(r.parties, x.party), add(r.parties, x.other); },
          [&](const p::Site& x) { add(r.parties, x.operator_id), add(r.parties, x.concession_holder); },
          [&](const p::Formalisation& x) { add(r.parties, x.subject); },
          [&](const p::Accreditation& x) { add(r.parties, x.body); },
          [&](const p::Attestation& x) {
            add(r.parties, x.subject);
            r.sites = x.sites;
          },
          [&](const p::Lot& x) {
            add(r.sites, x.site);
            add_measurement(r, x.measurement);
            for (const PartyId& producer : x.producers.value_or(p::List<PartyId>{}))
              add(r.parties, producer);
          },
          [&](const p::Dispatch& x) {
            add(r.parties, x.to), add(r.parties, x.carrier);
            add(r.sites, x.from_site), add(r.sites, x.to_site);
            add_lines(r, x.lots);
          },
          [&](const p::Receipt& x) { add_lines(r, x.lots); },
          [&](const p::DisputeResolution& x) { add_lines(r, x.lots); },
          [&](const p::Process& x) {
            add(r.sites, x.site);
            add_lines(r, x.outputs);
          },
          [&](const p::Ownership& x) { add(r.parties, x.from), add(r.parties, x.to); },
          [&](const p::BalanceOpen& x) { add(r.sites, x.site); },
          [&](const p::Certificate& x) { add(r.parties, x.buyer); },
          [](const auto&) {},
      },
      payload);
  return r;
}

Subject subject_in_chain(const payload::Payload& payload) {
  Subject s;
  std::visit(Overloaded{
                 [&](const p::Lot& x) { s.made = {x.id}; },
                 [&](const p::Process& x) { s.made = ids_of(x.outputs), s.is_draw = true; },
                 [&](const p::Split& x) { s.made = ids_of(x.children), s.is_draw = true; },
                 [&](const p::Blend& x) { s.made = {x.output.id}, s.is_draw = true; },
                 [&](const p::Dispatch& x) { s.lots = lots_of(x.lots), s.dispatch = x.id; },
                 [&](const p::Handover& x) { s.dispatch = x.dispatch; },
                 [&](const p::Receipt& x) { s.dispatch = x.dispatch; },
                 [&](const p::ReceiptReply& x) { s.dispatch = x.dispatch; },
                 [&](const p::DisputeResolution& x) { s.dispatch = x.dispatch; },
                 [&](const p::DispatchEnd& x) { s.dispatch = x.dispatch; },
                 [&](const p::Adjust& x) { s.lots = {x.lot}; },
                 [&](const p::Loss& x) { s.lots = {x.lot}; },
                 [&](const p::Hold& x) { s.lots = {x.lot}; },
                 [&](const p::Release& x) { s.lots = {x.lot}; },
                 [&](const p::Ownership& x) { s.lots = {x.lot}; },
                 [&](const p::Certificate& x) { s.certificate = x.id; },
                 [&](const p::CertificateStatus& x) { s.certificate = x.certificate; },
                 [&](const p::Attestation& x) { s.attestation = x.id; },
                 [&](const p::AttestationStatus& x) { s.attestation = x.attestation; },
                 [&](const p::BalanceOpen& x) { s.account = x.id; },
                 [](const auto&) {},
             },
             payload);
  return s;
}

}  // namespace anta
