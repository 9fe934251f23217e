#include "node/certificate_summary.h"

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "crypto/merkle.h"
#include "crypto/text.h"
#include "node/evidence_collection.h"
#include "node/state_evidence.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/report_facts.h"
#include "storage/ledger/state.h"

namespace anta {
namespace {

template <typename T>
Result<T> record_of(const LedgerReader& reader, std::string_view id) {
  const Result<SharedBytes> bytes = reader.record(state::KindOf<T>::kind, id);
  if (!bytes) return pass(bytes);
  if (!*bytes) return fail(Code::not_found, "certificate", "there is no " + std::string(id));
  return state::decode_record<T>(**bytes);
}

// The chain of a lot: which of its lots were made from others, and what was drawn from the rest.
class Walk {
 public:
  Walk(const LedgerReader& reader, const MayGoOn& may_go_on) : reader_(reader), may_go_on_(may_go_on) {}

  Result<void> run(const LotId& certified);

  std::set<LotId> made = {};
  SourceSummary summary() const;

 private:
  Result<void> visit(const LotId& id);
  Result<const std::string*> district(const SiteId& site);

  const LedgerReader& reader_;
  const MayGoOn& may_go_on_;
  std::deque<LotId> waiting_ = {};
  std::map<LotId, Source> drawn_ = {};  // of every lot that another was made from
  std::map<SiteId, std::string> districts_ = {};
};

Result<const std::string*> Walk::district(const SiteId& id) {
  const auto known = districts_.find(id);
  if (known != districts_.end()) return &known->second;
  const auto site = record_of<state::Site>(reader_, id.value);
  if (!site) return pass(site);
  return &districts_.emplace(id, district_of(*site)).first->second;
}

Result<void> Walk::visit(const LotId& id) {
  const auto lot = record_of<state::Lot>(reader_, id.value);
  if (!lot) return pass(lot);
  if (lot->sources.empty()) {
    const auto where = district(lot->made_site);
    if (!where) return pass(where);
    drawn_[id].district = **where;
    return {};
  }
  made.insert(id);
  for (const state::Lot::Source& source : lot->sources) {
    const auto [at, is_new] = drawn_.try_emplace(source.lot, Source{.lot = source.lot});
    at->second.dry_g.value += source.dry_g.value;
    at->second.cu_g.value += source.cu_g.value;
    if (is_new) waiting_.push_back(source.lot);
  }
  return {};
}

Result<void> Walk::run(const LotId& certified) {
  waiting_ = {certified};
  while (!waiting_.empty()) {
    if (!may_go_on_()) return too_late();
    const LotId id = std::move(waiting_.front());
    waiting_.pop_front();
    if (auto visited = visit(id); !visited) return visited;
  }
  if (!made.empty()) return {};
  return fail(Code::rule_violated, "certificate_too_large",
              "what this certificate rests on is more than one file may hold, and no sources of it: lot " +
                  certified.value + " was registered at a mine");
}

SourceSummary Walk::summary() const {
  std::vector<Source> sources;
  for (const auto& [id, source] : drawn_) {
    if (!made.contains(id)) sources.push_back(source);
  }
  return summarise(std::move(sources));
}

// The certificate's statement with its path, and the key that signed it.
Result<Digest> add_statement(const LedgerReader& reader, const FinishedCheckpoint& checkpoint,
                             CertificateFile& file) {
  const std::uint64_t size = checkpoint.checkpoint.size;
  const auto page = reader.history({Kind::certificate, file.subject.value}, LeafIndex{0}, 1);
  if (!page) return pass(page);
  if (page->leaves.empty() || page->leaves.front().value >= size) {
    return fail(
        Code::uncertain, "not_cosigned",
        "certificate " + file.subject.value + " is recorded, but no finished checkpoint covers it yet");
  }
  const LeafIndex leaf = page->leaves.front();
  const Result<SharedBytes> bytes = reader.statement_at(leaf);
  if (!bytes) return pass(bytes);
  const Result<SignedStatement> statement = decode_statement(*bytes);
  if (!statement) return pass(statement);
  const NodeSource nodes = reader.nodes();
  Result<std::vector<Digest>> path = inclusion_proof(leaf.value, size, nodes);
  if (!path) return pass(path);
  file.evidence.push_back({.leaf = leaf, .statement = *bytes, .path = std::move(*path)});
  const Result<SharedBytes> genesis = reader.genesis();
  if (!genesis) return pass(genesis);
  Result<std::vector<Digest>> genesis_path = inclusion_proof(0, size, nodes);
  if (!genesis_path) return pass(genesis_path);
  file.genesis = *genesis;
  file.genesis_path = std::move(*genesis_path);
  return statement->header.kid;
}

}  // namespace

Result<CertificateFile> summary_of(const LedgerReader& reader, const FinishedCheckpoint& checkpoint,
                                   const CertificateId& certificate, const MayGoOn& may_go_on) {
  if (reader.applied().leaves.value != checkpoint.checkpoint.size)
    return fail(Code::corrupt, "evidence", "the reader is not that of the checkpoint");
  const auto record = record_of<state::Certificate>(reader, certificate.value);
  if (!record) return pass(record);
  CertificateFile file;
  file.subject = certificate;
  file.note = checkpoint.note;
  const Result<Digest> signer = add_statement(reader, checkpoint, file);
  if (!signer) return pass(signer);
  Walk walk(reader, may_go_on);
  if (auto walked = walk.run(record->lot); !walked) return pass(walked);
  std::vector<StateKey> keys = {{Kind::certificate, certificate.value}, {Kind::key, hex(*signer)}};
  for (const LotId& lot : walk.made)
    keys.push_back({Kind::lot, lot.value});
  Result<ProvenState> state = prove_state(reader, keys, may_go_on);
  if (!state) return pass(state);
  file.state = std::move(*state);
  file.summary = walk.summary();
  return file;
}

}  // namespace anta
