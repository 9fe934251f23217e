// Times as people write them (RFC 3339) and as the ledger counts them (milliseconds since 1970 UTC).
//
// Written in UTC with `Z`, with milliseconds only where they are not zero; read with any offset. No leap
// seconds: the ledger's milliseconds have none. Years 0001 to 9999. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "crypto/error.h"
#include "storage/ledger/ids.h"

namespace anta::views {

// "2025-01-10T17:00:00Z", "2025-01-10T17:00:00.250Z". A time beyond those years is written as its
// milliseconds.
std::string time_to_text(Millis time);

// "2025-01-10T12:00:00-05:00" -> milliseconds. malformed: not RFC 3339, no such day, finer than a
// millisecond, or beyond the years.
Result<Millis> time_from_text(std::string_view text);

}  // namespace anta::views
