// Errors as HTTP answers: problem details (RFC 9457) with stable codes. The one switch from Code to status.
#pragma once

#include <string>

#include "crypto/error.h"
#include "node/http_message.h"
#include "storage/ledger/value.h"

namespace anta {

// not_found is 404, and 410 for what was there (outside_window); busy is 503, and 429 for one key's limit.
unsigned http_status_of(const Error& error);

// The stable word of an error: the law's or limit's rule; "malformed" whatever was malformed (the rule then
// stands beside it).
std::string problem_code(const Error& error);

// {type, title, status, code, rule?, detail} and `more` members. busy and not_cosigned carry Retry-After, of
// so many seconds.
HttpResponse problem(const Error& error, ValueMap more = {}, std::uint32_t retry_after_s = 1);
HttpResponse problem(unsigned status, const std::string& code, const std::string& detail);

// The same problem as concise problem details (RFC 9290), {-1: title, -2: "code: detail"}, with the titles
// that SCRAPI gives to what it names; a rejection on record is 400 there. What is no problem stays as it is.
HttpResponse as_concise(HttpResponse response);

// A value as a JSON answer.
HttpResponse json_response(unsigned status, const Value& value);

}  // namespace anta
