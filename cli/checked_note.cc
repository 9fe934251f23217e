#include "cli/checked_note.h"

#include "cli/policy_file.h"

namespace anta {

Result<PolicyVerdict> checked_note(const Trust& trust, std::string_view note, Millis now) {
  ANTA_INVARIANT(trust.policy.has_value());
  const std::uint64_t seconds = now.value < 0 ? 0 : static_cast<std::uint64_t>(now.value / 1000);
  auto verdict = check_note(*trust.policy, note, seconds);
  if (!verdict && verdict.error().rule == "note.time_future")
    return fail(Code::uncertain, "clock", verdict.error().message);
  if (!verdict) return verdict;
  if (!verdict->quorum_met || !trust.policy->quorum) {
    return fail(Code::uncertain, "no_quorum",
                "the checkpoint lacks the cosignatures that the policy demands");
  }
  if (is_stale(trust.assertions, verdict->quorum_time_seconds, now))
    return fail(Code::uncertain, "stale", stale_message);
  return verdict;
}

Exit exit_for_check(const Error& error) {
  const bool open = error.code == Code::uncertain || error.code == Code::not_found ||
                    error.code == Code::busy || error.code == Code::io;
  return open ? Exit::undecided : Exit::refused;
}

Result<Exit> tell_check(const Invocation& invocation, const std::string& what, const Error& error) {
  const Exit exit = exit_for_check(error);
  if (exit == Exit::undecided) return tl::unexpected<Error>(error);
  invocation.say(what + ": " + error.message);
  if (!find_saying(error.rule)) return exit;
  invocation.say("  " + std::string(cause(error.rule, invocation.language)));
  if (const auto next = next_step(error.rule, invocation.language); !next.empty())
    invocation.say("  " + std::string(next));
  return exit;
}

Option policy_option() {
  return {.name = "--policy",
          .value = "FILE",
          .help = "whom to trust, as C2SP policy text",
          .environment = "ANTA_POLICY"};
}

Option assertions_option() {
  return {.name = "--assertions",
          .value = "FILE",
          .help = "what else to demand, as YAML (default: POLICY.assertions.yaml beside it)"};
}

Result<Trust> trust_of(const Invocation& invocation) {
  const auto policy = invocation.option("--policy");
  return policy ? read_trust(*policy, invocation.option("--assertions")) : Result<Trust>(Trust{});
}

}  // namespace anta
