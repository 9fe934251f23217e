#include "consensus/frame.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/consensus/messages.h"

namespace anta {
namespace {

using test::payload;

OutgoingFrame frame(std::uint8_t mark, std::size_t payload_bytes = 0) {
  if (payload_bytes == 0) return frame_of(Bytes{mark});
  return frame_of(Bytes{mark}, {payload(payload_bytes, mark)});
}

Bytes drain(FrameQueue& queue) {
  Bytes out;
  while (!queue.empty())
    queue.fill(out, out.size() + 1);
  return out;
}

struct Reading {
  std::vector<Bytes> frames = {};
  Result<std::size_t> last = std::size_t{0};
};

// Feeds `bytes` in pieces, keeping what the reader did not take, as a connection does.
Reading read(const Bytes& bytes, std::size_t piece, std::uint64_t frame_bytes_max = 1u << 20) {
  FrameReader reader(frame_bytes_max);
  Reading reading;
  Bytes held;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const std::size_t end = std::min(bytes.size(), at + piece);
    held.insert(held.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                bytes.begin() + static_cast<std::ptrdiff_t>(end));
    reading.last = reader.consume(held, [&reading](ByteView taken) -> Result<void> {
      reading.frames.push_back(to_bytes(taken));
      return {};
    });
    if (!reading.last) return reading;
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(*reading.last));
  }
  return reading;
}

// Goal: frames of every size come back whole, however the stream is cut.
TEST(Frame, RoundTripInPiecesOfAnySize) {
  const std::vector<std::size_t> sizes = {0, 1, 500, fragment_bytes_max - 1, fragment_bytes_max, 100000};
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{16384}, std::size_t{1} << 20}) {
    FrameQueue queue(1u << 20, 1u << 20);
    for (std::size_t i = 0; i < sizes.size(); ++i)
      ASSERT_TRUE(queue.push(Lane::bulk, frame(static_cast<std::uint8_t>(i), sizes[i])));
    const Reading reading = read(drain(queue), piece);
    ASSERT_TRUE(reading.last);
    ASSERT_EQ(reading.frames.size(), sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      Bytes expected = {static_cast<std::uint8_t>(i)};
      const auto body = payload(sizes[i], static_cast<std::uint8_t>(i));
      expected.insert(expected.end(), body->begin(), body->end());
      EXPECT_EQ(reading.frames[i], expected);
    }
  }
}

// Goal: a heartbeat pushed while a large append is under way waits for one fragment at most.
TEST(Frame, UrgentFramesPassBetweenFragments) {
  FrameQueue queue(1u << 20, 8u << 20);
  ASSERT_TRUE(queue.push(Lane::bulk, frame(1, 1u << 20)));
  Bytes out;
  queue.fill(out, 1);  // the first fragment is gone
  ASSERT_TRUE(queue.push(Lane::urgent, frame(2)));
  const std::size_t before = out.size();
  queue.fill(out, out.size() + 1);
  EXPECT_EQ(out.size() - before, fragment_head_bytes + 1);
  EXPECT_EQ(out.back(), 2);
  const Bytes rest = drain(queue);
  out.insert(out.end(), rest.begin(), rest.end());
  const Reading reading = read(out, 5000, 2u << 20);
  ASSERT_TRUE(reading.last);
  ASSERT_EQ(reading.frames.size(), 2u);
  EXPECT_EQ(reading.frames[0], Bytes{2});
  EXPECT_EQ(reading.frames[1].size(), 1 + (1u << 20));
}

// Goal: each lane refuses what is over its bound, and takes again once something left.
TEST(Frame, LanesAreBoundedApart) {
  FrameQueue queue(10, 1000);
  EXPECT_TRUE(queue.push(Lane::bulk, frame(1, 899)));
  EXPECT_FALSE(queue.push(Lane::bulk, frame(2, 100)));
  EXPECT_TRUE(queue.push(Lane::urgent, frame(3, 9)));
  EXPECT_FALSE(queue.push(Lane::urgent, frame(4)));
  EXPECT_EQ(queue.bytes(), 910u);
  drain(queue);
  EXPECT_EQ(queue.bytes(), 0u);
  EXPECT_TRUE(queue.push(Lane::bulk, frame(2, 100)));
}

// Goal: a size over the limit is refused at its announcement, before its bytes arrive.
TEST(Frame, OversizedFrameIsRefusedAtItsFirstFragment) {
  FrameQueue queue(1u << 20, 1u << 22);
  ASSERT_TRUE(queue.push(Lane::bulk, frame(1, 100001)));
  Bytes out;
  queue.fill(out, 1);
  const Reading reading = read(out, out.size(), 100001);
  ASSERT_FALSE(reading.last);
  EXPECT_EQ(reading.last.error().rule, "frame.size");
  EXPECT_TRUE(read(out, out.size(), 100002).last);
}

// Goal: each way of being malformed has its own refusal.
TEST(Frame, MalformedFragmentsAreRefused) {
  const auto rule = [](const Bytes& bytes) {
    const Reading reading = read(bytes, bytes.size());
    return reading.last ? std::string("accepted") : reading.last.error().rule;
  };
  EXPECT_EQ(rule({0, 0, 0, 1, 9}), "accepted");
  EXPECT_EQ(rule({3, 0, 0, 1, 9}), "frame.fragment");          // an unknown sort
  EXPECT_EQ(rule({0, 0, 0, 0}), "frame.fragment");             // empty
  EXPECT_EQ(rule({0, 0, 0x40, 0}), "frame.fragment");          // longer than a fragment may be
  EXPECT_EQ(rule({2, 0, 0, 1, 9}), "frame.order");             // goes on without a beginning
  EXPECT_EQ(rule({1, 0, 0, 4, 0, 1, 0, 0}), "frame.size");     // announces, brings nothing
  EXPECT_EQ(rule({1, 0, 0, 5, 0, 0, 0, 9, 1}), "frame.size");  // small, yet in fragments
  EXPECT_EQ(rule({1, 0, 0, 5, 0, 1, 0, 0, 1, 1, 0, 0, 5, 0, 1, 0, 0, 1}), "frame.order");
}

// Goal: an error of the owner stops the reading at that frame.
TEST(Frame, OwnersErrorIsHandedOn) {
  FrameReader reader(1000);
  const auto result = reader.consume(Bytes{0, 0, 0, 1, 9, 0, 0, 0, 1, 8}, [](ByteView taken) -> Result<void> {
    EXPECT_EQ(taken[0], 9);
    return fail(Code::malformed, "test", "no");
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().rule, "test");
}

}  // namespace
}  // namespace anta
