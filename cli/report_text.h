// A verification report in words, and as data.
#pragma once

#include <string>

#include "cli/catalogue.h"
#include "storage/ledger/value.h"
#include "storage/ledger/verify.h"

namespace anta {

// For a person: verdict first, then what is claimed and not, the chain to the mines, attestations, flags, who
// cosigned, what was checked.
std::string report_text(const Report& report, Language language);

// For a program: stable names and codes.
Value report_value(const Report& report);

}  // namespace anta
