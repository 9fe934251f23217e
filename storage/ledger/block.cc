#include "storage/ledger/block.h"

#include <string>

#include "crypto/cbor.h"
#include "crypto/cose.h"

namespace anta {

Bytes encode_block(const std::vector<std::shared_ptr<const Bytes>>& statements) {
  ANTA_INVARIANT(!statements.empty() && statements.size() <= block_statements_max);
  std::size_t size = 8;
  for (const auto& statement : statements)
    size += statement->size() + 5;  // a length of up to 64 KiB takes 5 bytes at most
  cbor::Writer out(size);
  out.array(statements.size());
  for (const auto& statement : statements)
    out.bytes(*statement);
  Bytes block = out.take();
  ANTA_INVARIANT(block.size() <= block_bytes_max);
  return block;
}

Result<std::vector<ByteView>> decode_block(ByteView block) {
  if (block.size() > block_bytes_max) {
    return fail(Code::malformed, "block_bytes_max", "a block of " + std::to_string(block.size()) + " bytes");
  }
  cbor::Reader in(block);
  const auto count = in.array();
  if (!count) return pass(count);
  if (*count == 0) return fail(Code::malformed, "empty_block", "a block without statements");
  if (*count > block_statements_max) {
    return fail(Code::malformed, "block_statements_max",
                "a block of " + std::to_string(*count) + " statements");
  }
  std::vector<ByteView> statements;
  statements.reserve(*count);
  for (std::size_t i = 0; i < *count; ++i) {
    const auto statement = in.bytes();
    if (!statement) return pass(statement);
    if (statement->empty() || statement->size() > statement_bytes_max) {
      return fail(Code::malformed, "statement_bytes_max",
                  "statement " + std::to_string(i) + " of the block has " +
                      std::to_string(statement->size()) + " bytes");
    }
    statements.push_back(*statement);
  }
  if (auto end = in.finish(); !end) return pass(end);
  return statements;
}

}  // namespace anta
