// Fuzz target: what a peer sends. No stream of bytes may crash the reader, make it hold more than the limit,
// or yield a message that does not encode to the bytes it came as.
//
// The first byte chooses where the stream is cut in two, since a connection delivers it in pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "consensus/frame.h"
#include "consensus/message_codec.h"

namespace {

using anta::Bytes;
using anta::ByteView;
using anta::Result;

constexpr std::uint64_t frame_bytes_max = 1u << 20;

Bytes flat(const anta::OutgoingFrame& frame) {
  Bytes bytes = frame.head;
  for (const auto& payload : frame.payloads)
    bytes.insert(bytes.end(), payload->begin(), payload->end());
  return bytes;
}

void require(bool condition) {
  if (!condition) std::abort();
}

Result<void> on_frame(ByteView frame) {
  require(!frame.empty() && frame.size() <= frame_bytes_max);
  if (const auto message = anta::decode_message(frame)) {
    const Bytes again = flat(anta::encode_message(*message));
    require(std::equal(again.begin(), again.end(), frame.begin(), frame.end()));
  }
  if (const auto record = anta::raft::decode_configuration(frame)) {  // the payload of such an entry
    const Bytes again = anta::raft::encode_configuration(*record);
    require(std::equal(again.begin(), again.end(), frame.begin(), frame.end()));
    require(record->configuration.valid());
  }
  if (const auto app = anta::decode_app(frame)) {
    const Bytes again = flat(anta::encode_app(app->kind, app->bytes));
    require(std::equal(again.begin(), again.end(), frame.begin(), frame.end()));
  }
  if (const auto hello = anta::decode_hello(frame)) {
    const Bytes again = flat(anta::encode_hello(*hello));  // a later version may have more behind it
    require(again.size() <= frame.size() && std::equal(again.begin(), again.end(), frame.begin()));
  }
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView stream(data + 1, size - 1);
  const std::size_t cut = stream.empty() ? 0 : data[0] * stream.size() / 256;
  anta::FrameReader reader(frame_bytes_max);
  const auto first = reader.consume(stream.first(cut), on_frame);
  if (!first) return 0;
  require(*first <= cut);
  const auto rest = reader.consume(stream.subspan(*first), on_frame);
  if (rest) require(*rest <= stream.size() - *first);
  // The decoders on their own, so that the fuzzer need not find the framing first.
  if (!stream.empty())
    std::ignore = on_frame(stream.first(std::min<std::size_t>(stream.size(), frame_bytes_max)));
  return 0;
}
