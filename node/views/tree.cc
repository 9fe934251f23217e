#include "node/views/tree.h"

#include <charconv>

#include "storage/ledger/spelling.h"

namespace anta::views {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  const std::string_view digits = negative ? text.substr(1) : text;
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Value plain_value(const std::string& scalar) {
  if (scalar.empty() || scalar == "null" || scalar == "~") return Value{};
  if (scalar == "true" || scalar == "false") return Value{scalar == "true"};
  if (const auto number = whole_number(scalar)) return Value{*number};
  return Value{scalar};
}

}  // namespace

tl::unexpected<Error> refuse_at(Mark mark, std::string rule, const std::string& message) {
  std::string place;
  if (mark.line > 0) place = "line " + std::to_string(mark.line);
  if (mark.line > 0 && mark.column > 0) place += ", column " + std::to_string(mark.column);
  return fail(Code::malformed, std::move(rule), place.empty() ? message : place + ": " + message);
}

std::string_view name(TreeNode::Kind kind) {
  switch (kind) {
    case TreeNode::Kind::null: return "nothing";
    case TreeNode::Kind::plain: return "a word";
    case TreeNode::Kind::integer: return "a number";
    case TreeNode::Kind::boolean: return "a truth value";
    case TreeNode::Kind::text: return "text";
    case TreeNode::Kind::list: return "a list";
    case TreeNode::Kind::map: return "a map";
  }
  return "nothing";
}

const TreeNode* TreeNode::find(std::string_view key) const {
  for (const TreeEntry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Result<const TreeNode*> TreeNode::get(std::string_view key) const {
  if (kind != Kind::map)
    return refuse("view.kind", "a map is due here, not " + std::string(views::name(kind)));
  const TreeNode* found = find(key);
  if (!found) return refuse("view.missing", "\"" + std::string(key) + "\" is missing");
  return found;
}

Result<std::string> TreeNode::text() const {
  if (kind == Kind::text || kind == Kind::plain) return scalar;
  return refuse("view.kind", "text is due here, not " + std::string(views::name(kind)));
}

Result<std::int64_t> TreeNode::integer() const {
  if (kind == Kind::integer || kind == Kind::plain) {
    if (const auto number = whole_number(scalar)) return *number;
    return refuse("view.number", "a whole number is due here, not \"" + scalar.substr(0, 40) + "\"");
  }
  return refuse("view.kind", "a whole number is due here, not " + std::string(views::name(kind)));
}

Result<bool> TreeNode::boolean() const {
  if ((kind == Kind::boolean || kind == Kind::plain) && (scalar == "true" || scalar == "false"))
    return scalar == "true";
  return refuse("view.kind", "true or false is due here");
}

Result<const std::vector<TreeNode>*> TreeNode::list() const {
  if (kind == Kind::list) return &items;
  return refuse("view.kind", "a list is due here, not " + std::string(views::name(kind)));
}

Result<const std::vector<TreeEntry>*> TreeNode::map() const {
  if (kind == Kind::map) return &entries;
  return refuse("view.kind", "a map is due here, not " + std::string(views::name(kind)));
}

Result<void> TreeNode::only(std::span<const std::string_view> known) const {
  if (kind != Kind::map)
    return refuse("view.kind", "a map is due here, not " + std::string(views::name(kind)));
  for (const TreeEntry& entry : entries) {
    bool found = false;
    for (const std::string_view word : known)
      found = found || word == entry.key;
    if (!found) {
      return refuse_at(entry.mark, "view.unknown_key",
                       "unknown key \"" + entry.key.substr(0, 64) + "\"" + suggestion(entry.key, known));
    }
  }
  return {};
}

Result<Value> value_from_tree(const TreeNode& node) {
  switch (node.kind) {
    case TreeNode::Kind::null: return Value{};
    case TreeNode::Kind::plain: return plain_value(node.scalar);
    case TreeNode::Kind::boolean: return Value{node.scalar == "true"};
    case TreeNode::Kind::text: return Value{node.scalar};
    case TreeNode::Kind::integer: {
      const auto number = node.integer();
      if (!number) return pass(number);
      return Value{*number};
    }
    case TreeNode::Kind::list: {
      ValueList list;
      for (const TreeNode& item : node.items) {
        auto value = value_from_tree(item);
        if (!value) return value;
        list.push_back(std::move(*value));
      }
      return Value{std::move(list)};
    }
    case TreeNode::Kind::map: {
      ValueMap map;
      for (const TreeEntry& entry : node.entries) {
        auto value = value_from_tree(entry.value);
        if (!value) return value;
        map.emplace_back(entry.key, std::move(*value));
      }
      return Value{std::move(map)};
    }
  }
  return Value{};
}

}  // namespace anta::views
