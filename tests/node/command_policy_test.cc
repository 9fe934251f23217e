// `anta network policy` against what a node answers it.
#include <gtest/gtest.h>

#include <fstream>

#include "cli/commands.h"
#include "crypto/policy.h"
#include "node/state_evidence.h"
#include "storage/ledger/policy_proof.h"
#include "tests/node/certificate_rig.h"
#include "tests/node/file_server.h"

namespace anta::test {
namespace {

constexpr Millis cosigned_at{1'800'000'000'000};  // certificate_rig.h

struct PolicyCommand : testing::Test {
  PolicyCommand() : rig(world) {
    const auto then = rig.ledger.ledger->reader_of(TreeSize{rig.finished.checkpoint.size});
    proof.note = rig.finished.note;
    proof.state = *prove_state(*then, policy_keys(*then->view()), [] { return true; });
    write("policy.txt", trusted);
    write("newer.txt", "as it was");
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(directory.path() + "/" + name) << text;
  }
  std::string text_of(const std::string& name) const {
    std::ifstream in(directory.path() + "/" + name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  Result<Exit> run(Millis now = cosigned_at, Language language = Language::en) {
    const FileServer node({{"/v1/network/policy", encode_policy_proof(proof)}});
    Invocation invocation;
    invocation.options = {{"--node", {node.url}},
                          {"--policy", {directory.path() + "/policy.txt"}},
                          {"--out", {directory.path() + "/newer.txt"}}};
    invocation.now = now;
    invocation.language = language;
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    auto exit = policy_commands().front().run(invocation);
    printed = testing::internal::GetCapturedStdout();
    said = testing::internal::GetCapturedStderr();
    return exit;
  }

  World world = rich_world();
  CertificateRig rig;
  const TempDirectory directory = {};
  PolicyProof proof = {};
  const std::string trusted = encode_policy(*network_policy(rig.ledger.genesis));
  std::string printed = {}, said = {};
};

// The last line's signature with another byte.
std::string altered(std::string note) {
  char& one = note[note.find_last_not_of("=\n") - 4];
  one = one == 'A' ? 'B' : 'A';
  return note;
}

}  // namespace

// Goal: a note that met the older policy ten minutes ago may be of cosigners that were voted away since. It
// replaced policy.txt ("the policy in force"), unless an assertion bounded its age.
TEST_F(PolicyCommand, AnOldProofDoesNotRollThePolicyBack) {
  for (const Language language : {Language::en, Language::es}) {
    const auto old = run(Millis{cosigned_at.value + 601'000}, language);
    ASSERT_FALSE(old);
    EXPECT_EQ(old.error().rule, "policy.old");
    EXPECT_EQ(exit_for(old.error()), Exit::undecided);
    EXPECT_NE(old.error().message.find(language == Language::en ? "600 seconds" : "600 segundos"),
              std::string::npos)
        << old.error().message;
    EXPECT_EQ(text_of("newer.txt"), "as it was");
    EXPECT_EQ(printed, "");
  }
  const auto fresh = run(Millis{cosigned_at.value + 600'000});
  ASSERT_TRUE(fresh) << fresh.error().message;
  EXPECT_EQ(*fresh, Exit::ok);
  EXPECT_TRUE(parse_policy(text_of("newer.txt")));
}

// Goal: the age that the assertions name holds, longer or shorter than what holds without.
TEST_F(PolicyCommand, TheAssertionsSayHowOldAProofMayBe) {
  write("policy.assertions.yaml", "max_age_seconds: 86400\n");
  const auto late = run(Millis{cosigned_at.value + 86'400'000});
  ASSERT_TRUE(late) << late.error().message;
  EXPECT_EQ(*late, Exit::ok);
  write("newer.txt", "as it was");
  write("policy.assertions.yaml", "max_age_seconds: 60\n");
  const auto strict = run(Millis{cosigned_at.value + 61'000});
  ASSERT_FALSE(strict);
  EXPECT_EQ(strict.error().rule, "policy.old");
  EXPECT_EQ(text_of("newer.txt"), "as it was");
}

// Goal: a note with a signature that fails, one of no log of the policy, and records that are not under the
// checkpoint are a node's lie (3); they ended with 7 and 2. What lacks a record tells nothing (6).
TEST_F(PolicyCommand, ANodesLieIsANo) {
  const PolicyProof good = proof;
  proof.note = altered(good.note);
  EXPECT_EQ(run().value(), Exit::refused);
  EXPECT_NE(said.find("the node's checkpoint: "), std::string::npos) << said;
  proof = good;
  proof.state.records.back().record = proof.state.records.front().record;
  EXPECT_EQ(run().value(), Exit::refused);
  EXPECT_NE(said.find("the node's proof: "), std::string::npos) << said;
  proof = good;
  proof.state.records.pop_back();
  const auto less = run();
  ASSERT_FALSE(less);
  EXPECT_EQ(exit_for(less.error()), Exit::undecided);
  proof = good;
  Policy others = *parse_policy(trusted);
  for (Policy::Log& log : others.logs)
    log.key.name = "anta.example/others";
  write("policy.txt", encode_policy(others));
  EXPECT_EQ(run().value_or(Exit::internal), Exit::refused);
  EXPECT_EQ(text_of("newer.txt"), "as it was");
}

// Goal: who is not told that the policy holds is told why.
TEST_F(PolicyCommand, WhyNobodyVouchesIsSaid) {
  const auto early = run(Millis{cosigned_at.value - 3'600'000});
  ASSERT_TRUE(early) << early.error().message;
  EXPECT_EQ(*early, Exit::undecided);
  EXPECT_EQ(text_of("newer.txt"), "as it was");
  EXPECT_NE(said.find("in the future"), std::string::npos) << said;
  Policy older = *parse_policy(trusted);
  older.logs.erase(older.logs.begin());  // the one that signed: a node that came later
  write("policy.txt", encode_policy(older));
  EXPECT_EQ(run().value_or(Exit::internal), Exit::undecided);
  EXPECT_EQ(text_of("newer.txt"), "as it was");
  EXPECT_NE(said.find("does not list"), std::string::npos) << said;
}

}  // namespace anta::test
