// The parameters of the law: every number of ledger.md section 6, with its name, default and bounds.
//
// A genesis names what differs from the defaults (ledger.md 6.9); an unknown name or a value out of bounds is
// an error. The law reads the value in force by name (Draft::parameter). Limits of programs and protocols
// (how long to wait for cosignatures, clocks, queue sizes) are configuration, not law, and are not here.
// Pure, any thread.
//
// A name ends in its unit: _ppm (millionths; of a grade or moisture: points), _g, _days, _hours, _ms, _kmh.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "crypto/error.h"

namespace anta {

using ParameterValue = std::variant<std::int64_t, std::string>;

struct ParameterInfo {
  std::string_view name = {};
  std::int64_t standard = 0;  // the default; of a word: its place in `words`
  std::int64_t min = 0;       // bounds of a number, both allowed
  std::int64_t max = 0;
  std::span<const std::string_view> words = {};  // of a word: all it may be; empty: a number
};

// The table, in the order of ledger.md section 6.
std::span<const ParameterInfo> all_parameters();

// The row of a name, or null.
const ParameterInfo* find_parameter(std::string_view name);

// The default as a value.
ParameterValue standard_value(const ParameterInfo& info);

// The name is known and the value is of its kind and within its bounds; else malformed, with the nearest
// known name or the bounds in the message.
Result<void> check_parameter(std::string_view name, const ParameterValue& value);

}  // namespace anta
