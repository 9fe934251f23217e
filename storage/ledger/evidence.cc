#include "storage/ledger/evidence.h"

#include <algorithm>

#include "crypto/merkle.h"
#include "crypto/note.h"
#include "crypto/text.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/parameter.h"
#include "storage/ledger/standing.h"
#include "storage/ledger/state.h"

namespace anta {
namespace {

// The entry of a leaf is the SHA-256 of its statement (proofs.md section 1).
bool is_included(const Digest& entry, LeafIndex leaf, const std::vector<Digest>& path,
                 const Checkpoint& checkpoint) {
  return verify_inclusion(leaf_hash(entry.view()), leaf.value, checkpoint.size, path, checkpoint.root)
      .has_value();
}

// Where a statement may stand for what it does not say in clear (statements.cddl: commitment).
void add_commitments(const payload::Payload& payload, std::set<Digest>& commitments) {
  if (const auto* party = std::get_if<payload::Party>(&payload)) {
    if (party->name_commitment) commitments.insert(*party->name_commitment);
    if (party->tax_id_commitment) commitments.insert(*party->tax_id_commitment);
  }
  if (const auto* dispatch = std::get_if<payload::Dispatch>(&payload); dispatch && dispatch->vehicle) {
    if (const Result<Digest> vehicle = digest_from_hex(*dispatch->vehicle)) commitments.insert(*vehicle);
  }
}

// Why a statement is not accepted: what this release has no rule or no words for, a newer one may accept.
ReplayFailure refused(const Error& error, std::string code, LeafIndex leaf) {
  if (error.rule == "unknown_type" || error.rule == "not_enabled") {
    return ReplayFailure{"newer", error.message, leaf};
  }
  return ReplayFailure{std::move(code), error.message, leaf};
}

// The values of a record of kind parameter, in order; none if there is no such record.
using Entries = std::vector<state::Parameter::Entry>;

Entries entries_of(const SharedBytes& record) {
  if (!record) return {};
  const Result<state::Parameter> parameter = state::decode_record<state::Parameter>(*record);
  ANTA_INVARIANT(parameter.has_value());  // our own, or read by check_present_state
  return {parameter->entries.begin(), parameter->entries.end()};
}

// Whether the organisations have voted for a law that this release does not know, whenever it begins.
bool is_law_newer(const LedgerView& view) {
  const Entries versions = entries_of(view.read(Kind::parameter, "law_version"));
  return std::ranges::any_of(versions, [](const state::Parameter::Entry& entry) {
    const auto* version = std::get_if<std::int64_t>(&entry.value);
    return version != nullptr && *version > law_version_known;
  });
}

bool begins_with(const Entries& whole, const Entries& part) {
  return part.size() <= whole.size() &&
         std::equal(part.begin(), part.end(), whole.begin(), [](const auto& a, const auto& b) {
           return a.value == b.value && a.effective_from == b.effective_from;
         });
}

// The leaf that an entry of the list of amendments names; nothing where it can be none.
std::optional<LeafIndex> leaf_of(const state::Parameter::Entry& entry) {
  const auto* number = std::get_if<std::int64_t>(&entry.value);
  if (number == nullptr || *number < 0) return std::nullopt;
  return LeafIndex{static_cast<std::uint64_t>(*number)};
}

// The amendment that a vote or a proposal has decided, from the state after it.
std::optional<Millis> proposed_from(const LedgerView& view, const payload::Payload& payload) {
  const auto* vote = std::get_if<payload::Vote>(&payload);
  const auto* opening = std::get_if<payload::ParameterProposal>(&payload);
  if (opening != nullptr) return opening->effective_from;
  const auto proposal = vote == nullptr ? nullptr : state::look<state::Proposal>(view, vote->proposal.value);
  if (!proposal || !proposal->parameter) return std::nullopt;
  return proposal->parameter->effective_from;
}

auto is_of(std::string_view id) {
  return
      [id](const ProvenRecord& proven) { return proven.key.kind == Kind::parameter && proven.key.id == id; };
}

void apply(MemoryView& view, const Effects& effects) {
  for (const StateChange& change : effects.changes)
    view.write(change.key, change.value);
}

}  // namespace

std::string code_of(const Error& error) {
  return error.rule.empty() ? std::string(name(error.code)) : error.rule;
}

std::optional<ReplayFailure> Evidence::begin(const CertificateFile& file, const Checkpoint& checkpoint) {
  Result<Genesis> genesis = decode_genesis(*file.genesis);
  genesis_digest_ = sha256(*file.genesis);
  const bool included = is_included(genesis_digest_, LeafIndex{0}, file.genesis_path, checkpoint);
  if (!genesis && included && genesis_is_newer(*file.genesis)) {
    return ReplayFailure{"newer", "the network's law is of a later release", LeafIndex{0}};
  }
  if (!genesis) return ReplayFailure{"genesis_malformed", genesis.error().message, LeafIndex{0}};
  genesis_ = std::move(*genesis);
  if (genesis_.origin != checkpoint.origin) {
    return ReplayFailure{"other_network",
                         "the genesis is of " + genesis_.origin + ", the checkpoint of " + checkpoint.origin,
                         LeafIndex{0}};
  }
  if (!included) {
    return ReplayFailure{"inclusion", "the genesis is not leaf 0 of the checkpoint", LeafIndex{0}};
  }
  Result<Effects> effects = genesis_effects(genesis_);
  if (!effects) return ReplayFailure{"genesis_malformed", effects.error().message, LeafIndex{0}};
  apply(view_, *effects);
  latest_ = genesis_.created;
  return std::nullopt;
}

std::optional<ReplayFailure> Evidence::step(const ProvenStatement& proven, const Checkpoint& checkpoint) {
  const Digest digest = sha256(*proven.statement);
  if (!is_included(digest, proven.leaf, proven.path, checkpoint)) {
    return ReplayFailure{"inclusion", "a statement is not the leaf it claims to be", proven.leaf};
  }
  // Nodes record a statement once; a loss or a stock-take laid twice would count twice.
  if (view_.statement(digest)) {
    return ReplayFailure{"duplicate_leaf", "the file holds a statement at two leaves", proven.leaf};
  }
  Result<SignedStatement> statement = decode_statement(proven.statement, digest);
  if (!statement && is_law_newer(view_)) {
    return ReplayFailure{"newer", "a later law may have statements of this form", proven.leaf};
  }
  if (!statement) return refused(statement.error(), "malformed", proven.leaf);
  if (auto key = authenticate(view_, *statement, check_); !key) {
    return ReplayFailure{code_of(key.error()), key.error().message, proven.leaf};
  }
  return judge_next(*statement, proven.leaf);
}

std::optional<ReplayFailure> Evidence::judge_next(const SignedStatement& statement, LeafIndex leaf) {
  const std::int64_t ahead = static_cast<std::int64_t>(cosignature_ahead_seconds_max) * 1000 +
                             parameter_at(view_, "event_ahead_max_ms", latest_);
  if (statement.event_time().value - ahead > cosigned_.value) {
    return ReplayFailure{"event_in_future", "the event lies after the checkpoint was cosigned", leaf};
  }
  latest_ = std::max(latest_, statement.event_time());
  if (const Result<void> known = law_known(view_, latest_); !known) {
    return ReplayFailure{"newer", known.error().message, leaf};
  }
  const std::int64_t revokes_after_days = parameter_at(view_, standing_parameter, latest_);
  const auto amends = amended_from_.find(leaf);
  const bool listed = amends != amended_from_.end() && proposed_from(view_, statement.payload);
  if (listed) {
    if (auto failure = check_amended_from(statement, leaf, amends->second)) return failure;
  }
  // An amendment holds from its block's time or from what was proposed, whichever is later.
  const Moment moment{.block_time = listed ? amends->second : latest_, .leaf = leaf, .partial = true};
  Result<Effects> effects = judge(view_, statement, moment);
  if (const auto before = before_an_amendment(); !effects && !listed && before) {
    Result<Effects> older = judge(view_, statement, {.block_time = *before, .leaf = leaf, .partial = true});
    if (older) effects = std::move(older);
  }
  if (!effects) return refused(effects.error(), code_of(effects.error()), leaf);
  apply(view_, *effects);
  view_.remember(statement.digest, statement.bytes);
  add_commitments(statement.payload, commitments_);
  if (const auto* certificate = std::get_if<payload::Certificate>(&statement.payload)) {
    const auto lot = state::look<state::Lot>(view_, certificate->lot.value);
    if (lot) issue_sites_.emplace(certificate->id, lot->site);
  }
  by_digest_.emplace(statement.digest, statements_.size());
  for (const StateKey& key : effects->subjects)
    first_.emplace(key, statements_.size());
  statements_.push_back({.leaf = leaf,
                         .digest = statement.digest,
                         .type = statement.type,
                         .key = statement.header.kid,
                         .event_time = statement.event_time(),
                         .subjects = std::move(effects->subjects),
                         .flags = std::move(effects->flags),
                         .revokes_after_days = revokes_after_days});
  return std::nullopt;
}

// Blocks' times are not in the file, and an event may lie ahead of its block's. Where the law changed within
// as much as that, a block may have been judged by the law before: the earliest time that it can have had.
std::optional<Millis> Evidence::before_an_amendment() const {
  const Millis earliest{latest_.value - parameter_at(view_, "event_ahead_max_ms", latest_)};
  const bool changed = std::ranges::any_of(amended_from_, [&](const auto& amended) {
    return earliest < amended.second && amended.second <= latest_;
  });
  return changed ? std::optional(earliest) : std::nullopt;
}

// From when the state says that this statement's amendment holds, against the evidence: no sooner than was
// proposed; and where it is later, it is the block's time, which has bounds and which later blocks follow.
std::optional<ReplayFailure> Evidence::check_amended_from(const SignedStatement& statement, LeafIndex leaf,
                                                          Millis from) {
  // Events may lie ahead of their block's time; by how much then, the law has its own upper limit for.
  const std::int64_t ahead_max = find_parameter("event_ahead_max_ms")->max;
  const Millis proposed = *proposed_from(view_, statement.payload);
  const bool is_block_time = from > proposed;
  const bool in_future =
      is_block_time && from.value - std::int64_t{cosignature_ahead_seconds_max} * 1000 > cosigned_.value;
  if (from < proposed || from.value < latest_.value - ahead_max || in_future) {
    return ReplayFailure{"law_differs",
                         "the state has an amendment hold from a moment that the evidence does not allow",
                         leaf};
  }
  if (is_block_time) latest_ = std::max(latest_, from);
  return std::nullopt;
}

std::optional<ReplayFailure> Evidence::replay(const CertificateFile& file, const Checkpoint& tree,
                                              Millis cosigned) {
  cosigned_ = cosigned;
  tree_size_ = tree.size;
  if (auto failure = begin(file, tree)) return failure;
  if (file.state) read_amendments(*file.state);
  std::vector<const ProvenStatement*> ordered;
  ordered.reserve(file.evidence.size() + file.authority.size());
  for (const ProvenStatement& proven : file.evidence)
    ordered.push_back(&proven);
  for (const ProvenStatement& proven : file.authority)
    ordered.push_back(&proven);
  std::sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) { return a->leaf < b->leaf; });
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    if (i > 0 && ordered[i]->leaf == ordered[i - 1]->leaf) {
      return ReplayFailure{"duplicate_leaf", "the file holds a leaf twice", ordered[i]->leaf};
    }
    if (auto failure = step(*ordered[i], tree)) return failure;
  }
  for (const Bytes& disclosure : file.disclosures) {
    if (commitments_.contains(sha256(disclosure))) continue;
    return ReplayFailure{"disclosure_unmatched", "an opening is of no commitment in the evidence", {}};
  }
  return std::nullopt;
}

