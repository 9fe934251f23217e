#include "node/http_api.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "crypto/text.h"
#include "node/http_accept.h"
#include "node/http_route.h"
#include "node/openapi.h"
#include "storage/ledger/spelling.h"

namespace anta {
namespace {

std::vector<std::string> split(std::string_view path) {
  const Result<HttpTarget> target = parse_target(path);
  return target ? target->path : std::vector<std::string>{};
}

// "{number*}": the rest of the path, one segment or more.
bool takes_the_rest(std::string_view segment) { return segment.ends_with("*}"); }

// The captures when the segments fit the pattern.
std::optional<Captures> match(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  const bool open = !pattern.empty() && takes_the_rest(pattern.back());
  if (open ? path.size() < pattern.size() : path.size() != pattern.size()) return std::nullopt;
  Captures captures;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::string& wanted = pattern[std::min(i, pattern.size() - 1)];
    if (wanted.starts_with('{')) {
      captures.push_back(path[i]);
    } else if (wanted != path[i]) {
      return std::nullopt;
    }
  }
  return captures;
}

std::string etag_of(ByteView bytes) { return "\"" + hex(sha256(bytes)).substr(0, 32) + "\""; }

constexpr const char* etag_field = "ETag";
constexpr const char* cache_field = "Cache-Control";

// What says nothing of its own is kept by nobody: a cache may guess where it is told nothing (RFC 9111
// section 4.2.2), and a 404 that it keeps hides what is there a second later.
HttpResponse with_cache_control(HttpResponse response) {
  const auto name = [](const auto& field) { return std::string_view(field.first); };
  if (std::ranges::find(response.headers, cache_field, name) == response.headers.end())
    response.headers.emplace_back(cache_field, "no-store");
  return response;
}

}  // namespace

bool asks_for(const HttpRequest& request, std::string_view first, std::string_view second) {
  const std::array offered = {first, second};
  return wanted_type(request, offered) == second;
}

HttpResponse as_asked(const HttpRequest& request, HttpResponse whole) {
  const std::string_view known = request.header("if-none-match");
  if (known.empty()) return whole;
  const auto etag =
      std::ranges::find(whole.headers, etag_field, [](const auto& field) { return field.first; });
  if (etag == whole.headers.end() || (known != "*" && known.find(etag->second) == std::string_view::npos))
    return whole;
  whole.status = 304;
  whole.body.clear();
  whole.file = nullptr;
  return whole;
}

HttpResponse whole_response(std::string content_type, std::shared_ptr<const Bytes> file,
                            const char* cache_control) {
  HttpResponse response{.status = 200, .content_type = std::move(content_type)};
  response.headers = {{etag_field, etag_of(*file)}, {cache_field, cache_control}};
  response.file = std::move(file);
  return response;
}

HttpResponse whole_response(const Result<Value>& value) {
  if (!value) return problem(value.error());
  HttpResponse response = json_response(200, *value);
  response.headers = {{etag_field, etag_of(as_bytes(response.body))}, {cache_field, "no-cache"}};
  return response;
}

HttpResponse value_response(const HttpRequest& request, const Result<Value>& value) {
  return as_asked(request, whole_response(value));
}

HttpResponse file_response(const HttpRequest& request, std::string content_type,
                           std::shared_ptr<const Bytes> file) {
  return as_asked(request, whole_response(std::move(content_type), std::move(file), "no-cache"));
}

HttpResponse cached_response(const HttpRequest& request, std::string content_type, Bytes bytes,
                             const char* cache_control) {
  return as_asked(request, whole_response(std::move(content_type),
                                          std::make_shared<const Bytes>(std::move(bytes)), cache_control));
}

std::optional<HttpResponse> kept(const ApiServices& services, const HttpRequest& request,
                                 const KeptPlace& place) {
  const AnswerCache::Answer known = services.answers->find(place.shelf, place.name, place.as_of);
  if (!known) return std::nullopt;
  return as_asked(request, *known);
}

