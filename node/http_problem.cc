#include "node/http_problem.h"

#include "crypto/cbor.h"
#include "node/key_limiter.h"
#include "node/views/json_tree.h"
#include "node/views/shape_view.h"
#include "storage/ledger/law.h"

namespace anta {
namespace {

constexpr const char* problem_type = "application/problem+json";

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
  HttpResponse response{.status = status, .content_type = problem_type};
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

namespace {

// draft-ietf-scitt-scrapi-10, sections 2.2 to 2.5.
std::string concise_title(unsigned status, const std::string& code, const std::string& rule) {
  if (rule == "cose.alg") return "Bad Signature Algorithm";
  if (rule == "cose.payload") return "Payload Missing";
  if (rule == "entry_id") return "Invalid locator";
  if (code == "scitt_key") return "No such key";
  if (status == 400 && code == name(Code::malformed)) return "Malformed request";
  if (status == 400 || status == 422) return "Rejected";
  return std::string(http_reason(status));
}

std::string text_member(const Value& document, std::string_view key) {
  const Value* found = document.find(key);
  const auto* text = found ? std::get_if<std::string>(&found->data) : nullptr;
  return text ? *text : std::string();
}

}  // namespace

HttpResponse as_concise(HttpResponse response) {
  if (response.content_type != problem_type) return response;
  // It is our own document; but what stands in it may be of the request, and no request may stop a node.
  const auto tree = views::parse_json(response.body);
  const auto read = tree ? views::value_from_tree(*tree) : pass(tree);
  const Value document = read ? *read : Value{ValueMap{{"code", Value{std::string("problem")}}}};
  const std::string code = text_member(document, "code");
  cbor::Writer out;
  out.map(2).integer(-1).text(concise_title(response.status, code, text_member(document, "rule")));
  out.integer(-2).text(code + ": " + text_member(document, "detail"));
  if (response.status == 422) response.status = 400;
  response.content_type = "application/concise-problem-details+cbor";
  response.body = std::string(as_text(out.take()));
  return response;
}

HttpResponse json_response(unsigned status, const Value& value) {
  return {.status = status, .body = views::to_json(value)};
}

}  // namespace anta
