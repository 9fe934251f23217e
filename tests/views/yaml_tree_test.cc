#include "node/views/yaml_tree.h"

#include <gtest/gtest.h>

#include <array>

namespace anta::views {
namespace {

Error yaml_refusal(std::string_view text) {
  const auto tree = parse_yaml(text);
  EXPECT_FALSE(tree.has_value()) << text;
  return tree ? Error{} : tree.error();
}

TEST(YamlTree, KnowsWhatStandsWhere) {
  // Goal: values, kinds and places of a small file.
  const auto tree = parse_yaml("a: 12\nb:\n  - \"12\"\n  - true\n  - ~\n\"c d\": {e: x}\n");
  ASSERT_TRUE(tree.has_value()) << tree.error().message;
  EXPECT_EQ(tree->find("a")->integer(), 12);
  EXPECT_EQ(tree->find("a")->text(), "12");  // a plain scalar may be text as well
  const TreeNode& list = *tree->find("b");
  EXPECT_EQ(list.items[0].kind, TreeNode::Kind::text);
  EXPECT_FALSE(list.items[0].integer().has_value());  // quoted: never a number
  EXPECT_EQ(list.items[1].boolean(), true);
  EXPECT_EQ(list.items[2].kind, TreeNode::Kind::null);
  EXPECT_EQ(list.items[1].mark.line, 4U);
  EXPECT_EQ(list.items[1].mark.column, 5U);
  EXPECT_EQ(tree->find("c d")->find("e")->text(), "x");
  EXPECT_EQ(tree->entries[2].mark.line, 6U);
}

TEST(YamlTree, RefusesWhatTypesOrGrowsBehindTheReadersBack) {
  // Goal: duplicate keys, anchors, aliases, tags and keys that are no words, with line and column.
  EXPECT_EQ(yaml_refusal("a: 1\nb: 2\na: 3\n").message, "line 3, column 1: key \"a\" stands twice");
  EXPECT_EQ(yaml_refusal("a: &x 1\n").rule, "view.anchor");
  EXPECT_EQ(yaml_refusal("a: &x [1]\nb: *x\n").rule, "view.anchor");
  EXPECT_EQ(yaml_refusal("a: *x\n").code, Code::malformed);
  EXPECT_EQ(yaml_refusal("a: !!int 1\n").rule, "view.tag");
  EXPECT_EQ(yaml_refusal("a: !x {b: 1}\n").rule, "view.tag");
  EXPECT_EQ(yaml_refusal("? [a]\n: 1\n").rule, "view.key");
  EXPECT_EQ(yaml_refusal("~: 1\n").rule, "view.key");
}

TEST(YamlTree, RefusesBytesThatYamlCppMisreads) {
  // Goal: control characters (04 ends yaml-cpp's input), zero bytes and broken UTF-8 never reach it.
  EXPECT_EQ(yaml_refusal(std::string_view("a: 1\n\x04 b: 2\n", 13)).message, "line 2: a control character");
  EXPECT_EQ(yaml_refusal(std::string_view("\0a: 1", 5)).rule, "view.control");
  EXPECT_EQ(yaml_refusal("a: \xff\n").rule, "view.utf8");
  EXPECT_EQ(yaml_refusal("a: [1, 2\n").rule, "view.yaml");
}

TEST(YamlTree, RefusesATextThatIsCutShort) {
  // Goal: yaml-cpp accepts quotes that nobody closed; we do not. What is whole without a last line feed is
  // whole.
  for (const char* text : {"a: \"x\n", "a: \"x", "a: 'x\nb: 1\n", "a: [1, \"x", "\"", "a: {b: 1"})
    EXPECT_EQ(yaml_refusal(text).rule, "view.yaml") << text;
  EXPECT_EQ(parse_yaml("a: \"x\"")->find("a")->text(), "x");
  EXPECT_EQ(parse_yaml("a: x")->find("a")->text(), "x");
  EXPECT_EQ(parse_yaml("a: |\n  x\n  y\n")->find("a")->text(), "x\ny\n");
  EXPECT_EQ(parse_yaml("a: 1\n...\n")->find("a")->integer(), 1);
  EXPECT_EQ(parse_yaml_documents("--- end-of-text\n")->size(), 1U);
}

TEST(YamlTree, HoldsItsLimits) {
  // Goal: depth, size and number of values just inside and just outside.
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parse_yaml(nested(depth_max)).has_value());
  EXPECT_EQ(yaml_refusal(nested(depth_max + 1)).rule, "view.depth");
  EXPECT_EQ(yaml_refusal(std::string(text_bytes_max + 1, ' ')).rule, "view.too_large");
  std::string many = "[";
  for (std::size_t i = 0; i < nodes_max + 1; ++i)
    many += "1,";
  EXPECT_EQ(yaml_refusal(many + "]").rule, "view.too_many");
}

TEST(YamlTree, ReadsDocumentsInARow) {
  // Goal: several documents come as several trees; one is due where one is asked for.
  const auto documents = parse_yaml_documents("a: 1\n---\na: 2\n...\n---\n- 3\n");
  ASSERT_TRUE(documents.has_value());
  ASSERT_EQ(documents->size(), 3U);
  EXPECT_EQ((*documents)[1].find("a")->integer(), 2);
  EXPECT_EQ((*documents)[1].mark.line, 3U);
  EXPECT_TRUE((*documents)[2].is_list());
  EXPECT_EQ(yaml_refusal("a: 1\n---\na: 2\n").rule, "view.documents");
  EXPECT_EQ(yaml_refusal("").rule, "view.documents");
  EXPECT_TRUE(parse_yaml_documents("# only words\n")->empty());
}

TEST(Tree, SaysWhatIsDueAndWhatIsThere) {
  // Goal: accessors refuse other kinds, unknown keys are named with the nearest, numbers stay exact.
  const auto tree =
      parse_yaml("port: 7101\nhots: x\nbig: 9223372036854775808\nzero: 007\nlist: []\nyes: yes\n");
  ASSERT_TRUE(tree.has_value());
  static constexpr std::array<std::string_view, 6> known = {"port", "host", "big", "zero", "list", "yes"};
  EXPECT_EQ(tree->only(known).error().message,
            "line 2, column 1: unknown key \"hots\"; did you mean \"host\"?");
  EXPECT_EQ(tree->get("host").error().rule, "view.missing");
  EXPECT_FALSE(tree->find("big")->integer().has_value());
  EXPECT_FALSE(tree->find("zero")->integer().has_value());
  EXPECT_EQ(tree->find("zero")->text(), "007");
  EXPECT_FALSE(tree->find("yes")->boolean().has_value());
  EXPECT_FALSE(tree->find("list")->text().has_value());
  EXPECT_FALSE(tree->find("port")->list().has_value());
  EXPECT_FALSE(tree->find("port")->map().has_value());
  EXPECT_TRUE(tree->find("list")->list().has_value());
}

TEST(Tree, BecomesAValueByItsLooks) {
  // Goal: without a shape plain scalars are typed, quoted ones are text.
  const auto tree = parse_yaml("{a: 1, b: \"1\", c: true, d: ~, e: x, f: [-3]}");
  const auto value = value_from_tree(*tree);
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(*value->find("a"), Value{std::int64_t{1}});
  EXPECT_EQ(*value->find("b"), Value{std::string("1")});
  EXPECT_EQ(*value->find("c"), Value{true});
  EXPECT_EQ(*value->find("d"), Value{nullptr});
  EXPECT_EQ(*value->find("e"), Value{std::string("x")});
  EXPECT_EQ(*value->find("f"), Value{ValueList{Value{std::int64_t{-3}}}});
}

}  // namespace
}  // namespace anta::views
