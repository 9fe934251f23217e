#include "cli/skeleton.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "node/views/shape_view.h"
#include "node/views/statement_view.h"
#include "node/views/yaml_tree.h"
#include "storage/ledger/codec.h"

namespace anta {
namespace {

using ::testing::HasSubstr;

constexpr Millis now{1'764'000'000'000};  // 2025-11-24T16:00:00Z

std::string skeleton(std::string_view type) {
  auto text = document_skeleton(type, "plant", now);
  EXPECT_TRUE(text.has_value()) << type;
  return text.value_or("");
}

// With every commented field taken in.
std::string uncommented(const std::string& text) {
  std::istringstream lines(text);
  std::string all, line;
  bool in_payload = false;
  while (std::getline(lines, line)) {
    if (in_payload && line.starts_with("# ")) line = "  " + line.substr(2);
    in_payload = in_payload || line == "payload:";
    all += line + "\n";
  }
  return all;
}

std::string with_ids(std::string text) {
  for (std::size_t at = text.find("\"\""); at != std::string::npos; at = text.find("\"\"", at))
    text.replace(at, 2, "\"ID-1\"");
  return text;
}

TEST(Skeleton, EveryTypesDocumentParsesAndNamesOnlyItsFields) {
  // Goal: what `anta new` writes is YAML whose fields the type knows, as it stands and with every comment
  // sign taken away.
  for (const std::string_view type : statement_types()) {
    const std::string as_written = skeleton(type);
    for (const std::string& text : {as_written, uncommented(as_written)}) {
      const auto tree = views::parse_yaml(text);
      ASSERT_TRUE(tree.has_value()) << type << ": " << tree.error().message << "\n" << text;
      EXPECT_EQ(*tree->find("type")->text(), type);
      EXPECT_EQ(*tree->find("as")->text(), "plant");
      const auto value = views::value_from_tree(*payload_shape(type), *tree->find("payload"));
      EXPECT_TRUE(value.has_value()) << type << ": " << value.error().message << "\n" << text;
    }
  }
}

TEST(Skeleton, EveryFieldIsThere) {
  // Goal: required fields stand, optional ones wait behind a comment sign, none is forgotten.
  for (const std::string_view type : statement_types()) {
    const auto tree = views::parse_yaml(skeleton(type));
    const auto whole = views::parse_yaml(uncommented(skeleton(type)));
    ASSERT_TRUE(tree.has_value() && whole.has_value()) << type;
    for (const Shape::Field& field : payload_shape(type)->fields) {
      EXPECT_EQ(tree->find("payload")->find(field.name) != nullptr, !field.optional)
          << type << " " << field.name;
      EXPECT_NE(whole->find("payload")->find(field.name), nullptr) << type << " " << field.name;
    }
  }
}

TEST(Skeleton, SimpleTypesAreReadyOnceTheirIdsAreFilled) {
  // Goal: a person who fills the blanks of a short statement can sign it.
  for (const std::string_view type : {"hold", "release", "handover", "dispatch-end", "receipt-answer",
                                      "role-grant", "certificate-status", "ownership"}) {
    const auto statements = views::unsigned_from_yaml(with_ids(skeleton(type)));
    ASSERT_TRUE(statements.has_value()) << type << ": " << statements.error().message << "\n"
                                        << skeleton(type);
    ASSERT_EQ(statements->size(), 1u);
    EXPECT_EQ(type_word(statements->front().payload), type);
    EXPECT_EQ(statements->front().as, PartyId{"plant"});
    EXPECT_EQ(payload::common(statements->front().payload).event_time.value, now.value) << type;
  }
}

TEST(Skeleton, IdsAreRandomAndOfOneForm) {
  // Goal: 12 characters without look-alikes; no two alike; a lot's skeleton brings its own.
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string id = random_id();
    EXPECT_EQ(id.size(), 12u);
    EXPECT_EQ(id.find_first_of("01IO"), std::string::npos) << id;
    EXPECT_TRUE(is_id(id));
    EXPECT_TRUE(seen.insert(id).second);
  }
  EXPECT_NE(skeleton("lot"), skeleton("lot"));
}

TEST(Skeleton, SomebodyElseMaySign) {
  // Goal: without a party the line for it waits as a comment; an unknown type is an error.
  const auto text = document_skeleton("lot", std::nullopt, now);
  ASSERT_TRUE(text.has_value());
  EXPECT_THAT(*text, HasSubstr("\n# as: PARTY\n"));
  const auto unknown = document_skeleton("lott", std::nullopt, now);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_THAT(unknown.error().message, HasSubstr("'lott'"));
}

}  // namespace
}  // namespace anta
