// Payloads made at random from their shapes, always within the limits of statements.cddl: what the property
// tests of the codec and of the views feed on. One generator per seed; the same seed gives the same payloads
// on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/ledger/codec.h"

namespace anta {

class PayloadGenerator {
 public:
  explicit PayloadGenerator(std::uint64_t seed) : state_(seed) {}

  // A payload of the type as a Value; decode_payload accepts its encoding. `full`: every optional field is
  // there, except where a type forbids it.
  enum class Fields : std::uint8_t { some, full };
  Value payload(std::string_view type, Fields fields = Fields::some);

  // 0 .. bound - 1 (splitmix64).
  std::uint64_t below(std::uint64_t bound);

 private:
  Value value(const Shape& shape, std::string_view name);
  Value record(const Shape& shape);
  Value integer(std::string_view name);
  std::string text(std::string_view name);
  std::string id();
  std::string ruc();
  void make_lawful_node(ValueMap& map);

  std::uint64_t state_ = 0;
  bool full_ = false;
};

}  // namespace anta