HttpResponse kept_or_made(const ApiServices& services, const HttpRequest& request, const KeptPlace& place,
                          const std::function<HttpResponse()>& make) {
  if (auto known = kept(services, request, place)) return std::move(*known);
  HttpResponse made = make();
  if (made.status != 200) return made;
  services.answers->keep(place.shelf, place.name, place.as_of, std::make_shared<const HttpResponse>(made));
  return as_asked(request, std::move(made));
}

namespace {

// Calls `answer` on the HTTP thread once what the request asks for (?fresh, ?at_leaf) can be read.
void when_readable(const ApiServices& services, const HttpRequest& request, HttpReply reply,
                   std::function<void(std::optional<LeafIndex>)> answer) {
  std::optional<LeafIndex> at;
  if (const auto text = request.value("at_leaf")) {
    const Result<std::uint64_t> leaf = decimal(*text);
    if (!leaf) return reply(problem({Code::malformed, "at_leaf", "at_leaf is a leaf index"}));
    at = LeafIndex{*leaf};
  }
  const auto fresh = request.value("fresh");
  if (!fresh || *fresh == "0" || *fresh == "false") return answer(at);
  services.read_index([&services, reply, answer, at](Result<LogIndex> index) {
    if (!index) return reply(problem(index.error()));
    services.post([answer, at] { answer(at); });
  });
}

HttpResponse read_at(const ApiServices& services, std::optional<LeafIndex> at,
                     const std::function<HttpResponse(const LedgerReader&)>& read) {
  const Result<LedgerReader> reader = at ? services.reader_at(*at) : services.reader();
  return reader ? read(*reader) : problem(reader.error());
}

}  // namespace

void with_reader(const ApiServices& services, const HttpRequest& request, HttpReply reply,
                 std::function<HttpResponse(const LedgerReader&)> read) {
  when_readable(services, request, reply, [&services, reply, read](std::optional<LeafIndex> at) {
    reply(read_at(services, at, read));
  });
}

void with_reader_beside(const ApiServices& services, const HttpRequest& request, HttpReply reply,
                        std::function<HttpResponse(const LedgerReader&, const MayGoOn&)> read) {
  when_readable(services, request, reply, [&services, reply, read](std::optional<LeafIndex> at) {
    answer_beside(services, reply, [&services, at, read](const MayGoOn& may_go_on) {
      return read_at(services, at, [&](const LedgerReader& reader) { return read(reader, may_go_on); });
    });
  });
}

void answer_beside(const ApiServices& services, HttpReply reply,
                   std::function<HttpResponse(const MayGoOn&)> answer) {
  const bool taken = services.work([reply, answer = std::move(answer)](const MayGoOn& may_go_on) {
    reply(may_go_on() ? answer(may_go_on)
                      : problem({Code::busy, "deadline", "the answer waited too long for its turn"}));
  });
  if (!taken)
    reply(problem({Code::busy, "queries_max", "too many long questions wait already; try again shortly"}));
}

namespace {

// What a request may get of any route before its handler is asked: 400 of refused() and the parser, 408, 413
// (an answer that never fits into http.memory_bytes), 429, 431 and 503 of the server (http_connection.h).
// What names no route of HTTP/1.1 (421, 501, 505, ...) is no route's.
constexpr std::array answers_of_any = {400u, 408u, 413u, 429u, 431u, 503u};
constexpr unsigned other_type = 415;

std::vector<unsigned> all_answers(const Route& route) {
  std::vector<unsigned> all = route.answers;
  all.insert(all.end(), answers_of_any.begin(), answers_of_any.end());
  if (!route.consumes.empty()) all.push_back(other_type);
  std::ranges::sort(all);
  const auto twice = std::ranges::unique(all);
  all.erase(twice.begin(), twice.end());
  return all;
}

}  // namespace

struct HttpApi::Table {
  explicit Table(ApiServices s) : services(std::move(s)) {}

  ApiServices services = {};
  std::vector<Route> routes = {};
  std::vector<std::vector<std::string>> patterns = {};  // of the routes, split
  Metrics* metrics = nullptr;

  void add(std::vector<Route> more) {
    for (Route& route : more) {
      patterns.push_back(split(route.path));
      route.answers = all_answers(route);
      // Documents and metrics call it by its plain name.
      if (takes_the_rest(route.path)) route.path.erase(route.path.size() - 2, 1);
      routes.push_back(std::move(route));
    }
  }
  bool concise(const std::vector<std::string>& path) const;
  std::optional<HttpResponse> refused(const Route& route, const HttpRequest& request) const;
};

