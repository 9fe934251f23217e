#include "storage/block_cache.h"

#include <string>
#include <utility>

#include "storage/ledger/block.h"

namespace anta {

Result<std::shared_ptr<const ReadBlock>> BlockCache::block(const LogStore& log, LogIndex index) {
  {
    const Lock lock(mutex_);
    if (const auto* known = blocks_.find(index)) return *known;
  }
  auto entry = log.read_one(index);
  if (!entry) return pass(entry);
  auto statements = decode_block(*entry->payload);
  if (!statements)
    return fail(Code::corrupt, "store.statement",
                "log entry " + std::to_string(index.value) + " is no block of statements");
  auto block = std::make_shared<const ReadBlock>(
      ReadBlock{.payload = entry->payload, .statements = std::move(*statements)});
  const std::size_t bytes = block->payload->size() + block->statements.capacity() * sizeof(ByteView);
  const Lock lock(mutex_);
  blocks_.put(index, block, bytes);
  return block;
}

}  // namespace anta
