// One route of the API, and what its handlers share. Internal to http_api*.cc and openapi.cc.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/answer_cache.h"
#include "node/http_api.h"
#include "node/http_problem.h"

namespace anta {

// The variable segments of a path, in order.
using Captures = std::vector<std::string>;

struct Route {
  std::string method = {};
  std::string path = {};  // "/v1/lots/{id}/history"; a last "{number*}" takes one segment or more
  std::string summary = {};
  std::vector<std::string_view> query = {};                       // parameters that it knows
  std::vector<std::string_view> produces = {"application/json"};  // the first unless Accept asks for another
  std::vector<std::string_view> consumes = {};                    // a body of another type is 415
  // Every status with which `handle` may answer. HttpApi adds those of requests that it never sees: its own
  // and the server's. The OpenAPI document prints the list; the tests' rigs hold each answer against it.
  std::vector<unsigned> answers = {};
  bool concise = false;  // problems here and below, whoever finds them, are CBOR (as_concise)
  std::function<void(const HttpRequest&, const Captures&, HttpReply)> handle = {};
};

std::vector<Route> statement_routes(ApiServices& services);
std::vector<Route> state_routes(ApiServices& services);
std::vector<Route> entry_routes(ApiServices& services);
std::vector<Route> certificate_routes(ApiServices& services);
std::vector<Route> state_proof_routes(ApiServices& services);
std::vector<Route> tile_routes(ApiServices& services);
std::vector<Route> backup_routes(ApiServices& services);
std::vector<Route> service_routes(ApiServices& services, Metrics& metrics);

// Answers a read of the ledger at the moment that the request asks for (?fresh, ?at_leaf): `read` runs on the
// HTTP thread with a reader.
void with_reader(const ApiServices& services, const HttpRequest& request, HttpReply reply,
                 std::function<HttpResponse(const LedgerReader&)> read);

// The same on a query worker's thread, for what may take long.
void with_reader_beside(const ApiServices& services, const HttpRequest& request, HttpReply reply,
                        std::function<HttpResponse(const LedgerReader&, const MayGoOn&)> read);

// Answers on a query worker's thread; busy when too much waits there or the work is past its deadline.
void answer_beside(const ApiServices& services, HttpReply reply,
                   std::function<HttpResponse(const MayGoOn&)> answer);

// The value as JSON with an ETag, 304 when the client has it, or the error as a problem.
HttpResponse value_response(const HttpRequest& request, const Result<Value>& value);

// Bytes with an ETag, 304 when the client has them.
HttpResponse file_response(const HttpRequest& request, std::string content_type,
                           std::shared_ptr<const Bytes> file);

// The same with a Cache-Control of its own, for what caches may keep.
inline constexpr const char* cache_for_a_second = "public, max-age=1";
inline constexpr const char* cache_for_a_minute = "public, max-age=60";
inline constexpr const char* cache_for_ever = "public, max-age=31536000, immutable";
HttpResponse cached_response(const HttpRequest& request, std::string content_type, Bytes bytes,
                             const char* cache_control);

// Where an answer is kept, and what it is right for (answer_cache.h). No moment: for ever.
struct KeptPlace {
  AnswerCache::Shelf shelf = AnswerCache::Shelf::tree;
  std::string name = {};
  std::string as_of = {};
};

// The answer as it is kept, as this request wants it (304 when the client has it); nothing when none is. Only
// for whom the answer is: call it where the answer would be made.
std::optional<HttpResponse> kept(const ApiServices& services, const HttpRequest& request,
                                 const KeptPlace& place);

// The same, or what `make` makes: the whole answer (see whole_response), which is kept if its status is 200.
HttpResponse kept_or_made(const ApiServices& services, const HttpRequest& request, const KeptPlace& place,
                          const std::function<HttpResponse()>& make);

// A whole answer as this request wants it: 304 without a body when the client has it.
HttpResponse as_asked(const HttpRequest& request, HttpResponse whole);

// For `make`: bytes, or a value as JSON, with an ETag and status 200, whatever the client has.
HttpResponse whole_response(std::string content_type, std::shared_ptr<const Bytes> file,
                            const char* cache_control);
HttpResponse whole_response(const Result<Value>& value);

// Without a finished checkpoint: the problem, with the cosigners that are awaited.
HttpResponse no_checkpoint(const ApiServices& services, const Error& error);
HttpResponse not_finished(const ApiServices& services);

// The ledger as the finished checkpoint has it. uncertain, rule not_cosigned: after a start, or when
// this node applied it long before it was finished and did not sign it, the checkpoint may lie too far back
// to be proven.
Result<LedgerReader> as_of(const ApiServices& services, const FinishedCheckpoint& finished);

// Of a route with two types: whether the request asks for the second rather than the first (http_accept.h).
bool asks_for(const HttpRequest& request, std::string_view first, std::string_view second);

}  // namespace anta
