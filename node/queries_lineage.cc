// Queries that walk: what a lot was made from, and what a change of status would touch.
#include <algorithm>
#include <deque>
#include <set>

#include "node/queries.h"
#include "node/values.h"
#include "node/views/statement_view.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/law.h"
#include "storage/ledger/lineage.h"
#include "storage/ledger/state.h"

namespace anta::queries {
namespace {

// What a record says before and after, in the members that such a change moves.
Value touched(Kind kind, const StateChange& change, const LedgerView& before) {
  ValueMap map{{"id", text(change.key.id)}};
  const auto side = [&](const char* name, const SharedBytes& bytes) {
    const Result<Value> record = bytes ? views::record_value(word(kind), *bytes) : Result<Value>(Value{});
    if (!record) return;
    ValueMap members;
    for (const char* member : {"state", "schemes", "balance_g", "flags"}) {
      if (const Value* value = record->find(member)) members.emplace_back(member, *value);
    }
    map.emplace_back(name, Value{std::move(members)});
  };
  side("now", before.read(kind, change.key.id));
  side("then", change.value);
  return Value{std::move(map)};
}

// The state with a limit on how much of it is read. Past it it throws: to call a record absent that is there
// would be a broken invariant to the law, which aborts.
struct ReadsSpent {};
class LimitedView final : public LedgerView {
 public:
  LimitedView(const LedgerView& of, std::size_t reads_max) : of_(of), left_(reads_max) {}
  SharedBytes read(Kind kind, std::string_view id) const override {
    spend();
    return of_.read(kind, id);
  }
  SharedBytes statement(const Digest& digest) const override {
    spend();
    return of_.statement(digest);
  }
  bool failed() const override { return of_.failed(); }

 private:
  void spend() const {
    if (left_ == 0) throw ReadsSpent{};
    --left_;
  }
  const LedgerView& of_;
  mutable std::size_t left_ = 0;
};

// The statement that the body would sign. Nobody checks its signature here.
Result<SignedStatement> statement_of(const state::Attestation& attestation, const ProposedStatus& status,
                                     Millis now) {
  const auto change = from_word<AttestationChange>(status.status);
  if (!change)
    return fail(Code::malformed, "status", "status is suspended, reinstated, revoked or withdrawn");
  payload::AttestationStatus payload;
  payload.common.event_time = now;
  payload.attestation = attestation.id;
  payload.status = *change;
  payload.reason = "impact";
  payload.effective_from = status.from;
  payload.void_from = status.void_from;
  const Result<SigningKey> key = SigningKey::generate();
  if (!key) return pass(key);
  auto bytes = sign_statement(payload, attestation.body, *key, now.value / 1'000, {});
  if (!bytes) return pass(bytes);
  return decode_statement(std::make_shared<const Bytes>(std::move(*bytes)));
}

// Lots of the attested sites made from then on: they would not be eligible through this attestation.
// False in `complete`: there are more lots than one answer holds.
ValueList lots_made_since(const LedgerView& view, const state::Attestation& attestation, Millis from,
                          bool& complete) {
  ValueList lots;
  for (const SiteId& id : attestation.sites) {
    const auto site = state::find<state::Site>(view, id.value);
    if (!site) continue;
    walk_site_since(view, *site, from, [&](const state::Lot& lot) {
      complete = complete && lots.size() < graph_lots_max;
      if (complete) lots.push_back(text(lot.id.value));
      return complete;
    });
  }
  return lots;
}

}  // namespace

Result<Value> graph(const LedgerReader& reader, const LotId& root) {
  ValueList lots;
  ValueList edges;
  std::set<LotId> seen = {root};
  std::deque<LotId> waiting = {root};
  std::size_t kept = 0;
  bool complete = true;
  while (!waiting.empty()) {
    const LotId id = std::move(waiting.front());
    waiting.pop_front();
    if (kept >= graph_bytes_max) {
      complete = false;
      break;
    }
    const Result<SharedBytes> bytes = reader.record(Kind::lot, id.value);
    if (!bytes) return pass(bytes);
    if (!*bytes) return fail(Code::not_found, "lot", "there is no lot " + id.value);
    const auto lot = state::decode_record<state::Lot>(**bytes);
    if (!lot) return pass(lot);
    Result<Value> value = views::record_value("lot", **bytes);
    if (!value) return value;
    lots.push_back(std::move(*value));
    kept += (*bytes)->size();
    for (const auto& source : lot->sources) {
      edges.push_back(Value{ValueMap{{"from", text(source.lot.value)},
                                     {"to", text(id.value)},
                                     {"dry_g", Value{source.dry_g.value}},
                                     {"cu_g", Value{source.cu_g.value}}}});
      if (seen.contains(source.lot)) continue;
      complete = complete && seen.size() < graph_lots_max;
      if (!complete) continue;
      seen.insert(source.lot);
      waiting.push_back(source.lot);
    }
  }
  return Value{ValueMap{{"lot", text(root.value)},
                        {"lots", Value{std::move(lots)}},
                        {"edges", Value{std::move(edges)}},
                        {"complete", Value{complete}}}};
}

namespace {

// What impact() reads, through a view that may throw ReadsSpent.
struct Reached {
  Result<Effects> effects;
  ValueList since = {};
  bool complete = true;
};

Reached reach(const LedgerView& view, const state::Attestation& attestation, const SignedStatement& statement,
              Moment moment, Millis from) {
  Reached reached{.effects = judge(view, statement, moment)};
  if (reached.effects) reached.since = lots_made_since(view, attestation, from, reached.complete);
  return reached;
}

}  // namespace

Result<Value> impact(const LedgerReader& reader, const AttestationId& id, const ProposedStatus& status,
                     std::size_t reads_max) {
  const auto view = reader.view();
  const auto attestation = state::find<state::Attestation>(*view, id.value);
  if (!attestation) return fail(Code::not_found, "attestation", "there is no attestation " + id.value);
  const Millis now = std::max(reader.applied().block_time, attestation->issued);
  const Result<SignedStatement> statement = statement_of(*attestation, status, now);
  if (!statement) return pass(statement);
  std::optional<Reached> reached;
  try {
    const Moment moment{.block_time = now, .leaf = LeafIndex{reader.applied().leaves.value}};
    reached = reach(LimitedView(*view, reads_max), *attestation, *statement, moment, status.from);
  } catch (const ReadsSpent&) {
    return fail(Code::malformed, "impact_reads_max",
                "this change reaches more than " + std::to_string(reads_max) + " records");
  }
  if (view->failed()) return fail(Code::io, "state.read", "the state could not be read");
  if (!reached->effects) return pass(reached->effects);
  ValueList lots;
  ValueList certificates;
  ValueList accounts;
  for (const StateChange& change : reached->effects->changes) {
    if (change.key.kind == Kind::lot) lots.push_back(touched(Kind::lot, change, *view));
    if (change.key.kind == Kind::certificate)
      certificates.push_back(touched(Kind::certificate, change, *view));
    if (change.key.kind == Kind::account) accounts.push_back(touched(Kind::account, change, *view));
  }
  ValueMap map{
      {"attestation", text(id.value)},          {"status", text(status.status)},
      {"lots", Value{std::move(lots)}},         {"certificates", Value{std::move(certificates)}},
      {"accounts", Value{std::move(accounts)}}, {"lots_made_since", Value{std::move(reached->since)}},
      {"complete", Value{reached->complete}}};
  return Value{std::move(map)};
}

}  // namespace anta::queries