// Of a path that fits no route too: one that begins with the words of a route whose problems are concise.
bool HttpApi::Table::concise(const std::vector<std::string>& path) const {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const std::vector<std::string>& pattern = patterns[i];
    const auto words = std::ranges::find_if(pattern, [](const auto& part) { return part.starts_with('{'); });
    const auto end = std::mismatch(pattern.begin(), words, path.begin(), path.end()).first;
    if (routes[i].concise && end == words) return true;
  }
  return false;
}

// What no handler has to look at: parameters that the route does not know, a body of another type.
std::optional<HttpResponse> HttpApi::Table::refused(const Route& route, const HttpRequest& request) const {
  for (const auto& [key, value] : request.query) {
    if (std::ranges::find(route.query, key) == route.query.end()) {
      return problem({Code::malformed, "query",
                      "this path knows no parameter \"" + key + "\"" + suggestion(key, route.query)});
    }
  }
  if (route.consumes.empty() || std::ranges::count(route.consumes, media_type(request)) > 0)
    return std::nullopt;
  std::string taken;
  for (const std::string_view type : route.consumes)
    taken += (taken.empty() ? "" : " or ") + std::string(type);
  return problem(other_type, "content_type", "send " + taken);
}

HttpApi::HttpApi(ApiServices services, Metrics& metrics)
    : table_(std::make_unique<Table>(std::move(services))) {
  if (!table_->services.answers)
    table_->services.answers = std::make_shared<AnswerCache>(answer_cache_standard_bytes);
  table_->metrics = &metrics;
  table_->add(statement_routes(table_->services));
  table_->add(entry_routes(table_->services));
  table_->add(state_routes(table_->services));
  table_->add(certificate_routes(table_->services));
  table_->add(state_proof_routes(table_->services));
  table_->add(tile_routes(table_->services));
  table_->add(backup_routes(table_->services));
  table_->add(service_routes(table_->services, metrics));
  auto document = std::make_shared<std::string>();
  table_->add({{.method = "GET",
                .path = "/v1/openapi.json",
                .summary = "This document",
                .query = {},
                .produces = {"application/vnd.oai.openapi+json"},
                .answers = {200},
                .handle = [document](const HttpRequest&, const Captures&, HttpReply reply) {
                  reply(
                      {.status = 200, .content_type = "application/vnd.oai.openapi+json", .body = *document});
                }}});
  *document = openapi_document(table_->routes);
}

HttpApi::~HttpApi() = default;

void HttpApi::handle(HttpRequest request, HttpReply reply) {
  const auto begin = std::chrono::steady_clock::now();
  reply = [reply = std::move(reply), concise = table_->concise(request.path)](HttpResponse response) {
    reply(with_cache_control(concise ? as_concise(std::move(response)) : std::move(response)));
  };
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : request.method;
  std::string allow;
  for (std::size_t i = 0; i < table_->routes.size(); ++i) {
    const Route& route = table_->routes[i];
    const auto captures = match(table_->patterns[i], request.path);
    if (!captures) continue;
    if (route.method != method) {
      allow += (allow.empty() ? "" : ", ") + route.method + (route.method == "GET" ? ", HEAD" : "");
      continue;
    }
    HttpReply measured = [reply = std::move(reply), metrics = table_->metrics, name = route.path,
                          begin](HttpResponse response) {
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
      metrics->http_request(name, response.status, seconds.count());
      reply(std::move(response));
    };
    if (auto answer = table_->refused(route, request)) return measured(std::move(*answer));
    return route.handle(request, *captures, std::move(measured));
  }
  HttpResponse response =
      allow.empty()
          ? problem(404, "no_route", "there is nothing at " + request.path_text() + "; see /v1/openapi.json")
          : problem(405, "method", "this path takes " + allow);
  if (!allow.empty()) response.headers.emplace_back("Allow", allow);
  table_->metrics->http_request("other", response.status, 0.0);
  reply(std::move(response));
}

}  // namespace anta
