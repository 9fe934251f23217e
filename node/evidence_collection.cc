#include "node/evidence_collection.h"

#include <algorithm>
#include <array>
#include <deque>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crypto/text.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/state.h"

namespace anta {
namespace {

constexpr std::array<std::string_view, 12> authority_types = {
    "party",    "party-update",  "role-grant",  "role-revoke",        "key-rotate", "key-revoke",
    "relation", "accreditation", "countersign", "parameter-proposal", "vote",       "node"};

std::string key_id(const PublicKey& key) { return hex(kid_of(key)); }

class Collection {
 public:
  Collection(const LedgerReader& reader, TreeSize size, const MayGoOn& may_go_on, std::size_t bytes_max)
      : reader_(reader), end_{size.value}, may_go_on_(may_go_on), bytes_max_(bytes_max) {}

  Result<void> run(const CertificateId& certificate);
  CollectedEvidence take() { return {std::move(included_)}; }

 private:
  using Leaves = std::vector<LeafIndex>;
  // How much of a thing's history is wanted: what stands below a leaf, and how far it was taken.
  struct Span {
    LeafIndex wanted = {};
    LeafIndex taken = {};
  };

  void want(Kind kind, std::string_view id, LeafIndex below);
  void want(Kind kind, std::string_view id) { want(kind, id, end_); }
  void want(const PartyId& party) { want(Kind::party, party.value); }
  void want_whole(const SiteId& site);  // with its accounts and attestations

  template <typename T>
  Result<std::optional<T>> find(std::string_view id) const {
    const Result<SharedBytes> bytes = reader_.record(state::KindOf<T>::kind, id);
    if (!bytes) return pass(bytes);
    if (!*bytes) return std::optional<T>{};
    Result<T> record = state::decode_record<T>(**bytes);
    if (!record) return pass(record);
    return std::optional<T>(std::move(*record));
  }
  Result<std::optional<LeafIndex>> leaf_of(const Digest& statement) const;
  template <typename Page>
  Result<Leaves> leaves(Page page, LeafIndex from, LeafIndex below) const;
  Result<Leaves> history(const StateKey& key, LeafIndex from, LeafIndex below) const;

  Result<void> visit(const StateKey& key, Span span);
  Result<void> take_history(const StateKey& key, Span span);
  Result<void> take_first(const StateKey& key);
  Result<void> take_party(const PartyId& party);
  Result<void> take_updates(const PartyId& party, const Digest& newest);
  Result<void> take_site_parts(const SiteId& site);
  Result<void> take_supporter(const Digest& digest);
  Result<void> take_amendments();
  Result<void> include(LeafIndex leaf);
  Result<void> fits(const SignedStatement& statement);

  // What a statement at a leaf needs.
  Result<void> need(LeafIndex leaf, const SignedStatement& statement);
  Result<void> need_attested(LeafIndex leaf, const PartyId& body, const payload::Attestation& p);
  Result<void> need_dispatched(LeafIndex leaf, const DispatchId& dispatch);
  void need_measured(const payload::Measurement& measurement);
  void need_parts(LeafIndex leaf, const payload::Payload& payload);
  void need_parties(const payload::Payload& payload);

  void drop_orphans();

