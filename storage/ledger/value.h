// A small tree of values: what CBOR, JSON and YAML views convert through. Pure data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "crypto/digest.h"

namespace anta {

struct Value;
using ValueList = std::vector<Value>;
using ValueMap = std::vector<std::pair<std::string, Value>>;  // keys unique; order is kept as given

// null, boolean, integer, bytes, text, list or map; never a float.
struct Value {
  std::variant<std::nullptr_t, bool, std::int64_t, Bytes, std::string, ValueList, ValueMap> data = nullptr;

  bool operator==(const Value&) const = default;

  // The member of a map, or null.
  const Value* find(std::string_view key) const;
};

}  // namespace anta
