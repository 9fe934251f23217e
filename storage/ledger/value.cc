#include "storage/ledger/value.h"

namespace anta {

const Value* Value::find(std::string_view key) const {
  const auto* map = std::get_if<ValueMap>(&data);
  if (map == nullptr) return nullptr;
  for (const auto& [name, value] : *map) {
    if (name == key) return &value;
  }
  return nullptr;
}

}  // namespace anta
