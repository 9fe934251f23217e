#include "node/views/statement_view.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "crypto/text.h"
#include "node/views/json_tree.h"
#include "node/views/shape_view.h"
#include "node/views/yaml_tree.h"
#include "storage/ledger/state.h"
#include "tests/ledger/payload_generator.h"

namespace anta::views {
namespace {

TEST(StatementView, PayloadToViewToPayloadIsTheIdentity) {
  // Goal: for every type, over generated payloads with awkward texts and times, JSON and YAML read back to
  // the same bytes.
  PayloadGenerator random(5);
  for (const std::string_view type : statement_types()) {
    for (int i = 0; i < 60; ++i) {
      const Bytes bytes = *encode_value(random.payload(type));
      const auto payload = decode_payload(type, bytes);
      ASSERT_TRUE(payload.has_value()) << type << ": " << payload.error().message;
      const std::string yaml = payload_to_yaml(*payload);
      const auto from_yaml = payload_from_yaml(type, yaml);
      ASSERT_TRUE(from_yaml.has_value()) << type << ": " << from_yaml.error().message << "\n" << yaml;
      EXPECT_EQ(encode_payload(*from_yaml), bytes) << yaml;
      const std::string json = payload_to_json(*payload);
      const auto from_json = payload_from_json(type, json);
      ASSERT_TRUE(from_json.has_value()) << type << ": " << from_json.error().message << "\n" << json;
      EXPECT_EQ(encode_payload(*from_json), bytes) << json;
    }
  }
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(StatementView, TheScenarioConvertsThereAndBack) {
  // Goal: every payload of the committed scenario goes YAML -> payload -> CBOR -> payload -> YAML -> payload
  // without a change.
  const auto file = parse_yaml(contents(ANTA_SOURCE_DIR "/tests/scenario/southern-peru.yaml"));
  ASSERT_TRUE(file.has_value()) << file.error().message;
  std::size_t statements = 0;
  for (const TreeNode& step : file->find("steps")->items) {
    const TreeNode* payload = step.find("payload");
    if (payload == nullptr) continue;
    ++statements;
    const std::string type = *step.find("type")->text();
    const auto first = payload_from_tree(type, *payload);
    if (!first && *step.find("expect")->text() == "rejected:malformed") continue;
    ASSERT_TRUE(first.has_value()) << first.error().message;
    const Bytes bytes = encode_payload(*first);
    const auto second = decode_payload(type, bytes);
    ASSERT_TRUE(second.has_value()) << second.error().message;
    const std::string yaml = payload_to_yaml(*second);
    const auto third = payload_from_yaml(type, yaml);
    ASSERT_TRUE(third.has_value()) << third.error().message;
    EXPECT_EQ(encode_payload(*third), bytes);
    EXPECT_EQ(payload_to_yaml(*third), yaml);
  }
  EXPECT_EQ(statements, 172U);
}

TEST(StatementView, ErrorsNameLineColumnAndPath) {
  // Goal: a typo, a wrong kind, a limit and a missing field are each found in the text.
  const auto typo = payload_from_yaml("release", "event_time: 2025-01-10T12:00:00-05:00\nlott: L-1\n");
  EXPECT_EQ(typo.error().code, Code::malformed);
  EXPECT_EQ(typo.error().message, "line 2, column 1: unknown field \"lott\"; did you mean \"lot\"?");
  const auto kind = payload_from_yaml(
      "split", "event_time: 2025-01-10T12:00:00Z\nlot: L-1\nchildren:\n  - {id: a, dry_g: \"7\", cu_g: 1}\n");
  EXPECT_EQ(kind.error().message,
            "line 4, column 20: children[0].dry_g: a whole number is due here, not text");
  const auto limit = payload_from_yaml(
      "split", "event_time: 2025-01-10T12:00:00Z\nlot: L-1\nchildren:\n  - {id: a, dry_g: -7, cu_g: 1}\n");
  EXPECT_EQ(limit.error().message, "line 4, column 20: children[0].dry_g: below 0");
  const auto missing = payload_from_yaml("release", "lot: L-1\n");
  EXPECT_EQ(missing.error().message, "line 1, column 1: field \"event_time\" is missing");
  const auto time = payload_from_yaml("release", "lot: L-1\nevent_time: yesterday\n");
  EXPECT_TRUE(time.error().message.starts_with("line 2, column 13: event_time: ")) << time.error().message;
  const auto hex = payload_from_yaml("countersign", "event_time: 2025-01-10T12:00:00Z\nof: ABCD\n");
  EXPECT_TRUE(hex.error().message.starts_with("line 2, column 5: of: ")) << hex.error().message;
  const auto null = payload_from_yaml("release", "event_time: 2025-01-10T12:00:00Z\nlot: L-1\nnote: ~\n");
  EXPECT_TRUE(null.error().message.starts_with("line 3, column 7: note: ")) << null.error().message;
  EXPECT_EQ(payload_from_yaml("relase", "a: 1\n").error().message,
            "line 1, column 1: there is no statement type \"relase\"; did you mean \"release\"?");
  EXPECT_FALSE(
      payload_from_json("release", R"({"lot": 5, "event_time": "2025-01-10T12:00:00Z"})").has_value());
}

TEST(StatementView, NothingIsTypedByItsLooks) {
  // Goal: where text is due, YAML's words for other things stay the text that was written.
  const auto hold =
      payload_from_yaml("hold", "event_time: 2025-01-10T12:00:00Z\nlot: 007\nlegal_basis: no\n");
  ASSERT_TRUE(hold.has_value()) << hold.error().message;
  EXPECT_EQ(std::get<payload::Hold>(*hold).lot.value, "007");
  EXPECT_EQ(std::get<payload::Hold>(*hold).legal_basis, "no");
  EXPECT_EQ(payload_to_yaml(*hold),
            "event_time: \"2025-01-10T12:00:00Z\"\nlot: \"007\"\nlegal_basis: \"no\"\n");
}

TEST(StatementView, UnsignedDocumentsReadFromYamlAndJson) {
  // Goal: several documents with and without `as`, and back; unknown keys refused.
  const std::string text =
      "as: apu\ntype: release\npayload: {event_time: 2025-01-10T12:00:00Z, lot: L-1}\n---\n"
      "type: handover\npayload: {event_time: 2025-01-10T12:00:00Z, dispatch: D-1}\n";
  const auto all = unsigned_from_yaml(text);
  ASSERT_TRUE(all.has_value()) << all.error().message;
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].as, PartyId{"apu"});
  EXPECT_FALSE((*all)[1].as.has_value());
  EXPECT_EQ(subject_of((*all)[1].payload), "D-1");
  EXPECT_EQ((*all)[1].mark.line, 5U);
  const auto again = unsigned_from_yaml(unsigned_to_yaml((*all)[0]));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ((*again)[0].as, PartyId{"apu"});
  EXPECT_EQ(encode_payload((*again)[0].payload), encode_payload((*all)[0].payload));
  const auto json = unsigned_from_json(
      R"([{"type": "release", "payload": {"event_time": "2025-01-10T12:00:00Z", "lot": "L-1"}}])");
  ASSERT_TRUE(json.has_value()) << json.error().message;
  EXPECT_EQ(encode_payload((*json)[0].payload), encode_payload((*all)[0].payload));
  EXPECT_EQ(unsigned_from_yaml("asx: apu\ntype: release\npayload: {}\n").error().rule, "view.unknown_key");
  EXPECT_FALSE(unsigned_from_yaml("as: a b\ntype: release\npayload: {}\n").has_value());
  EXPECT_FALSE(unsigned_from_yaml("").has_value());
}

TEST(StatementView, StatementsShowTheirEnvelope) {
  // Goal: digest, type, issuer, subject, time of signing and payload of a signed statement, as JSON.
  std::array<std::uint8_t, 32> seed = {};
  const SigningKey key{Secret32(seed)};
  const payload::Payload release = payload::Release{.common = {.event_time = {0}}, .lot = {"L-1"}};
  const auto bytes = sign_statement(release, PartyId{"apu"}, key, 1'736'528'400, {});
  const auto statement = decode_statement(std::make_shared<const Bytes>(*bytes));
  ASSERT_TRUE(statement.has_value());
  EXPECT_EQ(statement_to_json(*statement),
            "{\n  \"digest\": \"" + hex(statement->digest) +
                "\",\n  \"type\": \"release\",\n  \"issuer\": \"apu\",\n  \"subject\": \"L-1\",\n"
                "  \"signed_at\": \"2025-01-10T17:00:00Z\",\n  \"kid\": \"" +
                hex(key.kid()) +
                "\",\n  \"payload\": {\n    \"event_time\": \"1970-01-01T00:00:00Z\",\n    \"lot\": "
                "\"L-1\"\n  }\n}\n");
}

TEST(StatementView, RecordsShowTheirTimesAndFlags) {
  // Goal: a record of the state prints with times as text; unknown kinds and broken bytes are told apart.
  state::Rejected rejected;
  rejected.stamp.flags = {{"grade_unusual", LeafIndex{12}}};
  rejected.rule = "not_holder";
  rejected.block_time = Millis{1'736'528'400'000};
  const Bytes bytes = state::encode_record(rejected);
  const auto json = record_to_json("rejected", bytes);
  ASSERT_TRUE(json.has_value()) << json.error().message;
  const auto tree = parse_json(*json);
  EXPECT_EQ(tree->find("rule")->text(), "not_holder");
  EXPECT_EQ(tree->find("block_time")->text(), "2025-01-10T17:00:00Z");
  EXPECT_EQ(tree->find("flags")->items[0].items[0].text(), "grade_unusual");
  EXPECT_EQ(tree->find("flags")->items[0].items[1].integer(), 12);
  EXPECT_EQ(tree->find("by")->text(), std::string(64, '0'));
  EXPECT_EQ(record_to_json("rejection", bytes).error().code, Code::not_found);
  EXPECT_EQ(record_to_json("rejected", ByteView(bytes).first(3)).error().code, Code::corrupt);
}

}  // namespace
}  // namespace anta::views
