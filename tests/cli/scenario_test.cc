#include "cli/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace anta {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string head = R"(network: sur
registrar: reg
nodes: [{id: n1}]
parties:
  - {id: mine, kind: company, name: Mina, country: PE, roles: [producer], languages: [es]}
)";
const std::string hold =
    "{as: mine, type: hold, payload: {event_time: \"2025-01-10T12:00:00-05:00\", lot: L-1, legal_basis: x}, "
    "expect: accepted}";

std::string scenario_complaint(const std::string& text) {
  const auto read = read_scenario(text);
  return read ? "accepted" : read.error().message;
}

TEST(Scenario, TheCommittedYearIsReadWhole) {
  // Goal: 172 statements, their checks and expectations, nothing skipped.
  std::ifstream file(ANTA_SOURCE_DIR "/tests/scenario/southern-peru.yaml");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto scenario = read_scenario(text);
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  const auto checks = std::count_if(scenario->steps.begin(), scenario->steps.end(),
                                    [](const ScenarioStep& step) { return !step.check.empty(); });
  const auto rejected =
      std::count_if(scenario->steps.begin(), scenario->steps.end(),
                    [](const ScenarioStep& step) { return step.check.empty() && step.expect != "accepted"; });
  EXPECT_EQ(scenario->steps.size() - static_cast<std::size_t>(checks), 172u);
  EXPECT_EQ(static_cast<std::size_t>(checks), scenario->expectations.size());
  EXPECT_GT(rejected, 0);
  EXPECT_EQ(scenario->network.value, "anta-sur");
  EXPECT_EQ(scenario->nodes, (std::vector<std::string>{"nasca-sur", "bahia-sur", "sello-cobre"}));
  EXPECT_EQ(scenario->witnesses, (std::vector<std::string>{"puerto-ilo"}));
  EXPECT_EQ(scenario->registrar.value, "registro-anta");
  EXPECT_EQ(scenario->parties.size(), 27u);
  EXPECT_TRUE(scenario->parties.front().keys.empty());
}

TEST(Scenario, AStepKeepsItsLineOutcomeAndTamper) {
  // Goal: what the player needs to name a step that went wrong.
  const std::string tampered =
      "{as: mine, type: hold, tamper: key, why: stolen, payload: {event_time: \"2025-01-10T12:00:00Z\", lot: "
      "L-1, "
      "legal_basis: x}, expect: \"rejected:bad_signature\"}";
  const auto scenario =
      read_scenario(head + "steps:\n  - " + hold + "\n  - " + tampered +
                    "\n  - {check: end}\nexpectations:\n  end: {lots: {L-1: {dry_g: 5, eligible: false}}}\n");
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  ASSERT_EQ(scenario->steps.size(), 3u);
  EXPECT_EQ(scenario->steps[0].line, 7u);
  EXPECT_EQ(scenario->steps[0].expect, "accepted");
  EXPECT_EQ(std::get<payload::Hold>(scenario->steps[0].payload).lot.value, "L-1");
  EXPECT_EQ(scenario->steps[1].expect, "bad_signature");
  EXPECT_EQ(scenario->steps[1].tamper, "key");
  EXPECT_EQ(scenario->steps[2].check, "end");
  const ExpectedLot& lot = scenario->expectations.at("end").lots.at("L-1");
  EXPECT_EQ(lot.dry_g, 5);
  EXPECT_EQ(lot.eligible, false);
  EXPECT_FALSE(lot.cu_g.has_value());
}

TEST(Scenario, ErrorsHaveTheirLine) {
  // Goal: whoever writes a scenario finds the slip: unknown keys, types, outcomes, fields, checks.
  EXPECT_THAT(scenario_complaint("netwrk: x\n"), AllOf(HasSubstr("line 1"), HasSubstr("\"network\"")));
  EXPECT_THAT(scenario_complaint(head + "steps:\n  - {as: mine, typ: hold}\n"),
              AllOf(HasSubstr("line 7"), HasSubstr("\"type\"")));
  EXPECT_THAT(
      scenario_complaint(head + "steps:\n  - {as: mine, type: holt, payload: {}, expect: accepted}\n"),
      AllOf(HasSubstr("line 7"), HasSubstr("\"holt\""), HasSubstr("\"hold\"")));
  EXPECT_THAT(scenario_complaint(head + "steps:\n  - {as: mine, type: hold, payload: {}, expect: refused}\n"),
              AllOf(HasSubstr("line 7"), HasSubstr("refused")));
  EXPECT_THAT(scenario_complaint(
                  head + "steps:\n  - {as: mine, type: hold, tamper: all, payload: {}, expect: accepted}\n"),
              AllOf(HasSubstr("line 7"), HasSubstr("tamper")));
  EXPECT_THAT(scenario_complaint(head + "steps:\n  - {as: mine, type: hold, expect: accepted}\n"),
              AllOf(HasSubstr("line 7"), HasSubstr("\"payload\"")));
  EXPECT_THAT(scenario_complaint(head + "steps:\n  - {check: nowhere}\n"),
              AllOf(HasSubstr("line 7"), HasSubstr("nowhere")));
  EXPECT_THAT(scenario_complaint(head + "steps: []\nexpectations:\n  end: {lots: {L-1: {dryg: 1}}}\n"),
              AllOf(HasSubstr("line 8"), HasSubstr("\"dry_g\"")));
  EXPECT_THAT(scenario_complaint(head), HasSubstr("\"steps\""));
}

TEST(Scenario, APayloadThatIsNoStatementIsAnErrorOfTheFile) {
  // Goal: an unknown field, a missing one and a wrong kind are found before anything is sent.
  const auto step = [](const std::string& payload) {
    return head + "steps:\n  - as: mine\n    type: hold\n    payload: " + payload +
           "\n    expect: accepted\n";
  };
  EXPECT_THAT(scenario_complaint(step("{event_time: \"2025-01-10T12:00:00Z\", lott: L-1, legal_basis: x}")),
              AllOf(HasSubstr("line 9"), HasSubstr("\"lot\"")));
  EXPECT_THAT(scenario_complaint(step("{event_time: \"2025-01-10T12:00:00Z\", legal_basis: x}")),
              HasSubstr("lot"));
  EXPECT_THAT(scenario_complaint(step("{event_time: noon, lot: L-1, legal_basis: x}")),
              AllOf(HasSubstr("line 9"), HasSubstr("noon")));
}

}  // namespace
}  // namespace anta
