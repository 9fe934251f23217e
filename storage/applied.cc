#include "storage/applied.h"

#include <algorithm>

#include "storage/big_endian.h"

namespace anta {
namespace {

constexpr std::size_t applied_bytes = 5 * 8 + 3 * Digest::size;
constexpr std::size_t leaf_record_bytes = 1 + Digest::size + 8 + 8 + 4;
constexpr std::size_t seal_prefix_bytes = 8 + 8;

tl::unexpected<Error> record_damaged(const char* what) {
  return fail(Code::corrupt, "store.record",
              std::string("a stored ") + what + " has an impossible size or member");
}

// Takes fixed-size members off the front; the caller checked the whole size.
class Fields {
 public:
  explicit Fields(ByteView bytes) : rest_(bytes) {}
  std::uint64_t u64() { return get_u64(take(8)); }
  std::uint32_t u32() { return get_u32(take(4)); }
  std::uint8_t u8() { return take(1)[0]; }
  Digest digest() {
    Digest digest;
    std::ranges::copy(take(Digest::size), digest.bytes.begin());
    return digest;
  }
  ByteView rest() const { return rest_; }

 private:
  ByteView take(std::size_t count) {
    const ByteView head = rest_.first(count);
    rest_ = rest_.subspan(count);
    return head;
  }
  ByteView rest_;
};

}  // namespace

Bytes encode_applied(const Applied& applied) {
  Bytes out;
  out.reserve(applied_bytes);
  put_u64(out, applied.index.value);
  put_u64(out, applied.term.value);
  put_bytes(out, applied.hash.view());
  put_u64(out, applied.height.value);
  put_u64(out, static_cast<std::uint64_t>(applied.block_time.value));
  put_bytes(out, applied.state_root.view());
  put_u64(out, applied.leaves.value);
  put_bytes(out, applied.tree_root.view());
  return out;
}

Result<Applied> decode_applied(ByteView bytes) {
  if (bytes.size() != applied_bytes) return record_damaged("applied record");
  Fields in(bytes);
  Applied applied;
  applied.index = LogIndex{in.u64()};
  applied.term = Term{in.u64()};
  applied.hash = in.digest();
  applied.height = Height{in.u64()};
  applied.block_time = Millis{static_cast<std::int64_t>(in.u64())};
  applied.state_root = in.digest();
  applied.leaves = TreeSize{in.u64()};
  applied.tree_root = in.digest();
  return applied;
}

Bytes encode_leaf_record(const LeafRecord& record) {
  Bytes out;
  out.reserve(leaf_record_bytes);
  out.push_back(static_cast<std::uint8_t>(record.kind));
  put_bytes(out, record.entry.view());
  put_u64(out, record.height.value);
  put_u64(out, record.block.value);
  put_u32(out, record.position);
  return out;
}

Result<LeafRecord> decode_leaf_record(ByteView bytes) {
  if (bytes.size() != leaf_record_bytes || bytes[0] > static_cast<std::uint8_t>(LeafKind::seal)) {
    return record_damaged("leaf record");
  }
  Fields in(bytes);
  LeafRecord record;
  record.kind = static_cast<LeafKind>(in.u8());
  record.entry = in.digest();
  record.height = Height{in.u64()};
  record.block = LogIndex{in.u64()};
  record.position = in.u32();
  return record;
}

Bytes encode_seal_record(const SealRecord& record) {
  Bytes out;
  out.reserve(seal_prefix_bytes + record.bytes.size());
  put_u64(out, record.leaf.value);
  put_u64(out, record.block.value);
  put_bytes(out, record.bytes);
  return out;
}

Result<SealRecord> decode_seal_record(ByteView bytes) {
  if (bytes.size() <= seal_prefix_bytes) return record_damaged("seal record");
  Fields in(bytes);
  SealRecord record;
  record.leaf = LeafIndex{in.u64()};
  record.block = LogIndex{in.u64()};
  record.bytes = to_bytes(in.rest());
  auto seal = decode_seal(record.bytes);
  if (!seal) return record_damaged("seal record");
  record.seal = *seal;
  return record;
}

}  // namespace anta
