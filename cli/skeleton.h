// A commented document of a statement type, for a person to fill in (`anta new`).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto/error.h"
#include "storage/ledger/ids.h"

namespace anta {

// 12 random characters: ids of lots, dispatches and certificates are never counters, since counters leak
// volume.
std::string random_id();

// YAML text. Required fields stand with a sample value, optional ones commented out. `now` is the sample
// time.
Result<std::string> document_skeleton(std::string_view type, const std::optional<std::string>& as,
                                      Millis now);

}  // namespace anta
