#include "storage/ledger/payload.h"

namespace anta::payload {

// Out of line: the visit is dear to compile and every file of the law would instantiate it.
const Common& common(const Payload& payload) {
  return std::visit([](const auto& p) -> const Common& { return p.common; }, payload);
}

}  // namespace anta::payload
