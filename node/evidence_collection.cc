#include "node/evidence_collection.h"

#include <algorithm>
#include <array>
#include <deque>
#include <unordered_map>

#include "crypto/cose.h"
#include "crypto/text.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/state.h"

namespace anta {
namespace {

constexpr std::array<std::string_view, 9> authority_types = {"party",       "party-update",  "role-grant",
                                                             "role-revoke", "key-rotate",    "key-revoke",
                                                             "relation",    "accreditation", "countersign"};

// What of a party's history concerns what it is, and not what it did.
bool about_party(std::string_view type) { return is_authority(type) || type == "formalisation"; }

class Collection {
 public:
  Collection(const LedgerReader& reader, TreeSize size) : reader_(reader), size_(size) {}

  Result<void> run(const CertificateId& certificate);
  CollectedEvidence take() { return {std::move(included_)}; }

 private:
  void want(Kind kind, std::string_view id) {
    if (!id.empty() && seen_.insert({kind, std::string(id)}).second)
      queue_.push_back({kind, std::string(id)});
  }
  // A site with its accounts and attestations; one met before as a bystander is visited again.
  void want_whole(const SiteId& site) {
    if (site.empty() || !whole_sites_.insert(site.value).second) return;
    seen_.insert({Kind::site, site.value});
    queue_.push_back({Kind::site, site.value});
  }
  template <typename T>
  Result<std::optional<T>> find(std::string_view id) const {
    const Result<SharedBytes> bytes = reader_.record(state::KindOf<T>::kind, id);
    if (!bytes) return pass(bytes);
    if (!*bytes) return std::optional<T>{};
    Result<T> record = state::decode_record<T>(**bytes);
    if (!record) return pass(record);
    return std::optional<T>(std::move(*record));
  }

  Result<void> visit(const StateKey& key);
  Result<void> follow_lot(const std::string& id);
  Result<void> follow_site(const std::string& id);
  Result<void> follow_dispatch(const std::string& id);
  Result<void> follow_attestation(const std::string& id);
  Result<void> follow_account(const std::string& id);
  Result<void> take_history(const StateKey& key);
  Result<void> consider(LeafIndex leaf, const StateKey& about);
  bool wanted(std::string_view type, const StateKey& about) const;
  Result<void> include(LeafIndex leaf, SignedStatement statement);
  Result<void> take_supporters(const Digest& digest);
  Result<void> take_batches();
  void drop_orphaned_corrections();

