// A bucket as it is stored, and how it is read back.
#include "storage/state_tree_nodes.h"

#include "storage/big_endian.h"
#include "storage/rebuild.h"
#include "storage/state_tree.h"

namespace anta::state_tree {
namespace {

constexpr std::size_t leaf_bytes = 2 * Digest::size;

Digest digest_at(ByteView bytes, std::size_t offset) {
  Digest digest;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), Digest::size, digest.bytes.begin());
  return digest;
}

}  // namespace

Digest prefix_of(const Digest& path, unsigned depth) {
  Digest prefix = {};
  const std::size_t whole = depth / 8;
  std::copy_n(path.bytes.begin(), whole, prefix.bytes.begin());
  if (depth % 8 != 0) {
    prefix.bytes[whole] = static_cast<std::uint8_t>(path.bytes[whole] & (0xFF00 >> depth % 8));
  }
  return prefix;
}

Bytes bucket_key(const Digest& path, unsigned depth) {
  const Digest prefix = prefix_of(path, depth);
  Bytes key;
  key.reserve(2 + Digest::size);
  put_u16(key, static_cast<std::uint16_t>(depth));
  put_bytes(key, prefix.view().first((depth + 7) / 8));
  return key;
}

Bytes encode_bucket(const Digest& root, std::span<const StateLeaf> leaves) {
  Bytes record;
  record.reserve(Digest::size + leaves.size() * leaf_bytes);
  put_bytes(record, root.view());
  for (const StateLeaf& leaf : leaves) {
    put_bytes(record, leaf.key.view());
    put_bytes(record, leaf.value_hash.view());
  }
  return record;
}

std::size_t bucket_leaves(std::size_t record_bytes) {
  if (record_bytes < Digest::size || (record_bytes - Digest::size) % leaf_bytes != 0) return 0;
  const std::size_t count = (record_bytes - Digest::size) / leaf_bytes;
  return count <= StateTree::bucket_leaves_max ? count : 0;
}

Digest bucket_root(ByteView record) { return digest_at(record, 0); }
Digest first_leaf(ByteView record) { return digest_at(record, Digest::size); }

Result<std::vector<StateLeaf>> decode_bucket(std::size_t count, const Digest& root, ByteView record) {
  const std::size_t held = bucket_leaves(record.size());
  if (held == 0 || held != count) return tree_damaged("a bucket's record has an unexpected size");
  if (bucket_root(record) != root) return tree_damaged("a bucket's root has changed");
  std::vector<StateLeaf> leaves(held);
  for (std::size_t i = 0; i < held; ++i) {
    leaves[i].key = digest_at(record, Digest::size + i * leaf_bytes);
    leaves[i].value_hash = digest_at(record, 2 * Digest::size + i * leaf_bytes);
    if (i > 0 && leaves[i - 1].key >= leaves[i].key)
      return tree_damaged("a bucket's leaves are not in order");
  }
  return leaves;
}

tl::unexpected<Error> tree_damaged(const std::string& what) {
  return fail(Code::corrupt, "state_tree.damaged",
              "the state tree's records contradict each other: " + what + rebuild_next_step);
}

}  // namespace anta::state_tree