void Evidence::read_amendments(const ProvenState& state) {
  for (const ProvenRecord& proven : state.records) {
    if (!is_of(state::amendments_record_id)(proven)) continue;
    for (const state::Parameter::Entry& entry : entries_of(proven.record)) {
      if (const auto leaf = leaf_of(entry)) amended_from_.emplace(*leaf, entry.effective_from);
    }
  }
}

// Amendments are listed by the leaves that decided them and the moments they hold from, so equal lists are
// equal laws. What the state lists beyond the evidence's tree no statement of the file was judged by.
std::optional<ReplayFailure> Evidence::check_law(const ProvenState& state) {
  const auto record =
      std::find_if(state.records.begin(), state.records.end(), is_of(state::amendments_record_id));
  if (record == state.records.end()) return std::nullopt;  // no yes comes of it: state_not_proven
  const Entries told = entries_of(record->record);
  const Entries made = entries_of(view_.read(Kind::parameter, state::amendments_record_id));
  const auto later = [&](const state::Parameter::Entry& entry) {
    const auto leaf = leaf_of(entry);
    return leaf && leaf->value >= tree_size_;
  };
  if (!begins_with(told, made) ||
      !std::all_of(told.begin() + static_cast<std::ptrdiff_t>(made.size()), told.end(), later)) {
    return ReplayFailure{"law_differs",
                         "the state lists " + std::to_string(told.size()) +
                             " amendments of the law, and the evidence has " + std::to_string(made.size()) +
                             " or others",
                         {}};
  }
  amended_later_ = told.size() > made.size();
  return check_standing(state);
}

