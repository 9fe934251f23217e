#include "node/views/shape_view.h"

#include <gtest/gtest.h>

#include "node/views/json_tree.h"
#include "node/views/yaml_tree.h"

namespace anta::views {
namespace {

Value sample() {
  return Value{ValueMap{
      {"name", Value{std::string("a \"b\"\n\x7f ñ")}},
      {"on", Value{std::string("x")}},
      {"empty", Value{ValueList{}}},
      {"none", Value{nullptr}},
      {"lists",
       Value{ValueList{Value{ValueList{Value{std::int64_t{1}}, Value{true}}},
                       Value{ValueMap{{"k", Value{ValueMap{}}}, {"l", Value{std::string("~")}}}}}}}}};
}

TEST(ShapeView, ValuesWithoutAShapeReadBack) {
  // Goal: YAML and JSON of a value with nested and empty containers, odd keys and texts read back the same.
  const auto yaml = parse_yaml(to_yaml(sample()));
  ASSERT_TRUE(yaml.has_value()) << yaml.error().message << to_yaml(sample());
  EXPECT_EQ(value_from_tree(*yaml), sample()) << to_yaml(sample());
  const auto json = parse_json(to_json(sample()));
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(value_from_tree(*json), sample());
}

TEST(ShapeView, YamlLooksAsAPersonWouldWriteIt) {
  // Goal: block style, two spaces, text in double quotes.
  const Value value{ValueMap{{"lots", Value{ValueList{Value{ValueMap{{"lot", Value{std::string("L-1")}},
                                                                     {"dry_g", Value{std::int64_t{5}}}}}}}}}};
  EXPECT_EQ(to_yaml(value), "lots:\n  - lot: \"L-1\"\n    dry_g: 5\n");
}

TEST(ShapeView, ErrorsOfTheCodecFindTheirPlace) {
  // Goal: the deepest part of a path that exists gives the line and column; a message without a path, the
  // top.
  const auto tree = parse_yaml("a:\n  - x: 1\n    y: 2\n  - x: 3\n");
  const Error error{Code::malformed, "r", "a[1].x: too much"};
  EXPECT_EQ(placed(*tree, error).message, "line 4, column 8: a[1].x: too much");
  EXPECT_EQ(placed(*tree, {Code::malformed, "r", "a[1].z: gone"}).message, "line 4, column 5: a[1].z: gone");
  EXPECT_EQ(placed(*tree, {Code::malformed, "r", "a[9]: gone"}).message, "line 2, column 3: a[9]: gone");
  EXPECT_EQ(placed(*tree, {Code::corrupt, "r", "all wrong"}).message, "line 1, column 1: all wrong");
  EXPECT_EQ(placed(*tree, {Code::corrupt, "r", "all wrong"}).code, Code::corrupt);
}

}  // namespace
}  // namespace anta::views
