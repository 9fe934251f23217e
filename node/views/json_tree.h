// JSON text -> tree (tree.h), strictly (RFC 8259).
//
// Refused: a key that stands twice, any number that is not a whole number of 64 bits with sign (1.0 and 1e3
// too), text that is not UTF-8, comments, anything after the value, and what is beyond the limits of tree.h.
// nlohmann's reader does the work and stays in the .cc file. Any thread.
#pragma once

#include <string_view>

#include "crypto/error.h"
#include "node/views/tree.h"

namespace anta::views {

Result<TreeNode> parse_json(std::string_view text);

}  // namespace anta::views
