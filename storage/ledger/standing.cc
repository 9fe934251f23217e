#include "storage/ledger/standing.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "storage/ledger/mass.h"
#include "storage/ledger/mutant.h"

namespace anta {
namespace {

// The entry in force: the latest `when` at or before the moment; of equals the later recorded.
template <typename Entry, typename When>
const Entry* latest(const std::vector<Entry>& entries, Millis at, When when) {
  const Entry* best = nullptr;
  for (const Entry& entry : entries) {
    if (when(entry) > at) continue;
    if (!best || when(entry) >= when(*best)) best = &entry;
  }
  return best;
}

const std::variant<std::int64_t, state::Text>* parameter_value(
    const std::shared_ptr<const state::Parameter>& record, Millis block_time) {
  if (!record || record->entries.empty()) return nullptr;
  const auto* entry = latest(record->entries, block_time, [](const auto& e) { return e.effective_from; });
  // The genesis's own value holds from the first block on, whatever that block's leader took for the time.
  return entry ? &entry->value : &record->entries.front().value;
}

const state::Formalisation::Entry* formalised_by(const state::Formalisation& record, Millis at) {
  return latest(record.entries, at, [](const auto& e) { return e.effective_from; });
}

bool is_control(RelationKind kind) { return kind == RelationKind::owns || kind == RelationKind::controls; }
bool is_any(RelationKind) { return true; }

bool declares(const LedgerView& view, const PartyId& party, const PartyId& other, Millis at,
              bool (*counts)(RelationKind)) {
  const auto record = state::look<state::Relation>(view, party.value + "/" + other.value);
  if (!record) return false;
  return std::any_of(record->entries.begin(), record->entries.end(),
                     [&](const auto& entry) { return counts(entry.kind) && entry.during.contains(at); });
}

}  // namespace

std::int64_t parameter_at(const LedgerView& view, std::string_view name, Millis block_time) {
  const auto record = state::look<state::Parameter>(view, name);
  const auto* value = parameter_value(record, block_time);
  ANTA_INVARIANT(value && std::holds_alternative<std::int64_t>(*value));
  return std::get<std::int64_t>(*value);
}

std::string parameter_text_at(const LedgerView& view, std::string_view name, Millis block_time) {
  const auto record = state::look<state::Parameter>(view, name);
  const auto* value = parameter_value(record, block_time);
  ANTA_INVARIANT(value && std::holds_alternative<state::Text>(*value));
  return std::get<state::Text>(*value);
}

std::optional<PartyId> scheme_owner(const LedgerView& view, const SchemeId& scheme, Millis block_time) {
  const auto record = state::look<state::Parameter>(view, "scheme/" + scheme.value);
  const auto* value = parameter_value(record, block_time);
  if (!value) return std::nullopt;
  return PartyId{std::get<state::Text>(*value)};
}

bool party_exists(const LedgerView& view, const PartyId& party) {
  return view.read(Kind::party, party.value) != nullptr;
}

std::string role_record_id(const PartyId& party, Role role) {
  return party.value + "/" + std::string(word(role));
}

bool holds_role(const LedgerView& view, const PartyId& party, Role role, Millis at) {
  const auto record = state::look<state::RoleHeld>(view, role_record_id(party, role));
  if (!record) return false;
  return std::any_of(record->held.begin(), record->held.end(),
                     [at](const state::Interval& held) { return held.contains(at); });
}

bool holds_any_role(const LedgerView& view, const PartyId& party, std::initializer_list<Role> roles,
                    Millis at) {
  return std::any_of(roles.begin(), roles.end(),
                     [&](Role role) { return holds_role(view, party, role, at); });
}

bool related(const LedgerView& view, const PartyId& a, const PartyId& b, Millis at) {
  return declares(view, a, b, at, is_any) || declares(view, b, a, at, is_any);
}

bool is_one_interest(const LedgerView& view, const PartyId& a, const PartyId& b, Millis at) {
  return a == b || declares(view, a, b, at, is_control) || declares(view, b, a, at, is_control);
}

std::optional<state::Formalisation::Entry> formalisation_at(const LedgerView& view, const PartyId& party,
                                                            Millis at) {
  const auto record = state::look<state::Formalisation>(view, party.value);
  const auto* entry = record ? formalised_by(*record, at) : nullptr;
  if (!entry) return std::nullopt;
  return *entry;
}

bool is_formalised(const LedgerView& view, const PartyId& party, Millis at) {
  const auto record = state::look<state::Formalisation>(view, party.value);
  const auto* entry = record ? formalised_by(*record, at) : nullptr;
  return entry && (entry->status == FormalisationStatus::vigente ||
                   entry->status == FormalisationStatus::reincorporado ||
                   entry->status == FormalisationStatus::formalizado);
}

bool is_accredited(const LedgerView& view, const PartyId& body, const SchemeId& scheme, Millis at) {
  const auto record = state::look<state::Accreditation>(view, body.value + "/" + scheme.value);
  if (!record) return false;
  const state::Accreditation::Entry* best = nullptr;
  for (const auto& entry : record->entries) {
    if (!entry.during.contains(at)) continue;
    if (!best || entry.during.from >= best->during.from) best = &entry;
  }
  return best && best->status == AccreditationStatus::granted;
}

Standing standing_at(const state::Attestation& attestation, Millis at, std::int64_t revokes_after_days) {
  if (at < attestation.valid.from) return Standing::not_yet;
  if (attestation.changes.empty())
    return attestation.valid.contains(at) ? Standing::in_force : Standing::expired;
  std::vector<state::Attestation::Change> changes;
  for (const auto& change : attestation.changes) {
    if (change.effective_from <= at) changes.push_back(change);
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const auto& a, const auto& b) { return a.effective_from < b.effective_from; });
  bool suspended = false;  // not an optional: g++ 12.2 takes its value for uninitialised
  Millis suspended_since;
  const auto ran_out = [&](Millis by) {
    return suspended && by.value - suspended_since.value >= revokes_after_days * day_ms;
  };
  for (const auto& change : changes) {
    if (change.status == AttestationChange::withdrawn) return Standing::withdrawn;
    if (change.status == AttestationChange::revoked || ran_out(change.effective_from)) {
      return Standing::revoked;
    }
    if (change.status == AttestationChange::reinstated) suspended = false;
    if (change.status == AttestationChange::suspended && !suspended) {
      suspended = true;
      suspended_since = change.effective_from;
    }
  }
  if (ran_out(at)) return Standing::revoked;
  if (suspended) return Standing::suspended;
  return attestation.valid.contains(at) ? Standing::in_force : Standing::expired;
}

