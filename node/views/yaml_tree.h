// YAML text -> tree (tree.h), strictly.
//
// One text may hold several documents. Refused, with line and column: a key that stands twice, keys that are
// no scalars, anchors, aliases and tags (so no bomb can grow and nothing is typed behind the reader's back),
// control characters, text that is not UTF-8, and what is beyond the limits of tree.h. yaml-cpp does the
// reading and stays in the .cc file. Any thread. Source: YAML 1.2.
#pragma once

#include <string_view>
#include <vector>

#include "crypto/error.h"
#include "node/views/tree.h"

namespace anta::views {

// Every document of the text; a text without any is an empty list.
Result<std::vector<TreeNode>> parse_yaml_documents(std::string_view text);

// The one document of the text.
Result<TreeNode> parse_yaml(std::string_view text);

}  // namespace anta::views