std::optional<ReplayFailure> Evidence::check_standing(const ProvenState& state) const {
  const auto standing = std::find_if(state.records.begin(), state.records.end(), is_of(standing_parameter));
  if (standing == state.records.end()) return std::nullopt;
  const Entries told = entries_of(standing->record);
  const Entries made = entries_of(view_.read(Kind::parameter, standing_parameter));
  // It is calculated with, and a quorum may cosign whatever it likes.
  const bool lawful = std::all_of(told.begin(), told.end(), [](const auto& entry) {
    return check_parameter(standing_parameter, entry.value).has_value();
  });
  if (lawful && begins_with(told, made) && (amended_later_ || told.size() == made.size()))
    return std::nullopt;
  return ReplayFailure{
      "law_differs",
      "the state has other values of " + std::string(standing_parameter) + " than the evidence",
      {}};
}

std::optional<ReplayFailure> Evidence::lay_over(const ProvenState& state) {
  if (auto failure = check_law(state)) return failure;
  for (const ProvenRecord& proven : state.records) {
    const StateKey& key = proven.key;
    switch (key.kind) {
      case Kind::certificate:
      case Kind::lot:
      case Kind::attestation:
      case Kind::account:
      case Kind::accreditation:
      case Kind::formalisation:
      case Kind::key: break;
      case Kind::parameter:
        // The law as of the checkpoint; what was replayed was judged by the evidence's own.
        if (amended_later_ && proven.key.id == standing_parameter) view_.write(key, proven.record);
        continue;
      default: continue;
    }
    const SharedBytes made = view_.read(key.kind, key.id);
    if (made && !proven.record) {
      return ReplayFailure{
          "state_contradicts",
          "the state has no " + std::string(word(key.kind)) + " " + key.id + ", which the evidence makes",
          {}};
    }
    // What a verdict is about must come out of the evidence: the state says only how it stands now.
    const bool office =
        key.kind == Kind::accreditation || key.kind == Kind::formalisation || key.kind == Kind::key;
    if (made && key.kind == Kind::lot) replaced_.emplace(key, made);
    if (made || office) view_.write(key, proven.record);
  }
  return std::nullopt;
}

const ReplayedStatement* Evidence::at(LeafIndex leaf) const {
  const auto found = std::lower_bound(statements_.begin(), statements_.end(), leaf,
                                      [](const ReplayedStatement& s, LeafIndex l) { return s.leaf < l; });
  return found != statements_.end() && found->leaf == leaf ? &*found : nullptr;
}

const ReplayedStatement* Evidence::by(const Digest& digest) const {
  const auto found = by_digest_.find(digest);
  return found == by_digest_.end() ? nullptr : &statements_[found->second];
}

const ReplayedStatement* Evidence::first_about(Kind kind, const std::string& id) const {
  const auto found = first_.find(StateKey{kind, id});
  return found == first_.end() ? nullptr : &statements_[found->second];
}

std::optional<SiteId> Evidence::site_of_issue(const CertificateId& certificate) const {
  const auto found = issue_sites_.find(certificate);
  return found == issue_sites_.end() ? std::nullopt : std::optional<SiteId>(found->second);
}

}  // namespace anta