bool in_force(const LedgerView& view, const state::Attestation& attestation, Millis at, Millis block_time) {
  return standing_at(attestation, at, parameter_at(view, standing_parameter, block_time)) ==
         Standing::in_force;
}

std::optional<Millis> void_from(const state::Attestation& attestation) {
  std::optional<Millis> earliest;
  for (const auto& change : attestation.changes) {
    if (change.void_from && (!earliest || *change.void_from < *earliest)) earliest = change.void_from;
  }
  return earliest;
}

std::vector<std::shared_ptr<const state::Attestation>> attestations_at(const LedgerView& view,
                                                                       const state::Site& site,
                                                                       AttestationKind kind) {
  std::vector<std::shared_ptr<const state::Attestation>> found;
  found.reserve(site.attestations.size());
  for (const AttestationId& id : site.attestations) {
    auto attestation = state::look<state::Attestation>(view, id.value);
    ANTA_INVARIANT(attestation != nullptr);
    if (attestation->kind == kind) found.push_back(std::move(attestation));
  }
  return found;
}

std::vector<state::Lot::SchemeEligibility> eligibility_of(const LedgerView& view, const Origin& origin,
                                                          Millis block_time) {
  const auto site = state::look<state::Site>(view, origin.site.value);
  if (!site) return {};
  struct Cover {
    std::array<bool, 3> in_force = {};  // at extracted_from, extracted_until, the event
    std::array<bool, 3> clean = {};     // the same, by attestations that no void reaches
  };
  const std::array<Millis, 3> moments = {origin.extracted_from, origin.extracted_until, origin.event};
  std::map<SchemeId, Cover> covers;
  for (const auto& listed_here : attestations_at(view, *site, AttestationKind::site_production)) {
    const state::Attestation& attestation = *listed_here;
    const auto& materials = attestation.materials;
    const bool listed = materials.empty() ||
                        std::find(materials.begin(), materials.end(), origin.material) != materials.end();
    if (attestation.subject != origin.producer || !listed) continue;
    Cover& cover = covers[attestation.scheme];
    const std::optional<Millis> voided = void_from(attestation);
    const bool clean = !voided || origin.event < *voided;
    for (std::size_t i = 0; i < moments.size(); ++i) {
      if (!in_force(view, attestation, moments[i], block_time)) continue;
      cover.in_force[i] = true;
      if (clean) cover.clean[i] = true;
    }
  }
  std::vector<state::Lot::SchemeEligibility> schemes;
  const auto all = [](const std::array<bool, 3>& flags) { return flags[0] && flags[1] && flags[2]; };
  for (const auto& [scheme, cover] : covers) {
    if (!all(cover.in_force)) continue;
    const bool clean = all(cover.clean) || ANTA_LAW_MUTANT(void_from_ignored);
    schemes.push_back({scheme, clean ? Eligibility::eligible : Eligibility::under_review});
  }
  return schemes;
}

std::optional<Eligibility> eligibility_for(const state::Lot& lot, const SchemeId& scheme) {
  for (const auto& entry : lot.schemes) {
    if (entry.scheme == scheme) return entry.status;
  }
  return std::nullopt;
}

std::vector<state::Lot::SchemeEligibility> common_eligibility(const std::vector<state::Lot>& inputs) {
  std::vector<state::Lot::SchemeEligibility> common;
  if (inputs.empty()) return common;
  for (state::Lot::SchemeEligibility entry : inputs.front().schemes) {
    bool everywhere = true;
    for (const state::Lot& input : inputs) {
      const auto status = eligibility_for(input, entry.scheme);
      everywhere = everywhere && status.has_value();
      if (status == Eligibility::under_review) entry.status = Eligibility::under_review;
    }
    if (everywhere) common.push_back(entry);
  }
  return common;
}

}  // namespace anta
