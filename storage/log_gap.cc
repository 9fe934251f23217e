#include "storage/log_gap.h"

#include <algorithm>

#include "storage/big_endian.h"
#include "storage/crc32c.h"

namespace anta {
namespace {

constexpr std::size_t fixed_bytes = 8 + 8 + 2 * Digest::size + 4;
constexpr std::size_t file_bytes_max = 64;

}  // namespace

// be64 from, be64 to, two hashes, the file's name, be32 crc32c.
Bytes encode_log_gap(const LogGap& gap) {
  Bytes out;
  put_u64(out, gap.from.value);
  put_u64(out, gap.to.value);
  put_bytes(out, gap.before.view());
  put_bytes(out, gap.end.view());
  put_bytes(out, as_bytes(gap.file));
  put_u32(out, crc32c({out}));
  return out;
}

Result<LogGap> decode_log_gap(ByteView bytes) {
  const bool sized = bytes.size() >= fixed_bytes && bytes.size() <= fixed_bytes + file_bytes_max;
  LogGap gap;
  if (sized && crc32c({bytes.first(bytes.size() - 4)}) == get_u32(bytes.last(4))) {
    gap.from = LogIndex{get_u64(bytes)};
    gap.to = LogIndex{get_u64(bytes.subspan(8))};
    std::ranges::copy(bytes.subspan(16, Digest::size), gap.before.bytes.begin());
    std::ranges::copy(bytes.subspan(16 + Digest::size, Digest::size), gap.end.bytes.begin());
    gap.file = std::string(as_text(bytes.subspan(fixed_bytes - 4, bytes.size() - fixed_bytes)));
  }
  if (gap.from.value == 0 || gap.to < gap.from) {
    return fail(Code::corrupt, "log.gap",
                "the record of the log's repair is damaged. Next step: restore this node from a backup, or "
                "let it join again under a new incarnation");
  }
  return gap;
}

tl::unexpected<Error> being_repaired(LogIndex index) {
  return fail(Code::busy, "log.repairing",
              "log entry " + std::to_string(index.value) +
                  " was in a damaged file and is being fetched from the peers");
}

}  // namespace anta
