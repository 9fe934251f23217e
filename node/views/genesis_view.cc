#include "node/views/genesis_view.h"

#include <algorithm>

#include "crypto/text.h"
#include "node/views/shape_view.h"
#include "node/views/yaml_tree.h"
#include "storage/ledger/codec.h"

namespace anta::views {
namespace {

// The bound form of a bare origin: what `bind` is for. The digits that a bare name lacks are put in before
// decoding checks them.
constexpr std::string_view unbound_digits = "-00000000";

Value value_of(const Genesis& genesis) {
  auto value = decode_value(encode_genesis(genesis));
  ANTA_INVARIANT(value.has_value());
  return std::move(*value);
}

std::string* origin_of(Value& value) {
  auto* map = std::get_if<ValueMap>(&value.data);
  if (!map) return nullptr;
  for (auto& [key, member] : *map) {
    if (key == "origin") return std::get_if<std::string>(&member.data);
  }
  return nullptr;
}

}  // namespace

Result<Genesis> genesis_from_tree(const TreeNode& node, OriginText origin) {
  auto value = value_from_tree(*genesis_shape(), node);
  if (!value) return pass(value);
  if (std::string* text = origin_of(*value); text && origin == OriginText::bind) {
    const std::string bare = *text;
    *text += unbound_digits;
    const auto unbound = encode_value(*value);
    if (!unbound) return tl::unexpected<Error>(placed(node, unbound.error()));
    // The genesis's own digits are those of its hash with zeros in their place (genesis.h).
    *text = bare + "-" + hex(sha256(*unbound)).substr(0, 8);
  }
  const auto bytes = encode_value(*value);
  if (!bytes) return tl::unexpected<Error>(placed(node, bytes.error()));
  auto genesis = decode_genesis(*bytes);
  if (!genesis) return tl::unexpected<Error>(placed(node, genesis.error()));
  return genesis;
}

Result<Genesis> genesis_from_yaml(std::string_view text, OriginText origin) {
  const auto tree = parse_yaml(text);
  if (!tree) return pass(tree);
  return genesis_from_tree(*tree, origin);
}

std::string genesis_to_yaml(const Genesis& genesis) { return to_yaml(*genesis_shape(), value_of(genesis)); }
std::string genesis_to_json(const Genesis& genesis) { return to_json(*genesis_shape(), value_of(genesis)); }

}  // namespace anta::views
