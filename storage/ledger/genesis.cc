#include "storage/ledger/genesis.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "crypto/checkpoint.h"
#include "crypto/text.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/schema_payload.h"

namespace anta {

namespace schema {

void describe(Schema& schema, const GenesisRegistrar& registrar) {
  schema.add("id", registrar.id).add("key", registrar.key);
}

void describe(Schema& schema, const GenesisNode& node) {
  schema.add("id", node.id)
      .add("organisation", node.organisation)
      .add("keys", node.keys)
      .add("address", node.address, not_empty);
}

void describe(Schema& schema, const GenesisWitness& witness) {
  schema.add("id", witness.id).add("key", witness.key);
}

void describe(Schema& schema, const GenesisScheme& scheme) {
  schema.add("id", scheme.id).add("owner", scheme.owner);
}

void describe(Schema& schema, const Genesis& genesis) {
  schema.add("format", genesis.format, {.min = 1, .max = 1})
      .add("network", genesis.network)
      .add("origin", genesis.origin)
      .add("created", genesis.created)
      .add("registrar", genesis.registrar)
      .add("nodes", genesis.nodes, at_least_one)
      .add("witnesses", genesis.witnesses)
      .add("schemes", genesis.schemes)
      .add("parameters", genesis.parameters);
}

}  // namespace schema

namespace {

using schema::Place;

constexpr std::size_t origin_digits = 8;  // hex digits of the genesis's hash at the origin's end
constexpr std::string_view origin_blank = "-00000000";

Bytes encode_any(const Genesis& genesis) {
  cbor::Writer out(1024);
  schema::type_of<Genesis>().write(out, &genesis);
  return out.take();
}

// The origin without "-" and its digits, or nothing.
std::optional<std::string> unbound_origin(const Genesis& genesis) {
  const std::string& origin = genesis.origin;
  if (origin.size() <= origin_blank.size()) return std::nullopt;
  const std::size_t name = origin.size() - origin_blank.size();
  if (origin[name] != '-') return std::nullopt;
  return origin.substr(0, name);
}

std::string digits_of(Genesis genesis, const std::string& name) {
  genesis.origin = name + std::string(origin_blank);
  return hex(sha256(encode_any(genesis))).substr(0, origin_digits);
}

template <typename T>
Result<void> take(std::set<T>& taken, const T& value, const Place& at, const char* what) {
  if (taken.insert(value).second) return {};
  return schema::refuse(at, "duplicate_id", std::string(what) + " stands twice");
}

Result<void> check_count(const Genesis& genesis, const Place& top) {
  const std::size_t witnesses = genesis.witnesses ? genesis.witnesses->size() : 0;
  if (genesis.nodes.size() + witnesses <= genesis_cosigners_max) return {};
  return schema::refuse(top.field(witnesses > 0 ? "witnesses" : "nodes"), "cosigners_max",
                        std::to_string(genesis.nodes.size()) + " nodes and " + std::to_string(witnesses) +
                            " witnesses are more than a checkpoint has room for: at most " +
                            std::to_string(genesis_cosigners_max) + " may cosign");
}

// Nodes and witnesses share one space of names; an organisation has at most one cosigning node (proofs.md 3).
Result<void> check_members(const Genesis& genesis, const Place& top) {
  std::set<std::string> ids;
  std::set<std::string> organisations;
  std::set<PublicKey> keys = {genesis.registrar.key};
  const Place nodes = top.field("nodes");
  for (std::size_t i = 0; i < genesis.nodes.size(); ++i) {
    const GenesisNode& node = genesis.nodes[i];
    const Place at = nodes.item(i);
    if (auto r = take(ids, node.id.value, at.field("id"), "the id"); !r) return r;
    auto own = take(organisations, node.organisation.value, at.field("organisation"), "the organisation");
    if (!own) return own;
    const Place at_keys = at.field("keys");
    for (const PublicKey* key : {&node.keys.log, &node.keys.cosigner, &node.keys.tls}) {
      if (auto r = take(keys, *key, at_keys, "a key"); !r) return r;
    }
    if (!schema::is_address(node.address)) {
      return schema::refuse(at.field("address"), "address", "is not host:port");
    }
  }
  if (!genesis.witnesses) return {};
  const Place witnesses = top.field("witnesses");
  for (std::size_t i = 0; i < genesis.witnesses->size(); ++i) {
    const GenesisWitness& witness = (*genesis.witnesses)[i];
    const Place at = witnesses.item(i);
    if (auto r = take(ids, witness.id.value, at.field("id"), "the id"); !r) return r;
    // It cosigns under the name of its organisation, as nodes do.
    auto own = take(organisations, witness.id.value, at.field("id"), "the organisation");
    if (!own) return own;
    if (auto r = take(keys, witness.key, at.field("key"), "the key"); !r) return r;
  }
  return {};
}

// The value a genesis gives a number, or its default.
std::int64_t number(const Genesis& genesis, const ParameterInfo& info) {
  for (const auto& [name, value] : genesis.parameters) {
    if (name == info.name) return std::get<std::int64_t>(value);
  }
  return info.standard;
}

Result<void> check_parameters(const Genesis& genesis, const Place& top) {
  const Place at = top.field("parameters");
  for (const auto& [name, value] : genesis.parameters) {
    if (auto known = check_parameter(name, value); !known) return schema::refuse(at, known.error());
  }
  constexpr std::string_view low = "_min_ppm";
  for (const ParameterInfo& info : all_parameters()) {
    if (!info.name.ends_with(low)) continue;
    const std::string pair = std::string(info.name.substr(0, info.name.size() - low.size())) + "_max_ppm";
    const ParameterInfo* high = find_parameter(pair);
    if (high != nullptr && number(genesis, info) > number(genesis, *high)) {
      return schema::refuse(at.field(info.name), "parameter_value", "is above " + pair);
    }
  }
  return {};
}

Result<void> check_genesis(const Genesis& genesis) {
  const Place top;
  if (auto r = check_count(genesis, top); !r) return r;
  if (auto r = check_members(genesis, top); !r) return r;
  std::set<std::string> schemes;
  const Place at_schemes = top.field("schemes");
  for (std::size_t i = 0; i < genesis.schemes.size(); ++i) {
    const Place at = at_schemes.item(i);
    if (auto r = take(schemes, genesis.schemes[i].id.value, at.field("id"), "the id"); !r) return r;
  }
  if (auto r = check_parameters(genesis, top); !r) return r;
  const Place origin = top.field("origin");
  if (!is_origin(genesis.origin)) {
    return schema::refuse(origin, "origin", "is not a name that a ledger may have");
  }
  if (!origin_is_bound(genesis)) {
    return schema::refuse(origin, "origin", "does not end in the digits of this genesis's own hash");
  }
  return {};
}

}  // namespace

Bytes encode_genesis(const Genesis& genesis) { return encode_any(genesis); }

Result<Genesis> decode_genesis(ByteView bytes) {
  if (bytes.size() > genesis_bytes_max) {
    return fail(Code::malformed, "genesis_bytes_max",
                "a genesis of " + std::to_string(bytes.size()) + " bytes; at most " +
                    std::to_string(genesis_bytes_max) + " are allowed");
  }
  Genesis genesis;
  cbor::Reader in(bytes);
  if (auto read = schema::type_of<Genesis>().read(in, &genesis, {}, Place{}); !read) return pass(read);
  if (auto end = in.finish(); !end) return pass(end);
  if (auto whole = check_genesis(genesis); !whole) return pass(whole);
  return genesis;
}

bool genesis_is_newer(ByteView bytes) {
  Genesis genesis;
  cbor::Reader in(bytes);
  if (bytes.size() > genesis_bytes_max) return false;
  if (auto read = schema::type_of<Genesis>().read(in, &genesis, {}, Place{}); !read || !in.finish()) {
    return false;
  }
  const ParameterInfo* known = find_parameter("law_version");
  return std::any_of(genesis.parameters.begin(), genesis.parameters.end(), [&](const auto& parameter) {
    const auto* version = std::get_if<std::int64_t>(&parameter.second);
    return parameter.first == known->name && version != nullptr && *version > known->max;
  });
}

void bind_origin(Genesis& genesis) {
  const std::string name = genesis.origin;
  genesis.origin = name + "-" + digits_of(genesis, name);
}

bool origin_is_bound(const Genesis& genesis) {
  const auto name = unbound_origin(genesis);
  return name && genesis.origin == *name + "-" + digits_of(genesis, *name);
}

const Shape* genesis_shape() {
  static const auto shape = schema::type_of<Genesis>().shape(schema::Strictness::statement);
  return shape.get();
}

}  // namespace anta
