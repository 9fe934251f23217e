#include "cli/checked_note.h"
#include "cli/commands.h"
#include "cli/comparison.h"
#include "cli/mirror.h"
#include "cli/node_option.h"
#include "cli/text_file.h"
#include "crypto/text.h"
#include "storage/ledger/certificate_file.h"

namespace anta {
namespace {

Value holding_value(const Holding& holding, bool with_policy) {
  const std::string signature = holding.signed_by ? "verified" : with_policy ? "refused" : "not_checked";
  ValueList signers;
  if (holding.signed_by) {
    for (const VerifiedCosigner& cosigner : holding.signed_by->cosigners)
      signers.push_back(Value{cosigner.name});
  }
  return Value{ValueMap{{"file", Value{holding.file}},
                        {"size", Value{static_cast<std::int64_t>(holding.checkpoint.size)}},
                        {"root", Value{hex(holding.checkpoint.root)}},
                        {"signatures", Value{signature}},
                        {"cosigners", Value{std::move(signers)}}}};
}

void tell(const Invocation& invocation, const std::vector<Holding>& holdings, const Comparison& comparison) {
  for (const Holding& holding : holdings) {
    if (holding.refused) invocation.say(holding.file + ": " + holding.refused->message);
  }
  if (comparison.code.empty()) return;
  const Holding& a = holdings[comparison.first];
  const Holding& b = holdings[comparison.second];
  invocation.say(a.file + " (" + std::to_string(a.checkpoint.size) + "), " + b.file + " (" +
                 std::to_string(b.checkpoint.size) +
                 "): " + std::string(cause(comparison.code, invocation.language)));
  invocation.say("  " + std::string(next_step(comparison.code, invocation.language)));
}

Exit exit_of(ComparisonVerdict verdict) {
  switch (verdict) {
    case ComparisonVerdict::same:
    case ComparisonVerdict::consistent: return Exit::ok;
    case ComparisonVerdict::split_view: return Exit::refused;
    case ComparisonVerdict::cannot_tell: return Exit::undecided;
  }
  return Exit::internal;
}

Result<std::vector<Holding>> read_all(const Invocation& invocation, const Policy* policy) {
  const auto files = invocation.arguments("FILE");
  if (files.size() < 2) {
    return invocation.usage("give two files or more: certificates, or checkpoints' notes",
                            "indique dos archivos o más: certificados o notas de puntos de control");
  }
  std::vector<Holding> holdings;
  for (const std::string& file : files) {
    const auto bytes = read_file(file, certificate_whole_bytes_max);
    if (!bytes) return pass(bytes);
    auto holding = read_holding(file, *bytes, policy, invocation.now);
    if (!holding) return pass(holding);
    holdings.push_back(std::move(*holding));
  }
  return holdings;
}

Result<Exit> run_compare(Invocation& invocation) {
  const auto trust = trust_of(invocation);
  if (!trust) return pass(trust);
  const Policy* policy = trust->policy ? &*trust->policy : nullptr;
  const auto holdings = read_all(invocation, policy);
  if (!holdings) return pass(holdings);
  std::unique_ptr<Mirror> mirror;
  if (const auto node = invocation.option("--node")) {
    auto opened = open_mirror(invocation, node->substr(0, node->find(',')));
    if (!opened) return pass(opened);
    mirror = std::move(*opened);
  }
  const Comparison comparison = compare(*holdings, mirror.get());
  const bool split = comparison.verdict == ComparisonVerdict::split_view;
  if (const auto evidence = invocation.option("--evidence"); evidence && split) {
    const std::string text = evidence_text(*holdings, comparison, invocation.language);
    if (auto written = write_file(*evidence, as_bytes(text)); !written) return pass(written);
    invocation.say(invocation.in("the evidence is in ", "la evidencia está en ") + *evidence);
  }
  ValueList list;
  for (const Holding& holding : *holdings)
    list.push_back(holding_value(holding, policy != nullptr));
  ValueMap map{{"verdict", Value{std::string(word_of(comparison.verdict))}},
               {"origin", Value{(*holdings)[comparison.first].checkpoint.origin}},
               {"checkpoints", Value{std::move(list)}}};
  if (!comparison.code.empty()) map.emplace_back("code", Value{comparison.code});
  invocation.out(Value{std::move(map)});
  tell(invocation, *holdings, comparison);
  return exit_of(comparison.verdict);
}

}  // namespace

std::vector<Command> compare_commands() {
  Option node = node_option();
  node.value = "URL|DIR";
  node.help = "where to read what connects checkpoints of different sizes; it is not trusted";
  node.required = false;
  node.repeated = false;
  node.environment = "";
  return {
      {.words = {"compare"},
       .summary =
           "whether several holders were shown one ledger (exit 0 one, 3 a split view, 6 cannot be told)",
       .examples =
           {"anta compare cathode.anta checkpoint.note --policy policy.txt --node http://127.0.0.1:8080",
            "anta compare checkpoint.note yours.note --policy policy.txt --evidence evidence.txt"},
       .options = {policy_option(),
                   assertions_option(),
                   node,
                   ca_option(),
                   {.name = "--evidence",
                    .value = "FILE",
                    .help = "where the evidence of a split view is written, in words that explain it"}},
       .positionals = {{.name = "FILE",
                        .help = "certificates (.anta), checkpoints' notes, a node's fork-*.note",
                        .repeated = true}},
       .run = run_compare},
  };
}

}  // namespace anta
