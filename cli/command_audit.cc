#include <chrono>
#include <thread>

#include "cli/audit.h"
#include "cli/audit_report.h"
#include "cli/checked_note.h"
#include "cli/commands.h"
#include "cli/mirror.h"
#include "cli/node_option.h"
#include "cli/progress.h"

namespace anta {
namespace {

// Batches in work at once: one per core, and some that wait for their bytes.
unsigned lanes(const std::string& where) {
  const unsigned cores = std::max(2u, std::thread::hardware_concurrency());
  return where.find("://") == std::string::npos ? cores + 1 : 2 * cores + 2;
}

Result<Exit> run_audit(Invocation& invocation) {
  const std::string where = invocation.argument("URL|DIR");
  const auto trust = trust_of(invocation);
  if (!trust) return pass(trust);
  if (!trust->policy) return needs_policy(invocation);
  auto mirror = open_mirror(invocation, where);
  if (!mirror) return pass(mirror);
  const auto text = (*mirror)->read("checkpoint", note_bytes_max);
  if (!text && is_of_the_address(text.error())) return pass(text);
  if (!text)
    return refuse_audit(invocation, invocation.in("the checkpoint", "el punto de control"), text.error());
  const auto note = checked_note(*trust, as_text(*text), invocation.now);
  if (!note)
    return refuse_audit(invocation, invocation.in("the checkpoint", "el punto de control"), note.error());
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
  invocation.out(Value{audit_report(*note, *result, took.count())});
  return tell_finding(invocation, *result);
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
