#include "node/certificate_assembly.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "crypto/merkle.h"
#include "crypto/text.h"
#include "node/references.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/state.h"

namespace anta {
namespace {

constexpr std::size_t chain_lots_max = 16384;

class Assembly {
 public:
  Assembly(const LedgerReader& reader, const Checkpoint& checkpoint)
      : reader_(reader), size_(checkpoint.size) {}

  Result<void> gather(const CertificateId& certificate);
  Result<CertificateFile> file(const CertificateId& certificate, const std::string& note);

 private:
  template <typename T>
  Result<std::optional<T>> record(std::string_view id);

  Result<void> walk_chain(const LotId& root);
  Result<void> take_sites();
  Result<void> take_histories();
  Result<void> take_corrections();
  Result<void> close();
  Result<void> add_party(const PartyId& party);
  Result<void> add_site(const SiteId& site);
  Result<void> add_standing();

  // Every leaf of a history below the checkpoint; with `first`, only the first.
  Result<std::vector<LeafIndex>> leaves(Kind kind, const std::string& id, bool first = false);
  Result<void> add_all(Kind kind, const std::string& id);
  Result<void> consider(Kind kind, const std::string& id);
  Result<void> add(LeafIndex leaf);
  Result<const SignedStatement*> statement(LeafIndex leaf);
  bool belongs(const SignedStatement& statement) const;
  Result<ProvenStatement> proven(LeafIndex leaf, const NodeSource& nodes);

