#include "storage/log_record.h"

#include <algorithm>

#include "storage/big_endian.h"
#include "storage/crc32c.h"

namespace anta {
namespace {

tl::unexpected<Error> damaged(LogIndex index, const std::string& what) {
  return fail(
      Code::corrupt, "log.damaged",
      "log entry " + std::to_string(index.value) + " is damaged (" + what +
          "). Next step: restore this node from a backup, or let it join again under a new incarnation");
}

}  // namespace

LogIndex index_of_key(ByteView key) { return key.size() == 8 ? LogIndex{get_u64(key)} : LogIndex{}; }

Bytes log_key(LogIndex index) {
  Bytes key;
  put_u64(key, index.value);
  return key;
}

LogRecordFrame frame_log_record(const LogEntry& entry) {
  const Bytes header = encode_entry_header(entry.header);
  LogRecordFrame frame;
  put_u16(frame.head, static_cast<std::uint16_t>(header.size()));
  put_bytes(frame.head, header);
  put_u32(frame.tail, crc32c({log_key(entry.index), frame.head, *entry.payload}));
  return frame;
}

Result<LogEntry> decode_log_record(LogIndex index, ByteView record) {
  constexpr std::size_t around = 2 + 4;
  const std::size_t header_bytes = record.size() < around ? 0 : get_u16(record);
  if (record.size() < around + header_bytes) return damaged(index, "it is too short");
  const ByteView covered = record.first(record.size() - 4);
  if (crc32c({log_key(index), covered}) != get_u32(record.last(4))) return damaged(index, "wrong checksum");
  auto header = decode_entry_header(covered.subspan(2, header_bytes));
  if (!header) return damaged(index, header.error().message);
  auto payload = std::make_shared<const Bytes>(to_bytes(covered.subspan(2 + header_bytes)));
  return make_entry(index, *header, std::move(payload));
}

Bytes encode_watermark(const Watermark& watermark) {
  Bytes out;
  put_u64(out, watermark.index.value);
  put_bytes(out, watermark.hash.view());
  put_u32(out, crc32c({out}));
  return out;
}

std::optional<Watermark> decode_watermark(ByteView bytes) {
  if (bytes.size() != watermark_bytes) return std::nullopt;
  if (crc32c({bytes.first(watermark_bytes - 4)}) != get_u32(bytes.last(4))) return std::nullopt;
  Watermark watermark;
  watermark.index = LogIndex{get_u64(bytes)};
  std::ranges::copy(bytes.subspan(8, Digest::size), watermark.hash.bytes.begin());
  return watermark;
}

}  // namespace anta
