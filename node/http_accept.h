// The types that a request names: which of a route's it asks for (Accept, RFC 9110 section 12.5.1), and which
// its body is of (Content-Type, section 8.3).
//
// Every Accept field counts, as one list. Whole types are compared, without regard to case: application/cbor
// is not application/cbor-seq. `type/*` and `*/*` stand for many, the most exact range that names a type says
// its weight, and q=0 excludes it. Parameters other than q are not looked at, a weight that cannot be read is
// 1. Pure, any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "node/http_message.h"

namespace anta {

// The offered type of the greatest weight; of several that weigh the same the first. Without Accept, and
// where it names none of them, the first too: an answer of another type says more than a refusal. `offered`
// is not empty, in lower case, without parameters.
std::string_view wanted_type(const HttpRequest& request, std::span<const std::string_view> offered);

// The type that the body is said to be of, in lower case, without its parameters. Where nothing is said,
// application/octet-stream (section 8.3 allows so). Empty when it is said twice, or no word is left of it;
// what is no type at all is given back as it stands, and is nobody's.
std::string media_type(const HttpRequest& request);

}  // namespace anta
