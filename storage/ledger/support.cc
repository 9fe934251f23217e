// Statements that stand beside others: countersignatures and documents.
#include <algorithm>

#include "crypto/text.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/standing.h"

namespace anta {

// Recorded before the statement that it supports (an old fact that an authority, a registrar or an auditor
// vouches for: law.cc). Whether the signer is another party than that statement's is seen when it comes.
Verdict rule(Draft& draft, const payload::Countersign& p) {
  if (!holds_any_role(draft.view(), draft.issuer(), {Role::authority, Role::registrar, Role::auditor},
                      draft.event_time())) {
    return violated("role_missing", "only an authority, a registrar or an auditor countersigns");
  }
  const std::string id = hex(p.of);
  state::Countersign record = draft.get<state::Countersign>(id).value_or(state::Countersign{});
  const auto same = [&](const auto& entry) { return entry.party == draft.issuer(); };
  if (std::any_of(record.entries.begin(), record.entries.end(), same)) {
    return violated("duplicate_id", draft.issuer().value + " has countersigned it already");
  }
  record.entries.push_back({draft.issuer(), draft.event_time()});
  draft.put(id, std::move(record));
  return {};
}

// Each party says for itself what it keeps; the same bytes may be kept by several.
Verdict rule(Draft& draft, const payload::Document& p) {
  if (p.subject && !party_exists(draft.view(), *p.subject)) {
    return violated("unknown_reference", "no party " + p.subject->value);
  }
  const std::string id = draft.issuer().value + "/" + hex(p.digest);
  const auto known = draft.look<state::Document>(id);
  if (known && !known->withdrawn) {
    return violated("duplicate_id", draft.issuer().value + " has registered this document already");
  }
  state::Document record;
  record.media_type = p.media_type;
  record.title = p.title;
  record.subject = p.subject;
  record.retain_until = p.retain_until;
  record.event_time = draft.event_time();
  draft.put(id, std::move(record));
  if (p.subject) draft.concerns(Kind::party, p.subject->value);
  return {};
}

}  // namespace anta
