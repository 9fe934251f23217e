#include "storage/ledger/evidence.h"

#include <algorithm>

#include "crypto/merkle.h"
#include "crypto/text.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/law.h"

namespace anta {
namespace {

// The entry of a leaf is the SHA-256 of its statement (proofs.md section 1).
bool is_included(const Digest& entry, LeafIndex leaf, const std::vector<Digest>& path,
                 const Checkpoint& checkpoint) {
  return verify_inclusion(leaf_hash(entry.view()), leaf.value, checkpoint.size, path, checkpoint.root)
      .has_value();
}

std::string code_of(const Error& error) {
  return error.rule.empty() ? std::string(name(error.code)) : error.rule;
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

void apply(MemoryView& view, const Effects& effects) {
  for (const StateChange& change : effects.changes)
    view.write(change.key, change.value);
}

}  // namespace

std::optional<ReplayFailure> Evidence::begin(const CertificateFile& file, const Checkpoint& checkpoint) {
  Result<Genesis> genesis = decode_genesis(*file.genesis);
  if (!genesis) return ReplayFailure{"genesis_malformed", genesis.error().message, LeafIndex{0}};
  genesis_ = std::move(*genesis);
  genesis_digest_ = sha256(*file.genesis);
  if (genesis_.origin != checkpoint.origin) {
    return ReplayFailure{"other_network",
                         "the genesis is of " + genesis_.origin + ", the checkpoint of " + checkpoint.origin,
                         LeafIndex{0}};
  }
  if (!is_included(genesis_digest_, LeafIndex{0}, file.genesis_path, checkpoint)) {
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
  Result<SignedStatement> statement = decode_statement(proven.statement);
  if (!statement) return ReplayFailure{"malformed", statement.error().message, proven.leaf};
  if (auto key = authenticate(view_, *statement); !key) {
    return ReplayFailure{code_of(key.error()), key.error().message, proven.leaf};
  }
  latest_ = std::max(latest_, statement->event_time());
  const Moment moment{.block_time = latest_, .leaf = proven.leaf, .partial = true};
  Result<Effects> effects = judge(view_, *statement, moment);
  if (!effects) return ReplayFailure{code_of(effects.error()), effects.error().message, proven.leaf};
  apply(view_, *effects);
  view_.remember(proven.statement);
  add_commitments(statement->payload, commitments_);
  statements_.push_back(
      {proven.leaf, digest, statement->type, std::move(effects->subjects), std::move(effects->flags)});
  return std::nullopt;
}

std::optional<ReplayFailure> Evidence::replay(const CertificateFile& file, const Checkpoint& checkpoint) {
  if (auto failure = begin(file, checkpoint)) return failure;
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
    if (auto failure = step(*ordered[i], checkpoint)) return failure;
  }
  for (const Bytes& disclosure : file.disclosures) {
    if (commitments_.contains(sha256(disclosure))) continue;
    return ReplayFailure{"disclosure_unmatched", "an opening is of no commitment in the evidence", {}};
  }
  return std::nullopt;
}

const ReplayedStatement* Evidence::at(LeafIndex leaf) const {
  const auto found = std::lower_bound(statements_.begin(), statements_.end(), leaf,
                                      [](const ReplayedStatement& s, LeafIndex l) { return s.leaf < l; });
  return found != statements_.end() && found->leaf == leaf ? &*found : nullptr;
}

}  // namespace anta
