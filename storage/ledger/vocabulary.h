// The closed word lists of the ledger: one enum per list of statements.cddl, its words in the same order.
//
// An enum's value is its position in `words<E>()`; bytes carry the word, never the number, so a list may grow
// at its end. Pure, any thread. Source: storage/ledger/statements.cddl, ISO 22095 for CocModel.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace anta {

template <typename E>
struct Words;  // specialised below: `static constexpr std::array list`

template <typename E>
constexpr std::string_view word(E value) {
  return Words<E>::list[static_cast<std::size_t>(value)];
}

template <typename E>
constexpr std::optional<E> from_word(std::string_view text) {
  for (std::size_t i = 0; i < Words<E>::list.size(); ++i) {
    if (Words<E>::list[i] == text) return static_cast<E>(i);
  }
  return std::nullopt;
}

// One line per list: the enum and its words can not drift apart because the static_assert counts them.
#define ANTA_WORDS(Enum, last, ...)                                                                    \
  template <>                                                                                          \
  struct Words<Enum> {                                                                                 \
    static constexpr auto list = std::to_array<std::string_view>({__VA_ARGS__});                       \
    static_assert(list.size() == static_cast<std::size_t>(Enum::last) + 1, "a word list lost a word"); \
  };

// clang-format off
enum class Role : std::uint8_t {
  producer, concession_holder, aggregator, biller, transporter, weighbridge_operator, laboratory, processing_plant, smelter,
  refinery, trader, buyer, assurance_body, scheme_owner, accreditation_body, authority, municipality, financier, programme,
  working_group, grievance_custodian, auditor, node_operator, registrar };
ANTA_WORDS(Role, registrar, "producer", "concession_holder", "aggregator", "biller", "transporter", "weighbridge_operator",
  "laboratory", "processing_plant", "smelter", "refinery", "trader", "buyer", "assurance_body", "scheme_owner",
  "accreditation_body", "authority", "municipality", "financier", "programme", "working_group", "grievance_custodian",
  "auditor", "node_operator", "registrar")

enum class PartyKind : std::uint8_t { company, association, cooperative, community, family, person, authority, ngo };
ANTA_WORDS(PartyKind, ngo, "company", "association", "cooperative", "community", "family", "person", "authority", "ngo")

enum class CapacityClass : std::uint8_t { pma, ppm, general };
ANTA_WORDS(CapacityClass, general, "PMA", "PPM", "general")

// Strongest first (ISO 22095): a larger value is a weaker model; `none` is no model at all.
enum class CocModel : std::uint8_t { identity_preserved, segregated, controlled_blending, mass_balance, book_and_claim, none };
ANTA_WORDS(CocModel, none, "identity_preserved", "segregated", "controlled_blending", "mass_balance", "book_and_claim", "none")

enum class SiteKind : std::uint8_t { mine, stockpile, aggregation, plant, smelter, refinery, port, warehouse };
ANTA_WORDS(SiteKind, warehouse, "mine", "stockpile", "aggregation", "plant", "smelter", "refinery", "port", "warehouse")

enum class ProcessKind : std::uint8_t { crushing, sorting, flotation, sulphidisation_flotation, leach_cementation, leach_sxew,
  smelting, electrorefining, blending };
ANTA_WORDS(ProcessKind, blending, "crushing", "sorting", "flotation", "sulphidisation_flotation", "leach_cementation", "leach_sxew",
  "smelting", "electrorefining", "blending")

enum class Material : std::uint8_t { ore_sulphide, ore_oxide, ore_mixed, concentrate, cement_copper, slag, scrap, blister, anode,
  cathode, tailings };
ANTA_WORDS(Material, tailings, "ore_sulphide", "ore_oxide", "ore_mixed", "concentrate", "cement_copper", "slag", "scrap", "blister",
  "anode", "cathode", "tailings")

enum class FormalisationStatus : std::uint8_t { vigente, suspendido, excluido, en_recurso, reincorporado, formalizado, vencido };
ANTA_WORDS(FormalisationStatus, vencido, "vigente", "suspendido", "excluido", "en_recurso", "reincorporado", "formalizado", "vencido")

enum class AccreditationStatus : std::uint8_t { granted, suspended, withdrawn };
ANTA_WORDS(AccreditationStatus, withdrawn, "granted", "suspended", "withdrawn")

enum class AttestationKind : std::uint8_t { site_production, chain_of_custody, due_diligence, progress, single_topic };
ANTA_WORDS(AttestationKind, single_topic, "site_production", "chain_of_custody", "due_diligence", "progress", "single_topic")

