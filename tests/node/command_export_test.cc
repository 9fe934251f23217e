// `anta export` against what a node answers it.
#include <gtest/gtest.h>

#include <fstream>

#include "cli/commands.h"
#include "crypto/policy.h"
#include "tests/node/certificate_rig.h"
#include "tests/node/file_server.h"

namespace anta::test {
namespace {

using OptionMap = std::map<std::string, std::vector<std::string>>;

struct ExportCommand : testing::Test {
  ExportCommand() : rig(world) { write("policy.txt", encode_policy(*network_policy(rig.ledger.genesis))); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(at(name)) << text; }
  std::string at(const std::string& name) const { return directory.path() + "/" + name; }
  // Each of its formats, but for the node.
  std::vector<OptionMap> formats() const {
    const OptionMap of_statement = {{"--statement", {hex(statement)}}, {"--out", {at("out")}}};
    std::vector<OptionMap> all = {{{"--tiles", {at("mirror")}}}, of_statement, of_statement};
    all[1]["--format"] = {"tlog-proof"};
    all[2]["--format"] = {"cose-receipts"};
    return all;
  }
  Result<Exit> run(const OptionMap& options, const std::string& node, const Command& command) {
    Invocation invocation;
    invocation.options = options;
    invocation.options["--node"] = {node};
    invocation.options["--policy"] = {at("policy.txt")};
    invocation.now = CertificateRig::verified_at;
    testing::internal::CaptureStderr();
    auto exit = command.run(invocation);
    said = testing::internal::GetCapturedStderr();
    return exit;
  }

  World world = rich_world();
  CertificateRig rig;
  const TempDirectory directory = {};
  const Digest statement = sha256(as_bytes("a statement"));
  std::string said = {};
};

constexpr const char* nobody = "http://127.0.0.1:1";  // an error of its own, were it asked

}  // namespace

// Goal: a policy that cannot be read is the caller's mistake (2), found before any node is asked. "The node's
// checkpoint: bad.txt: policy line 1" ended with 3.
TEST_F(ExportCommand, ATypoInThePolicyIsNotTheNodesFault) {
  write("policy.txt", "logg x\n");
  for (const OptionMap& options : formats()) {
    const auto exit = run(options, nobody, export_commands().front());
    ASSERT_FALSE(exit);
    EXPECT_EQ(exit_for(exit.error()), Exit::usage) << exit.error().message;
    EXPECT_NE(exit.error().message.find("policy.txt: "), std::string::npos) << exit.error().message;
  }
  const auto exit = run({}, nobody, policy_commands().front());
  ASSERT_FALSE(exit);
  EXPECT_EQ(exit_for(exit.error()), Exit::usage) << exit.error().message;
}

// Goal: a note with a signature that fails, or one that is no note, is a no (3) whatever is exported; it was
// 7 or 2 for a tlog-proof.
TEST_F(ExportCommand, ABadCheckpointIsANoWhateverIsExported) {
  std::string forged = rig.finished.note;
  char& one = forged[forged.find_last_not_of("=\n") - 4];
  one = one == 'A' ? 'B' : 'A';
  for (const std::string& note : {forged, std::string("no note")}) {
    const FileServer node(
        {{"/checkpoint", to_bytes(as_bytes(note))},
         {"/v1/statements/" + hex(statement), to_bytes(as_bytes(std::string_view(R"({"leaf": 3})")))}});
    for (const OptionMap& options : {formats()[0], formats()[1]}) {
      const auto exit = run(options, node.url, export_commands().front());
      ASSERT_TRUE(exit) << exit.error().message;
      EXPECT_EQ(*exit, Exit::refused);
      EXPECT_NE(said.find("the node's checkpoint: "), std::string::npos) << said;
    }
  }
}

}  // namespace anta::test
