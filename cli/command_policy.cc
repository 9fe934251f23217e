#include <iostream>

#include "cli/answer.h"
#include "cli/checked_note.h"
#include "cli/commands.h"
#include "cli/node_option.h"
#include "cli/text_file.h"
#include "crypto/note.h"
#include "storage/ledger/policy_proof.h"

namespace anta {
namespace {

Result<PolicyProof> fetched(Invocation& invocation) {
  auto client = client_for(invocation);
  if (!client) return pass(client);
  const auto answer = (*client)->get("/v1/network/policy", "application/vnd.anta.policy-proof+cbor");
  if (!answer) return pass(answer);
  if (answer->status != 200) return tl::unexpected(error_of(*answer));
  auto proof = decode_policy_proof(answer->body);
  if (proof) return proof;
  return fail(Code::uncertain, proof.error().rule,
              "the node sent no proof of a policy that can be read: " + proof.error().message);
}

// How old the quorum's cosignatures may be where no assertion says it. An older policy is met by old notes
// too, which would bring back whoever a vote has removed since; even an idle ledger is cosigned each minute.
constexpr std::int64_t proof_age_seconds_max = 600;

// The checkpoint of the proof. `trusted` is whether the older policy vouches for it; where it cannot tell
// (`why`), or there is none, nobody does.
struct Vouched {
  Checkpoint checkpoint = {};
  bool trusted = false;
  std::string why = {};
};

tl::unexpected<Error> too_old(const Invocation& invocation, std::int64_t seconds) {
  const std::string age = std::to_string(seconds);
  return fail(Code::uncertain, "policy.old",
              invocation.in("the node proves its policy under a checkpoint that the quorum cosigned more "
                            "than " +
                                age + " seconds ago",
                            "el nodo prueba su política bajo un punto de control que el quórum cofirmó hace "
                            "más de " +
                                age + " segundos"));
}

// Errors are about the note alone.
Result<Vouched> vouched(const Invocation& invocation, Trust trust, const std::string& note) {
  std::string why;
  if (trust.policy) {
    auto& age = trust.assertions.max_age_seconds;
    if (!age) age = proof_age_seconds_max;
    const auto checked = checked_note(trust, note, invocation.now);
    if (checked) return Vouched{.checkpoint = checked->checkpoint, .trusted = true};
    if (checked.error().rule == "stale") return too_old(invocation, *age);
    if (exit_for_check(checked.error()) != Exit::undecided) return pass(checked);
    why = checked.error().message;
  }
  const auto parsed = parse_note(note);
  if (!parsed) return pass(parsed);
  const auto checkpoint = parse_checkpoint(parsed->text);
  if (!checkpoint) return pass(checkpoint);
  return Vouched{.checkpoint = *checkpoint, .why = std::move(why)};
}

// One that lacks something says nothing; one that does not fit its checkpoint says no.
Result<Policy> proven(const PolicyProof& proof, const Checkpoint& checkpoint) {
  auto policy = proven_policy(proof, checkpoint);
  if (!policy && policy.error().rule == "policy.incomplete") policy.error().code = Code::uncertain;
  return policy;
}

Result<Exit> print_policy(Invocation& invocation) {
  const auto trust = trust_of(invocation);
  if (!trust) return pass(trust);
  const auto proof = fetched(invocation);
  if (!proof) return pass(proof);
  const auto of_note = vouched(invocation, *trust, proof->note);
  if (!of_note)
    return tell_check(invocation, invocation.in("the node's checkpoint", "el punto de control del nodo"),
                      of_note.error());
  const auto policy = proven(*proof, of_note->checkpoint);
  if (!policy)
    return tell_check(invocation, invocation.in("the node's proof", "la prueba del nodo"), policy.error());
  const std::string text = encode_policy(*policy);
  const std::string leaves = std::to_string(of_note->checkpoint.size);
  if (!of_note->trusted) {
    std::cout << text << std::flush;
    if (!of_note->why.empty()) invocation.say(of_note->why);
    invocation.say(invocation.in("this is what the node says as of " + leaves +
                                     " leaves; no policy that you trust vouches for it: compare it by hand "
                                     "with what the organisations publish",
                                 "esto es lo que dice el nodo según " + leaves +
                                     " hojas; ninguna política en que usted confíe lo respalda: compárelo a "
                                     "mano con lo que publican las "
                                     "organizaciones"));
    return Exit::undecided;
  }
  const auto out = invocation.option("--out");
  if (out) {
    if (auto written = write_file(*out, as_bytes(text)); !written) return pass(written);
  } else {
    std::cout << text << std::flush;
  }
  invocation.say(invocation.in(
      "the policy in force as of " + leaves + " leaves, proven under a checkpoint that meets " +
          *invocation.option("--policy"),
      "la política vigente según " + leaves + " hojas, probada bajo un punto de control que cumple " +
          *invocation.option("--policy")));
  return Exit::ok;
}

}  // namespace

std::vector<Command> policy_commands() {
  return {
      {.words = {"network", "policy"},
       .summary = "the C2SP policy in force, proven under a checkpoint that an older policy trusts (exit 6: "
                  "not proven)",
       .examples = {"anta network policy --policy policy.txt --node http://127.0.0.1:8080",
                    "anta network policy --policy policy.txt --node http://127.0.0.1:8080 --out newer.txt"},
       .options = {node_option(),
                   ca_option(),
                   policy_option(),
                   assertions_option(),
                   {.name = "--out",
                    .value = "FILE",
                    .help = "where a proven policy goes (default: stdout); it may be the old one's file"}},
       .run = print_policy}};
}

}  // namespace anta
