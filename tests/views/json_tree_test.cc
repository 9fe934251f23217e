#include "node/views/json_tree.h"

#include <gtest/gtest.h>

namespace anta::views {
namespace {

Error refusal(std::string_view text) {
  const auto tree = parse_json(text);
  EXPECT_FALSE(tree.has_value()) << text;
  return tree ? Error{} : tree.error();
}

TEST(JsonTree, KeepsNumbersExact) {
  // Goal: whole numbers of 64 bits with sign are kept as written; kinds are JSON's.
  const auto tree = parse_json(R"({"a": 9223372036854775807, "b": [-9223372036854775808, "x", true, null]})");
  ASSERT_TRUE(tree.has_value()) << tree.error().message;
  EXPECT_EQ(tree->find("a")->integer(), INT64_MAX);
  EXPECT_EQ(tree->find("b")->items[0].integer(), INT64_MIN);
  EXPECT_EQ(tree->find("b")->items[1].kind, TreeNode::Kind::text);
  EXPECT_EQ(tree->find("b")->items[2].boolean(), true);
  EXPECT_EQ(tree->find("b")->items[3].kind, TreeNode::Kind::null);
  EXPECT_FALSE(tree->find("a")->text().has_value());  // a number is no text in JSON
}

TEST(JsonTree, RefusesWhatIsNotStrict) {
  // Goal: floats, overlarge numbers, duplicate keys, comments, rests, broken text, each malformed.
  EXPECT_EQ(refusal("1.0").rule, "view.number");
  EXPECT_EQ(refusal("1e3").rule, "view.number");
  EXPECT_EQ(refusal("9223372036854775808").rule, "view.number");
  EXPECT_EQ(refusal("-9223372036854775809").rule, "view.number");
  EXPECT_EQ(refusal(R"({"a": 1, "b": {"c": 1, "c": 2}})").message, "key \"c\" stands twice");
  EXPECT_EQ(refusal("{} {}").rule, "view.json");
  EXPECT_EQ(refusal("/* x */ 1").rule, "view.json");
  EXPECT_EQ(refusal("\"\xff\"").rule, "view.utf8");
  EXPECT_EQ(refusal(R"("\ud800")").rule, "view.json");
  EXPECT_EQ(refusal("").rule, "view.json");
  EXPECT_EQ(refusal("[1,]").rule, "view.json");
}

TEST(JsonTree, HoldsItsLimits) {
  // Goal: depth and size just inside and just outside, without recursion at any depth.
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_json(nested(depth_max)).has_value());
  EXPECT_EQ(refusal(nested(depth_max + 1)).rule, "view.depth");
  EXPECT_EQ(refusal(std::string(1'000'000, '[')).rule, "view.depth");
  EXPECT_EQ(refusal(std::string(text_bytes_max + 1, ' ')).rule, "view.too_large");
}

}  // namespace
}  // namespace anta::views
