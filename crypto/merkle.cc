#include "crypto/merkle.h"

#include <algorithm>
#include <bit>
#include <string>

namespace anta {

namespace {

constexpr std::uint8_t leaf_prefix[] = {0x00};
constexpr std::uint8_t node_prefix[] = {0x01};

// MTH(D[begin:end]) for the ranges that RFC 9162 meets: `begin` is a multiple of every complete subtree
// inside.
Result<Digest> range_root(std::uint64_t begin, std::uint64_t end, const NodeSource& nodes) {
  std::vector<Digest> peaks;
  while (begin < end) {
    const std::uint64_t width = std::bit_floor(end - begin);
    const auto level = static_cast<unsigned>(std::countr_zero(width));
    auto node = nodes(level, begin >> level);
    if (!node) return node;
    peaks.push_back(*node);
    begin += width;
  }
  if (peaks.empty()) return empty_root();
  Digest root = peaks.back();
  for (std::size_t i = peaks.size() - 1; i > 0; --i)
    root = node_hash(peaks[i - 1], root);
  return root;
}

tl::unexpected<Error> bad_proof(std::string rule, std::string message) {
  return fail(Code::malformed, "proof." + std::move(rule), std::move(message));
}

// The walk from a leaf to the root of section 2.1.3.2: fn is where we are, sn where the last leaf's path is.
struct Climb {
  std::uint64_t fn = 0;
  std::uint64_t sn = 0;

  bool sibling_is_left() const { return (fn & 1) == 1 || fn == sn; }
  void up() {
    fn >>= 1;
    sn >>= 1;
  }
  // A right edge that stands alone climbs without a sibling.
  void skip_lonely() {
    while ((fn & 1) == 0 && fn != 0)
      up();
  }
};

}  // namespace

Digest leaf_hash(ByteView entry) { return sha256({leaf_prefix, entry}); }

Digest node_hash(const Digest& left, const Digest& right) {
  return sha256({node_prefix, left.view(), right.view()});
}

Digest empty_root() { return sha256(ByteView{}); }

std::uint64_t split_point(std::uint64_t size) {
  ANTA_INVARIANT(size > 1);
  return std::bit_floor(size - 1);
}

Result<CompactRange> CompactRange::from_peaks(std::uint64_t size, std::vector<Digest> peaks) {
  if (peaks.size() != static_cast<std::size_t>(std::popcount(size))) {
    return fail(Code::malformed, "merkle.peaks",
                "a tree of " + std::to_string(size) + " leaves has " + std::to_string(std::popcount(size)) +
                    " peaks, these are " + std::to_string(peaks.size()));
  }
  CompactRange range;
  range.size_ = size;
  range.peaks_ = std::move(peaks);
  return range;
}

void CompactRange::append(const Digest& leaf_hash, const NodeSink& sink) {
  ANTA_INVARIANT(size_ != UINT64_MAX);
  if (sink) sink(0, size_, leaf_hash);
  Digest node = leaf_hash;
  unsigned level = 0;
  // every trailing one of the size is a peak that the new node completes
  for (std::uint64_t index = size_; (index & 1) == 1; index >>= 1) {
    node = node_hash(peaks_.back(), node);
    peaks_.pop_back();
    ++level;
    if (sink) sink(level, index >> 1, node);
  }
  peaks_.push_back(node);
  ++size_;
}

Digest CompactRange::root() const {
  if (peaks_.empty()) return empty_root();
  Digest root = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i > 0; --i)
    root = node_hash(peaks_[i - 1], root);
  return root;
}

Result<Digest> root_at(std::uint64_t size, const NodeSource& nodes) { return range_root(0, size, nodes); }

Result<CompactRange> range_at(std::uint64_t size, const NodeSource& nodes) {
  std::vector<Digest> peaks;
  for (std::uint64_t begin = 0; begin < size;) {
    const std::uint64_t width = std::bit_floor(size - begin);
    const auto level = static_cast<unsigned>(std::countr_zero(width));
    auto node = nodes(level, begin >> level);
    if (!node) return pass(node);
    peaks.push_back(*node);
    begin += width;
  }
  return CompactRange::from_peaks(size, std::move(peaks));
}

