// Routes of statements: submitting them, trying them out, reading them.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "crypto/cbor.h"
#include "crypto/cose.h"
#include "crypto/text.h"
#include "node/http_accept.h"
#include "node/http_route.h"
#include "node/queries.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/law.h"

namespace anta {
namespace {

constexpr std::size_t dry_run_max = 256;
constexpr std::string_view sequence_type = "application/cbor-seq";  // RFC 8742

// A body of one statement, or of a sequence of them.
struct Body {
  bool sequence = false;
  std::vector<std::shared_ptr<const Bytes>> items = {};
};

Result<Body> read_body(const HttpRequest& request) {
  Body body{.sequence = media_type(request) == sequence_type};
  if (request.body->empty()) return fail(Code::malformed, "body", "the body is empty");
  if (!body.sequence) {
    body.items.push_back(request.body);
    return body;
  }
  ByteView rest(*request.body);
  while (!rest.empty()) {
    cbor::Reader in(rest);
    const Result<ByteView> item = in.item();
    if (!item) {
      return fail(Code::malformed, item.error().rule,
                  "item " + std::to_string(body.items.size()) + " of the sequence: " + item.error().message);
    }
    if (body.items.size() == forward_statements_max)
      return fail(Code::malformed, "items_max", "too many statements in one request");
    // Bytes of its own, so that one kept statement does not hold on to a whole request.
    body.items.push_back(std::make_shared<const Bytes>(to_bytes(*item)));
    rest = rest.subspan(item->size());
  }
  return body;
}

ValueList names(const std::vector<std::string>& list) {
  ValueList out;
  for (const std::string& name : list)
    out.push_back(Value{name});
  return out;
}

// One item's answer as a value, and the status that it has when it stands alone.
std::pair<unsigned, Value> item_value(const ApiServices& services, const Submitted& submitted) {
  if (!submitted.outcome) {
    const Error& error = submitted.outcome.error();
    const bool open =
        error.code == Code::busy || error.code == Code::uncertain || error.code == Code::not_leader;
    return {http_status_of(error),
            Value{ValueMap{{"digest", Value{hex(submitted.statement)}},
                           {"outcome", Value{std::string(open ? "undecided" : "refused")}},
                           {"code", Value{problem_code(error)}},
                           {"detail", Value{error.message}}}}};
  }
  Value value = queries::outcome_value(*submitted.outcome);
  auto& members = std::get<ValueMap>(value.data);
  members.emplace_back("again", Value{submitted.again});
  if (!submitted.outcome->accepted) return {422, std::move(value)};
  members.emplace_back("cosigned", Value{submitted.cosigned});
  if (!submitted.cosigned) members.emplace_back("missing", Value{names(services.missing())});
  return {submitted.again ? 200u : 201u, std::move(value)};
}

// How long until whoever sent this may come again.
std::uint32_t retry_after_s(const Submitted& submitted) { return std::max(submitted.retry_after_s, 1u); }

HttpResponse single_response(const ApiServices& services, const Submitted& submitted) {
  auto [status, value] = item_value(services, submitted);
  if (status < 300) return json_response(status, value);
  ValueMap more{{"digest", Value{hex(submitted.statement)}}};
  if (!submitted.outcome)
    return problem(submitted.outcome.error(), std::move(more), retry_after_s(submitted));
  for (const char* member : {"outcome", "block_time", "again"}) {
    if (const Value* found = value.find(member)) more.emplace_back(member, *found);
  }
  const Outcome& outcome = *submitted.outcome;
  return problem(Error{Code::rule_violated, outcome.rule, outcome.message}, std::move(more));
}

HttpResponse submitted_response(const ApiServices& services, bool sequence,
                                const std::vector<Submitted>& answers) {
  if (!sequence) return single_response(services, answers.front());
  // Of a request past a limit nothing was looked at: it is refused like any other, not item by item.
  const bool refused = std::ranges::all_of(answers, [](const Submitted& s) { return s.retry_after_s > 0; });
  if (refused) return problem(answers.front().outcome.error(), {}, retry_after_s(answers.front()));
  ValueList items;
  for (const Submitted& submitted : answers)
    items.push_back(item_value(services, submitted).second);
  return json_response(200, Value{ValueMap{{"items", Value{std::move(items)}}}});
}

// What was decided already stays so, and costs nobody a signature check: recorded statements are public, and
// a stranger who tries them out again must not spend their signer's limit.
std::optional<Result<Outcome>> decided_before(const LedgerReader& reader, const Digest& statement) {
  Result<std::optional<Outcome>> outcome = reader.outcome(statement);
  if (!outcome) return pass(outcome);
  if (!*outcome) return std::nullopt;
  if ((*outcome)->accepted) return std::move(**outcome);
  return fail(Code::rule_violated, (*outcome)->rule, (*outcome)->message);
}

// Whether this would be on record, so that the same bytes are answered with it ever after.
bool would_stand(const Result<Outcome>& outcome) {
  if (outcome) return true;
  return outcome.error().code == Code::rule_violated && rejection_is_recorded(outcome.error().rule);
}

// What the law would say now, each item on top of those before it. The same bytes twice have one outcome, as
// where they are applied: the second time the law would find its own first time in the way.
std::vector<Submitted> try_out(const ApiServices& services, const LedgerReader& reader, const Body& body) {
  const auto view = reader.view();
  Overlay overlay(*view);
  const Millis block_time = std::max(services.clock(), reader.applied().block_time);
  LeafIndex leaf{reader.applied().leaves.value};
  const SignatureCheck check = [&services](const SignedStatement& statement, const PublicKey& key) {
    const bool good = verify_signature(statement, key);
    if (good && services.keys) services.keys->charge(statement.header.kid, services.steady_ms());
    return good;
  };
  std::vector<Submitted> answers;
  std::unordered_map<Digest, std::size_t> decided_here;  // -> index in answers
  for (const auto& bytes : body.items) {
    Submitted submitted{.statement = sha256(*bytes)};
    if (const auto here = decided_here.find(submitted.statement); here != decided_here.end()) {
      submitted = answers[here->second];
      submitted.again = true;
      answers.push_back(std::move(submitted));
      continue;
    }
    if (auto before = decided_before(reader, submitted.statement)) {
      submitted.again = true;
      submitted.outcome = std::move(*before);
      answers.push_back(std::move(submitted));
      continue;
    }
    const Result<SignedStatement> statement = decode_statement(bytes, submitted.statement);
    if (!statement) {
      submitted.outcome = pass(statement);
      answers.push_back(std::move(submitted));
      continue;
    }
    const Result<Effects> effects =
        decide(overlay, *statement, {.block_time = block_time, .leaf = leaf}, check);
    if (effects) {
      submitted.outcome = Outcome{.statement = submitted.statement,
                                  .accepted = true,
                                  .leaf = leaf,
                                  .block_time = block_time,
                                  .flags = effects->flags};
      leaf = leaf.next();
    } else {
      submitted.outcome = tl::unexpected<Error>(effects.error());
    }
    if (overlay.failed()) submitted.outcome = fail(Code::io, "state.read", "the state could not be read");
    if (would_stand(submitted.outcome)) decided_here.emplace(submitted.statement, answers.size());
    answers.push_back(std::move(submitted));
  }
  return answers;
}

HttpResponse tried_response(bool sequence, const std::vector<Submitted>& answers) {
  // A state that cannot be read says nothing of the law: no item of a sequence is rejected for it.
  for (const Submitted& s : answers) {
    if (!s.outcome && s.outcome.error().code == Code::io) return problem(s.outcome.error());
  }
  const auto value_of = [](const Submitted& s) {
    if (s.outcome) {
      Value value = queries::outcome_value(*s.outcome);
      auto& members = std::get<ValueMap>(value.data);
      members.emplace_back("again", Value{s.again});
      members.emplace_back("dry_run", Value{true});
      return value;
    }
    return Value{ValueMap{{"digest", Value{hex(s.statement)}},
                          {"outcome", Value{std::string("rejected")}},
                          {"code", Value{problem_code(s.outcome.error())}},
                          {"detail", Value{s.outcome.error().message}},
                          {"again", Value{s.again}},
                          {"dry_run", Value{true}}}};
  };
  if (sequence) {
    ValueList items;
    for (const Submitted& s : answers)
      items.push_back(value_of(s));
    return json_response(200, Value{ValueMap{{"items", Value{std::move(items)}}}});
  }
  const Submitted& one = answers.front();
  if (one.outcome) return json_response(200, value_of(one));
  return problem(
      one.outcome.error(),
      {{"digest", Value{hex(one.statement)}}, {"again", Value{one.again}}, {"dry_run", Value{true}}});
}

// Judging costs a verification of each, like submitting.
std::uint32_t keys_wait_s(const ApiServices& services, const Body& body) {
  if (!services.keys) return 0;
  std::vector<ByteView> statements;
  for (const auto& bytes : body.items)
    statements.push_back(*bytes);
  return services.keys->wait_s(statements, services.steady_ms());
}

void post_statements(const ApiServices& services, const HttpRequest& request, HttpReply reply) {
  Result<Body> body = read_body(request);
  if (!body) return reply(problem(body.error()));
  const auto dry = request.value("dry_run");
  if (dry && *dry != "0" && *dry != "false") {
    if (body->items.size() > dry_run_max)
      return reply(problem({Code::malformed, "dry_run_max", "at most 256 statements are tried out at once"}));
    if (const std::uint32_t wait_s = keys_wait_s(services, *body); wait_s > 0)
      return reply(problem(key_limit_error(wait_s), {}, wait_s));
    return answer_beside(services, std::move(reply), [&services, body = *body](const MayGoOn&) {
      const Result<LedgerReader> reader = services.reader();
      if (!reader) return problem(reader.error());
      return tried_response(body.sequence, try_out(services, *reader, body));
    });
  }
  SubmitOptions options = services.submit_options;
  const std::string_view wait = request.value("wait").value_or("cosigned");
  if (wait != "cosigned" && wait != "committed") {
    return reply(problem({Code::malformed, "wait", "wait is committed or cosigned"}));
  }
  options.wait = wait == "committed" ? WaitFor::committed : WaitFor::cosigned;
  services.submit(std::move(body->items), options,
                  [&services, sequence = body->sequence, reply](std::vector<Submitted> answers) {
                    reply(submitted_response(services, sequence, answers));
                  });
}

void get_statement(const ApiServices& services, const HttpRequest& request, const Captures& captures,
                   HttpReply reply) {
  const Result<Digest> digest = digest_from_hex(captures[0]);
  if (!digest)
    return reply(problem({Code::malformed, "digest", "a statement is named by 64 lower-case hex digits"}));
  const bool cose = asks_for(request, "application/json", "application/cose");
  KeptPlace place{AnswerCache::Shelf::statement, captures[0] + (cose ? "/cose" : "/json"), {}};
  // Bytes that were decided once are the same for ever, also for who wants what is committed now.
  if (auto known = cose ? kept(services, request, place) : std::nullopt) return reply(std::move(*known));
  with_reader(services, request, std::move(reply),
              [&services, request, digest = *digest, cose, place](const LedgerReader& reader) mutable {
                if (!cose) place.as_of = std::to_string(reader.applied().leaves.value);  // of the proof
                return kept_or_made(services, request, place, [&] {
                  if (!cose) return whole_response(queries::statement(reader, digest));
                  const Result<SharedBytes> bytes = reader.statement(digest);
                  if (!bytes) return problem(bytes.error());
                  return whole_response("application/cose", *bytes, "no-cache");
                });
              });
}

}  // namespace

std::vector<Route> statement_routes(ApiServices& services) {
  return {{.method = "POST",
           .path = "/v1/statements",
           .summary = "Submit one statement, or a CBOR sequence of them in order",
           .query = {"wait", "dry_run"},
           .consumes = {"application/cose", sequence_type},
           .answers = {200, 201, 400, 404, 413, 422, 429, 500, 503, 504},
           .handle = [&services](const HttpRequest& request, const Captures&,
                                 HttpReply reply) { post_statements(services, request, std::move(reply)); }},
          {.method = "GET",
           .path = "/v1/statements/{digest}",
           .summary = "A statement with its outcome and inclusion proof; application/cose for its bytes",
           .query = {"fresh"},
           .produces = {"application/json", "application/cose"},
           .answers = {200, 304, 400, 404, 500, 503},
           .handle = [&services](const HttpRequest& request, const Captures& captures, HttpReply reply) {
             get_statement(services, request, captures, std::move(reply));
           }}};
}

}  // namespace anta
