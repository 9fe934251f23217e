// Routes of the state: things by id, lists, histories, lineage, inbox, impact.
#include <array>

#include "crypto/text.h"
#include "node/http_route.h"
#include "node/queries.h"
#include "node/views/statement_view.h"
#include "node/views/time_text.h"

namespace anta {
namespace {

struct Noun {
  Kind kind = Kind::lot;
  const char* path = "";
  const char* summary = "";
};
constexpr std::array<Noun, 6> nouns = {{{Kind::lot, "/v1/lots", "lot"},
                                        {Kind::party, "/v1/parties", "party"},
                                        {Kind::site, "/v1/sites", "site"},
                                        {Kind::attestation, "/v1/attestations", "attestation"},
                                        {Kind::account, "/v1/accounts", "mass-balance account"},
                                        {Kind::dispatch, "/v1/dispatches", "dispatch"}}};

using Read = std::function<Result<Value>(const LedgerReader&, const HttpRequest&, const Captures&)>;

// 404 also of a leaf that is not there, 410 of one that is too old (?at_leaf); 503 of ?fresh without a
// leader.
const std::vector<unsigned> reading_answers = {200, 304, 400, 404, 410, 500, 503};

Route reading(ApiServices& services, std::string path, std::string summary,
              std::vector<std::string_view> query, Read read) {
  query.insert(query.end(), {"fresh", "at_leaf"});
  return {.method = "GET",
          .path = std::move(path),
          .summary = std::move(summary),
          .query = std::move(query),
          .answers = reading_answers,
          .handle = [&services, read = std::move(read)](const HttpRequest& request, const Captures& captures,
                                                        HttpReply reply) {
            with_reader(services, request, std::move(reply),
                        [read, request, captures](const LedgerReader& reader) {
                          return value_response(request, read(reader, request, captures));
                        });
          }};
}

// The same beside the HTTP thread.
Route reading_long(ApiServices& services, std::string path, std::string summary,
                   std::vector<std::string_view> query, Read read) {
  query.insert(query.end(), {"fresh", "at_leaf"});
  return {.method = "GET",
          .path = std::move(path),
          .summary = std::move(summary),
          .query = std::move(query),
          .answers = reading_answers,
          .handle = [&services, read = std::move(read)](const HttpRequest& request, const Captures& captures,
                                                        HttpReply reply) {
            with_reader_beside(services, request, std::move(reply),
                               [read, request, captures](const LedgerReader& reader, const MayGoOn&) {
                                 return value_response(request, read(reader, request, captures));
                               });
          }};
}

Result<queries::Page> page_of(const HttpRequest& request) {
  queries::Page page;
  page.cursor = std::string(request.value("cursor").value_or(""));
  if (const auto limit = request.value("limit")) {
    const Result<std::uint64_t> number = decimal(*limit);
    if (!number || *number == 0 || *number > queries::page_max) {
      return fail(Code::malformed, "limit", "limit is between 1 and " + std::to_string(queries::page_max));
    }
    page.limit = *number;
  }
  return page;
}

queries::Filters filters_of(Kind kind, const HttpRequest& request) {
  queries::Filters filters;
  for (const std::string_view name : views::list_filters(word(kind))) {
    if (const auto wanted = request.value(name))
      filters.emplace_back(std::string(name), std::string(*wanted));
  }
  return filters;
}

Result<Value> list_of(Kind kind, const LedgerReader& reader, const HttpRequest& request) {
  const Result<queries::Page> page = page_of(request);
  if (!page) return pass(page);
  return queries::list(reader, kind, filters_of(kind, request), *page);
}

Result<Value> proposals_of(const LedgerReader& reader, const HttpRequest& request, const Captures&) {
  const Result<queries::Page> page = page_of(request);
  if (!page) return pass(page);
  return queries::proposals(reader, filters_of(Kind::proposal, request), *page);
}

Result<Value> impact_of(const LedgerReader& reader, const HttpRequest& request, const Captures& captures) {
  queries::ProposedStatus status;
  status.status = std::string(request.value("status").value_or(""));
  const Result<Millis> from = views::time_from_text(request.value("from").value_or(""));
  if (!from) return fail(Code::malformed, "from", "from is a time such as 2025-12-10T00:00:00-05:00");
  status.from = *from;
  if (const auto text = request.value("void_from")) {
    const Result<Millis> void_from = views::time_from_text(*text);
    if (!void_from)
      return fail(Code::malformed, "void_from", "void_from is a time such as 2025-08-01T00:00:00-05:00");
    status.void_from = *void_from;
  }
  return queries::impact(reader, AttestationId{captures[0]}, status);
}

Result<Value> inbox_of(const LedgerReader& reader, const HttpRequest& request, const Captures&) {
  const auto party = request.value("party");
  if (!party || party->empty()) return fail(Code::malformed, "party", "whose inbox? say ?party=ID");
  const Result<queries::Page> page = page_of(request);
  if (!page) return pass(page);
  return queries::inbox(reader, PartyId{std::string(*party)}, *page);
}

Route history_route(ApiServices& services, Kind kind, const std::string& base, const std::string& what) {
  return reading(services, base + "/{id}/history", "The accepted statements about a " + what + ", in order",
                 {"cursor", "limit"},
                 [kind](const LedgerReader& reader, const HttpRequest& request,
                        const Captures& captures) -> Result<Value> {
                   const Result<queries::Page> page = page_of(request);
                   if (!page) return pass(page);
                   return queries::history(reader, {kind, captures[0]}, *page);
                 });
}

// Nodes, and what is proposed and voted on.
void add_network_routes(std::vector<Route>& routes, ApiServices& services) {
  routes.push_back(reading(services, "/v1/nodes",
                           "The network's nodes (standing, incarnation, keys, address) and witnesses", {},
                           [](const LedgerReader& reader, const HttpRequest&, const Captures&) {
                             return queries::nodes(reader);
                           }));
  routes.push_back(reading(services, "/v1/nodes/{id}", "A node", {},
                           [](const LedgerReader& reader, const HttpRequest&, const Captures& captures) {
                             return queries::record(reader, Kind::node, captures[0]);
                           }));
  routes.push_back(history_route(services, Kind::node, "/v1/nodes", "node"));
  routes.push_back(reading(services, "/v1/proposals",
                           "List: proposals on nodes and parameters, and who still has to vote",
                           {"status", "cursor", "limit"}, proposals_of));
  routes.push_back(reading(services, "/v1/proposals/{id}", "A proposal and how its vote stands", {},
                           [](const LedgerReader& reader, const HttpRequest&, const Captures& captures) {
                             return queries::proposal(reader, ProposalId{captures[0]});
                           }));
}

}  // namespace

std::vector<Route> state_routes(ApiServices& services) {
  std::vector<Route> routes;
  for (const Noun& noun : nouns) {
    const Kind kind = noun.kind;
    std::vector<std::string_view> query = views::list_filters(word(kind));
    query.insert(query.end(), {"cursor", "limit"});
    routes.push_back(reading(services, noun.path, std::string("List: ") + noun.summary, std::move(query),
                             [kind](const LedgerReader& reader, const HttpRequest& request, const Captures&) {
                               return list_of(kind, reader, request);
                             }));
    routes.push_back(
        reading(services, std::string(noun.path) + "/{id}", std::string("A ") + noun.summary, {},
                [kind](const LedgerReader& reader, const HttpRequest&, const Captures& captures) {
                  return queries::record(reader, kind, captures[0]);
                }));
    routes.push_back(history_route(services, kind, noun.path, noun.summary));
  }
  std::vector<std::string_view> query = views::list_filters(word(Kind::certificate));
  query.insert(query.end(), {"cursor", "limit"});
  routes.push_back(reading(services, "/v1/certificates", "List: certificate", std::move(query),
                           [](const LedgerReader& reader, const HttpRequest& request, const Captures&) {
                             return list_of(Kind::certificate, reader, request);
                           }));
  routes.push_back(history_route(services, Kind::certificate, "/v1/certificates", "certificate"));
  routes.push_back(reading_long(services, "/v1/lots/{id}/graph", "Everything that a lot was made from", {},
                                [](const LedgerReader& reader, const HttpRequest&, const Captures& captures) {
                                  return queries::graph(reader, LotId{captures[0]});
                                }));
  routes.push_back(reading_long(services, "/v1/attestations/{id}/impact",
                                "What a change of status would touch; changes nothing",
                                {"status", "from", "void_from"}, impact_of));
  routes.push_back(reading(services, "/v1/inbox", "Dispatches that wait for a party's signature",
                           {"party", "cursor", "limit"}, inbox_of));
  add_network_routes(routes, services);
  routes.push_back(reading(services, "/v1/parameters", "The law's parameters in force", {},
                           [](const LedgerReader& reader, const HttpRequest&, const Captures&) {
                             return queries::parameters(reader);
                           }));
  routes.push_back(reading(services, "/v1/ledger", "Size and roots of the applied ledger", {},
                           [](const LedgerReader& reader, const HttpRequest&,
                              const Captures&) -> Result<Value> { return queries::ledger(reader); }));
  return routes;
}

}  // namespace anta
