#include "node/openapi.h"

#include "node/queries.h"
#include "node/values.h"
#include "node/version.h"
#include "node/views/shape_view.h"

namespace anta {
namespace {

Value reference(const std::string& name) { return Value{ValueMap{{"$ref", text("#/components/" + name)}}}; }

Value string_parameter(const std::string& name, bool in_path) {
  return Value{ValueMap{{"name", text(name)},
                        {"in", text(in_path ? "path" : "query")},
                        {"required", Value{in_path}},
                        {"schema", Value{ValueMap{{"type", text("string")}}}}}};
}

ValueList parameters_of(const Route& route) {
  ValueList parameters;
  std::size_t at = 0;
  while ((at = route.path.find('{', at)) != std::string::npos) {
    const std::size_t end = route.path.find('}', at);
    parameters.push_back(string_parameter(route.path.substr(at + 1, end - at - 1), true));
    at = end;
  }
  for (const std::string_view name : route.query)
    parameters.push_back(string_parameter(std::string(name), false));
  return parameters;
}

// JSON answers are objects; everything else is bytes or text of its own format.
Value content_of(const std::vector<std::string_view>& types) {
  ValueMap content;
  for (const std::string_view type : types) {
    Value schema =
        type == "application/json" ? reference("schemas/Answer") : Value{ValueMap{{"type", text("string")}}};
    content.emplace_back(std::string(type), Value{ValueMap{{"schema", std::move(schema)}}});
  }
  return Value{std::move(content)};
}

Value located(const char* description) {
  return Value{ValueMap{{"description", text(description)},
                        {"headers", Value{ValueMap{{"Location", reference("headers/Locator")}}}}}};
}

Value response(const Route& route, unsigned status) {
  const auto answer = [&route](const char* description) {
    return Value{ValueMap{{"description", text(description)}, {"content", content_of(route.produces)}}};
  };
  switch (status) {
    case 200: return answer("the answer");
    case 201: return answer("accepted and recorded");
    case 302: return located("registered; not cosigned yet");
    case 303: return located("registered; the receipt will be there");
    case 304: return Value{ValueMap{{"description", text("the client has it (If-None-Match)")}}};
    default: return reference(route.concise ? "responses/ConciseProblem" : "responses/Problem");
  }
}

Value operation(const Route& route) {
  ValueMap out{{"summary", text(route.summary)}, {"parameters", Value{parameters_of(route)}}};
  if (!route.consumes.empty()) {
    out.emplace_back("requestBody",
                     Value{ValueMap{{"required", Value{true}}, {"content", content_of(route.consumes)}}});
  }
  ValueMap responses;
  for (const unsigned status : route.answers)
    responses.emplace_back(std::to_string(status), response(route, status));
  out.emplace_back("responses", Value{std::move(responses)});
  return Value{std::move(out)};
}

Value components() {
  const auto typed = [](const char* type) { return Value{ValueMap{{"type", text(type)}}}; };
  ValueMap problem{{"type", typed("string")},  {"title", typed("string")}, {"status", typed("integer")},
                   {"code", typed("string")},  {"rule", typed("string")},  {"detail", typed("string")},
                   {"digest", typed("string")}};
  const Value problem_schema{ValueMap{{"type", text("object")}, {"properties", Value{std::move(problem)}}}};
  const auto of_schema = [](const Value& schema) { return Value{ValueMap{{"schema", schema}}}; };
  const Value content{ValueMap{{"application/problem+json", of_schema(reference("schemas/Problem"))}}};
  const Value concise{ValueMap{{"application/concise-problem-details+cbor", of_schema(typed("string"))},
                               {"application/problem+json", of_schema(reference("schemas/Problem"))}}};
  const auto described = [](const char* description, const char* of, const Value& what) {
    return Value{ValueMap{{"description", text(description)}, {of, what}}};
  };
  return Value{ValueMap{
      {"schemas", Value{ValueMap{{"Answer", typed("object")}, {"Problem", problem_schema}}}},
      {"headers", Value{ValueMap{{"Locator", described("where the receipt is", "schema", typed("string"))}}}},
      {"responses", Value{ValueMap{{"Problem", described("problem details (RFC 9457)", "content", content)},
                                   {"ConciseProblem", described("concise problem details (RFC 9290), CBOR; "
                                                                "JSON of the server before it knows the path",
                                                                "content", concise)}}}}}};
}

constexpr const char* servers_text =
    "the node that this document came from; https with the certificate of its configuration (TLS 1.2 or "
    "1.3), "
    "http on loopback or behind a proxy only. An https address answers http with 421 http.tls_required.";

std::string limits_text() {
  const auto n = [](std::size_t number) { return std::to_string(number); };
  return "Lists are pages: {items, next}. A page ends at ?limit (" + n(queries::page_default) + ", at most " +
         n(queries::page_max) + "), at " + n(queries::page_bytes_max) +
         " bytes of records or statements, or when " + n(queries::scanned_max) + " records or " +
         n(queries::scanned_bytes_max) + " bytes of them were looked at, or " + n(queries::block_bytes_max) +
         " bytes of blocks read for a history: it may then have few items or none, and only next: null is "
         "the "
         "end. ?at_leaf reaches as far back as the node tells; beyond it 410 outside_window names the oldest "
         "leaf. 429 and 503 carry Retry-After: http.requests_per_second and http.connections_per_address of "
         "one address; key_statements_per_second of one signer's key; http.connections_max and "
         "http.memory_bytes of all. What could never fit into that is 413 http.larger_than_memory: trying "
         "again does not help. An answer with complete: false leaves things out.";
}

}  // namespace

std::string openapi_document(const std::vector<Route>& routes) {
  ValueMap paths;
  for (const Route& route : routes) {
    std::string method = route.method;
    for (char& c : method)
      c = static_cast<char>(c - 'A' + 'a');
    auto found = paths.begin();
    while (found != paths.end() && found->first != route.path)
      ++found;
    if (found == paths.end()) found = paths.insert(paths.end(), {route.path, Value{ValueMap{}}});
    std::get<ValueMap>(found->second.data).emplace_back(method, operation(route));
  }
  return views::to_json(Value{ValueMap{
      {"openapi", text("3.1.0")},
      {"info", Value{ValueMap{{"title", text("Anta node")},
                              {"version", text(anta_version)},
                              {"description", text(limits_text())}}}},
      {"servers", Value{ValueList{Value{ValueMap{{"url", text("/")}, {"description", text(servers_text)}}}}}},
      {"paths", Value{std::move(paths)}},
      {"components", components()}}});
}

}  // namespace anta
