#include "node/views/statement_view.h"

#include <array>

#include "crypto/text.h"
#include "node/views/json_tree.h"
#include "node/views/shape_view.h"
#include "node/views/time_text.h"
#include "node/views/yaml_tree.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/spelling.h"

namespace anta::views {
namespace {

Result<const Shape*> shape_of(std::string_view type, Mark mark) {
  const Shape* shape = payload_shape(type);
  if (shape) return shape;
  return refuse_at(mark, "view.type",
                   "there is no statement type \"" + std::string(type.substr(0, 64)) + "\"" +
                       suggestion(type, statement_types()));
}

Value value_of(const payload::Payload& payload) {
  auto value = decode_value(encode_payload(payload));
  ANTA_INVARIANT(value.has_value());
  return std::move(*value);
}

Result<UnsignedStatement> unsigned_from_tree(const TreeNode& node) {
  static constexpr std::array<std::string_view, 3> known = {"as", "type", "payload"};
  if (auto only = node.only(known); !only) return pass(only);
  UnsignedStatement statement;
  statement.mark = node.mark;
  if (const TreeNode* as = node.find("as")) {
    const auto text = as->text();
    if (!text) return pass(text);
    if (!is_id(*text)) return as->refuse("view.field", "as: \"" + text->substr(0, 64) + "\" is no id");
    statement.as = PartyId{*text};
  }
  const auto type = node.get("type");
  if (!type) return pass(type);
  const auto word = (*type)->text();
  if (!word) return pass(word);
  const auto payload = node.get("payload");
  if (!payload) return pass(payload);
  if (auto shape = shape_of(*word, (*type)->mark); !shape) return pass(shape);
  auto made = payload_from_tree(*word, **payload);
  if (!made) return pass(made);
  statement.payload = std::move(*made);
  return statement;
}

Result<std::vector<UnsignedStatement>> unsigned_from_trees(const std::vector<TreeNode>& trees) {
  if (trees.empty()) return fail(Code::malformed, "view.empty", "there is no document to sign");
  if (trees.size() > unsigned_statements_max) {
    return fail(Code::malformed, "view.too_many",
                "more than " + std::to_string(unsigned_statements_max) + " documents");
  }
  std::vector<UnsignedStatement> all;
  for (const TreeNode& tree : trees) {
    auto statement = unsigned_from_tree(tree);
    if (!statement) return pass(statement);
    all.push_back(std::move(*statement));
  }
  return all;
}

// Times and bytes as text already, so that the value can stand in a larger one.
Value shown(const Shape& shape, const Value& value) {
  const auto tree = parse_json(to_json(shape, value));
  ANTA_INVARIANT(tree.has_value());
  auto plain = value_from_tree(*tree);
  ANTA_INVARIANT(plain.has_value());
  return std::move(*plain);
}

}  // namespace

Result<payload::Payload> payload_from_tree(std::string_view type, const TreeNode& node) {
  const auto shape = shape_of(type, node.mark);
  if (!shape) return pass(shape);
  const auto value = value_from_tree(**shape, node);
  if (!value) return pass(value);
  const auto bytes = encode_value(*value);
  if (!bytes) return tl::unexpected<Error>(placed(node, bytes.error()));
  auto payload = decode_payload(type, *bytes);
  if (!payload) return tl::unexpected<Error>(placed(node, payload.error()));
  return payload;
}

Result<payload::Payload> payload_from_yaml(std::string_view type, std::string_view text) {
  const auto tree = parse_yaml(text);
  if (!tree) return pass(tree);
  return payload_from_tree(type, *tree);
}

Result<payload::Payload> payload_from_json(std::string_view type, std::string_view text) {
  const auto tree = parse_json(text);
  if (!tree) return pass(tree);
  return payload_from_tree(type, *tree);
}

std::string payload_to_yaml(const payload::Payload& payload) {
  return to_yaml(*payload_shape(type_word(payload)), value_of(payload));
}

std::string payload_to_json(const payload::Payload& payload) {
  return to_json(*payload_shape(type_word(payload)), value_of(payload));
}

Result<std::vector<UnsignedStatement>> unsigned_from_yaml(std::string_view text) {
  const auto documents = parse_yaml_documents(text);
  if (!documents) return pass(documents);
  return unsigned_from_trees(*documents);
}

Result<std::vector<UnsignedStatement>> unsigned_from_json(std::string_view text) {
  const auto tree = parse_json(text);
  if (!tree) return pass(tree);
  return tree->is_list() ? unsigned_from_trees(tree->items) : unsigned_from_trees({*tree});
}

std::string unsigned_to_yaml(const UnsignedStatement& statement) {
  ValueMap map;
  if (statement.as) map.emplace_back("as", Value{statement.as->value});
  map.emplace_back("type", Value{std::string(type_word(statement.payload))});
  map.emplace_back("payload",
                   shown(*payload_shape(type_word(statement.payload)), value_of(statement.payload)));
  return to_yaml(Value{std::move(map)});
}

Value statement_value(const SignedStatement& statement) {
  return Value{ValueMap{{"digest", Value{hex(statement.digest)}},
                        {"type", Value{statement.type}},
                        {"issuer", Value{statement.header.issuer}},
                        {"subject", Value{statement.header.subject}},
                        {"signed_at", Value{time_to_text(Millis{statement.header.iat_seconds * 1000})}},
                        {"kid", Value{hex(statement.header.kid)}},
                        {"payload", shown(*payload_shape(statement.type), value_of(statement.payload))}}};
}

std::string statement_to_json(const SignedStatement& statement) {
  return to_json(statement_value(statement));
}

Result<Value> record_value(std::string_view kind, ByteView bytes) {
  const Shape* shape = record_shape(kind);
  if (!shape)
    return fail(Code::not_found, "view.kind",
                "there is no kind of record \"" + std::string(kind.substr(0, 64)) + "\"");
  const auto value = decode_value(bytes);
  if (!value)
    return fail(Code::corrupt, "view.record",
                "a stored " + std::string(kind) + " does not decode: " + value.error().message);
  return shown(*shape, *value);
}

std::vector<std::string_view> list_filters(std::string_view kind) {
  if (kind == "lot") return {"holder", "owner", "state", "site", "scheme", "material", "maker"};
  if (kind == "party") return {"kind", "country", "ubigeo"};
  if (kind == "site") return {"operator", "kind", "ubigeo"};
  if (kind == "attestation") return {"scheme", "subject", "body", "site", "kind"};
  if (kind == "account") return {"site", "scheme", "operator"};
  if (kind == "dispatch") return {"to", "sender", "state", "carrier", "to_site"};
  if (kind == "proposal") return {"status"};
  if (kind == "certificate") return {"holder", "lot", "state", "scheme", "buyer"};
  return {};
}

Result<std::string> record_to_json(std::string_view kind, ByteView bytes) {
  const auto value = record_value(kind, bytes);
  if (!value) return pass(value);
  return to_json(*value);
}

}  // namespace anta::views
