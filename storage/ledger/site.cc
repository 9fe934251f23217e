// Sites and the formalisation of those who work there.
#include <algorithm>

#include "storage/ledger/mass.h"
#include "storage/ledger/origination.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/standing.h"

namespace anta {

Verdict rule(Draft& draft, const payload::Site& p) {
  for (const PartyId* party : {&p.operator_id, p.concession_holder ? &*p.concession_holder : nullptr}) {
    if (party && !party_exists(draft.view(), *party)) {
      return violated("unknown_reference", "no party " + party->value);
    }
  }
  if (draft.has<state::Site>(p.id.value)) {
    return violated("duplicate_id", "site " + p.id.value + " is registered already");
  }
  if (draft.issuer() != p.operator_id &&
      !holds_role(draft.view(), draft.issuer(), Role::registrar, draft.event_time())) {
    return violated("not_issuer", "neither the site's operator nor a registrar");
  }
  state::Site site;
  site.id = p.id;
  site.operator_id = p.operator_id;
  site.kind = p.kind;
  site.ubigeo = p.ubigeo;
  site.country = p.country;
  site.concession = p.concession;
  site.concession_holder = p.concession_holder;
  site.capacity_g_per_day = p.capacity_g_per_day;
  site.processes = p.processes.value_or(state::List<ProcessKind>{});
  site.coc_model = p.coc_model;
  site.latitude_e2 = p.latitude_e2;
  site.longitude_e2 = p.longitude_e2;
  site.registered = draft.event_time();
  draft.put(p.id.value, std::move(site));
  draft.concerns(Kind::party, p.operator_id.value);
  return {};
}

// A status never re-judges what was accepted. Where it changes whether the party was formalised and lots of
// an event at or after its beginning are recorded already, it says so.
Verdict rule(Draft& draft, const payload::Formalisation& p) {
  if (!holds_role(draft.view(), draft.issuer(), Role::authority, draft.event_time())) {
    return violated("role_missing", draft.issuer().value + " is not an authority");
  }
  if (!party_exists(draft.view(), p.subject)) {
    return violated("unknown_reference", "no party " + p.subject.value);
  }
  const bool before = is_formalised(draft.view(), p.subject, p.effective_from);
  state::Formalisation record =
      draft.get<state::Formalisation>(p.subject.value).value_or(state::Formalisation{});
  record.entries.push_back(
      {p.scheme, p.status, p.effective_from, p.concession, p.code, draft.statement.digest});
  draft.put(p.subject.value, record);
  const bool after = is_formalised(draft.view(), p.subject, p.effective_from);
  if (before != after && originated_since(draft, p.subject, p.effective_from)) {
    draft.flag("status_recorded_late", record.stamp);
    draft.put(p.subject.value, std::move(record));
  }
  draft.concerns(Kind::party, p.subject.value);
  return {};
}

}  // namespace anta
