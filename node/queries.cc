#include "node/queries.h"

#include <algorithm>

#include "crypto/text.h"
#include "node/checkpointer.h"
#include "node/views/statement_view.h"
#include "node/views/time_text.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/parameter.h"
#include "storage/ledger/standing.h"

namespace anta::queries {
namespace {

Value text(std::string value) { return Value{std::move(value)}; }
Value number(std::uint64_t value) { return Value{static_cast<std::int64_t>(value)}; }

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

Result<Value> statement_item(const LedgerReader& reader, const Outcome& outcome) {
  const Result<SharedBytes> bytes = reader.statement(outcome.statement);
  if (!bytes) return pass(bytes);
  const Result<SignedStatement> statement = decode_statement(*bytes);
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

std::vector<std::string_view> filters_of(Kind kind) {
  switch (kind) {
    case Kind::lot: return {"holder", "owner", "state", "site", "scheme", "material", "maker"};
    case Kind::party: return {"kind", "country", "ubigeo"};
    case Kind::site: return {"operator", "kind", "ubigeo"};
    case Kind::attestation: return {"scheme", "subject", "body", "site", "kind"};
    case Kind::account: return {"site", "scheme", "operator"};
    case Kind::dispatch: return {"to", "sender", "state", "carrier", "to_site"};
    case Kind::certificate: return {"holder", "lot", "state", "scheme", "buyer"};
    default: return {};
  }
}

Result<Value> list(const LedgerReader& reader, Kind kind, const Filters& filters, const Page& page) {
  ValueList items;
  std::string after = page.cursor;
  std::size_t scanned = 0;
  bool more = true;
  while (more && items.size() < page.limit && scanned < scanned_max) {
    const auto records =
        reader.scan(kind, after, filters.empty() ? page.limit - items.size() : std::size_t{500});
    if (!records) return pass(records);
    more = records->more;
    for (std::size_t i = 0; i < records->records.size(); ++i) {
      const auto& [id, bytes] = records->records[i];
      after = id;
      ++scanned;
      Result<Value> value = views::record_value(word(kind), *bytes);
      if (!value) return value;
      if (!passes(*value, kind, filters)) continue;
      items.push_back(std::move(*value));
      if (items.size() == page.limit) {
        more = more || i + 1 < records->records.size();
        break;
      }
    }
  }
  return page_value(std::move(items), more ? std::optional(after) : std::nullopt);
}

Result<Value> statement(const LedgerReader& reader, const Digest& digest) {
  const Result<std::optional<Outcome>> outcome = reader.outcome(digest);
  if (!outcome) return pass(outcome);
  if (!*outcome)
    return fail(Code::not_found, "statement", "this ledger has not decided a statement " + hex(digest));
  Result<Value> value = statement_item(reader, **outcome);
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
  for (const LeafIndex leaf : leaves->leaves) {
    const Result<LeafRecord> where = reader.leaf(leaf);
    if (!where) return pass(where);
    const Result<std::optional<Outcome>> outcome = reader.outcome(where->entry);
    if (!outcome) return pass(outcome);
    if (!*outcome) return fail(Code::corrupt, "index", "a leaf of a history has no outcome");
    Result<Value> item = statement_item(reader, **outcome);
    if (!item) return item;
    items.push_back(std::move(*item));
  }
  std::optional<std::string> next;
  if (leaves->more && !leaves->leaves.empty()) next = std::to_string(leaves->leaves.back().value + 1);
  return page_value(std::move(items), std::move(next));
}

Result<Value> inbox(const LedgerReader& reader, const PartyId& party, const Page& page) {
  ValueList items;
  std::string after = page.cursor;
  bool more = true;
  std::size_t scanned = 0;
  while (more && items.size() < page.limit && scanned < scanned_max) {
    const auto records = reader.scan(Kind::dispatch, after, 500);
    if (!records) return pass(records);
    more = records->more;
    for (std::size_t i = 0; i < records->records.size(); ++i) {
      const auto& [id, bytes] = records->records[i];
      after = id;
      ++scanned;
      const auto dispatch = state::decode_record<state::Dispatch>(*bytes);
      if (!dispatch) return pass(dispatch);
      const bool on_the_way =
          dispatch->state == DispatchState::sent || dispatch->state == DispatchState::in_transit;
      const bool argued =
          dispatch->state == DispatchState::received || dispatch->state == DispatchState::disputed;
      const bool to_receive = on_the_way && dispatch->to == party;
      const bool to_answer = argued && (dispatch->sender == party ||
                                        (dispatch->proposed_by == dispatch->sender && dispatch->to == party));
      if (!to_receive && !to_answer) continue;
      Result<Value> value = views::record_value("dispatch", *bytes);
      if (!value) return value;
      std::get<ValueMap>(value->data).emplace_back("waits_for", text(to_receive ? "receipt" : "answer"));
      items.push_back(std::move(*value));
      if (items.size() == page.limit) {
        more = more || i + 1 < records->records.size();
        break;
      }
    }
  }
  return page_value(std::move(items), more ? std::optional(after) : std::nullopt);
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
