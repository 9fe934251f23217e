// Frames: how messages lie in the byte stream between two nodes. Pure; TLS is elsewhere (peer.h).
//
// A frame is a kind and a body. It travels as one or more fragments, each with a head of four bytes: a byte
// that says how the fragment continues, and its length in 24 bits, big-endian, 1 to fragment_bytes_max:
//
//   whole  a frame that fits into one fragment: kind, body
//   first  the beginning of a larger one: its size as a u32, then the bytes that come first
//   more   the next bytes of it; it is complete when all of its size is there
//
// Whole frames may stand between the fragments of a larger one: so a heartbeat waits for at most one
// fragment, whatever is being sent. There is never more than one larger frame under way.
//
// FrameQueue is the sending side: two lanes, `urgent` before `bulk`, each bounded in bytes. A payload is
// shared until fill() copies it once into the buffer that TLS encrypts from. FrameReader is the receiving
// side; it refuses a size before it takes memory, and never holds more than the frame under way. One thread
// each.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

inline constexpr std::size_t fragment_bytes_max = 16384 - 4;  // with its head one TLS record
inline constexpr std::size_t fragment_head_bytes = 4;

// Sent: never renumber.
enum class FrameKind : std::uint8_t { hello = 0, message = 1, app = 2, ping = 3 };

// What is to be sent: `head` (kind, and the body's beginning), then the payloads in a row.
struct OutgoingFrame {
  Bytes head = {};
  std::vector<std::shared_ptr<const Bytes>> payloads = {};
  std::uint64_t size = 0;  // of all of it; set by frame_of
};
OutgoingFrame frame_of(Bytes head, std::vector<std::shared_ptr<const Bytes>> payloads = {});

enum class Lane : std::uint8_t { urgent, bulk };

class FrameQueue {
 public:
  // Bounds of what waits in each lane, in bytes. A frame under way counts until its last byte is taken.
  FrameQueue(std::uint64_t urgent_bytes_max, std::uint64_t bulk_bytes_max);

  // False: the lane is full and nothing was queued. A frame too large for one fragment goes to bulk.
  [[nodiscard]] bool push(Lane lane, OutgoingFrame frame);

  // Appends fragments to `out` until it holds about `bytes_max`, or nothing is left.
  void fill(Bytes& out, std::size_t bytes_max);

  bool empty() const { return urgent_.empty() && bulk_.empty(); }
  std::uint64_t bytes() const { return urgent_bytes_ + bulk_bytes_; }
  void clear();

 private:
  void put_bulk_fragment(Bytes& out);
  void copy_next(Bytes& out, std::size_t count);

  std::uint64_t urgent_bytes_max_ = 0;
  std::uint64_t bulk_bytes_max_ = 0;
  std::uint64_t urgent_bytes_ = 0;
  std::uint64_t bulk_bytes_ = 0;
  std::deque<OutgoingFrame> urgent_ = {};
  std::deque<OutgoingFrame> bulk_ = {};
  std::uint64_t sent_ = 0;         // bytes of bulk_.front() that are out
  std::size_t part_ = 0;           // of it: 0 is the head, then the payloads
  std::size_t part_position_ = 0;  // within that part
};

class FrameReader {
 public:
  explicit FrameReader(std::uint64_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}

  // Called with each complete frame (kind byte and body), valid during the call. An error ends the reading.
  using OnFrame = std::function<Result<void>(ByteView frame)>;

  // Takes whole fragments from the front of `input` and says how many bytes they were; the caller offers the
  // rest again with more behind it. malformed: frame.fragment, frame.size, frame.order.
  Result<std::size_t> consume(ByteView input, const OnFrame& on_frame);

 private:
  Result<void> first(ByteView content);
  Result<void> more(ByteView content);

  std::uint64_t frame_bytes_max_ = 0;
  std::uint64_t expected_ = 0;  // size of the large frame under way; 0: none
  Bytes assembled_ = {};
};

}  // namespace anta
