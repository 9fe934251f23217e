// Routes of proofs: certificate files, the checkpoint, and checking a file.
#include <algorithm>

#include "crypto/text.h"
#include "node/certificate_assembly.h"
#include "node/http_route.h"
#include "node/queries.h"
#include "node/views/report_view.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/verify.h"

namespace anta {
namespace {

constexpr const char* certificate_type = "application/vnd.anta.certificate+cbor";
constexpr const char* patch_type = "application/vnd.anta.certificate-patch+cbor";

// The same note and the same ledger give the same bytes (certificate_assembly.h): a file, or a patch of it,
// is right until the note is another.
KeptPlace place_of(AnswerCache::Shelf shelf, std::string name, const FinishedCheckpoint& finished) {
  return {shelf, std::move(name), finished.note};
}

HttpResponse certificate_file(const std::string& id, Bytes file) {
  HttpResponse response =
      whole_response(certificate_type, std::make_shared<const Bytes>(std::move(file)), "no-cache");
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + id + ".anta\"");
  return response;
}

// The certificate as the finished checkpoint has it. `reader` is of the moment that was asked for: it decides
// only whether there is such a certificate.
HttpResponse of_checkpoint(
    const ApiServices& services, const LedgerReader& reader, const std::string& id,
    const std::function<HttpResponse(const LedgerReader&, const FinishedCheckpoint&)>& make) {
  const auto finished = services.finished();
  if (!finished) return not_finished(services);
  const Result<SharedBytes> record = reader.record(Kind::certificate, id);
  if (!record) return problem(record.error());
  if (!*record) return problem({Code::not_found, "certificate", "there is no certificate " + id});
  const Result<LedgerReader> then = as_of(services, *finished);
  if (!then) return no_checkpoint(services, then.error());
  const Result<SharedBytes> covered = then->record(Kind::certificate, id);
  if (!covered) return problem(covered.error());
  if (!*covered) {
    return no_checkpoint(services,
                         {Code::uncertain, "not_cosigned",
                          "certificate " + id + " is recorded, but no finished checkpoint covers it yet"});
  }
  return make(*then, *finished);
}

// The largest file that the request takes: ?bytes_max, or what a node hands out unasked.
Result<std::size_t> bytes_max_of(const HttpRequest& request) {
  const auto text = request.value("bytes_max");
  if (!text) return certificate_file_bytes_max;
  const Result<std::uint64_t> bytes = decimal(*text);
  if (bytes && *bytes > 0 && *bytes <= certificate_whole_bytes_max) return static_cast<std::size_t>(*bytes);
  return fail(Code::malformed, "bytes_max",
              "bytes_max is a number of bytes up to " + std::to_string(certificate_whole_bytes_max));
}

// Files of the usual size are kept; what was asked for in another size is put together each time.
HttpResponse assembled(const ApiServices& services, const HttpRequest& request, const std::string& id,
                       const LedgerReader& reader, const MayGoOn& may_go_on) {
  const Result<std::size_t> bytes_max = bytes_max_of(request);
  if (!bytes_max) return problem(bytes_max.error());
  const bool usual = *bytes_max == certificate_file_bytes_max;
  return of_checkpoint(
      services, reader, id, [&](const LedgerReader& then, const FinishedCheckpoint& finished) {
        const auto make = [&] {
          Result<Bytes> file = assemble_certificate(then, finished, CertificateId{id}, may_go_on, *bytes_max);
          if (!file && file.error().rule == "not_cosigned") return no_checkpoint(services, file.error());
          if (!file) return problem(file.error());
          return certificate_file(id, std::move(*file));
        };
        if (!usual) return as_asked(request, make());
        return kept_or_made(services, request, place_of(AnswerCache::Shelf::certificate, id, finished), make);
      });
}

HttpResponse patch_of(const ApiServices& services, const HttpRequest& request, const std::string& id,
                      TreeSize from, const LedgerReader& then, const FinishedCheckpoint& finished,
                      const MayGoOn& may_go_on) {
  const std::string name = id + "/" + std::to_string(from.value);
  return kept_or_made(
      services, request, place_of(AnswerCache::Shelf::patch, name, finished), [&]() -> HttpResponse {
        Result<Bytes> patch = assemble_patch(then, finished, CertificateId{id}, from, may_go_on);
        if (!patch) return problem(patch.error());
        return whole_response(patch_type, std::make_shared<const Bytes>(std::move(*patch)), "no-cache");
      });
}

// What brings a file of an earlier tree up to the newest checkpoint.
void refresh(const ApiServices& services, const HttpRequest& request, const std::string& id,
             HttpReply reply) {
  const auto text = request.value("from");
  const Result<std::uint64_t> from = decimal(text.value_or(""));
  if (!from)
    return reply(problem({Code::malformed, "from", "?from= is the size of the tree of the file's evidence"}));
  with_reader_beside(
      services, request, std::move(reply),
      [&services, request, id, size = TreeSize{*from}](const LedgerReader& reader, const MayGoOn& may_go_on) {
        return of_checkpoint(services, reader, id,
                             [&](const LedgerReader& then, const FinishedCheckpoint& finished) {
                               return patch_of(services, request, id, size, then, finished, may_go_on);
                             });
      });
}

// A record is read here and now; a file that is known already is given out; else it is put together.
void certificate(const ApiServices& services, const HttpRequest& request, const std::string& id,
                 HttpReply reply) {
  if (asks_for(request, certificate_type, "application/json")) {
    return with_reader(services, request, std::move(reply), [request, id](const LedgerReader& reader) {
      return value_response(request, queries::record(reader, Kind::certificate, id));
    });
  }
  const auto finished = services.finished();
  if (finished && request.query.empty()) {
    if (auto known = kept(services, request, place_of(AnswerCache::Shelf::certificate, id, *finished)))
      return reply(std::move(*known));
  }
  with_reader_beside(services, request, std::move(reply),
                     [&services, request, id](const LedgerReader& reader, const MayGoOn& may_go_on) {
                       return assembled(services, request, id, reader, may_go_on);
                     });
}

// Checked against this node's own network: a convenience, no substitute for the buyer's own policy.
void verify(const ApiServices& services, const HttpRequest& request, HttpReply reply) {
  if (request.body->empty()) return reply(problem({Code::malformed, "body", "send a certificate file"}));
  const auto file = request.body;
  answer_beside(services, std::move(reply), [&services, file](const MayGoOn&) {
    Trust trust;
    trust.policy = services.policy();
    trust.assertions.genesis = sha256(*services.genesis_bytes);
    return json_response(200, views::report_value(verify_certificate(*file, trust, services.clock())));
  });
}

void checkpoint(const ApiServices& services, const HttpRequest& request, HttpReply reply) {
  const auto finished = services.finished();
  if (!finished) return reply(not_finished(services));
  reply(kept_or_made(services, request, place_of(AnswerCache::Shelf::tree, "checkpoint", *finished), [&] {
    return whole_response("text/plain; charset=utf-8",
                          std::make_shared<const Bytes>(to_bytes(as_bytes(finished->note))),
                          cache_for_a_second);
  }));
}

}  // namespace

