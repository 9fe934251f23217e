#include "node/http_problem.h"

#include "node/key_limiter.h"
#include "node/views/shape_view.h"
#include "storage/ledger/law.h"

namespace anta {
namespace {

HttpResponse document(unsigned status, const std::string& code, const std::string& rule,
                      const std::string& detail, ValueMap more, std::uint32_t retry_after_s) {
  ValueMap map{{"type", Value{"urn:anta:problem:" + code}},
               {"title", Value{std::string(http_reason(status))}},
               {"status", Value{static_cast<std::int64_t>(status)}},
               {"code", Value{code}}};
  if (!rule.empty() && rule != code) map.emplace_back("rule", Value{rule});
  map.emplace_back("detail", Value{detail});
  for (auto& member : more)
    map.push_back(std::move(member));
  HttpResponse response{.status = status, .content_type = "application/problem+json"};
  response.body = views::to_json(Value{std::move(map)});
  if (status == 503 || status == 429)
    response.headers.emplace_back("Retry-After", std::to_string(retry_after_s));
  return response;
}

}  // namespace

unsigned http_status_of(const Error& error) {
  switch (error.code) {
    case Code::malformed: return error.rule == "cose.too_large" ? 413 : 400;
    case Code::bad_signature: return 400;
    case Code::not_authorised: return 403;
    // What leaves no record is the request's fault; a rejection on record is the ledger's answer.
    case Code::rule_violated: return rejection_is_recorded(error.rule) ? 422 : 400;
    case Code::not_found: return error.rule == "outside_window" ? 410 : 404;
    case Code::not_leader: return 503;
    case Code::busy: return error.rule == key_limit_rule ? 429 : 503;
    case Code::uncertain: return error.rule == "not_cosigned" ? 503 : 504;
    case Code::corrupt: return 500;
    case Code::io: return 500;
  }
  return 500;
}

std::string problem_code(const Error& error) {
  if (error.rule == "cose.too_large") return "too_large";
  if (error.code == Code::malformed || error.rule.empty()) return std::string(name(error.code));
  return error.rule;
}

HttpResponse problem(const Error& error, ValueMap more, std::uint32_t retry_after_s) {
  return document(http_status_of(error), problem_code(error), error.rule, error.message, std::move(more),
                  retry_after_s);
}

HttpResponse problem(unsigned status, const std::string& code, const std::string& detail) {
  return document(status, code, {}, detail, {}, 1);
}

HttpResponse json_response(unsigned status, const Value& value) {
  return {.status = status, .body = views::to_json(value)};
}

}  // namespace anta
