// A commented document of a statement type, for a person to fill in (`anta new`).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/error.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/value.h"

namespace anta {

// 12 random characters: ids of lots, dispatches and certificates are never counters, since counters leak
// volume.
std::string random_id();

// What is known of the document already: fields stand with these values, whether optional or not.
struct Known {
  std::vector<std::string> remarks = {};  // a comment line each
  ValueMap fields = {};                   // of the payload, as the codec has them
};

// YAML text. Required fields stand with a sample value, optional ones commented out. `now` is the sample
// time.
Result<std::string> document_skeleton(std::string_view type, const std::optional<std::string>& as, Millis now,
                                      const Known& known = {});

}  // namespace anta