// The ledger as of the finished checkpoint. After a start it may lie too far back for a while.
Result<LedgerReader> as_of(const ApiServices& services, const FinishedCheckpoint& finished) {
  Result<LedgerReader> then = services.reader_of(TreeSize{finished.checkpoint.size});
  if (then || then.error().code != Code::not_found) return then;
  return fail(Code::uncertain, "not_cosigned",
              "the last finished checkpoint lies too far back to prove its state; the next one will do");
}

HttpResponse no_checkpoint(const ApiServices& services, const Error& error) {
  ValueList missing;
  for (const std::string& name : services.missing())
    missing.push_back(Value{name});
  return problem(error, {{"missing", Value{std::move(missing)}}});
}

HttpResponse not_finished(const ApiServices& services) {
  return no_checkpoint(services,
                       {Code::uncertain, "not_cosigned", "no checkpoint has its quorum of cosignatures yet"});
}

std::vector<Route> certificate_routes(ApiServices& services) {
  return {
      {.method = "GET",
       .path = "/v1/certificates/{id}",
       .summary = "A certificate file under the newest finished checkpoint; application/json for its record. "
                  "Where it would be larger than ?bytes_max (16 MiB; at most 128 MiB) its summary",
       .query = {"fresh", "at_leaf", "bytes_max"},
       .produces = {certificate_type, "application/json"},
       .answers = {200, 304, 400, 404, 410, 422, 500, 503},
       .handle = [&services](
                     const HttpRequest& request, const Captures& captures,
                     HttpReply reply) { certificate(services, request, captures[0], std::move(reply)); }},
      {.method = "GET",
       .path = "/v1/certificates/{id}/refresh",
       .summary = "What brings a certificate file whose evidence is of an earlier tree (?from=SIZE) up to "
                  "the newest "
                  "finished checkpoint",
       .query = {"from"},
       .produces = {patch_type},
       .answers = {200, 304, 400, 404, 500, 503},
       .handle = [&services](const HttpRequest& request, const Captures& captures,
                             HttpReply reply) { refresh(services, request, captures[0], std::move(reply)); }},
      {.method = "POST",
       .path = std::string(verify_path),
       .summary = "Check a certificate file, up to 16 MiB, against this network",
       .query = {},
       .consumes = {certificate_type, "application/octet-stream"},
       .answers = {200, 400, 503},
       .handle = [&services](const HttpRequest& request, const Captures&,
                             HttpReply reply) { verify(services, request, std::move(reply)); }},
      {.method = "GET",
       .path = "/checkpoint",
       .summary = "The newest checkpoint with its quorum of cosignatures (C2SP signed note)",
       .query = {},
       .produces = {"text/plain"},
       .answers = {200, 304, 503},
       .handle = [&services](const HttpRequest& request, const Captures&, HttpReply reply) {
         checkpoint(services, request, std::move(reply));
       }}};
}

}  // namespace anta
