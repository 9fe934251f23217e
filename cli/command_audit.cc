#include <chrono>
#include <thread>

#include "cli/audit.h"
#include "cli/checked_note.h"
#include "cli/commands.h"
#include "cli/mirror.h"
#include "cli/node_option.h"
#include "cli/progress.h"
#include "crypto/text.h"

namespace anta {
namespace {

Value integer(std::uint64_t value) { return Value{static_cast<std::int64_t>(value)}; }

// Batches in work at once: one per core, and some that wait for their bytes.
unsigned lanes(const std::string& where) {
  const unsigned cores = std::max(2u, std::thread::hardware_concurrency());
  return where.find("://") == std::string::npos ? cores + 1 : 2 * cores + 2;
}

void tell(const Invocation& invocation, const Finding& finding) {
  const std::string leaf = std::to_string(finding.leaf.value);
  const std::string code = finding.error.rule;
  const bool open = is_open(finding);
  invocation.say(open ? invocation.in("leaf " + leaf + " could not be checked: ",
                                      "no se pudo comprobar la hoja " + leaf + ": ") +
                            finding.error.message
                      : invocation.in("the first leaf that does not hold is " + leaf + ": ",
                                      "la primera hoja que no se sostiene es la " + leaf + ": ") +
                            finding.error.message);
  if (!find_saying(code)) return;
  invocation.say("  " + std::string(cause(code, invocation.language)));
  const auto next = next_step(code, invocation.language);
  if (!next.empty()) invocation.say("  " + std::string(next));
}

Value report(const PolicyVerdict& note, const AuditResult& result, double seconds) {
  const bool holds = !result.finding;
  const std::string verdict = holds ? "holds" : is_open(*result.finding) ? "cannot_tell" : "does_not_hold";
  ValueList cosigners;
  for (const VerifiedCosigner& cosigner : note.cosigners)
    cosigners.push_back(Value{cosigner.name});
  const auto per_second = static_cast<std::int64_t>(static_cast<double>(result.statements + result.refused) /
                                                    std::max(seconds, 0.001));
  ValueMap map{{"verdict", Value{verdict}},
               {"origin", Value{note.checkpoint.origin}},
               {"size", integer(note.checkpoint.size)},
               {"root", Value{hex(note.checkpoint.root)}},
               {"cosigners", Value{std::move(cosigners)}},
               {"leaves", integer(result.leaves)},
               {"from", integer(result.from)},
               {"statements", integer(result.statements)},
               {"refused", integer(result.refused)},
               {"blocks", integer(result.blocks)},
               {"milliseconds", Value{static_cast<std::int64_t>(seconds * 1000)}},
               {"statements_per_second", Value{per_second}}};
  if (!holds) {
    map.emplace_back("leaf", integer(result.finding->leaf.value));
    map.emplace_back("code", Value{result.finding->error.rule});
    map.emplace_back("message", Value{result.finding->error.message});
  }
  return Value{std::move(map)};
}

// The checkpoint says no, or nothing, before any leaf was looked at.
Exit refuse_checkpoint(const Invocation& invocation, const Error& error) {
  const Exit exit = exit_for_check(error);
  invocation.out(Value{
      ValueMap{{"verdict", Value{std::string(exit == Exit::undecided ? "cannot_tell" : "does_not_hold")}},
               {"code", Value{error.rule}},
               {"message", Value{error.message}}}});
  invocation.say(invocation.in("the checkpoint: ", "el punto de control: ") + error.message);
  if (find_saying(error.rule)) {
    invocation.say("  " + std::string(cause(error.rule, invocation.language)));
    invocation.say("  " + std::string(next_step(error.rule, invocation.language)));
  }
  return exit;
}

Result<Exit> run_audit(Invocation& invocation) {
  const std::string where = invocation.argument("URL|DIR");
  const auto trust = trust_of(invocation);
  if (!trust) return pass(trust);
  if (!trust->policy) {
    return invocation.usage(
        "--policy FILE says whose cosignatures count; without it nothing can be held against anybody",
        "--policy ARCHIVO dice de quién valen las cofirmas; sin ella no hay contra qué comprobar");
  }
  auto mirror = open_mirror(invocation, where);
  if (!mirror) return pass(mirror);
  const auto text = (*mirror)->read("checkpoint", note_bytes_max);
  if (!text) return refuse_checkpoint(invocation, text.error());
  const auto note = checked_note(*trust, as_text(*text), invocation.now);
  if (!note) return refuse_checkpoint(invocation, note.error());
  Progress progress(invocation, "leaves hold", "hojas se sostienen");
  AuditOptions options;
  options.threads = lanes(where);
  options.genesis = trust->assertions.genesis;
  options.state = invocation.option("--state");
  options.progress = [&progress](std::uint64_t done, std::uint64_t of) { progress.at(done, of); };
  const auto begin = std::chrono::steady_clock::now();
  const auto result = audit(**mirror, note->checkpoint, options);
  if (!result) return pass(result);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  invocation.out(report(*note, *result, took.count()));
  if (!result->finding) return Exit::ok;
  tell(invocation, *result->finding);
  return is_open(*result->finding) ? Exit::undecided : Exit::refused;
}

}  // namespace

std::vector<Command> audit_commands() {
  return {
      {.words = {"audit"},
       .summary = "replay a ledger from its genesis and hold it against its checkpoint (exit 0 holds, 3 does "
                  "not, 6 cannot be told)",
       .examples = {"anta audit http://127.0.0.1:8080 --policy policy.txt",
                    "anta audit http://127.0.0.1:8080 --policy policy.txt --state audit.state",
                    "anta audit mirror --policy policy.txt"},
       .options = {policy_option(),
                   assertions_option(),
                   {.name = "--state",
                    .value = "FILE",
                    .help = "go on from there, and leave the state there: only what is new is audited"},
                   ca_option()},
       .positionals = {{"URL|DIR", "a node, a static server, or a directory that anta export wrote"}},
       .run = run_audit},
  };
}

}  // namespace anta