  const LedgerReader& reader_;
  TreeSize size_ = {};
  std::deque<StateKey> queue_ = {};
  std::set<StateKey> seen_ = {};
  std::set<std::string> whole_sites_ = {};  // sites whose attestations and accounts matter
  std::map<LeafIndex, SignedStatement> included_ = {};
  std::map<LeafIndex, SignedStatement> batches_ = {};  // processes and blends, undecided
  std::unordered_map<std::uint64_t, std::string> types_ = {};
};

Result<void> Collection::run(const CertificateId& id) {
  const auto certificate = find<state::Certificate>(id.value);
  if (!certificate) return pass(certificate);
  if (!*certificate) return fail(Code::not_found, "certificate", "there is no certificate " + id.value);
  want(Kind::certificate, id.value);
  want(Kind::lot, (*certificate)->lot.value);
  for (const auto& debit : (*certificate)->debits)
    want(Kind::account, debit.account.value);
  do {
    while (!queue_.empty()) {
      const StateKey key = std::move(queue_.front());
      queue_.pop_front();
      if (auto visited = visit(key); !visited) return visited;
    }
    if (auto batches = take_batches(); !batches) return batches;
  } while (!queue_.empty());
  drop_orphaned_corrections();
  return {};
}

Result<void> Collection::visit(const StateKey& key) {
  Result<void> followed = {};
  switch (key.kind) {
    case Kind::lot: followed = follow_lot(key.id); break;
    case Kind::site: followed = follow_site(key.id); break;
    case Kind::dispatch: followed = follow_dispatch(key.id); break;
    case Kind::attestation: followed = follow_attestation(key.id); break;
    case Kind::account: followed = follow_account(key.id); break;
    default: break;
  }
  if (!followed) return followed;
  return take_history(key);
}

Result<void> Collection::follow_lot(const std::string& id) {
  const auto lot = find<state::Lot>(id);
  if (!lot) return pass(lot);
  if (!*lot) return {};
  for (const auto& source : (*lot)->sources)
    want(Kind::lot, source.lot.value);
  for (const CertificateId& certificate : (*lot)->certificates)
    want(Kind::certificate, certificate.value);
  for (const PartyId& party : {(*lot)->maker, (*lot)->holder, (*lot)->owner})
    want(Kind::party, party.value);
  want_whole((*lot)->made_site);
  want_whole((*lot)->site);
  return {};
}

Result<void> Collection::follow_site(const std::string& id) {
  const auto site = find<state::Site>(id);
  if (!site) return pass(site);
  if (!*site) return {};
  want(Kind::party, (*site)->operator_id.value);
  if ((*site)->concession_holder) want(Kind::party, (*site)->concession_holder->value);
  if (!whole_sites_.contains(id)) return {};
  for (const AttestationId& attestation : (*site)->attestations)
    want(Kind::attestation, attestation.value);
  for (const AccountId& account : (*site)->accounts)
    want(Kind::account, account.value);
  return {};
}

Result<void> Collection::follow_dispatch(const std::string& id) {
  const auto dispatch = find<state::Dispatch>(id);
  if (!dispatch) return pass(dispatch);
  if (!*dispatch) return {};
  const state::Dispatch& d = **dispatch;
  for (const auto& line : d.lines)
    want(Kind::lot, line.lot.value);
  for (const PartyId& party : {d.sender, d.to, d.carrier.value_or(PartyId{})})
    want(Kind::party, party.value);
  // Whether a receipt there books a credit depends on the site's accounts and attestations.
  want_whole(d.from_site);
  want_whole(d.to_site);
  return {};
}

Result<void> Collection::follow_attestation(const std::string& id) {
  const auto attestation = find<state::Attestation>(id);
  if (!attestation) return pass(attestation);
  if (!*attestation) return {};
  want(Kind::party, (*attestation)->body.value);
  want(Kind::party, (*attestation)->subject.value);
  for (const SiteId& site : (*attestation)->sites)
    want(Kind::site, site.value);
  return {};
}

Result<void> Collection::follow_account(const std::string& id) {
  const auto account = find<state::Account>(id);
  if (!account) return pass(account);
  if (!*account) return {};
  want_whole((*account)->site);
  return {};
}

bool Collection::wanted(std::string_view type, const StateKey& about) const {
  switch (about.kind) {
    case Kind::party: return about_party(type) || type == "correction";
    case Kind::site: return type == "site" || type == "correction";
    case Kind::account: return type == "balance-open" || type == "balance-close" || type == "correction";
    case Kind::attestation:
      return type == "attestation" || type == "attestation-status" || type == "correction";
    default: return true;
  }
}

Result<void> Collection::take_history(const StateKey& key) {
  LeafIndex from{0};
  while (true) {
    const Result<LedgerReader::LeafPage> page = reader_.history(key, from, LedgerReader::page_max);
    if (!page) return pass(page);
    for (const LeafIndex leaf : page->leaves) {
      if (leaf.value >= size_.value) return {};
      if (auto considered = consider(leaf, key); !considered) return considered;
    }
    if (!page->more || page->leaves.empty()) return {};
    from = page->leaves.back().next();
  }
}

Result<void> Collection::consider(LeafIndex leaf, const StateKey& about) {
  if (included_.contains(leaf) || batches_.contains(leaf)) return {};
  if (const auto known = types_.find(leaf.value); known != types_.end() && !wanted(known->second, about))
    return {};
  const Result<SharedBytes> bytes = reader_.statement_at(leaf);
  if (!bytes) return pass(bytes);
  const Result<CoseSign1> cose = decode_cose(**bytes);
  if (!cose) return pass(cose);
  const Result<std::string_view> type = statement_type_of(cose->header.content_type);
  if (!type) return pass(type);
  types_.emplace(leaf.value, std::string(*type));
  if (!wanted(*type, about)) return {};
  Result<SignedStatement> statement = decode_statement(*bytes);
  if (!statement) return pass(statement);
  if (*type == "process" || *type == "blend") {
    batches_.emplace(leaf, std::move(*statement));
    return {};
  }
  return include(leaf, std::move(*statement));
}

// What a statement names beyond what the records lead to.
Result<void> Collection::include(LeafIndex leaf, SignedStatement statement) {
  if (included_.size() >= certificate_statements_max) {
    return fail(Code::rule_violated, "certificate_statements_max",
                "the certificate has too many sources for one file");
  }
  want(Kind::party, statement.issuer().value);
  std::visit(
      [this](const auto& p) {
        using P = std::decay_t<decltype(p)>;
        if constexpr (std::is_same_v<P, payload::Relation>)
          want(Kind::party, p.other.value), want(Kind::party, p.party.value);
        if constexpr (std::is_same_v<P, payload::Dispatch>) {
          want(Kind::dispatch, p.id.value);
          for (const auto& line : p.lots)
            want(Kind::lot, line.lot.value);
        }
        if constexpr (std::is_same_v<P, payload::Lot>) {
          for (const PartyId& producer : p.producers.value_or(std::vector<PartyId>{}))
            want(Kind::party, producer.value);
        }
        if constexpr (requires { p.dispatch; }) want(Kind::dispatch, p.dispatch.value);
        if constexpr (requires { p.attestation; }) want(Kind::attestation, p.attestation.value);
        if constexpr (std::is_same_v<P, payload::Accreditation>) want(Kind::party, p.body.value);
        if constexpr (std::is_same_v<P, payload::Ownership>)
          want(Kind::party, p.from.value), want(Kind::party, p.to.value);
        if constexpr (std::is_same_v<P, payload::Certificate>) {
          if (p.buyer) want(Kind::party, p.buyer->value);
        }
        if constexpr (std::is_same_v<P, payload::CertificateStatus>) {
          want(Kind::certificate, p.certificate.value);
          if (p.by) want(Kind::certificate, p.by->value);
        }
      },
      statement.payload);
  const Digest digest = statement.digest;
  included_.emplace(leaf, std::move(statement));
  return take_supporters(digest);
}

Result<void> Collection::take_supporters(const Digest& digest) {
  const auto countersigns = find<state::Countersign>(to_hex(digest.view()));
  if (!countersigns) return pass(countersigns);
  if (!*countersigns) return {};
  for (const auto& entry : (*countersigns)->entries)
    want(Kind::party, entry.party.value);
  return {};
}

// Which batches belong: those that made something upstream, and those that used nothing else.
Result<void> Collection::take_batches() {
  const auto upstream = [this](const LotId& lot) { return seen_.contains({Kind::lot, lot.value}); };
  std::vector<LeafIndex> chosen;
  for (const auto& [leaf, statement] : batches_) {
    bool makes = false;
    bool uses_only = true;
    const auto use = [&](const auto& takes) {
      for (const payload::Take& take : takes)
        uses_only = uses_only && upstream(take.lot);
    };
    if (const auto* process = std::get_if<payload::Process>(&statement.payload)) {
      for (const payload::Make& make : process->outputs)
        makes = makes || upstream(make.id);
      use(process->inputs);
    } else if (const auto* blend = std::get_if<payload::Blend>(&statement.payload)) {
      makes = upstream(blend->output.id);
      use(blend->inputs);
    }
    if (makes || uses_only) chosen.push_back(leaf);
  }
  for (const LeafIndex leaf : chosen) {
    SignedStatement statement = std::move(batches_.extract(leaf).mapped());
    if (const auto* process = std::get_if<payload::Process>(&statement.payload)) {
      want_whole(process->site);
      for (const payload::Take& take : process->inputs)
        want(Kind::lot, take.lot.value);
    } else if (const auto* blend = std::get_if<payload::Blend>(&statement.payload)) {
      for (const payload::Take& take : blend->inputs)
        want(Kind::lot, take.lot.value);
    }
    if (auto included = include(leaf, std::move(statement)); !included) return included;
  }
  return {};
}

void Collection::drop_orphaned_corrections() {
  std::set<Digest> present;
  for (const auto& [leaf, statement] : included_)
    present.insert(statement.digest);
  std::erase_if(included_, [&](const auto& entry) {
    const auto* correction = std::get_if<payload::Correction>(&entry.second.payload);
    const auto* countersign = std::get_if<payload::Countersign>(&entry.second.payload);
    return (correction != nullptr && !present.contains(correction->of)) ||
           (countersign != nullptr && !present.contains(countersign->of));
  });
}

}  // namespace

bool is_authority(std::string_view type) {
  return std::find(authority_types.begin(), authority_types.end(), type) != authority_types.end();
}

Result<CollectedEvidence> collect_evidence(const LedgerReader& reader, const CertificateId& certificate,
                                           TreeSize size) {
  Collection collection(reader, size);
  if (auto done = collection.run(certificate); !done) return pass(done);
  return collection.take();
}

}  // namespace anta
