#include "cli/command_receipts.h"

#include <algorithm>
#include <iostream>

#include "cli/answer.h"
#include "cli/checked_note.h"
#include "cli/commands.h"
#include "cli/http_client.h"
#include "cli/node_option.h"
#include "cli/receipt_report.h"
#include "cli/text_file.h"
#include "crypto/cbor.h"
#include "crypto/text.h"

namespace anta {
namespace {

// The detail of concise problem details (RFC 9290), which SCRAPI's resources answer with.
std::string detail_of(const HttpAnswer& answer) {
  cbor::Reader in(answer.body);
  const auto pairs = in.map();
  for (std::size_t i = 0; pairs && i < *pairs; ++i) {
    const auto key = in.integer();
    if (!key) break;
    if (*key != -2) {
      if (!in.item()) break;
      continue;
    }
    const auto text = in.text();
    if (text) return std::string(*text);
    break;
  }
  return answer.node + " answered " + std::to_string(answer.status);
}

Result<Bytes> statement_bytes(HttpClient& client, const Digest& digest) {
  const auto answer = client.get("/v1/statements/" + hex(digest), "application/cose");
  if (!answer) return pass(answer);
  if (answer->status != 200) return tl::unexpected(error_of(*answer));
  if (sha256(answer->body) != digest) return unintelligible("the node sent another statement");
  return answer->body;
}

Result<Bytes> receipt_from(HttpClient& client, std::size_t node, const Digest& digest) {
  const auto answer = client.get_from(node, "/entries/" + hex(digest), "application/cose");
  if (!answer) return pass(answer);
  if (answer->status == 302) {
    return fail(Code::uncertain, "not_cosigned",
                "the statement is recorded, but no checkpoint that covers it is cosigned yet");
  }
  if (answer->status == 404) return fail(Code::not_found, "no_receipt", detail_of(*answer));
  if (answer->status != 200) return fail(Code::uncertain, "answer", detail_of(*answer));
  if (const auto receipt = decode_receipt(answer->body); !receipt)
    return unintelligible("the node sent no receipt that can be read: " + receipt.error().message);
  return answer->body;
}

// One of each organisation, in the order of the nodes; the first error when there is none.
Result<std::vector<Bytes>> gathered(const Invocation& invocation, HttpClient& client, const Digest& digest,
                                    ByteView statement, const std::optional<Policy>& policy) {
  std::vector<Bytes> receipts;
  std::vector<Digest> kids;
  std::optional<Error> first;
  for (std::size_t i = 0; i < client.nodes().size(); ++i) {
    auto receipt = receipt_from(client, i, digest);
    // By itself, so that a receipt that does not hold neither takes another's place nor spoils the file.
    if (receipt && policy) {
      const TransparentStatement alone{to_bytes(statement), {*decode_receipt(*receipt)}};
      if (const auto held = check_receipts(*policy, alone); !held) receipt = pass(held);
    }
    if (!receipt) {
      invocation.say(client.nodes()[i] + ": " + receipt.error().message);
      if (!first) first = receipt.error();
      continue;
    }
    const Digest kid = decode_receipt(*receipt)->kid;
    if (std::ranges::find(kids, kid) != kids.end()) continue;
    kids.push_back(kid);
    receipts.push_back(std::move(*receipt));
  }
  if (receipts.empty()) return tl::unexpected(*first);
  return receipts;
}

// What is written must hold as far as the policy can tell; that it is still too little is only said.
Result<void> hold_against(const Invocation& invocation, const Trust& trust, ByteView transparent) {
  if (!trust.policy) {
    invocation.say(
        invocation.in("without --policy nobody's signature was checked: whoever reads the file must",
                      "sin --policy no se comprobó ninguna firma: debe hacerlo quien lea el archivo"));
    return {};
  }
  const ReceiptReport report = verify_transparent(transparent, trust);
  if (report.verdict == CertificateVerdict::not_valid) {
    return unintelligible("what the nodes sent does not hold: " + report.reasons.front().code + ": " +
                          report.reasons.front().message);
  }
  for (const auto& reason : report.reasons)
    invocation.say(std::string(cause(reason.code, invocation.language)));
  return {};
}

Exit exit_of_receipts(CertificateVerdict verdict) {
  if (verdict == CertificateVerdict::not_valid) return Exit::refused;
  return verdict == CertificateVerdict::cannot_evaluate ? Exit::undecided : Exit::ok;
}

Result<Exit> verify_statement(Invocation& invocation) {
  const auto file = read_file(invocation.argument("FILE"));
  if (!file) return pass(file);
  const auto trust = trust_of(invocation);
  if (!trust) return pass(trust);
  const ReceiptReport report = verify_transparent(*file, *trust);
  invocation.out(receipt_report_value(report));
  for (const auto& reason : report.reasons) {
    invocation.say(reason.code + ": " + std::string(cause(reason.code, invocation.language)) + " (" +
                   reason.message + ")");
    invocation.say("  " + std::string(next_step(reason.code, invocation.language)));
  }
  for (const auto* list : {&report.checked, &report.not_checked}) {
    for (const std::string& code : *list) {
      invocation.say((list == &report.checked ? invocation.in("checked: ", "comprobado: ")
                                              : invocation.in("not checked: ", "no comprobado: ")) +
                     std::string(cause(code, invocation.language)));
    }
  }
  return exit_of_receipts(report.verdict);
}

}  // namespace

Result<Exit> export_receipts(Invocation& invocation, const Digest& statement) {
  const auto trust = trust_of(invocation);
  if (!trust) return pass(trust);
  auto client = client_for(invocation);
  if (!client) return pass(client);
  const auto bytes = statement_bytes(**client, statement);
  if (!bytes) return pass(bytes);
  const auto receipts = gathered(invocation, **client, statement, *bytes, trust->policy);
  if (!receipts) return pass(receipts);
  const auto transparent = attach_receipts(*bytes, *receipts);
  if (!transparent) return unintelligible(transparent.error().message);
  if (auto held = hold_against(invocation, *trust, *transparent); !held) return pass(held);
  const std::string out = invocation.option("--out").value_or("-");
  if (auto written = write_file(out, *transparent); !written) return pass(written);
  if (out == "-") return Exit::ok;
  const std::string many = std::to_string(receipts->size());
  invocation.say(invocation.in(
      "wrote " + out + " with " + many + " receipts; check it with: anta statement verify",
      "se escribió " + out + " con " + many + " recibos; compruébelo con: anta statement verify"));
  return Exit::ok;
}

std::vector<Command> statement_commands() {
  return {
      {.words = {"statement", "verify"},
       .summary = "verify a transparent statement (a statement with COSE Receipts); needs no network (exit 0 "
                  "valid, 3 not valid, 6 cannot be told)",
       .examples = {"anta statement verify lot.cose --policy policy.txt",
                    "anta statement verify lot.cose --policy policy.txt --output json"},
       .options = {policy_option(), assertions_option()},
       .positionals = {{.name = "FILE",
                        .help = "a statement with receipts (anta export --format cose-receipts)"}},
       .run = verify_statement},
  };
}

}  // namespace anta
