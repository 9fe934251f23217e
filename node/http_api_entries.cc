// SCRAPI (draft-ietf-scitt-scrapi-10): registering a signed statement and getting its COSE Receipt, for
// clients that know SCITT and not Anta. The same submission and the same ledger as /v1/statements.
//
//     POST /entries                      201 receipt | 303 not cosigned yet | 4xx, 5xx     section 2.3
//     GET  /entries/{id}                 200 receipt | 302 not cosigned yet | 400, 404     sections 2.4, 2.5
//     GET  /.well-known/scitt-keys       COSE Key Set of this node's receipts               section 2.1
//     GET  /.well-known/scitt-keys/{kid} one of them, by the base64url of its kid           section 2.2
//
// An entry's id is the statement's SHA-256 in hex, so it is the same on every node, and asking twice is safe.
// A receipt is this node's own organisation's; others give theirs (`anta export --format cose-receipts`
// gathers them). It tells hashes only, of a statement whose digest the asker knows. A rejection on record is
// 400 "Rejected", as the draft has it, and not 422. Locations are references without a host: a node does not
// know its name.
#include <algorithm>

#include "crypto/text.h"
#include "node/http_route.h"

namespace anta {
namespace {

constexpr const char* cose_type = "application/cose";
constexpr const char* receipt_type = "application/scitt-receipt+cose";      // RFC 9943
constexpr const char* statement_type = "application/scitt-statement+cose";  // likewise
constexpr const char* retry_after = "1";  // seconds; checkpoints come several times a second

std::string locator(const Digest& statement) { return "/entries/" + hex(statement); }

// Registered, but no root over it is signed here yet.
HttpResponse running(unsigned status, const Digest& statement) {
  HttpResponse response{.status = status, .content_type = cose_type};
  response.headers = {{"Location", locator(statement)}, {"Retry-After", retry_after}};
  return response;
}

bool cosigns(const ApiServices& services) {
  const Policy policy = services.policy();
  return std::ranges::any_of(policy.elements, [&](const Policy::Element& element) {
    return element.witness && element.witness->key == services.receipt_key;
  });
}

using Root = std::shared_ptr<const SignedRoot>;

const char* type_of(const HttpRequest& request) {
  return asks_for(request, cose_type, receipt_type) ? receipt_type : cose_type;
}

// `done`, `open`: the statuses of a receipt and of one that is still to come. Whole, whatever the client has.
HttpResponse receipt_response(const ApiServices& services, const HttpRequest& request,
                              const Root& signed_root, const Digest& statement, LeafIndex leaf, unsigned done,
                              unsigned open) {
  if (!signed_root || leaf.value >= signed_root->checkpoint.size) {
    if (cosigns(services)) return running(open, statement);
    return problem(
        {Code::not_found, "receipt",
         "the statement is registered, but this node does not cosign and gives no receipts; ask a node "
         "that does"});
  }
  // After the root, so that its tree is applied in what is read.
  const Result<LedgerReader> reader = services.reader();
  if (!reader) return problem(reader.error());
  const std::uint64_t size = signed_root->checkpoint.size;
  const auto path = inclusion_proof(leaf.value, size, reader->nodes());
  if (!path) return problem(path.error());
  HttpResponse response = whole_response(
      type_of(request),
      std::make_shared<const Bytes>(encode_receipt(signed_root->signature, size, leaf.value, *path)),
      "no-cache");
  response.status = done;
  response.headers.emplace_back("Location", locator(statement));
  return response;
}

HttpResponse rejected_entry(const Outcome& outcome) {
  return problem(Error{Code::rule_violated, outcome.rule, outcome.message});
}

HttpResponse registered(const ApiServices& services, const HttpRequest& request, const Submitted& submitted) {
  if (!submitted.outcome)
    return problem(submitted.outcome.error(), {}, std::max(submitted.retry_after_s, 1u));
  if (!submitted.outcome->accepted) return rejected_entry(*submitted.outcome);
  return receipt_response(services, request, services.signed_root(), submitted.statement,
                          submitted.outcome->leaf, 201, 303);
}

void post_entry(const ApiServices& services, const HttpRequest& request, const HttpReply& reply) {
  if (request.body->empty()) return reply(problem({Code::malformed, "body", "the body is empty"}));
  if (!cosigns(services)) {  // it would be registered, and the answer 404
    return reply(
        problem({Code::busy, "receipt",
                 "this node does not cosign and gives no receipts: send the statement to one that does"}));
  }
  SubmitOptions options = services.submit_options;
  options.wait = WaitFor::cosigned;
  services.submit({request.body}, options,
                  [&services, request, reply](const std::vector<Submitted>& answers) {
                    services.post([&services, request, reply, one = answers.front()] {
                      reply(registered(services, request, one));  // an answer to a POST is never 304
                    });
                  });
}

// A receipt is right for as long as the root that it is made of is the newest that is signed here.
HttpResponse entry_response(const ApiServices& services, const HttpRequest& request,
                            const LedgerReader& reader, const Digest& digest) {
  const Root root = services.signed_root();
  const KeptPlace place{AnswerCache::Shelf::statement, hex(digest) + "/" + type_of(request),
                        root ? std::string(as_text(ByteView(root->signature.signature))) : std::string()};
  return kept_or_made(services, request, place, [&] {
    const Result<std::optional<Outcome>> outcome = reader.outcome(digest);
    if (!outcome) return problem(outcome.error());
    if (!*outcome) {
      return problem({Code::not_found, "entry", "this ledger has not decided a statement " + hex(digest)});
    }
    if (!(*outcome)->accepted) return rejected_entry(**outcome);
    return receipt_response(services, request, root, digest, (*outcome)->leaf, 200, 302);
  });
}

void get_entry(const ApiServices& services, const HttpRequest& request, const Captures& captures,
               HttpReply reply) {
  const Result<Digest> digest = digest_from_hex(captures[0]);
  if (!digest)
    return reply(problem({Code::malformed, "entry_id", "an entry is named by 64 lower-case hex digits"}));
  with_reader(services, request, std::move(reply),
              [&services, request, digest = *digest](const LedgerReader& reader) {
                return entry_response(services, request, reader, digest);
              });
}

// RFC 7515 section 2: base64url without padding.
std::string base64url(ByteView bytes) {
  std::string text = to_base64(bytes);
  std::erase(text, '=');
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

HttpResponse key_response(const HttpRequest& request, Bytes bytes) {
  return cached_response(request, "application/cbor", std::move(bytes), cache_for_a_minute);
}

HttpResponse one_key(const ApiServices& services, const HttpRequest& request, const Captures& captures) {
  if (captures[0] != base64url(kid_of(services.receipt_key).view())) {
    return problem(
        {Code::not_found, "scitt_key",
         "this node signs no receipts under that key; keys are named by the base64url of their kid"});
  }
  return key_response(request, encode_cose_key(services.receipt_key));
}

}  // namespace

std::vector<Route> entry_routes(ApiServices& services) {
  return {
      {.method = "POST",
       .path = "/entries",
       .summary =
           "SCRAPI: register one signed statement; its COSE Receipt (RFC 9942) by this node's organisation",
       .produces = {cose_type, receipt_type},
       .consumes = {cose_type, statement_type},
       .answers = {201, 303, 400, 404, 413, 429, 500, 503, 504},
       .concise = true,
       .handle = [&services](const HttpRequest& request, const Captures&,
                             HttpReply reply) { post_entry(services, request, reply); }},
      {.method = "GET",
       .path = "/entries/{entry}",
       .summary =
           "SCRAPI: the COSE Receipt of a registered statement, by its SHA-256 in hex; 302 until it is "
           "cosigned",
       .query = {"fresh"},
       .produces = {cose_type, receipt_type},
       .answers = {200, 302, 304, 400, 404, 500, 503},
       .concise = true,
       .handle = [&services](const HttpRequest& request, const Captures& captures,
                             HttpReply reply) { get_entry(services, request, captures, std::move(reply)); }},
      {.method = "GET",
       .path = "/.well-known/scitt-keys",
       .summary = "SCRAPI: the keys of this node's receipts (COSE Key Set)",
       .produces = {"application/cbor"},
       .answers = {200, 304},
       .concise = true,
       .handle =
           [&services](const HttpRequest& request, const Captures&, HttpReply reply) {
             reply(key_response(request, encode_cose_key_set({&services.receipt_key, 1})));
           }},
      {.method = "GET",
       .path = "/.well-known/scitt-keys/{kid}",
       .summary = "SCRAPI: one of them, by the base64url of its kid (COSE Key)",
       .produces = {"application/cbor"},
       .answers = {200, 304, 404},
       .concise = true,
       .handle = [&services](const HttpRequest& request, const Captures& captures, HttpReply reply) {
         reply(one_key(services, request, captures));
       }}};
}

}  // namespace anta
