// What a difference between the sender's and the receiver's figures of a lot means: accepted at once, waiting
// for the sender's answer, or disputed. For the law (transfer.cc) and for whoever foretells it before signing
// (cli/receiving.h). Pure, any thread. Source: ledger.md 6.3.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "storage/ledger/payload/common.h"
#include "storage/ledger/vocabulary.h"

namespace anta {

// The value in force of a parameter of the law.
using ParameterOf = std::function<std::int64_t(std::string_view name)>;

// Wet, moisture, dry and grade each within its window, limits included: no side alone decides how much copper
// it is. The worst of a dispatch's lots holds for all.
enum class Match : std::uint8_t { accepted, waits, disputed };
Match compare(Material material, const payload::Measurement& sent, const payload::Measurement& received,
              const ParameterOf& parameter);

}  // namespace anta
