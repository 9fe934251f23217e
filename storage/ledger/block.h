// A block: what one Raft entry of kind `block` carries. CBOR array of statements' bytes, in order.
//
// Pure, any thread. Source: statements.cddl: block.
#pragma once

#include <memory>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

inline constexpr std::size_t block_bytes_max = 1 << 20;  // of one block's payload
inline constexpr std::size_t block_statements_max = 4096;

Bytes encode_block(const std::vector<std::shared_ptr<const Bytes>>& statements);

// The statements' bytes, as spans of `block`. An empty block, or one above its limits, is malformed.
Result<std::vector<ByteView>> decode_block(ByteView block);

}  // namespace anta
