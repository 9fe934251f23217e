#include "node/queries.h"

#include <algorithm>
#include <functional>

#include "crypto/text.h"
#include "node/checkpointer.h"
#include "node/values.h"
#include "node/views/statement_view.h"
#include "node/views/time_text.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/parameter.h"
#include "storage/ledger/standing.h"
#include "storage/ledger/state.h"

namespace anta::queries {
namespace {

constexpr std::size_t scan_chunk = 500;  // records read at once where most are passed over

// A field of a record equals the wanted word, or is a list that holds it (by value, or by the member that
// names the thing).
bool matches(const Value& field, const std::string& wanted) {
  if (const auto* word = std::get_if<std::string>(&field.data)) return *word == wanted;
  if (const auto* whole = std::get_if<std::int64_t>(&field.data)) return std::to_string(*whole) == wanted;
  if (const auto* truth = std::get_if<bool>(&field.data)) return wanted == (*truth ? "true" : "false");
  const auto* items = std::get_if<ValueList>(&field.data);
  return items != nullptr &&
         std::any_of(items->begin(), items->end(), [&](const Value& item) { return matches(item, wanted); });
}

bool eligible_for(const Value& schemes, const std::string& wanted) {
  const auto* items = std::get_if<ValueList>(&schemes.data);
  return items != nullptr && std::any_of(items->begin(), items->end(), [&](const Value& item) {
           const Value* scheme = item.find("scheme");
           const Value* status = item.find("status");
           return scheme && status && matches(*scheme, wanted) && matches(*status, "eligible");
         });
}

bool passes(const Value& record, Kind kind, const Filters& filters) {
  return std::all_of(filters.begin(), filters.end(), [&](const auto& filter) {
    const bool lot_scheme = kind == Kind::lot && filter.first == "scheme";
    const Value* field =
        record.find(lot_scheme || filter.first == "scheme" ? (record.find("scheme") ? "scheme" : "schemes")
                                                           : filter.first);
    if (field == nullptr && filter.first == "site") field = record.find("sites");
    if (field == nullptr) return false;
    return lot_scheme ? eligible_for(*field, filter.second) : matches(*field, filter.second);
  });
}

Result<Value> statement_item(const Outcome& outcome, const SharedBytes& bytes) {
  const Result<SignedStatement> statement = decode_statement(bytes);
  if (!statement) return pass(statement);
  Value value = outcome_value(outcome);
  auto& members = std::get<ValueMap>(value.data);
  const Value view = views::statement_value(*statement);
  for (const auto& member : std::get<ValueMap>(view.data)) {
    if (member.first != "digest") members.push_back(member);
  }
  return value;
}

Value page_value(ValueList items, std::optional<std::string> next) {
  return Value{
      ValueMap{{"items", Value{std::move(items)}}, {"next", next ? text(std::move(*next)) : Value{}}}};
}

// Where records come from, in order of id: those after `after`, `limit` of them at most.
using Source = std::function<Result<LedgerReader::RecordPage>(const std::string& after, std::size_t limit)>;
// What a record becomes on the page; nothing: it is passed over.
using Pick = std::function<Result<std::optional<Value>>(const SharedBytes& bytes)>;

// Fills a page within the limits of queries.h. `chunk`: records to ask for at once.
Result<Value> fill_page(const Source& source, const Page& page, std::size_t chunk, const Pick& pick) {
  ValueList items;
  std::string after = page.cursor;
  std::size_t kept = 0, scanned = 0, scanned_bytes = 0;
  const auto full = [&] {
    return items.size() == page.limit || kept >= page.bytes || scanned >= scanned_max ||
           scanned_bytes >= scanned_bytes_max;
  };
  for (bool more = true; more;) {
    if (full()) return page_value(std::move(items), after);
    const auto records = source(after, std::min(chunk, scanned_max - scanned));
    if (!records) return pass(records);
    more = records->more;
    for (const auto& [id, bytes] : records->records) {
      if (full()) return page_value(std::move(items), after);
      after = id;
      ++scanned;
      scanned_bytes += bytes->size();
      Result<std::optional<Value>> value = pick(bytes);
      if (!value) return pass(value);
      if (!*value) continue;
      items.push_back(std::move(**value));
      kept += bytes->size();
    }
    if (records->records.empty()) break;
  }
  return page_value(std::move(items), std::nullopt);
}

template <typename Owner, typename Id>
Result<std::vector<std::string>> named_by(const LedgerReader& reader, const std::string& owner,
                                          state::List<Id> Owner::* list) {
  const Result<SharedBytes> bytes = reader.record(state::KindOf<Owner>::kind, owner);
  if (!bytes) return pass(bytes);
  std::vector<std::string> ids;
  if (!*bytes) return ids;
  const Result<Owner> record = state::decode_record<Owner>(**bytes);
  if (!record) return pass(record);
  for (const Id& id : (*record).*list)
    ids.push_back(id.value);
  std::sort(ids.begin(), ids.end());
  return ids;
}

// The ids, in order, among which everything is that passes the filters, where a record names them.
std::optional<Result<std::vector<std::string>>> candidates(const LedgerReader& reader, Kind kind,
                                                           const Filters& filters) {
  for (const auto& [name, wanted] : filters) {
    if (kind == Kind::attestation && name == "site")
      return named_by(reader, wanted, &state::Site::attestations);
    if (kind == Kind::account && name == "site") return named_by(reader, wanted, &state::Site::accounts);
  }
  return std::nullopt;
}

Source records_of(const LedgerReader& reader, Kind kind, std::vector<std::string> ids) {
  return [&reader, kind, ids = std::move(ids)](const std::string& after,
                                               std::size_t limit) -> Result<LedgerReader::RecordPage> {
    LedgerReader::RecordPage page;
    for (auto id = std::upper_bound(ids.begin(), ids.end(), after); id != ids.end(); ++id) {
      if (page.records.size() == limit) {
        page.more = true;
        break;
      }
      const Result<SharedBytes> bytes = reader.record(kind, *id);
      if (!bytes) return pass(bytes);
      if (*bytes) page.records.push_back({*id, *bytes});
    }
    return page;
  };
}

Source scan_of(const LedgerReader& reader, Kind kind) {
  return [&reader, kind](const std::string& after, std::size_t limit) {
    return reader.scan(kind, after, limit);
  };
}

}  // namespace

Value outcome_value(const Outcome& outcome) {
  ValueMap map{{"digest", text(hex(outcome.statement))},
               {"outcome", text(outcome.accepted ? "accepted" : "rejected")}};
  if (outcome.accepted) {
    map.emplace_back("leaf", number(outcome.leaf.value));
  } else {
    map.emplace_back("code", text(outcome.rule));
    map.emplace_back("detail", text(outcome.message));
  }
  map.emplace_back("block_time", text(views::time_to_text(outcome.block_time)));
  ValueList flags;
  for (const std::string& flag : outcome.flags)
    flags.push_back(text(flag));
  map.emplace_back("flags", Value{std::move(flags)});
  return Value{std::move(map)};
}

Value ledger(const LedgerReader& reader) {
  const Applied& a = reader.applied();
  return Value{ValueMap{{"leaves", number(a.leaves.value)},
                        {"tree_root", text(hex(a.tree_root))},
                        {"state_root", text(hex(a.state_root))},
                        {"height", number(a.height.value)},
                        {"block_time", text(views::time_to_text(a.block_time))},
                        {"log_index", number(a.index.value)}}};
}

Result<Value> record(const LedgerReader& reader, Kind kind, const std::string& id) {
  const Result<SharedBytes> bytes = reader.record(kind, id);
  if (!bytes) return pass(bytes);
  if (!*bytes)
    return fail(Code::not_found, std::string(word(kind)),
                "there is no " + std::string(word(kind)) + " " + id);
  return views::record_value(word(kind), **bytes);
}

Result<Value> list(const LedgerReader& reader, Kind kind, const Filters& filters, const Page& page) {
  Source source = scan_of(reader, kind);
  if (auto ids = candidates(reader, kind, filters)) {
    if (!*ids) return pass(*ids);
    source = records_of(reader, kind, std::move(**ids));
  }
  return fill_page(source, page, filters.empty() ? page.limit : scan_chunk,
                   [&](const SharedBytes& bytes) -> Result<std::optional<Value>> {
                     Result<Value> value = views::record_value(word(kind), *bytes);
                     if (!value) return pass(value);
                     if (!passes(*value, kind, filters)) return std::nullopt;
                     return std::optional(std::move(*value));
                   });
}

Result<Value> statement(const LedgerReader& reader, const Digest& digest) {
  const Result<std::optional<Outcome>> outcome = reader.outcome(digest);
  if (!outcome) return pass(outcome);
  if (!*outcome)
    return fail(Code::not_found, "statement", "this ledger has not decided a statement " + hex(digest));
  const Result<SharedBytes> bytes = reader.statement(digest);
  if (!bytes) return pass(bytes);
  Result<Value> value = statement_item(**outcome, *bytes);
  if (!value || !(*outcome)->accepted || (*outcome)->leaf.value >= reader.applied().leaves.value)
    return value;
  const std::uint64_t size = reader.applied().leaves.value;
  const Result<std::vector<Digest>> path = inclusion_proof((*outcome)->leaf.value, size, reader.nodes());
  if (!path) return pass(path);
  ValueList siblings;
  for (const Digest& sibling : *path)
    siblings.push_back(text(hex(sibling)));
  std::get<ValueMap>(value->data)
      .emplace_back("proof", Value{ValueMap{{"leaf", number((*outcome)->leaf.value)},
                                            {"size", number(size)},
                                            {"root", text(hex(reader.applied().tree_root))},
                                            {"path", Value{std::move(siblings)}}}});
  return value;
}

Result<Value> history(const LedgerReader& reader, const StateKey& subject, const Page& page) {
  LeafIndex from{0};
  if (!page.cursor.empty()) {
    const Result<std::uint64_t> leaf = decimal(page.cursor);
    if (!leaf) return fail(Code::malformed, "cursor", "the cursor of a history is a leaf");
    from = LeafIndex{*leaf};
  }
  const auto leaves = reader.history(subject, from, page.limit);
  if (!leaves) return pass(leaves);
  ValueList items;
  std::size_t kept = 0;
  for (const LeafIndex leaf : leaves->leaves) {
    if (kept >= page.bytes || reader.block_bytes_read() >= block_bytes_max)
      return page_value(std::move(items), std::to_string(leaf.value));
    const Result<LeafRecord> where = reader.leaf(leaf);
    if (!where) return pass(where);
    const Result<std::optional<Outcome>> outcome = reader.outcome(where->entry);
    if (!outcome) return pass(outcome);
    if (!*outcome) return fail(Code::corrupt, "index", "a leaf of a history has no outcome");
    const Result<SharedBytes> bytes = reader.statement_at(leaf);
    if (!bytes) return pass(bytes);
    Result<Value> item = statement_item(**outcome, *bytes);
    if (!item) return item;
    items.push_back(std::move(*item));
    kept += (*bytes)->size();
  }
  if (items.empty() && page.cursor.empty()) {  // nothing was ever said about it: is it there at all?
    const Result<Value> known = record(reader, subject.kind, subject.id);
    if (!known) return known;
  }
  std::optional<std::string> next;
  if (leaves->more && !leaves->leaves.empty()) next = std::to_string(leaves->leaves.back().value + 1);
  return page_value(std::move(items), std::move(next));
}

Result<Value> inbox(const LedgerReader& reader, const PartyId& party, const Page& page) {
  const auto pick = [&](const SharedBytes& bytes) -> Result<std::optional<Value>> {
    const auto dispatch = state::decode_record<state::Dispatch>(*bytes);
    if (!dispatch) return pass(dispatch);
    const bool on_the_way =
        dispatch->state == DispatchState::sent || dispatch->state == DispatchState::in_transit;
    const bool argued =
        dispatch->state == DispatchState::received || dispatch->state == DispatchState::disputed;
    const bool to_receive = on_the_way && dispatch->to == party;
    const bool to_answer = argued && (dispatch->sender == party ||
                                      (dispatch->proposed_by == dispatch->sender && dispatch->to == party));
    if (!to_receive && !to_answer) return std::nullopt;
    Result<Value> value = views::record_value("dispatch", *bytes);
    if (!value) return pass(value);
    std::get<ValueMap>(value->data).emplace_back("waits_for", text(to_receive ? "receipt" : "answer"));
    return std::optional(std::move(*value));
  };
  return fill_page(scan_of(reader, Kind::dispatch), page, scan_chunk, pick);
}

std::int64_t parameter(const LedgerReader& reader, std::string_view name) {
  const auto view = reader.view();
  return parameter_at(*view, name, reader.applied().block_time);
}

Result<Value> parameters(const LedgerReader& reader) {
  const auto view = reader.view();
  ValueMap map;
  for (const ParameterInfo& info : all_parameters()) {
    if (info.words.empty()) {
      map.emplace_back(std::string(info.name),
                       Value{parameter_at(*view, info.name, reader.applied().block_time)});
    } else {
      map.emplace_back(std::string(info.name),
                       text(std::string(parameter_text_at(*view, info.name, reader.applied().block_time))));
    }
  }
  if (view->failed()) return fail(Code::io, "state.read", "the state could not be read");
  return Value{std::move(map)};
}

Value network(const Genesis& genesis, ByteView genesis_bytes) {
  ValueList nodes;
  for (const GenesisNode& node : genesis.nodes) {
    nodes.push_back(Value{ValueMap{{"id", text(node.id.value)},
                                   {"organisation", text(node.organisation.value)},
                                   {"address", text(node.address)},
                                   {"cosigner", text(cosigner_name(node.organisation))},
                                   {"log_key", text(to_hex(node.keys.log.view()))},
                                   {"cosigner_key", text(to_hex(node.keys.cosigner.view()))}}});
  }
  ValueList schemes;
  for (const GenesisScheme& scheme : genesis.schemes) {
    schemes.push_back(Value{ValueMap{{"id", text(scheme.id.value)}, {"owner", text(scheme.owner.value)}}});
  }
  return Value{ValueMap{{"network", text(genesis.network.value)},
                        {"origin", text(genesis.origin)},
                        {"digest", text(hex(sha256(genesis_bytes)))},
                        {"created", text(views::time_to_text(genesis.created))},
                        {"quorum", number(cosigner_quorum(genesis.nodes.size()))},
                        {"nodes", Value{std::move(nodes)}},
                        {"schemes", Value{std::move(schemes)}},
                        {"genesis", text(to_hex(genesis_bytes))}}};
}

}  // namespace anta::queries