Result<std::vector<Digest>> inclusion_proof(std::uint64_t leaf, std::uint64_t size, const NodeSource& nodes) {
  if (leaf >= size) {
    return fail(Code::not_found, "proof.index",
                "leaf " + std::to_string(leaf) + " is not in a tree of " + std::to_string(size));
  }
  std::vector<Digest> path;  // from the root down, turned at the end
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end - begin > 1) {
    const std::uint64_t middle = begin + split_point(end - begin);
    const bool left = leaf < middle;
    auto sibling = left ? range_root(middle, end, nodes) : range_root(begin, middle, nodes);
    if (!sibling) return pass(sibling);
    path.push_back(*sibling);
    (left ? end : begin) = middle;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

Result<std::vector<Digest>> consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                                              const NodeSource& nodes) {
  if (old_size == 0) return bad_proof("from_empty", "a proof from the empty tree proves nothing");
  if (old_size > new_size) return bad_proof("index", "the older tree is larger than the newer");
  std::vector<Digest> proof;  // from the root down, turned at the end
  std::uint64_t begin = 0;
  std::uint64_t end = new_size;
  while (end != old_size) {
    const std::uint64_t middle = begin + split_point(end - begin);
    const bool left = old_size <= middle;
    auto sibling = left ? range_root(middle, end, nodes) : range_root(begin, middle, nodes);
    if (!sibling) return pass(sibling);
    proof.push_back(*sibling);
    (left ? end : begin) = middle;
  }
  // Where the old tree is a complete subtree at the left edge the verifier knows this node: it is the old
  // root.
  if (begin != 0) {
    auto node = range_root(begin, end, nodes);
    if (!node) return pass(node);
    proof.push_back(*node);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<Digest> root_from_inclusion(const Digest& leaf_hash, std::uint64_t leaf, std::uint64_t size,
                                   std::span<const Digest> path) {
  if (leaf >= size) {
    return bad_proof("index",
                     "leaf " + std::to_string(leaf) + " is not in a tree of " + std::to_string(size));
  }
  Climb climb{.fn = leaf, .sn = size - 1};
  Digest root = leaf_hash;
  for (const Digest& sibling : path) {
    if (climb.sn == 0) return bad_proof("too_long", "the inclusion path has siblings left at the root");
    if (climb.sibling_is_left()) {
      root = node_hash(sibling, root);
      climb.skip_lonely();
    } else {
      root = node_hash(root, sibling);
    }
    climb.up();
  }
  if (climb.sn != 0) return bad_proof("too_short", "the inclusion path ends below the root");
  return root;
}

Result<void> verify_inclusion(const Digest& leaf_hash, std::uint64_t leaf, std::uint64_t size,
                              std::span<const Digest> path, const Digest& root) {
  auto reached = root_from_inclusion(leaf_hash, leaf, size, path);
  if (!reached) return pass(reached);
  if (*reached != root) return bad_proof("mismatch", "the inclusion path leads to another root");
  return {};
}

Result<void> verify_consistency(std::uint64_t old_size, std::uint64_t new_size, std::span<const Digest> proof,
                                const Digest& old_root, const Digest& new_root) {
  if (old_size == 0) return bad_proof("from_empty", "a proof from the empty tree proves nothing");
  if (old_size > new_size) return bad_proof("index", "the older tree is larger than the newer");
  if (old_size == new_size) {
    if (!proof.empty()) return bad_proof("too_long", "equal sizes need no hashes");
    if (old_root != new_root) return bad_proof("mismatch", "equal sizes with different roots");
    return {};
  }
  Climb climb{.fn = old_size - 1, .sn = new_size - 1};
  while ((climb.fn & 1) == 1)
    climb.up();
  Digest start = old_root;
  if (!std::has_single_bit(old_size)) {  // otherwise the old root itself is the first hash, and is left out
    if (proof.empty()) return bad_proof("too_short", "the consistency proof is empty");
    start = proof.front();
    proof = proof.subspan(1);
  }
  Digest old_reached = start;
  Digest new_reached = start;
  for (const Digest& sibling : proof) {
    if (climb.sn == 0) return bad_proof("too_long", "the consistency proof has hashes left at the root");
    if (climb.sibling_is_left()) {
      old_reached = node_hash(sibling, old_reached);
      new_reached = node_hash(sibling, new_reached);
      climb.skip_lonely();
    } else {
      new_reached = node_hash(new_reached, sibling);
    }
    climb.up();
  }
  if (climb.sn != 0) return bad_proof("too_short", "the consistency proof ends below the root");
  if (old_reached != old_root)
    return bad_proof("mismatch", "the consistency proof does not lead to the older root");
  if (new_reached != new_root)
    return bad_proof("mismatch", "the consistency proof does not lead to the newer root");
  return {};
}

}  // namespace anta
