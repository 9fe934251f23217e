// Blocks that statements were read from last, checked and taken apart once for all readers.
//
// One statement out of the log costs its whole block: read, checksum, chain, statements found. What is
// applied never changes, so a block is right for every reader. Bounded in bytes; whatever was not asked for
// in a while goes. Any thread; what it gives out is immutable.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/guarded.h"
#include "storage/ledger/generation_cache.h"
#include "storage/ledger/ids.h"
#include "storage/log_store.h"

namespace anta {

struct ReadBlock {
  std::shared_ptr<const Bytes> payload = {};
  std::vector<ByteView> statements = {};  // of `payload`
};

class BlockCache {
 public:
  explicit BlockCache(std::size_t bytes_max) : blocks_(bytes_max) {}

  // Of an applied entry. corrupt when the log's entry is no block.
  Result<std::shared_ptr<const ReadBlock>> block(const LogStore& log, LogIndex index);

 private:
  struct Hash {
    std::size_t operator()(LogIndex index) const { return std::hash<std::uint64_t>{}(index.value); }
  };

  Mutex mutex_;
  GenerationCache<LogIndex, std::shared_ptr<const ReadBlock>, Hash, std::equal_to<>> blocks_
      ANTA_GUARDED_BY(mutex_);
};

}  // namespace anta
