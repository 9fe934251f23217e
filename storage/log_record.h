// How one log entry stands in the family `log`: be16 header length, header, payload, be32 crc32c of (key, all
// before). The key is the big-endian index. Pure, any thread; internal to what keeps the log (log_store.cc,
// log_repair.cc, scrub.cc).
#pragma once

#include <optional>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/log_entry.h"

namespace anta {

Bytes log_key(LogIndex index);
LogIndex index_of_key(ByteView key);  // none for what is no key

// The record's parts around the payload, which is not copied: head, payload, tail.
struct LogRecordFrame {
  Bytes head = {};
  Bytes tail = {};
};
LogRecordFrame frame_log_record(const LogEntry& entry);

// corrupt, naming the index, when the record is torn, rotten or not an entry.
Result<LogEntry> decode_log_record(LogIndex index, ByteView record);

// The watermark's file: be64 index, hash, be32 crc32c. Anything else decodes to nothing.
struct Watermark {
  LogIndex index = {};
  Digest hash = {};
};
inline constexpr std::size_t watermark_bytes = 8 + Digest::size + 4;
Bytes encode_watermark(const Watermark& watermark);
std::optional<Watermark> decode_watermark(ByteView bytes);

}  // namespace anta
