// Which of the types that a route gives a request asks for (RFC 9110 section 12.5.1).
//
// Every Accept field counts, as one list. Whole types are compared, without regard to case: application/cbor
// is not application/cbor-seq. `type/*` and `*/*` stand for many, the most exact range that names a type says
// its weight, and q=0 excludes it. Parameters other than q are not looked at, a weight that cannot be read is
// 1. Pure, any thread.
#pragma once

#include <span>
#include <string_view>

#include "node/http_message.h"

namespace anta {

// The offered type of the greatest weight; of several that weigh the same the first. Without Accept, and
// where it names none of them, the first too: an answer of another type says more than a refusal. `offered`
// is not empty, in lower case, without parameters.
std::string_view wanted_type(const HttpRequest& request, std::span<const std::string_view> offered);

}  // namespace anta
