// What a YAML or JSON text says, as a tree in which every value knows its line and column.
//
// The strict middle between text and meaning: readers (yaml_tree.h, json_tree.h) make it, whoever knows the
// meaning takes it apart: shape_view.h for payloads, node/config and `anta play` for their own files. Keys
// are unique; there are no anchors, no aliases, no tags and no floats. Errors are Code::malformed and begin
// with "line 3, column 5: " where the place is known (JSON values have none; their errors name a path
// instead). Plain data; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/error.h"
#include "storage/ledger/value.h"

namespace anta::views {

inline constexpr std::size_t text_bytes_max = std::size_t{4} << 20;  // of one text that is read
inline constexpr std::size_t depth_max = 32;                         // lists and maps open at once
inline constexpr std::size_t nodes_max = 500'000;                    // of one text

// Counted from 1; 0: unknown.
struct Mark {
  std::size_t line = 0;
  std::size_t column = 0;
};

// `code` malformed with the place before the message.
tl::unexpected<Error> refuse_at(Mark mark, std::string rule, const std::string& message);

struct TreeNode;

// A template only so that it is complete where TreeNode's own members need it.
template <typename Node>
struct TreeEntryOf {
  std::string key = {};
  Mark mark = {};  // of the key
  Node value = {};
};
using TreeEntry = TreeEntryOf<TreeNode>;

struct TreeNode {
  // plain: an unquoted YAML scalar, which whoever reads it may take for text, a number or a truth value.
  enum class Kind : std::uint8_t { null, plain, integer, boolean, text, list, map };
  Kind kind = Kind::null;
  std::string scalar = {};  // of plain, integer (decimal), boolean (true, false) and text
  std::vector<TreeNode> items = {};
  std::vector<TreeEntry> entries = {};  // in the order of the text
  Mark mark = {};

  bool is_map() const { return kind == Kind::map; }
  bool is_list() const { return kind == Kind::list; }

  // The member of a map, or null.
  const TreeNode* find(std::string_view key) const;
  // The member of a map; malformed with this node's place if there is none.
  Result<const TreeNode*> get(std::string_view key) const;

  // The scalar as what is due; malformed with the place otherwise. Text is a quoted or plain scalar; an
  // integer is decimal without sign but '-' and without leading zeros, within 64 bits.
  Result<std::string> text() const;
  Result<std::int64_t> integer() const;
  Result<bool> boolean() const;
  Result<const std::vector<TreeNode>*> list() const;
  Result<const std::vector<TreeEntry>*> map() const;

  // It is a map and all its keys are among these; an unknown key is named with its place and the nearest
  // known.
  Result<void> only(std::span<const std::string_view> known) const;

  // An error at this place.
  tl::unexpected<Error> refuse(std::string rule, const std::string& message) const {
    return refuse_at(mark, std::move(rule), message);
  }
};

// The kind in words for a message: "a list".
std::string_view name(TreeNode::Kind kind);

// The tree without a schema: a plain scalar is null, a truth value or an integer if it looks like one, else
// text. For files whose meaning is looked up later; where a shape is known use shape_view.h.
Result<Value> value_from_tree(const TreeNode& node);

}  // namespace anta::views
