// What the accepted prefix says of a party, a site or an attestation at a moment: the law's questions.
//
// "At" is nearly always the event time of the statement under judgement; parameters alone are those in force
// at the block's time (ledger.md section 6, "What now means"). Of statuses with an effective_from the latest
// at or before the moment counts, and the later recorded wins a tie. All intervals are half-open. A thing
// that the view does not know has no standing: the answers are then false or empty. Pure; called by the law's
// rules and by whoever explains them, one thread at a time per view.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/ledger/state.h"
#include "storage/ledger/view.h"

namespace anta {

// --- parameters ---

// The value in force at the block's time. The name is one of parameter.h and the genesis wrote it: an unknown
// name or a value of the other type is a broken invariant.
std::int64_t parameter_at(const LedgerView& view, std::string_view name, Millis block_time);
std::string parameter_text_at(const LedgerView& view, std::string_view name, Millis block_time);

// The one parameter that is asked as of a moment after everything was judged: how a suspended attestation
// stands by then.
inline constexpr std::string_view standing_parameter = "suspension_revokes_after_days";

// Who owns the scheme (record parameter "scheme/<id>"); nothing if there is no such scheme.
std::optional<PartyId> scheme_owner(const LedgerView& view, const SchemeId& scheme, Millis block_time);

// --- parties ---

bool party_exists(const LedgerView& view, const PartyId& party);
std::string role_record_id(const PartyId& party, Role role);  // "<party>/<role word>"
bool holds_role(const LedgerView& view, const PartyId& party, Role role, Millis at);
bool holds_any_role(const LedgerView& view, const PartyId& party, std::initializer_list<Role> roles,
                    Millis at);

// Owns, controls, advises or employs, declared by either side, at the moment; a party is not related to
// itself.
bool related(const LedgerView& view, const PartyId& a, const PartyId& b, Millis at);

// The same party, or one owns or controls the other, declared by either side, at the moment: between them
// nobody has an interest in the true figure.
bool is_one_interest(const LedgerView& view, const PartyId& a, const PartyId& b, Millis at);

// The formalisation in force, whatever its scheme word; and whether it lets the party produce (vigente,
// reincorporado or formalizado: ledger.md 6.4).
std::optional<state::Formalisation::Entry> formalisation_at(const LedgerView& view, const PartyId& party,
                                                            Millis at);
bool is_formalised(const LedgerView& view, const PartyId& party, Millis at);

// Of the accreditations for the scheme whose interval contains the moment, the one that began last (the later
// recorded wins a tie) is granted: a suspension inside a grant interrupts it for as long as it lasts.
bool is_accredited(const LedgerView& view, const PartyId& body, const SchemeId& scheme, Millis at);

// --- attestations ---

enum class Standing : std::uint8_t { not_yet, in_force, expired, suspended, revoked, withdrawn };

// Its own interval first, then the changes recorded for it. Revoked and withdrawn are final, whatever is
// effective later; a suspension that has lasted `revokes_after_days` without a reinstatement is a revocation.
Standing standing_at(const state::Attestation& attestation, Millis at, std::int64_t revokes_after_days);
bool in_force(const LedgerView& view, const state::Attestation& attestation, Millis at, Millis block_time);

// The earliest void_from recorded for it, if any.
std::optional<Millis> void_from(const state::Attestation& attestation);

// Every attestation that lists the site, of one kind, in order of recording.
std::vector<std::shared_ptr<const state::Attestation>> attestations_at(const LedgerView& view,
                                                                       const state::Site& site,
                                                                       AttestationKind kind);

// --- eligibility ---

// For each scheme whether a lot of this origin is eligible: the producer's site_production attestations that
// list the site and the material (or no material) in force at extracted_from, extracted_until and the event,
// each moment by any attestation of the scheme. A lot that only a voided stretch attests is under_review.
// Sorted by scheme.
struct Origin {
  PartyId producer = {};
  SiteId site = {};
  Material material = Material::ore_sulphide;
  Millis extracted_from = {};
  Millis extracted_until = {};
  Millis event = {};
};
std::vector<state::Lot::SchemeEligibility> eligibility_of(const LedgerView& view, const Origin& origin,
                                                          Millis block_time);

// The scheme's entry on a lot: eligible, under_review, or nothing (not eligible).
std::optional<Eligibility> eligibility_for(const state::Lot& lot, const SchemeId& scheme);

// What several inputs leave to an output: a scheme that every input lists, under_review if any of them is.
std::vector<state::Lot::SchemeEligibility> common_eligibility(const std::vector<state::Lot>& inputs);

}  // namespace anta
