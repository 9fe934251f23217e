#include "storage/ledger/summary_check.h"

#include <deque>
#include <limits>
#include <map>
#include <set>

#include "crypto/merkle.h"
#include "crypto/text.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/present_state.h"
#include "storage/ledger/report_facts.h"
#include "storage/ledger/state.h"

namespace anta {
namespace {

class Summary {
 public:
  Summary(const CertificateFile& file, const Checkpoint& checkpoint, Report& report)
      : file_(file), checkpoint_(checkpoint), report_(report) {}

  std::optional<ReplayFailure> check();

 private:
  using Failure = std::optional<ReplayFailure>;

  Failure check_genesis();
  Failure read_statement();
  Failure check_signer();
  Failure check_claim();
  Failure walk();
  Failure add_up(const std::set<LotId>& sources, std::uint64_t dry, std::uint64_t cu) const;

  // Null: the file does not prove it.
  const ProvenRecord* proven(Kind kind, const std::string& id) const;
  static ReplayFailure absent(const char* what, const std::string& id) {
    return {"state_not_proven", "how " + std::string(what) + " " + id + " stands is not proven", {}};
  }
  void add_flags(const state::Stamp& stamp, const std::string& on) {
    for (const state::Flag& flag : stamp.flags)
      report_.flags.push_back({flag.code, on, flag.leaf, std::nullopt, flag_moves_verdict(flag.code)});
  }