  const LedgerReader& reader_;
  const std::uint64_t size_;
  std::map<LeafIndex, SignedStatement> read_ = {};  // decoded once
  std::set<LeafIndex> chosen_ = {};
  std::set<LeafIndex> corrections_ = {};
  std::deque<LeafIndex> to_close_ = {};  // chosen, with references still to follow
  std::vector<state::Lot> chain_ = {};
  std::set<LotId> lots_ = {};
  std::set<SiteId> sites_ = {};  // where the chain's lots were or came through
  std::set<DispatchId> dispatches_ = {};
  std::set<CertificateId> certificates_ = {};
  std::set<AttestationId> attestations_ = {};
  std::set<AccountId> accounts_ = {};
  std::set<PartyId> parties_done_ = {};
  std::set<SiteId> sites_done_ = {};
  std::set<Digest> keys_done_ = {};
};

template <typename T>
Result<std::optional<T>> Assembly::record(std::string_view id) {
  const auto bytes = reader_.record(state::KindOf<T>::kind, id);
  if (!bytes) return pass(bytes);
  if (!*bytes) return std::optional<T>{};
  auto decoded = state::decode_record<T>(**bytes);
  if (!decoded) return pass(decoded);
  return std::optional<T>(std::move(*decoded));
}

Result<std::vector<LeafIndex>> Assembly::leaves(Kind kind, const std::string& id, bool first) {
  std::vector<LeafIndex> all;
  LeafIndex from{0};
  while (true) {
    auto page = reader_.history(StateKey{kind, id}, from, first ? 1 : LedgerReader::page_max);
    if (!page) return pass(page);
    for (const LeafIndex leaf : page->leaves) {
      if (leaf.value < size_) all.push_back(leaf);
    }
    if (first || !page->more || page->leaves.empty()) return all;
    from = page->leaves.back().next();
  }
}

Result<const SignedStatement*> Assembly::statement(LeafIndex leaf) {
  if (const auto found = read_.find(leaf); found != read_.end()) return &found->second;
  auto bytes = reader_.statement_at(leaf);
  if (!bytes) return pass(bytes);
  auto decoded = decode_statement(*bytes);
  if (!decoded) return pass(decoded);
  return &read_.emplace(leaf, std::move(*decoded)).first->second;
}

Result<void> Assembly::add(LeafIndex leaf) {
  if (leaf.value >= size_ || !chosen_.insert(leaf).second) return {};
  if (chosen_.size() > certificate_statements_max) {
    return fail(Code::busy, "certificate.too_many",
                "the certificate's history has more statements than a file may hold");
  }
  to_close_.push_back(leaf);
  return {};
}

Result<void> Assembly::add_all(Kind kind, const std::string& id) {
  const auto all = leaves(kind, id);
  if (!all) return pass(all);
  for (const LeafIndex leaf : *all) {
    if (auto added = add(leaf); !added) return added;
  }
  return {};
}

// The certified lot and everything it was made from.
Result<void> Assembly::walk_chain(const LotId& root) {
  std::deque<LotId> waiting = {root};
  lots_.insert(root);
  while (!waiting.empty()) {
    const LotId id = waiting.front();
    waiting.pop_front();
    auto lot = record<state::Lot>(id.value);
    if (!lot) return pass(lot);
    if (!*lot)
      return fail(Code::corrupt, "certificate.chain",
                  "the state names lot " + id.value + " and does not hold it");
    for (const auto& source : (*lot)->sources) {
      if (lots_.insert(source.lot).second) waiting.push_back(source.lot);
    }
    if (lots_.size() > chain_lots_max) {
      return fail(Code::busy, "certificate.too_many", "the lot has more sources than a file may hold");
    }
    sites_.insert((*lot)->made_site);
    sites_.insert((*lot)->site);
    for (const CertificateId& certificate : (*lot)->certificates)
      certificates_.insert(certificate);
    chain_.push_back(std::move(**lot));
  }
  return {};
}

// Attestations and accounts of every site that the chain's lots passed through.
Result<void> Assembly::take_sites() {
  for (const state::Lot& lot : chain_) {
    const auto all = leaves(Kind::lot, lot.id.value);
    if (!all) return pass(all);
    for (const LeafIndex leaf : *all) {
      const auto read = statement(leaf);
      if (!read) return pass(read);
      if (const auto* dispatch = std::get_if<payload::Dispatch>(&(*read)->payload)) {
        dispatches_.insert(dispatch->id);
        sites_.insert(dispatch->from_site);
        sites_.insert(dispatch->to_site);
      }
    }
  }
  for (const SiteId& id : sites_) {
    const auto site = record<state::Site>(id.value);
    if (!site) return pass(site);
    if (!*site) continue;
    attestations_.insert((*site)->attestations.begin(), (*site)->attestations.end());
    accounts_.insert((*site)->accounts.begin(), (*site)->accounts.end());
  }
  return {};
}

// Whether a statement found in a history is part of what the verifier replays.
bool Assembly::belongs(const SignedStatement& statement) const {
  const Subject subject = subject_in_chain(statement.payload);
  const auto in_chain = [&](const LotId& lot) { return lots_.contains(lot); };
  if (std::any_of(subject.made.begin(), subject.made.end(), in_chain)) return true;
  if (subject.is_draw) return false;
  if (subject.dispatch) return dispatches_.contains(*subject.dispatch);
  if (subject.certificate) return certificates_.contains(*subject.certificate);
  if (subject.attestation) return attestations_.contains(*subject.attestation);
  if (subject.account) return accounts_.contains(*subject.account);
  return std::any_of(subject.lots.begin(), subject.lots.end(), in_chain);
}

Result<void> Assembly::consider(Kind kind, const std::string& id) {
  const auto all = leaves(kind, id);
  if (!all) return pass(all);
  for (const LeafIndex leaf : *all) {
    const auto read = statement(leaf);
    if (!read) return pass(read);
    if (std::holds_alternative<payload::Correction>((*read)->payload)) {
      corrections_.insert(leaf);
    } else if (belongs(**read)) {
      if (auto added = add(leaf); !added) return added;
    }
  }
  return {};
}

Result<void> Assembly::take_histories() {
  for (const LotId& lot : lots_) {
    if (auto taken = consider(Kind::lot, lot.value); !taken) return taken;
  }
  for (const DispatchId& dispatch : dispatches_) {
    if (auto taken = consider(Kind::dispatch, dispatch.value); !taken) return taken;
  }
  for (const CertificateId& certificate : certificates_) {
    if (auto taken = consider(Kind::certificate, certificate.value); !taken) return taken;
  }
  for (const AttestationId& attestation : attestations_) {
    if (auto taken = consider(Kind::attestation, attestation.value); !taken) return taken;
  }
  for (const AccountId& account : accounts_) {
    const auto first =
        leaves(Kind::account, account.value, true);  // its opening; credits come from the transfers
    if (!first) return pass(first);
    for (const LeafIndex leaf : *first) {
      if (auto added = add(leaf); !added) return added;
    }
  }
  return take_corrections();
}

// A correction belongs where what it corrects does.
Result<void> Assembly::take_corrections() {
  std::set<Digest> digests;
  for (const LeafIndex leaf : chosen_)
    digests.insert(read_.at(leaf).digest);
  for (const LeafIndex leaf : corrections_) {
    const auto& correction = std::get<payload::Correction>(read_.at(leaf).payload);
    if (!digests.contains(correction.of)) continue;
    if (auto added = add(leaf); !added) return added;
  }
  return {};
}

// A party: its registration and every role it was ever given.
Result<void> Assembly::add_party(const PartyId& party) {
  if (!parties_done_.insert(party).second) return {};
  const auto first = leaves(Kind::party, party.value, true);
  if (!first) return pass(first);
  for (const LeafIndex leaf : *first) {
    const auto read = statement(leaf);
    if (!read) return pass(read);
    const auto* registration = std::get_if<payload::Party>(&(*read)->payload);
    if (!registration || registration->id != party) continue;  // the genesis's registrar has none
    if (auto added = add(leaf); !added) return added;
  }
  for (const std::string_view role : Words<Role>::list) {
    if (auto added = add_all(Kind::role, party.value + "/" + std::string(role)); !added) return added;
  }
  return {};
}

Result<void> Assembly::add_site(const SiteId& site) {
  if (!sites_done_.insert(site).second) return {};
  const auto first = leaves(Kind::site, site.value, true);
  if (!first) return pass(first);
  for (const LeafIndex leaf : *first) {
    if (auto added = add(leaf); !added) return added;
  }
  return {};
}

// Formalisations of the chain's makers; accreditations of the bodies, and what relates them to whom they
// attested.
Result<void> Assembly::add_standing() {
  for (const state::Lot& lot : chain_) {
    if (auto added = add_all(Kind::formalisation, lot.maker.value); !added) return added;
  }
  for (const AttestationId& id : attestations_) {
    const auto attestation = record<state::Attestation>(id.value);
    if (!attestation) return pass(attestation);
    if (!*attestation) continue;
    const std::string& body = (*attestation)->body.value;
    const std::string& subject = (*attestation)->subject.value;
    if (auto added = add_all(Kind::accreditation, body + "/" + (*attestation)->scheme.value); !added)
      return added;
    if (auto added = add_all(Kind::relation, body + "/" + subject); !added) return added;
    if (auto added = add_all(Kind::relation, subject + "/" + body); !added) return added;
  }
  return {};
}

// Everybody who signed and everything that is named, until nothing new is named.
Result<void> Assembly::close() {
  while (!to_close_.empty()) {
    const LeafIndex leaf = to_close_.front();
    to_close_.pop_front();
    const auto read = statement(leaf);
    if (!read) return pass(read);
    const SignedStatement& s = **read;
    if (keys_done_.insert(s.header.kid).second) {
      if (auto added = add_all(Kind::key, hex(s.header.kid)); !added) return added;
    }
    if (auto added = add_party(s.issuer()); !added) return added;
    const References named = references_of(s.payload);
    for (const PartyId& party : named.parties) {
      if (auto added = add_party(party); !added) return added;
    }
    for (const SiteId& site : named.sites) {
      if (auto added = add_site(site); !added) return added;
    }
  }
  return {};
}

Result<void> Assembly::gather(const CertificateId& id) {
  const auto certificate = record<state::Certificate>(id.value);
  if (!certificate) return pass(certificate);
  const auto opening = leaves(Kind::certificate, id.value, true);
  if (!opening) return pass(opening);
  if (!*certificate || opening->empty()) {
    return fail(Code::not_found, "not_found",
                "no certificate " + id.value + " under the last finished checkpoint");
  }
  if (auto walked = walk_chain((*certificate)->lot); !walked) return walked;
  if (auto taken = take_sites(); !taken) return taken;
  for (const SiteId& site : sites_) {
    if (auto added = add_site(site); !added) return added;
  }
  if (auto taken = take_histories(); !taken) return taken;
  if (auto added = add_standing(); !added) return added;
  return close();
}

Result<ProvenStatement> Assembly::proven(LeafIndex leaf, const NodeSource& nodes) {
  const auto read = statement(leaf);
  if (!read) return pass(read);
  auto path = inclusion_proof(leaf.value, size_, nodes);
  if (!path) return pass(path);
  return ProvenStatement{leaf, (*read)->bytes, std::move(*path)};
}

bool is_authority(const payload::Payload& payload) {
  using namespace payload;
  return std::holds_alternative<Party>(payload) || std::holds_alternative<RoleGrant>(payload) ||
         std::holds_alternative<RoleRevoke>(payload) || std::holds_alternative<KeyRotate>(payload) ||
         std::holds_alternative<KeyRevoke>(payload) || std::holds_alternative<Accreditation>(payload) ||
         std::holds_alternative<Relation>(payload);
}

Result<CertificateFile> Assembly::file(const CertificateId& certificate, const std::string& note) {
  CertificateFile file;
  file.subject = certificate;
  file.note = note;
  const NodeSource nodes = reader_.nodes();
  auto genesis = reader_.genesis();
  if (!genesis) return pass(genesis);
  file.genesis = *genesis;
  auto path = inclusion_proof(0, size_, nodes);
  if (!path) return pass(path);
  file.genesis_path = std::move(*path);
  for (const LeafIndex leaf : chosen_) {
    auto statement = proven(leaf, nodes);
    if (!statement) return pass(statement);
    (is_authority(read_.at(leaf).payload) ? file.authority : file.evidence).push_back(std::move(*statement));
  }
  return file;
}

}  // namespace

Result<CertificateFile> assemble_certificate(const LedgerReader& reader, const CertificateId& certificate,
                                             const Checkpoint& checkpoint, const std::string& note) {
  Assembly assembly(reader, checkpoint);
  if (auto gathered = assembly.gather(certificate); !gathered) return pass(gathered);
  return assembly.file(certificate, note);
}

}  // namespace anta
