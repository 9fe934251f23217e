#include "consensus/frame.h"

#include <algorithm>
#include <utility>

namespace anta {
namespace {

// How a fragment continues. Sent: never renumber.
enum class Continues : std::uint8_t { whole = 0, first = 1, more = 2 };

constexpr std::size_t size_bytes = 4;  // the size at the beginning of a first fragment

// A first fragment takes memory for what it announces only up to here; the rest comes as bytes arrive.
constexpr std::uint64_t reserve_bytes_max = 1u << 20;

void put_head(Bytes& out, Continues continues, std::size_t length) {
  out.push_back(static_cast<std::uint8_t>(continues));
  out.push_back(static_cast<std::uint8_t>(length >> 16));
  out.push_back(static_cast<std::uint8_t>(length >> 8));
  out.push_back(static_cast<std::uint8_t>(length));
}

}  // namespace

OutgoingFrame frame_of(Bytes head, std::vector<std::shared_ptr<const Bytes>> payloads) {
  OutgoingFrame frame{std::move(head), std::move(payloads), 0};
  frame.size = frame.head.size();
  for (const auto& payload : frame.payloads)
    frame.size += payload->size();
  return frame;
}

FrameQueue::FrameQueue(std::uint64_t urgent_bytes_max, std::uint64_t bulk_bytes_max)
    : urgent_bytes_max_(urgent_bytes_max), bulk_bytes_max_(bulk_bytes_max) {}

bool FrameQueue::push(Lane lane, OutgoingFrame frame) {
  ANTA_INVARIANT(frame.size > 0 && frame.size <= UINT32_MAX);
  if (lane == Lane::urgent && frame.size <= fragment_bytes_max) {
    if (urgent_bytes_ + frame.size > urgent_bytes_max_) return false;
    urgent_bytes_ += frame.size;
    urgent_.push_back(std::move(frame));
    return true;
  }
  if (bulk_bytes_ + frame.size > bulk_bytes_max_) return false;
  bulk_bytes_ += frame.size;
  bulk_.push_back(std::move(frame));
  return true;
}

void FrameQueue::fill(Bytes& out, std::size_t bytes_max) {
  while (out.size() < bytes_max && !empty()) {
    if (urgent_.empty()) {
      put_bulk_fragment(out);
      continue;
    }
    const OutgoingFrame& frame = urgent_.front();
    put_head(out, Continues::whole, frame.size);
    out.insert(out.end(), frame.head.begin(), frame.head.end());
    for (const auto& payload : frame.payloads)
      out.insert(out.end(), payload->begin(), payload->end());
    urgent_bytes_ -= frame.size;
    urgent_.pop_front();
  }
}

void FrameQueue::put_bulk_fragment(Bytes& out) {
  const std::uint64_t size = bulk_.front().size;
  std::size_t count = 0;
  if (size <= fragment_bytes_max) {
    count = size;
    put_head(out, Continues::whole, count);
  } else if (sent_ == 0) {
    count = fragment_bytes_max - size_bytes;
    put_head(out, Continues::first, fragment_bytes_max);
    for (int shift = 24; shift >= 0; shift -= 8)
      out.push_back(static_cast<std::uint8_t>(size >> shift));
  } else {
    count = std::min<std::uint64_t>(fragment_bytes_max, size - sent_);
    put_head(out, Continues::more, count);
  }
  copy_next(out, count);
  sent_ += count;
  if (sent_ < size) return;
  bulk_bytes_ -= size;
  bulk_.pop_front();
  sent_ = 0;
  part_ = 0;
  part_position_ = 0;
}

void FrameQueue::copy_next(Bytes& out, std::size_t count) {
  const OutgoingFrame& frame = bulk_.front();
  while (count > 0) {
    const Bytes& part = part_ == 0 ? frame.head : *frame.payloads.at(part_ - 1);
    const std::size_t taken = std::min(count, part.size() - part_position_);
    const auto begin = part.begin() + static_cast<std::ptrdiff_t>(part_position_);
    out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(taken));
    part_position_ += taken;
    count -= taken;
    if (part_position_ < part.size()) continue;
    part_position_ = 0;
    ++part_;
  }
}

void FrameQueue::clear() {
  urgent_.clear();
  bulk_.clear();
  urgent_bytes_ = bulk_bytes_ = sent_ = 0;
  part_ = part_position_ = 0;
}

Result<std::size_t> FrameReader::consume(ByteView input, const OnFrame& on_frame) {
  std::size_t taken = 0;
  while (input.size() - taken >= fragment_head_bytes) {
    const ByteView rest = input.subspan(taken);
    const std::size_t length = std::size_t{rest[1]} << 16 | std::size_t{rest[2]} << 8 | rest[3];
    if (rest[0] > static_cast<std::uint8_t>(Continues::more) || length == 0 || length > fragment_bytes_max) {
      return fail(Code::malformed, "frame.fragment",
                  "a fragment of " + std::to_string(length) + " bytes, of sort " + std::to_string(rest[0]));
    }
    if (rest.size() - fragment_head_bytes < length) break;
    const ByteView content = rest.subspan(fragment_head_bytes, length);
    taken += fragment_head_bytes + length;

    const auto continues = static_cast<Continues>(rest[0]);
    if (continues == Continues::whole) {
      if (auto done = on_frame(content); !done) return pass(done);
      continue;
    }
    auto added = continues == Continues::first ? first(content) : more(content);
    if (!added) return pass(added);
    if (assembled_.size() < expected_) continue;
    const Bytes frame = std::exchange(assembled_, {});
    expected_ = 0;
    if (auto done = on_frame(frame); !done) return pass(done);
  }
  return taken;
}

Result<void> FrameReader::first(ByteView content) {
  if (expected_ != 0) return fail(Code::malformed, "frame.order", "a frame begins within another");
  if (content.size() <= size_bytes)
    return fail(Code::malformed, "frame.size", "a first fragment without content");
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < size_bytes; ++i)
    size = size << 8 | content[i];
  if (size > frame_bytes_max_) {
    return fail(Code::malformed, "frame.size",
                "a frame of " + std::to_string(size) + " bytes; at most " + std::to_string(frame_bytes_max_));
  }
  // Anything that fits into one fragment travels whole: one encoding.
  if (size <= fragment_bytes_max) return fail(Code::malformed, "frame.size", "a small frame in fragments");
  expected_ = size;
  assembled_.reserve(std::min(size, reserve_bytes_max));
  return more(content.subspan(size_bytes));
}

Result<void> FrameReader::more(ByteView content) {
  if (expected_ == 0) return fail(Code::malformed, "frame.order", "a frame goes on that did not begin");
  if (content.size() > expected_ - assembled_.size())
    return fail(Code::malformed, "frame.size", "a frame has more bytes than it announced");
  assembled_.insert(assembled_.end(), content.begin(), content.end());
  return {};
}

}  // namespace anta
