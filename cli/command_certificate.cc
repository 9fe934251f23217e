#include <algorithm>
#include <chrono>
#include <iostream>

#include "cli/answer.h"
#include "cli/checked_note.h"
#include "cli/commands.h"
#include "cli/node_option.h"
#include "cli/report_text.h"
#include "cli/text_file.h"
#include "crypto/text.h"
#include "node/views/report_view.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/certificate_patch.h"

namespace anta {
namespace {

constexpr std::chrono::minutes whole_file_deadline{3};

// A file about that certificate; it is not verified yet.
Result<Bytes> file_from_node(const Invocation& invocation, const std::string& id, const std::string& query) {
  auto client = client_for(invocation, query.empty() ? std::chrono::seconds(30) : whole_file_deadline);
  if (!client) return pass(client);
  auto answer =
      (*client)->get("/v1/certificates/" + url_escaped(id) + query, "application/vnd.anta.certificate+cbor");
  if (!answer) return pass(answer);
  if (answer->status != 200) return tl::unexpected(error_of(*answer));
  if (auto right = check_file_is_about(answer->body, CertificateId{id}); !right) return pass(right);
  return std::move(answer->body);
}

Result<std::string> size_query(const Invocation& invocation) {
  const auto bytes_max = invocation.option("--bytes-max");
  if (!bytes_max) return std::string();
  const Result<std::uint64_t> bytes = decimal(*bytes_max);
  if (bytes && *bytes > 0 && *bytes <= certificate_whole_bytes_max) return "?bytes_max=" + *bytes_max;
  return invocation.usage("--bytes-max: a number of bytes up to 134217728, not '" + *bytes_max + "'",
                          "--bytes-max: un número de bytes hasta 134217728, no '" + *bytes_max + "'");
}

Result<Exit> get_file(Invocation& invocation) {
  const std::string id = invocation.argument("ID");
  const Result<std::string> query = size_query(invocation);
  if (!query) return pass(query);
  const Result<Bytes> file = file_from_node(invocation, id, *query);
  if (!file) return pass(file);
  const std::string path = invocation.option("--out").value_or(id + ".anta");
  if (auto written = write_file(path, *file); !written) return pass(written);
  const auto decoded = decode_certificate_file(*file);
  if (decoded && decoded->summary) {
    const std::string sources = std::to_string(decoded->summary->sources());
    invocation.say(invocation.in(
        "wrote " + path + ", a summary of " + sources +
            " sources; get and verify the whole with: anta certificate fetch " + path,
        "se escribió " + path + ", un resumen de " + sources +
            " orígenes; obtenga y verifique el archivo completo con: anta certificate fetch " + path));
    return Exit::ok;
  }
  invocation.say(invocation.in("wrote " + path + ", " + std::to_string(file->size()) +
                                   " bytes; check it with: anta certificate verify " + path,
                               "se escribió " + path + ", " + std::to_string(file->size()) +
                                   " bytes; compruébelo con: anta certificate verify " + path));
  return Exit::ok;
}

Exit exit_for_verdict(CertificateVerdict verdict) {
  switch (verdict) {
    case CertificateVerdict::valid:
    case CertificateVerdict::valid_with_flags: return Exit::ok;
    case CertificateVerdict::not_valid: return Exit::refused;
    case CertificateVerdict::cannot_evaluate: return Exit::undecided;
  }
  return Exit::internal;
}

void print_report(const Invocation& invocation, const Report& report) {
  if (invocation.format == OutputFormat::table) {
    std::cout << report_text(report, invocation.language) << std::flush;
  } else {
    invocation.out(views::report_value(report));
  }
}

Result<Exit> verify_file(Invocation& invocation) {
  const auto file = read_file(invocation.argument("FILE"), certificate_whole_bytes_max);
  if (!file) return pass(file);
  const auto beside = invocation.option("--sources");
  const auto sources = beside ? read_file(*beside, certificate_whole_bytes_max) : Result<Bytes>(Bytes{});
  if (!sources) return pass(sources);
  if (const auto decoded = decode_certificate_file(*file); beside && decoded && !decoded->summary) {
    const std::string name = invocation.argument("FILE");
    return invocation.usage("--sources: " + name + " is no summary, so there is nothing that " + *beside +
                                " could complete; verify each file by itself",
                            "--sources: " + name + " no es un resumen, así que no hay nada que " + *beside +
                                " complete; verifique cada archivo por separado");
  }
  Result<Trust> read = trust_of(invocation);
  if (!read) return pass(read);
  Trust trust = std::move(*read);
  if (const auto wanted = invocation.option("--certificate")) {
    if (!is_id(*wanted)) {
      return invocation.usage("--certificate: '" + *wanted + "' is not an id",
                              "--certificate: '" + *wanted + "' no es un identificador");
    }
    trust.assertions.certificate = CertificateId{*wanted};
  }
  const Report report = beside ? verify_with_sources(*file, *sources, trust, invocation.now)
                               : verify_certificate(*file, trust, invocation.now);
  print_report(invocation, report);
  return exit_for_verdict(report.verdict);
}

// Whether the policy accepts what the node sent as proven, whatever it then says of the certificate: who
// learns that it was withdrawn wants the proof of that. Not when it goes back in time.
bool is_proven(const Report& report, const Report& before) {
  const bool state = std::find(report.checked.begin(), report.checked.end(), "checked.present_state") !=
                     report.checked.end();
  const bool other = std::any_of(report.reasons.begin(), report.reasons.end(), [](const auto& reason) {
    return reason.code == "other_network" || reason.code == "sources_other";
  });
  return report.claim && state && !other && report.verdict != CertificateVerdict::cannot_evaluate &&
         report.checkpoint_seconds >= before.checkpoint_seconds;
}

// A file that nothing can be fetched for, because it cannot be read: what verify says of it.
Exit report_unreadable(const Invocation& invocation, ByteView file, const Trust& trust) {
  const Report report = verify_certificate(file, trust, invocation.now);
  print_report(invocation, report);
  return exit_for_verdict(report.verdict);
}

// What a summary stands for, from any node: it carries its own proof.
Result<Exit> fetch_sources(Invocation& invocation) {
  const std::string path = invocation.argument("FILE");
  const auto summary = read_file(path, certificate_whole_bytes_max);
  if (!summary) return pass(summary);
  const Result<Trust> trust = trust_of(invocation);
  if (!trust) return pass(trust);
  const Result<CertificateFile> file = decode_certificate_file(*summary);
  if (!file) return report_unreadable(invocation, *summary, *trust);
  if (!file->summary) {
    const Report report = verify_certificate(*summary, *trust, invocation.now);
    print_report(invocation, report);
    invocation.say(invocation.in(path + " is no summary: nothing had to be fetched",
                                 path + " no es un resumen: no hubo nada que descargar"));
    return exit_for_verdict(report.verdict);
  }
  const Result<Bytes> whole = file_from_node(invocation, file->subject.value,
                                             "?bytes_max=" + std::to_string(certificate_whole_bytes_max));
  if (!whole) return pass(whole);
  const Report report = verify_with_sources(*summary, *whole, *trust, invocation.now);
  print_report(invocation, report);
  if (!is_proven(report, Report{})) return exit_for_verdict(report.verdict);  // nothing that is worth keeping
  const std::string out = invocation.option("--out").value_or(file->subject.value + ".sources.anta");
  if (auto written = write_file(out, *whole); !written) return pass(written);
  const std::string bytes = std::to_string(whole->size());
  invocation.say(invocation.in("wrote " + out + ", " + bytes + " bytes",
                               "se escribió " + out + ", " + bytes + " bytes"));
  return exit_for_verdict(report.verdict);
}

// The file's evidence under the node's newest checkpoint; nothing is believed yet.
Result<Bytes> patched(Invocation& invocation, CertificateFile file) {
  auto client = client_for(invocation);
  if (!client) return pass(client);
  const Result<Checkpoint> tree = evidence_tree(file);
  if (!tree) return pass(tree);
  const auto answer = (*client)->get(
      "/v1/certificates/" + url_escaped(file.subject.value) + "/refresh?from=" + std::to_string(tree->size),
      "application/vnd.anta.certificate-patch+cbor");
  if (!answer) return pass(answer);
  if (answer->status != 200) return tl::unexpected(error_of(*answer));
  const auto patch = decode_certificate_patch(answer->body);
  const Result<void> applied = patch ? apply_patch(*patch, file) : Result<void>(pass(patch));
  if (applied) return encode_certificate_file(file);
  return fail(Code::uncertain, applied.error().rule,
              "the node sent no patch for this file: " + applied.error().message);
}

Result<Exit> refresh_file(Invocation& invocation) {
  const std::string path = invocation.argument("FILE");
  const auto bytes = read_file(path, certificate_whole_bytes_max);
  if (!bytes) return pass(bytes);
  const Result<Trust> trust = trust_of(invocation);
  if (!trust) return pass(trust);
  Result<CertificateFile> file = decode_certificate_file(*bytes);
  if (!file) return report_unreadable(invocation, *bytes, *trust);
  if (file->summary)
    return fail(Code::malformed, "patch.summary", path + " is a summary: it is fetched anew, not refreshed");
  const Result<Bytes> newer = patched(invocation, std::move(*file));
  if (!newer) return pass(newer);
  const Report report = verify_certificate(*newer, *trust, invocation.now);
  if (!is_proven(report, verify_certificate(*bytes, *trust, invocation.now))) {
    // Nothing is said about the certificate: the file that could say it was thrown away.
    const std::string why = report.reasons.empty() ? std::string() : ": " + report.reasons.front().message;
    invocation.say(invocation.in(
        path + " stays as it was: what the node sent is older, or not proven to this policy" + why,
        path +
            " queda como estaba: lo que envió el nodo es más antiguo o no está probado para esta política" +
            why));
    return Exit::undecided;
  }
  print_report(invocation, report);
  const std::string out = invocation.option("--out").value_or(path);
  if (auto written = write_file(out, *newer); !written) return pass(written);
  const std::string leaves = std::to_string(report.size);
  invocation.say(invocation.in("wrote " + out + ", as of the checkpoint of " + leaves + " leaves",
                               "se escribió " + out + ", según el punto de control de " + leaves + " hojas"));
  return exit_for_verdict(report.verdict);
}

}  // namespace

Result<void> check_file_is_about(ByteView file, const CertificateId& wanted) {
  const auto decoded = decode_certificate_file(file);
  if (!decoded) {
    const bool newer =
        decoded.error().rule == "certificate.newer" || decoded.error().rule == "certificate.format";
    return tl::unexpected(
        Error{Code::uncertain, newer ? decoded.error().rule : "file_malformed",
              "the node sent no certificate file that can be read: " + decoded.error().message});
  }
  if (decoded->subject == wanted) return {};
  return tl::unexpected(Error{
      Code::uncertain, "policy_certificate",
      "asked for certificate " + wanted.value + ", the node sent the file of " + decoded->subject.value});
}

std::vector<Command> certificate_commands() {
  return {
      {.words = {"certificate", "get"},
       .summary = "fetch a certificate file from a node",
       .examples = {"anta certificate get CERT-CATHODE --node http://127.0.0.1:8080 --out cathode.anta",
                    "anta certificate get CERT-CATHODE --node http://127.0.0.1:8080 --bytes-max 65536 --out "
                    "small.anta"},
       .options = {node_option(),
                   ca_option(),
                   {.name = "--bytes-max",
                    .value = "N",
                    .help = "a summary where the file would be larger (default: 16777216)"},
                   {.name = "--out", .value = "FILE", .help = "where it goes (default: ID.anta)"}},
       .positionals = {{"ID", "the certificate's id"}},
       .run = get_file},
      {.words = {"certificate", "verify"},
       .summary = "verify a certificate file; needs no network (exit 0 valid, 3 not valid, 6 cannot be told)",
       .examples = {"anta certificate verify cathode.anta --policy policy.txt",
                    "anta certificate verify cathode.anta --policy policy.txt --output json",
                    "anta certificate verify cathode.anta --policy policy.txt --certificate CERT-CATHODE",
                    "anta certificate verify small.anta --policy policy.txt --sources cathode.anta"},
       .options = {policy_option(),
                   assertions_option(),
                   {.name = "--sources",
                    .value = "FILE",
                    .help = "with a summary: the whole file that it stands for"},
                   {.name = "--certificate",
                    .value = "ID",
                    .help = "the certificate that the file must be about"}},
       .positionals = {{"FILE", "the .anta file; - is stdin"}},
       .run = verify_file},
      {.words = {"certificate", "fetch"},
       .summary = "fetch the whole file that a summary stands for, and verify both (exit as verify)",
       .examples = {"anta certificate fetch small.anta --policy policy.txt --node http://127.0.0.1:8080"},
       .options = {node_option(),
                   ca_option(),
                   policy_option(),
                   assertions_option(),
                   {.name = "--out", .value = "FILE", .help = "where it goes (default: ID.sources.anta)"}},
       .positionals = {{"FILE", "the summary"}},
       .run = fetch_sources},
      {.words = {"certificate", "refresh"},
       .summary = "bring a certificate file up to a node's newest checkpoint, and verify it (exit as verify)",
       .examples = {"anta certificate refresh cathode.anta --policy policy.txt --node http://127.0.0.1:8080"},
       .options = {node_option(),
                   ca_option(),
                   policy_option(),
                   assertions_option(),
                   {.name = "--out", .value = "FILE", .help = "where it goes (default: the same file)"}},
       .positionals = {{"FILE", "the .anta file"}},
       .run = refresh_file},
  };
}

}  // namespace anta
