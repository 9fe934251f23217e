// Values as people read them: tree <-> Value by a Shape, and Value -> JSON and YAML text.
//
// The shape says which integers are times (RFC 3339), which bytes are digests (lower-case hex), which fields
// a record has. What is written reads back to the same value. Any thread.
#pragma once

#include <string>

#include "crypto/error.h"
#include "node/views/tree.h"
#include "storage/ledger/shape.h"
#include "storage/ledger/value.h"

namespace anta::views {

// Unknown fields are refused with their place and the nearest known name, wrong kinds with the place and the
// path. Missing fields and limits are the codec's to judge.
Result<Value> value_from_tree(const Shape& shape, const TreeNode& node);

// The place of what an error of the codec complains about ("lots[2].measurement.wet_g: ..."), put before its
// message.
Error placed(const TreeNode& root, const Error& error);

// Two spaces of indent, a final line feed. Record fields come in the shape's order. A value that does not fit
// its shape is written as it is.
std::string to_json(const Shape& shape, const Value& value);
std::string to_yaml(const Shape& shape, const Value& value);

// Without a shape: bytes as hex, integers as integers.
std::string to_json(const Value& value);
std::string to_yaml(const Value& value);

}  // namespace anta::views
