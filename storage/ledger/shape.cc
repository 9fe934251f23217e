#include "storage/ledger/shape.h"

namespace anta {

const Shape::Field* Shape::find(std::string_view name) const {
  for (const Field& field : fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

}  // namespace anta
