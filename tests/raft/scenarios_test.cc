// Every transcript of tests/scenarios plays as it is written. ANTA_UPDATE_TRANSCRIPTS=1 rewrites them with
// what happened: read the difference before committing it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/raft/transcript.h"

namespace anta::raft::test {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> transcripts() {
  std::vector<std::string> names;
  for (const auto& file :
       std::filesystem::directory_iterator(std::string(ANTA_SOURCE_DIR) + "/tests/scenarios")) {
    if (file.path().extension() == ".txt") names.push_back(file.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Scenario : public testing::TestWithParam<std::string> {};

TEST_P(Scenario, PlaysAsWritten) {
  // Goal: the effects beside each command are what the core does today.
  const std::filesystem::path path = std::string(ANTA_SOURCE_DIR) + "/tests/scenarios/" + GetParam() + ".txt";
  const std::string written = read(path);
  const std::string played = play_transcript(written);
  if (std::getenv("ANTA_UPDATE_TRANSCRIPTS") != nullptr) std::ofstream(path) << played;
  EXPECT_EQ(written, played);
}

INSTANTIATE_TEST_SUITE_P(Transcripts, Scenario, testing::ValuesIn(transcripts()),
                         [](const auto& instance) { return instance.param; });

TEST(Transcript, EveryRuleHasOne) {
  // Goal: a rule of consensus.md section 2 whose transcript is deleted is missed.
  const std::vector<std::string> names = transcripts();
  for (const char* wanted :
       {"figure8_one_append", "figure8_several_appends", "rule01", "rule02", "rule03", "rule04", "rule05",
        "rule07", "rule08", "rule09", "rule10", "rule11", "rule12", "rule13", "rule14", "rule15"}) {
    EXPECT_TRUE(std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return name.starts_with(wanted);
    })) << wanted;
  }
  EXPECT_TRUE(std::find(names.begin(), names.end(), "rule05_06_match_and_hints") != names.end());
}

TEST(Transcript, AWrongEffectIsSeen) {
  // Goal: the runner can fail.
  const std::string right = "> nodes n1\n> briefly elect n1\n";
  const std::string played = play_transcript(right);
  EXPECT_NE(played.find("n1 is leader in term 1"), std::string::npos);
  EXPECT_NE(play_transcript("> nodes n1\n> briefly elect n1\n    n1 is leader in term 7\n"),
            "> nodes n1\n> briefly elect n1\n    n1 is leader in term 7\n");
  EXPECT_NE(play_transcript("> nodes n1\n> fly n1\n").find("unknown command"), std::string::npos);
}

}  // namespace
}  // namespace anta::raft::test
