// Whole chains through the codec and the law in memory: the committed scenario and files made by seed. Every
// outcome, and every expectation about lots and accounts, as the file says; then the same statements again on
// an empty state give the same records.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "cli/scenario.h"
#include "node/views/time_text.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/law.h"
#include "storage/ledger/state.h"

namespace anta {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What scenario_maker.py prints for a seed.
std::string made(int seed) {
  const std::string command =
      "python3 " ANTA_SOURCE_DIR "/tests/e2e/scenario_maker.py " + std::to_string(seed);
  std::FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  char chunk[4096];
  while (const std::size_t got = std::fread(chunk, 1, sizeof chunk, pipe))
    text.append(chunk, got);
  EXPECT_EQ(pclose(pipe), 0);
  return text;
}

struct Submitted {
  Bytes bytes = {};
  Moment moment = {};
};

class Chain {
 public:
  explicit Chain(const Scenario& scenario) : scenario_(scenario) {
    genesis_.network = scenario.network;
    genesis_.origin = "anta.example/test";
    genesis_.registrar = {scenario.registrar, key(scenario.registrar.value).public_key()};
    for (const std::string& node : scenario.nodes) {
      const payload::NodeKeySet keys{key(node + "/log").public_key(), key(node + "/cos").public_key(),
                                     key(node + "/tls").public_key()};
      genesis_.nodes.push_back({NodeId{node}, PartyId{node}, keys, "127.0.0.1:1"});
    }
    genesis_.schemes = scenario.schemes;
    genesis_.parameters = scenario.parameters;
    begin(view);
  }

  void begin(MemoryView& into) const {
    const auto effects = genesis_effects(genesis_);
    ASSERT_TRUE(effects.has_value()) << effects.error().message;
    for (const StateChange& change : effects->changes)
      into.write(change.key, change.value);
  }

  const SigningKey& key(const std::string& name) {
    const auto found = keys_.find(name);
    if (found != keys_.end()) return found->second;
    const Digest seed = sha256(as_bytes("scenario test " + name));
    return keys_.emplace(name, SigningKey(Secret32(seed.bytes))).first->second;
  }

  void play() {
    for (payload::Party party : scenario_.parties) {
      party.common.event_time = *views::time_from_text("2025-01-01T00:00:00-05:00");
      party.keys = {key(party.id.value).public_key()};
      ASSERT_EQ(submit(sign(party, scenario_.registrar.value, "")), "accepted")
          << party.id.value << ": " << message_;
    }
    for (const ScenarioStep& step : scenario_.steps) {
      if (!step.check.empty()) {
        check(scenario_.expectations.at(step.check), step);
      } else {
        EXPECT_EQ(submit(sign(step.payload, step.as.value, step.tamper)), step.expect)
            << "line " << step.line << ": " << message_;
      }
    }
  }

  MemoryView view = {};
  std::vector<Submitted> log = {};

 private:
  Bytes sign(const payload::Payload& payload, const std::string& as, const std::string& tamper) {
    std::array<std::uint8_t, 16> cti{};
    const Digest unique = sha256(as_bytes("cti " + std::to_string(++statements_)));
    std::copy_n(unique.bytes.begin(), cti.size(), cti.begin());
    const SigningKey& signer = key(tamper == "key" ? "a stranger" : as);
    auto bytes = sign_statement(payload, PartyId{as}, signer, 1770000000, cti);
    EXPECT_TRUE(bytes.has_value());
    if (tamper == "payload") {
      const auto cose = decode_cose(*bytes);
      const auto at = static_cast<std::size_t>(cose->payload.data() - bytes->data()) +
                      as_text(cose->payload).find("event_time") + 18;
      (*bytes)[at] ^= 1;
    }
    return *bytes;
  }

