// Routes of the node itself: health, metrics, status, and what its network is.
#include "crypto/checkpoint.h"
#include "crypto/note.h"
#include "crypto/text.h"
#include "node/http_route.h"
#include "node/queries.h"

namespace anta {
namespace {

HttpResponse plain(std::string body) {
  return {.status = 200, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

HttpResponse ready(const ApiServices& services) {
  const std::vector<std::string> reasons = services.unready();
  if (reasons.empty()) return json_response(200, Value{ValueMap{{"ready", Value{true}}}});
  ValueList list;
  std::string all;
  for (const std::string& reason : reasons) {
    list.push_back(Value{reason});
    all += (all.empty() ? "" : "; ") + reason;
  }
  return problem({Code::busy, "not_ready", all},
                 {{"ready", Value{false}}, {"reasons", Value{std::move(list)}}});
}

// What a buyer's page, or anybody, has to be shown of a split view: the contradicting notes, each of which a
// quorum signed. `anta compare` explains them beside this node's own checkpoint.
Value forks_value(const std::vector<std::string>& notes) {
  ValueList list;
  for (const std::string& note : notes) {
    ValueMap fork{{"note", Value{note}}};
    const auto parsed = parse_note(note);
    const auto checkpoint = parsed ? parse_checkpoint(parsed->text) : Result<Checkpoint>{pass(parsed)};
    if (checkpoint) {
      fork.emplace_back("size", Value{static_cast<std::int64_t>(checkpoint->size)});
      fork.emplace_back("root", Value{hex(checkpoint->root)});
    }
    list.push_back(Value{std::move(fork)});
  }
  return Value{ValueMap{{"forks", Value{std::move(list)}}}};
}

void post_lead(const ApiServices& services, const HttpRequest& request, HttpReply reply) {
  services.lead(request.body, [reply](Result<Led> led) {
    if (!led) return reply(problem(led.error()));
    reply(json_response(200, Value{ValueMap{{"leader", Value{led->leader.value}},
                                            {"term", Value{static_cast<std::int64_t>(led->term.value)}}}}));
  });
}

}  // namespace

std::vector<Route> service_routes(ApiServices& services, Metrics& metrics) {
  const auto route = [](const char* path, const char* summary,
                        std::function<HttpResponse(const HttpRequest&)> answer,
                        std::vector<std::string_view> produces = {"application/json"},
                        std::vector<unsigned> answers = {200}) {
    return Route{.method = "GET",
                 .path = path,
                 .summary = summary,
                 .query = {},
                 .produces = std::move(produces),
                 .answers = std::move(answers),
                 .handle = [answer = std::move(answer)](const HttpRequest& request, const Captures&,
                                                        HttpReply reply) { reply(answer(request)); }};
  };
  return {
      route("/healthz", "The process runs", [](const HttpRequest&) { return plain("ok\n"); }, {"text/plain"}),
      route("/readyz", "Whether this node can serve reads and writes, and if not, why",
            [&services](const HttpRequest&) { return ready(services); }, {"application/json"}, {200, 503}),
      route("/metrics", "Prometheus metrics",
            [&metrics](const HttpRequest&) {
              return HttpResponse{
                  .status = 200, .content_type = "text/plain; version=0.0.4", .body = metrics.text()};
            },
            {"text/plain"}),
      route("/v1/status", "Role, term, commit, applied, roots, peers",
            [&services](const HttpRequest&) { return json_response(200, services.status()); }),
      route("/v1/network", "The genesis and its digest, nodes and keys",
            [&services](const HttpRequest& request) {
              if (asks_for(request, "application/json", "application/cbor"))
                return file_response(request, "application/cbor", services.genesis_bytes);
              return value_response(request, queries::network(services.genesis, *services.genesis_bytes));
            },
            {"application/json", "application/cbor"}, {200, 304}),
      route("/v1/forks",
            "Notes in which a quorum signed another tree than this node's: empty, or evidence of a lie",
            [&services](const HttpRequest&) { return json_response(200, forks_value(services.forks())); }),
      route("/v1/policy", "The verifier's policy of this network (C2SP tlog-policy)",
            [&services](const HttpRequest&) { return plain(encode_policy(services.policy())); },
            {"text/plain"}),
      {.method = "POST",
       .path = "/v1/network/lead",
       .summary = "Asks that a named node leads: a lead-order signed by an organisation that may vote",
       .consumes = {"application/cose"},
       .answers = {200, 400, 403, 404, 413, 422, 500, 503, 504},
       .handle = [&services](const HttpRequest& request, const Captures&,
                             HttpReply reply) { post_lead(services, request, std::move(reply)); }},
  };
}

}  // namespace anta
