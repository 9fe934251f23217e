// A verification report in words. As data it is node/views/report_view.h.
#pragma once

#include <string>

#include "cli/catalogue.h"
#include "storage/ledger/verify.h"

namespace anta {

// For a person: verdict first, then what is claimed and not, the chain to the mines, attestations, flags, who
// cosigned, what was checked.
std::string report_text(const Report& report, Language language);

}  // namespace anta