  const LedgerReader& reader_;
  const LeafIndex end_;
  const MayGoOn& may_go_on_;
  const std::size_t bytes_max_;
  std::deque<StateKey> queue_ = {};
  std::map<StateKey, Span> spans_ = {};
  std::set<SiteId> whole_sites_ = {};
  std::map<LeafIndex, SignedStatement> included_ = {};
  std::size_t bytes_ = 0;  // of the statements included
};

Result<void> Collection::run(const CertificateId& id) {
  const auto certificate = find<state::Certificate>(id.value);
  if (!certificate) return pass(certificate);
  if (!*certificate) return fail(Code::not_found, "certificate", "there is no certificate " + id.value);
  want(Kind::certificate, id.value);
  want(Kind::lot, (*certificate)->lot.value);
  if (auto amended = take_amendments(); !amended) return amended;
  while (!queue_.empty()) {
    const StateKey key = std::move(queue_.front());
    queue_.pop_front();
    Span& span = spans_[key];
    const Span now = span;
    span.taken = span.wanted;
    if (auto visited = visit(key, now); !visited) return visited;
  }
  drop_orphans();
  return {};
}

// --- what is wanted ---

void Collection::want(Kind kind, std::string_view id, LeafIndex below) {
  if (id.empty()) return;
  Span& span = spans_[{kind, std::string(id)}];
  if (below <= span.wanted) return;
  if (span.wanted == span.taken) queue_.push_back({kind, std::string(id)});
  span.wanted = below;
}

void Collection::want_whole(const SiteId& site) {
  if (site.empty() || !whole_sites_.insert(site).second) return;
  want(Kind::site, site.value);
  Span& span = spans_[{Kind::site, site.value}];
  if (span.wanted == span.taken) queue_.push_back({Kind::site, site.value});  // met before as a bystander
}

Result<void> Collection::visit(const StateKey& key, Span span) {
  switch (key.kind) {
    case Kind::party: return take_party(PartyId{key.id});
    // Lots and attestations change a site's record, credits an account's; what they are is said first.
    case Kind::site: return take_site_parts(SiteId{key.id});
    case Kind::account: return take_first(key);
    default: return take_history(key, span);
  }
}

// --- the indexes ---

Result<std::optional<LeafIndex>> Collection::leaf_of(const Digest& statement) const {
  const Result<std::optional<Outcome>> outcome = reader_.outcome(statement);
  if (!outcome) return pass(outcome);
  if (!*outcome || !(*outcome)->accepted || (*outcome)->leaf >= end_) return std::optional<LeafIndex>{};
  return std::optional((*outcome)->leaf);
}

template <typename Page>
Result<Collection::Leaves> Collection::leaves(Page page, LeafIndex from, LeafIndex below) const {
  Leaves found;
  while (true) {
    const Result<LedgerReader::LeafPage> next = page(from);
    if (!next) return pass(next);
    for (const LeafIndex leaf : next->leaves) {
      if (leaf >= below) return found;
      found.push_back(leaf);
    }
    if (!next->more || next->leaves.empty()) return found;
    if (!may_go_on_()) return too_late();
    from = next->leaves.back().next();
  }
}

Result<Collection::Leaves> Collection::history(const StateKey& key, LeafIndex from, LeafIndex below) const {
  return leaves([&](LeafIndex at) { return reader_.history(key, at, LedgerReader::page_max); }, from, below);
}

Result<void> Collection::take_history(const StateKey& key, Span span) {
  const Result<Leaves> found = history(key, span.taken, span.wanted);
  if (!found) return pass(found);
  for (const LeafIndex leaf : *found) {
    if (auto done = include(leaf); !done) return done;
  }
  return {};
}

// The statement that a thing begins with.
Result<void> Collection::take_first(const StateKey& key) {
  const Result<LedgerReader::LeafPage> page = reader_.history(key, LeafIndex{0}, 1);
  if (!page) return pass(page);
  if (page->leaves.empty() || page->leaves.front() >= end_) return {};
  return include(page->leaves.front());
}

Result<void> Collection::take_site_parts(const SiteId& id) {
  if (auto first = take_first({Kind::site, id.value}); !first) return first;
  if (!whole_sites_.contains(id)) return {};
  const auto site = find<state::Site>(id.value);
  if (!site) return pass(site);
  if (!*site) return {};
  for (const AttestationId& attestation : (*site)->attestations)
    want(Kind::attestation, attestation.value);
  for (const AccountId& account : (*site)->accounts)
    want(Kind::account, account.value);
  return {};
}

// Keys are wanted by who signed with them. The genesis's registrar has no registration.
Result<void> Collection::take_party(const PartyId& id) {
  const auto party = find<state::Party>(id.value);
  if (!party) return pass(party);
  if (!*party) return {};
  for (const std::string_view role : Words<Role>::list)
    want(Kind::role, id.value + "/" + std::string(role));
  const StateKey key{Kind::party, id.value};
  const Result<LedgerReader::LeafPage> page = reader_.history(key, LeafIndex{0}, 1);
  if (!page) return pass(page);
  if (page->leaves.empty() || page->leaves.front() >= end_) return {};
  const Result<SharedBytes> bytes = reader_.statement_at(page->leaves.front());
  if (!bytes) return pass(bytes);
  const Result<SignedStatement> first = decode_statement(*bytes);
  if (!first) return pass(first);
  const auto* registration = std::get_if<payload::Party>(&first->payload);
  if (registration != nullptr && registration->id == id) {
    if (auto done = include(page->leaves.front()); !done) return done;
    if ((*party)->stamp.by == first->digest) return {};
  }
  return take_updates(id, (*party)->stamp.by);
}

// Only registrations and updates write a party's record, so the record names the newest of them. Between the
// two stand all the statements that the party signed; those need not be read, unless it is a registrar, who
// may have updated itself.
Result<void> Collection::take_updates(const PartyId& id, const Digest& newest) {
  const Result<std::optional<Outcome>> last = reader_.outcome(newest);
  if (!last) return pass(last);
  if (!*last) return {};  // the genesis wrote it
  const LeafIndex below = std::min((*last)->leaf.next(), end_);
  const auto registrar = find<state::RoleHeld>(id.value + "/" + std::string(word(Role::registrar)));
  if (!registrar) return pass(registrar);
  Result<Leaves> about = history({Kind::party, id.value}, LeafIndex{0}, below);
  if (!about) return pass(about);
  if (!*registrar) {
    const auto page = [&](LeafIndex at) { return reader_.issued_by(id, at, LedgerReader::page_max); };
    const Result<Leaves> own = leaves(page, LeafIndex{0}, below);
    if (!own) return pass(own);
    Leaves others;
    std::set_difference(about->begin(), about->end(), own->begin(), own->end(), std::back_inserter(others));
    *about = std::move(others);
  }
  for (const LeafIndex leaf : *about) {
    if (!may_go_on_()) return too_late();
    const Result<SharedBytes> bytes = reader_.statement_at(leaf);
    if (!bytes) return pass(bytes);
    const Result<SignedStatement> statement = decode_statement(*bytes);
    if (!statement) return pass(statement);
    const auto* update = std::get_if<payload::PartyUpdate>(&statement->payload);
    if (update == nullptr || update->party != id) continue;
    if (auto done = include(leaf); !done) return done;
  }
  return {};
}

// Who vouched for it last, if anybody did.
Result<void> Collection::take_supporter(const Digest& digest) {
  const auto countersigns = find<state::Countersign>(hex(digest));
  if (!countersigns) return pass(countersigns);
  if (!*countersigns) return {};
  const Result<std::optional<LeafIndex>> leaf = leaf_of((*countersigns)->stamp.by);
  if (!leaf) return pass(leaf);
  return *leaf ? include(**leaf) : Result<void>{};
}

// The law that the chain was judged by: every proposal that changed a parameter, with its votes, and those
// that made the nodes whose organisations voted. Proposals that came to nothing changed nothing.
Result<void> Collection::take_amendments() {
  std::vector<std::string> approved;
  bool amended = false;
  std::string after;
  for (bool more = true; more;) {
    if (!may_go_on_()) return too_late();
    const auto page = reader_.scan(Kind::proposal, after, LedgerReader::page_max);
    if (!page) return pass(page);
    more = page->more && !page->records.empty();
    for (const auto& [id, bytes] : page->records) {
      after = id;
      const auto proposal = state::decode_record<state::Proposal>(*bytes);
      if (!proposal) return pass(proposal);
      if (proposal->status != ProposalStatus::approved) continue;
      amended = amended || proposal->parameter.has_value();
      approved.push_back(id);
    }
  }
  if (!amended) return {};
  for (const std::string& id : approved)
    want(Kind::proposal, id);
  return {};
}

// --- what a statement brings along ---

Result<void> Collection::include(LeafIndex leaf) {
  if (included_.contains(leaf)) return {};
  if (!may_go_on_()) return too_late();
  const Result<SharedBytes> bytes = reader_.statement_at(leaf);
  if (!bytes) return pass(bytes);
  Result<SignedStatement> decoded = decode_statement(*bytes);
  if (!decoded) return pass(decoded);
  if (auto room = fits(*decoded); !room) return room;
  const SignedStatement& statement = included_.emplace(leaf, std::move(*decoded)).first->second;
  want(statement.issuer());
  want(Kind::key, hex(statement.header.kid));
  if (auto done = need(leaf, statement); !done) return done;
  return take_supporter(statement.digest);
}

// Early, so that a certificate with too much behind it costs no more than statements of bytes_max: what their
// paths add is weighed by who has them all.
Result<void> Collection::fits(const SignedStatement& statement) {
  bytes_ += statement.bytes->size();
  if (included_.size() < certificate_statements_max && bytes_ <= bytes_max_) return {};
  return fail(Code::rule_violated, "certificate_too_large",
              "what this certificate rests on is more than one file may hold: " +
                  std::to_string(certificate_statements_max) + " statements, " + std::to_string(bytes_max_) +
                  " bytes");
}

Result<void> Collection::need(LeafIndex leaf, const SignedStatement& statement) {
  need_parts(leaf, statement.payload);
  need_parties(statement.payload);
  if (std::holds_alternative<payload::Lot>(statement.payload))
    want(Kind::formalisation, statement.issuer().value);
  if (const auto* p = std::get_if<payload::Attestation>(&statement.payload))
    return need_attested(leaf, statement.issuer(), *p);
  return std::visit(
      [&](const auto& p) -> Result<void> {
        if constexpr (requires { p.dispatch; }) {
          want(Kind::dispatch, p.dispatch.value);
          return need_dispatched(leaf, p.dispatch);
        }
        return Result<void>{};
      },
      statement.payload);
}

// The lots, sites and other things that a statement touches, as they were before it.
void Collection::need_parts(LeafIndex leaf, const payload::Payload& payload) {
  std::visit(
      [&](const auto& p) {
        using P = std::decay_t<decltype(p)>;
        if constexpr (requires { p.inputs; }) {
          for (const payload::Take& take : p.inputs)
            want(Kind::lot, take.lot.value, leaf);
        }
        if constexpr (requires { p.lots; }) {
          for (const payload::LotMeasurement& line : p.lots) {
            want(Kind::lot, line.lot.value, leaf);
            need_measured(line.measurement);
          }
        }
        if constexpr (requires { p.lot; }) want(Kind::lot, p.lot.value, leaf);
        if constexpr (requires { p.outputs; }) {
          for (const payload::Make& make : p.outputs)
            need_measured(make.measurement);
        }
        if constexpr (std::is_same_v<P, payload::Blend>) {
          if (p.output.measurement) need_measured(*p.output.measurement);
        }
        if constexpr (requires { p.measurement; }) need_measured(p.measurement);
        if constexpr (requires { p.site; }) want_whole(p.site);
        if constexpr (std::is_same_v<P, payload::Dispatch>) {
          want(Kind::dispatch, p.id.value);
          // Whether a receipt there books a credit depends on the site's accounts and attestations.
          want_whole(p.from_site), want_whole(p.to_site);
        }
        if constexpr (std::is_same_v<P, payload::AttestationStatus>)
          want(Kind::attestation, p.attestation.value);
        if constexpr (std::is_same_v<P, payload::KeyRotate>) want(Kind::key, key_id(p.old_key));
        if constexpr (std::is_same_v<P, payload::KeyRevoke>) want(Kind::key, key_id(p.key));
      },
      payload);
}

// The parties that a statement names. Not the certificate that takes another's place: it may be on any lot,
// and the law lets it be absent (certificate.cc: names_successor); on a lot of this chain it is there anyway.
void Collection::need_parties(const payload::Payload& payload) {
  std::visit(
      [&](const auto& p) {
        using P = std::decay_t<decltype(p)>;
        if constexpr (std::is_same_v<P, payload::Lot>) {
          for (const PartyId& producer : p.producers.value_or(payload::List<PartyId>{})) {
            want(producer);
            want(Kind::formalisation, producer.value);
          }
        }
        if constexpr (std::is_same_v<P, payload::Site>) {
          want(p.operator_id);
          want(p.concession_holder.value_or(PartyId{}));
        }
        if constexpr (std::is_same_v<P, payload::Dispatch>) want(p.to), want(p.carrier.value_or(PartyId{}));
        if constexpr (std::is_same_v<P, payload::Ownership>) want(p.from), want(p.to);
        if constexpr (std::is_same_v<P, payload::Certificate>) want(p.buyer.value_or(PartyId{}));
        if constexpr (std::is_same_v<P, payload::Accreditation>) want(p.body);
        if constexpr (std::is_same_v<P, payload::Node>) want(p.organisation);
        if constexpr (std::is_same_v<P, payload::Formalisation>) want(p.subject);
        if constexpr (std::is_same_v<P, payload::Relation>) want(p.party), want(p.other);
        if constexpr (requires { p.party; }) want(p.party);
      },
      payload);
}

// The laboratory is looked up, for a final figure's flag.
void Collection::need_measured(const payload::Measurement& measurement) {
  want(measurement.laboratory.value_or(PartyId{}));
}

// What is declared between the body and whom it attests, up to the attestation: there the law asks.
Result<void> Collection::need_attested(LeafIndex leaf, const PartyId& body, const payload::Attestation& p) {
  want(Kind::accreditation, body.value + "/" + p.scheme.value);
  std::set<PartyId> attested = {p.subject};
  for (const SiteId& id : p.sites) {
    want(Kind::site, id.value);
    const auto site = find<state::Site>(id.value);
    if (!site) return pass(site);
    if (*site) attested.insert((*site)->operator_id);
  }
  for (const PartyId& party : attested) {
    want(party);
    want(Kind::relation, body.value + "/" + party.value, leaf);
    want(Kind::relation, party.value + "/" + body.value, leaf);
  }
  return {};
}

Result<void> Collection::need_dispatched(LeafIndex leaf, const DispatchId& id) {
  const auto dispatch = find<state::Dispatch>(id.value);
  if (!dispatch) return pass(dispatch);
  if (!*dispatch) return {};
  for (const state::Dispatch::Line& line : (*dispatch)->lines)
    want(Kind::lot, line.lot.value, leaf);
  return {};
}

// A correction or a countersignature of what is not there.
void Collection::drop_orphans() {
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

tl::unexpected<Error> too_late() {
  return fail(Code::busy, "deadline", "the certificate took too long to put together; ask again");
}

bool is_authority(std::string_view type) {
  return std::find(authority_types.begin(), authority_types.end(), type) != authority_types.end();
}

Result<CollectedEvidence> collect_evidence(const LedgerReader& reader, const CertificateId& certificate,
                                           TreeSize size, const MayGoOn& may_go_on, std::size_t bytes_max) {
  Collection collection(reader, size, may_go_on, bytes_max);
  if (auto done = collection.run(certificate); !done) return pass(done);
  return collection.take();
}

}  // namespace anta