enum class CriterionResult : std::uint8_t { fully_meets, partially_meets, misses, not_applicable };
ANTA_WORDS(CriterionResult, not_applicable, "fully_meets", "partially_meets", "misses", "not_applicable")

enum class AttestationChange : std::uint8_t { suspended, reinstated, revoked, withdrawn };
ANTA_WORDS(AttestationChange, withdrawn, "suspended", "reinstated", "revoked", "withdrawn")

// Rising: a measurement's status never falls (ledger.md 6.1).
enum class MeasurementStatus : std::uint8_t { estimated, provisional, final };
ANTA_WORDS(MeasurementStatus, final, "estimated", "provisional", "final")

enum class MeasurementMethod : std::uint8_t { visual, volume, scale, draft_survey };
ANTA_WORDS(MeasurementMethod, draft_survey, "visual", "volume", "scale", "draft_survey")

enum class LotForm : std::uint8_t { bulk, sacks, big_bags };
ANTA_WORDS(LotForm, big_bags, "bulk", "sacks", "big_bags")

enum class ReceiptAnswer : std::uint8_t { accept, dispute };
ANTA_WORDS(ReceiptAnswer, dispute, "accept", "dispute")

enum class ResolutionBy : std::uint8_t { agreement, umpire };
ANTA_WORDS(ResolutionBy, umpire, "agreement", "umpire")

enum class DispatchOutcome : std::uint8_t { cancelled, refused, returned, exported };
ANTA_WORDS(DispatchOutcome, exported, "cancelled", "refused", "returned", "exported")

enum class RelationKind : std::uint8_t { owns, controls, advises, employs };
ANTA_WORDS(RelationKind, employs, "owns", "controls", "advises", "employs")

enum class AdjustReason : std::uint8_t { stock_take, moisture };
ANTA_WORDS(AdjustReason, moisture, "stock_take", "moisture")

enum class LossReason : std::uint8_t { spill, theft, transit, moisture, spoilage };
ANTA_WORDS(LossReason, spoilage, "spill", "theft", "transit", "moisture", "spoilage")

enum class BalanceMethod : std::uint8_t { rolling_average, credit };
ANTA_WORDS(BalanceMethod, credit, "rolling_average", "credit")

enum class CertificateChange : std::uint8_t { superseded, voided };
ANTA_WORDS(CertificateChange, voided, "superseded", "void")

enum class CorrectionReason : std::uint8_t { did_not_occur, incorrect_data };
ANTA_WORDS(CorrectionReason, incorrect_data, "did_not_occur", "incorrect_data")

enum class NodeAction : std::uint8_t { learner, promote, remove, keys, witness };
ANTA_WORDS(NodeAction, witness, "learner", "promote", "remove", "keys", "witness")

// States of a lot, a dispatch, a key, an eligibility (ledger.md section 5); words of state records.
enum class LotState : std::uint8_t { registered, reserved, in_transit, received, accepted, disputed, resolved, returned,
  partially_consumed, consumed, exported, lost, withdrawn };
ANTA_WORDS(LotState, withdrawn, "registered", "reserved", "in_transit", "received", "accepted", "disputed", "resolved", "returned",
  "partially_consumed", "consumed", "exported", "lost", "withdrawn")

// A lot dispatched: sent, then perhaps handed over; received waits for the sender's answer; the rest is final but disputed.
enum class DispatchState : std::uint8_t { sent, in_transit, received, disputed, accepted, resolved, cancelled, refused, returned,
  exported, withdrawn };
ANTA_WORDS(DispatchState, withdrawn, "sent", "in_transit", "received", "disputed", "accepted", "resolved", "cancelled", "refused",
  "returned", "exported", "withdrawn")

enum class KeyState : std::uint8_t { active, rotated, revoked };
ANTA_WORDS(KeyState, revoked, "active", "rotated", "revoked")

enum class Eligibility : std::uint8_t { eligible, under_review };  // a scheme that is not listed: not eligible
ANTA_WORDS(Eligibility, under_review, "eligible", "under_review")

enum class CertificateState : std::uint8_t { live, consumed, superseded, voided, withdrawn };
ANTA_WORDS(CertificateState, withdrawn, "live", "consumed", "superseded", "void", "withdrawn")

// Of a node: voters count in every majority and cosign, learners only copy.
enum class NodeStanding : std::uint8_t { voter, learner, removed };
ANTA_WORDS(NodeStanding, removed, "voter", "learner", "removed")

enum class ProposalStatus : std::uint8_t { open, approved, refused };
ANTA_WORDS(ProposalStatus, refused, "open", "approved", "refused")
// clang-format on

}  // namespace anta