  std::string submit(Bytes bytes) {
    const Moment moment{.block_time = Millis{1780000000000}, .leaf = LeafIndex{leaf_}};
    log.push_back({bytes, moment});
    const std::string outcome =
        judge_bytes(view, std::make_shared<const Bytes>(std::move(bytes)), moment, message_);
    if (outcome == "accepted") ++leaf_;
    return outcome;
  }

  void check(const Expectations& wanted, const ScenarioStep& step) {
    const SchemeId scheme = scenario_.schemes.front().id;
    for (const auto& [id, expected] : wanted.lots) {
      const auto lot = state::find<state::Lot>(view, id);
      ASSERT_TRUE(lot.has_value()) << step.check << ": no lot " << id;
      if (expected.dry_g) {
        EXPECT_EQ(lot->accepted.dry_g.value, *expected.dry_g) << step.check << " " << id;
      }
      if (expected.cu_g) {
        EXPECT_EQ(lot->accepted.cu_g.value, *expected.cu_g) << step.check << " " << id;
      }
      if (expected.holder) {
        EXPECT_EQ(lot->holder.value, *expected.holder) << step.check << " " << id;
      }
      if (expected.state) {
        EXPECT_EQ(word(lot->state), *expected.state) << step.check << " " << id;
      }
      bool eligible = false;
      for (const auto& entry : lot->schemes)
        eligible |= entry.scheme == scheme && entry.status == Eligibility::eligible;
      if (expected.eligible) {
        EXPECT_EQ(eligible, *expected.eligible) << step.check << " " << id;
      }
    }
    for (const auto& [id, balance] : wanted.accounts) {
      const auto account = state::find<state::Account>(view, id);
      ASSERT_TRUE(account.has_value()) << step.check << ": no account " << id;
      EXPECT_EQ(account->balance_g, balance) << step.check << " " << id;
    }
  }

 public:
  static std::string judge_bytes(MemoryView& into, std::shared_ptr<const Bytes> bytes, Moment moment,
                                 std::string& message) {
    const auto statement = decode_statement(bytes);
    if (!statement) return message = statement.error().message, "malformed";
    if (const auto key = authenticate(into, *statement); !key)
      return message = key.error().message, key.error().rule;
    const auto effects = judge(into, *statement, moment);
    if (!effects) return message = effects.error().message, effects.error().rule;
    for (const StateChange& change : effects->changes)
      into.write(change.key, change.value);
    into.remember(statement->digest, std::move(bytes));
    return "accepted";
  }

 private:
  const Scenario& scenario_;
  Genesis genesis_ = {};
  std::map<std::string, SigningKey> keys_ = {};
  std::uint64_t leaf_ = 2;
  std::uint64_t statements_ = 0;
  std::string message_ = {};
};

void play_and_replay(const std::string& text) {
  const auto scenario = read_scenario(text);
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  Chain chain(*scenario);
  chain.play();
  MemoryView again;
  chain.begin(again);
  std::string message;
  for (const Submitted& submitted : chain.log) {
    Chain::judge_bytes(again, std::make_shared<const Bytes>(submitted.bytes), submitted.moment, message);
  }
  ASSERT_EQ(again.records().size(), chain.view.records().size());
  for (const auto& [key, value] : chain.view.records()) {
    ASSERT_TRUE(again.records().contains(key)) << key.id;
    EXPECT_EQ(*again.records().at(key), *value) << key.id;
  }
}

// The main job's own year has the outcomes and masses that its file says, and a replay gives the same state.
TEST(Scenario, SouthernPeru) {
  play_and_replay(contents(ANTA_SOURCE_DIR "/tests/scenario/southern-peru.yaml"));
}

// So do chains with other names, amounts, parameters and orders, whose expectations another model computed.
class MadeScenario : public testing::TestWithParam<int> {};
TEST_P(MadeScenario, PlaysAsItsModelSays) { play_and_replay(made(GetParam())); }
INSTANTIATE_TEST_SUITE_P(Seeds, MadeScenario, testing::Range(1, 13));

}  // namespace
}  // namespace anta
