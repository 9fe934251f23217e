#include "cli/audit_report.h"

#include <algorithm>

#include "cli/checked_note.h"
#include "crypto/text.h"

namespace anta {
namespace {

Value integer(std::uint64_t value) { return Value{static_cast<std::int64_t>(value)}; }

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

}  // namespace

ValueMap audit_report(const PolicyVerdict& note, const AuditResult& result, double seconds) {
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
  return map;
}

Exit tell_finding(const Invocation& invocation, const AuditResult& result) {
  if (!result.finding) return Exit::ok;
  tell(invocation, *result.finding);
  return is_open(*result.finding) ? Exit::undecided : Exit::refused;
}

Exit refuse_audit(const Invocation& invocation, const std::string& what, const Error& error) {
  const Exit exit = exit_for_check(error);
  invocation.out(Value{
      ValueMap{{"verdict", Value{std::string(exit == Exit::undecided ? "cannot_tell" : "does_not_hold")}},
               {"code", Value{error.rule}},
               {"message", Value{error.message}}}});
  invocation.say(what + ": " + error.message);
  if (find_saying(error.rule)) {
    invocation.say("  " + std::string(cause(error.rule, invocation.language)));
    invocation.say("  " + std::string(next_step(error.rule, invocation.language)));
  }
  return exit;
}

tl::unexpected<Error> needs_policy(const Invocation& invocation) {
  return invocation.usage(
      "--policy FILE says whose cosignatures count; without it nothing can be held against anybody",
      "--policy ARCHIVO dice de quién valen las cofirmas; sin ella no hay contra qué comprobar");
}

}  // namespace anta
