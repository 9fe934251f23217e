// The genesis as YAML: what an organisation reads before it joins (network.yaml).
//
// The fields of statements.cddl: genesis, keys in hex, times in RFC 3339. Errors are Code::malformed with
// line and column. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/error.h"
#include "node/views/tree.h"
#include "storage/ledger/genesis.h"

namespace anta::views {

// given: the origin ends in its 8 digits already; bind: it is a bare name, and the digits are appended.
enum class OriginText : std::uint8_t { given, bind };

Result<Genesis> genesis_from_tree(const TreeNode& node, OriginText origin);
Result<Genesis> genesis_from_yaml(std::string_view text, OriginText origin);
std::string genesis_to_yaml(const Genesis& genesis);
std::string genesis_to_json(const Genesis& genesis);

}  // namespace anta::views