  const CertificateFile& file_;
  const Checkpoint& checkpoint_;
  Report& report_;
  std::optional<SignedStatement> statement_ = {};
  std::map<LotId, state::Lot> lots_ = {};
};

const ProvenRecord* Summary::proven(Kind kind, const std::string& id) const {
  for (const ProvenRecord& record : file_.state->records) {
    if (record.key.kind == kind && record.key.id == id) return &record;
  }
  return nullptr;
}

// As in every file; it alone, without a statement.
Summary::Failure Summary::check_genesis() {
  CertificateFile bare;
  bare.genesis = file_.genesis;
  bare.genesis_path = file_.genesis_path;
  Evidence evidence;
  auto failure = evidence.replay(bare, checkpoint_, Millis{std::numeric_limits<std::int64_t>::max()});
  if (!failure) report_.genesis = evidence.genesis_digest();
  return failure;
}

Summary::Failure Summary::read_statement() {
  const ProvenStatement& proven = file_.evidence.front();
  const Digest digest = sha256(*proven.statement);
  if (!verify_inclusion(leaf_hash(digest.view()), proven.leaf.value, checkpoint_.size, proven.path,
                        checkpoint_.root)) {
    return ReplayFailure{"inclusion", "a statement is not the leaf it claims to be", proven.leaf};
  }
  Result<SignedStatement> statement = decode_statement(proven.statement);
  if (!statement) return ReplayFailure{"malformed", statement.error().message, proven.leaf};
  const auto* payload = std::get_if<payload::Certificate>(&statement->payload);
  if (payload == nullptr || payload->id != file_.subject) {
    return ReplayFailure{"certificate_missing",
                         "the summary does not hold the statement of certificate " + file_.subject.value,
                         proven.leaf};
  }
  statement_ = std::move(*statement);
  return std::nullopt;
}

// By the key that the state has for it. The quorum accepted the statement when the key was active.
Summary::Failure Summary::check_signer() {
  const std::string kid = hex(statement_->header.kid);
  const LeafIndex leaf = file_.evidence.front().leaf;
  const ProvenRecord* record = proven(Kind::key, kid);
  if (record == nullptr) return absent("key", kid);
  const auto key = record->record ? state::decode_record<state::Key>(*record->record)
                                  : Result<state::Key>(fail(Code::not_found, ""));
  if (!key || key->party != statement_->issuer())
    return ReplayFailure{"unknown_key", "the certificate's key is not its issuer's", leaf};
  if (!verify_signature(*statement_, key->key))
    return ReplayFailure{"bad_signature", "the signature does not verify", leaf};
  if (key->compromised_since && *key->compromised_since <= statement_->event_time())
    report_.flags.push_back({"key_compromised", "statement certificate", leaf, statement_->digest, true});
  return std::nullopt;
}

// The record has each once and in order; the statement as its signer wrote them.
std::set<SchemeId> set_of(const state::List<SchemeId>& schemes) { return {schemes.begin(), schemes.end()}; }

// The record against the signed statement: only its grams may have become less (certified_reduced).
bool is_of(const state::Certificate& record, const payload::Certificate& signed_one, const PartyId& issuer) {
  return record.id == signed_one.id && record.lot == signed_one.lot && record.holder == issuer &&
         record.dry_g <= signed_one.dry_g && record.cu_g <= signed_one.cu_g &&
         record.coc_model == signed_one.coc_model && set_of(record.schemes) == set_of(signed_one.schemes) &&
         record.buyer == signed_one.buyer && record.valid_until == signed_one.valid_until;
}

Summary::Failure Summary::check_claim() {
  const ProvenRecord* record = proven(Kind::certificate, file_.subject.value);
  if (record == nullptr) return absent("certificate", file_.subject.value);
  const auto& payload = std::get<payload::Certificate>(statement_->payload);
  const auto certificate = record->record ? state::decode_record<state::Certificate>(*record->record)
                                          : Result<state::Certificate>(fail(Code::not_found, ""));
  if (!certificate || !is_of(*certificate, payload, statement_->issuer())) {
    return ReplayFailure{"state_contradicts",
                         "the state's certificate " + file_.subject.value + " is not the one that was signed",
                         file_.evidence.front().leaf};
  }
  const auto lot = lots_.find(certificate->lot);
  if (lot == lots_.end()) return absent("lot", certificate->lot.value);
  report_.claim = claim_of(*certificate, lot->second);
  add_flags(certificate->stamp, "certificate " + certificate->id.value);
  return std::nullopt;
}

// From the certified lot through the records; what none of them is of is a source.
Summary::Failure Summary::walk() {
  std::set<LotId> seen = {report_.claim->lot};
  std::set<LotId> sources;
  std::uint64_t dry = 0;  // unsigned: absurd records wrap and do not add up
  std::uint64_t cu = 0;
  std::deque<std::pair<LotId, unsigned>> waiting = {{report_.claim->lot, 0}};
  while (!waiting.empty()) {
    const auto [id, depth] = waiting.front();
    waiting.pop_front();
    const state::Lot& lot = lots_.at(id);
    report_.chain.push_back(chain_line(lot, depth));
    add_flags(lot.stamp, "lot " + id.value);
    for (const state::Lot::Source& source : lot.sources) {
      const bool made = lots_.contains(source.lot);
      if (!made) sources.insert(source.lot);
      if (!made) dry += static_cast<std::uint64_t>(source.dry_g.value);
      if (!made) cu += static_cast<std::uint64_t>(source.cu_g.value);
      if (made && seen.insert(source.lot).second) waiting.emplace_back(source.lot, depth + 1);
    }
  }
  for (const auto& [id, lot] : lots_) {
    if (lot.sources.empty() || !seen.contains(id))
      return ReplayFailure{"summary_stray", "lot " + id.value + " is not made from others in this chain", {}};
  }
  return add_up(sources, dry, cu);
}

Summary::Failure Summary::add_up(const std::set<LotId>& sources, std::uint64_t dry, std::uint64_t cu) const {
  const SourceSummary& told = *file_.summary;
  if (told.sources() == sources.size() && static_cast<std::uint64_t>(told.dry_g().value) == dry &&
      static_cast<std::uint64_t>(told.cu_g().value) == cu)
    return std::nullopt;
  return ReplayFailure{
      "summary_sum",
      "the districts do not add up to the " + std::to_string(sources.size()) + " sources that the state has",
      {}};
}

Summary::Failure Summary::check() {
  if (auto failure = check_genesis()) return failure;
  if (auto failure = check_present_state(*file_.state, checkpoint_)) return failure;
  for (const ProvenRecord& record : file_.state->records) {
    if (record.key.kind != Kind::lot) continue;
    if (!record.record)
      return ReplayFailure{"state_contradicts", "the state has no lot " + record.key.id, {}};
    lots_.emplace(LotId{record.key.id}, *state::decode_record<state::Lot>(*record.record));
  }
  if (auto failure = read_statement()) return failure;
  if (auto failure = check_signer()) return failure;
  if (auto failure = check_claim()) return failure;
  report_.statements = 1;
  report_.sources = file_.summary;
  report_.sources_told = true;
  add_claims(report_);
  return walk();
}

}  // namespace

std::optional<ReplayFailure> check_summary(const CertificateFile& file, const Checkpoint& checkpoint,
                                           Report& report) {
  return Summary(file, checkpoint, report).check();
}

}  // namespace anta
