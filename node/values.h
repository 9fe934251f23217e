// The two kinds of leaf that most answers are made of, as values. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "storage/ledger/value.h"

namespace anta {

inline Value text(std::string value) { return Value{std::move(value)}; }
inline Value number(std::uint64_t value) { return Value{static_cast<std::int64_t>(value)}; }

}  // namespace anta
