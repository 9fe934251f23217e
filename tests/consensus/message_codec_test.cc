#include "consensus/message_codec.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/consensus/messages.h"

namespace anta {
namespace {

using test::every_message;

Bytes flat(const OutgoingFrame& frame) {
  Bytes bytes = frame.head;
  for (const auto& payload : frame.payloads)
    bytes.insert(bytes.end(), payload->begin(), payload->end());
  return bytes;
}

// Goal: every kind of message comes back as it was, with the hashes of its entries computed.
TEST(MessageCodec, RoundTripOfEveryKind) {
  std::set<std::size_t> kinds;
  for (const raft::Message& sent : every_message()) {
    kinds.insert(sent.body.index());
    const OutgoingFrame frame = encode_message(sent);
    EXPECT_EQ(frame.size, flat(frame).size());
    const auto received = decode_message(flat(frame));
    ASSERT_TRUE(received) << received.error().message;
    EXPECT_TRUE(test::equal(sent, *received)) << raft::name(sent.body);
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<raft::Body>);
}

// Goal: the bytes on the wire are fixed; two releases that speak version 1 understand each other.
TEST(MessageCodec, GoldenBytesOfAVoteReply) {
  const Bytes bytes = flat(encode_message(test::message(raft::VoteReply{false, true, Term{0x0102}})));
  Bytes expected = {1};
  const Digest network = sha256(as_bytes("a network"));
  expected.insert(expected.end(), network.bytes.begin(), network.bytes.end());
  const auto add = [&expected](std::initializer_list<int> rest) {
    for (const int byte : rest)
      expected.push_back(static_cast<std::uint8_t>(byte));
  };
  add({0, 0, 0, 0, 0, 0, 0, 3});                              // recovery epoch
  add({5, 'n', 'a', 's', 'c', 'a', 0, 0, 0, 0, 0, 0, 0, 2});  // from
  add({3, 'i', 'l', 'o', 0, 0, 0, 0, 0, 0, 0, 4});            // to
  add({0, 0, 0, 0, 0, 0, 0, 6, 1, 0, 1});                     // term, kind, pre, granted
  add({0, 0, 0, 0, 0, 0, 1, 2});                              // campaign term
  EXPECT_EQ(bytes, expected);
}

// Goal: version 1 stays what it was, and what it lacks does not come back: the only difference is `applied`.
TEST(MessageCodec, AnOlderVersionLacksWhatALaterOneAdded) {
  for (const raft::Message& sent : every_message()) {
    const Bytes older = flat(encode_message(sent, 1));
    const Bytes newer = flat(encode_message(sent, 2));
    raft::Message expected = sent;
    auto* const reply = std::get_if<raft::HeartbeatReply>(&expected.body);
    EXPECT_EQ(newer.size(), older.size() + (reply ? 8 : 0)) << raft::name(sent.body);
    if (reply) {
      EXPECT_TRUE(std::equal(older.begin(), older.end(), newer.begin()));
      EXPECT_EQ(newer.back(), reply->applied.value);
      EXPECT_FALSE(decode_message(newer, 1));
      EXPECT_FALSE(decode_message(older, 2));
      reply->applied = LogIndex{};
    }
    const auto received = decode_message(older, 1);
    ASSERT_TRUE(received);
    EXPECT_TRUE(test::equal(expected, *received)) << raft::name(sent.body);
  }
}

// Goal: two hellos agree on the highest version that both know, or say both ranges and what to do.
TEST(MessageCodec, HellosAgreeOnTheHighestCommonVersion) {
  const Digest network = sha256(as_bytes("a network"));
  const auto agreed = [&](std::pair<int, int> own, std::pair<int, int> other) {
    const auto hello = [&](std::pair<int, int> range, const char* node) {
      return Hello{static_cast<std::uint16_t>(range.first), static_cast<std::uint16_t>(range.second), network,
                   NodeId{node}, 4};
    };
    return agree_on(hello(own, "nasca"), hello(other, "ilo"), NodeId{"ilo"}, 4);
  };
  EXPECT_EQ(*agreed({1, 2}, {1, 2}), 2);
  EXPECT_EQ(*agreed({1, 2}, {1, 1}), 1);
  EXPECT_EQ(*agreed({1, 1}, {1, 3}), 1);
  EXPECT_EQ(*agreed({2, 4}, {3, 9}), 4);
  EXPECT_EQ(*agreed({1, 3}, {3, 5}), 3);
  for (const auto& [own, other] : {std::pair(std::pair(1, 2), std::pair(3, 4)), {{5, 6}, {1, 4}}}) {
    const auto none = agreed(own, other);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().rule, "peer.version");
    for (const int end : {own.first, own.second, other.first, other.second})
      EXPECT_NE(none.error().message.find(std::to_string(end)), std::string::npos);
  }
}

// Goal: a hello of another network, node or incarnation is told from one of another version.
TEST(MessageCodec, HellosOfOthersAreRefused) {
  const Digest network = sha256(as_bytes("a network"));
  const Hello own{1, 2, network, NodeId{"nasca"}, 1};
  const Hello good{1, 2, network, NodeId{"ilo"}, 4};
  const auto rule = [&](const Hello& hello) {
    const auto agreed = agree_on(own, hello, NodeId{"ilo"}, 4);
    return agreed ? std::string("agreed") : agreed.error().rule;
  };
  EXPECT_EQ(rule(good), "agreed");
  Hello other = good;
  other.network = sha256(as_bytes("another"));
  EXPECT_EQ(rule(other), "peer.other_network");
  other = good;
  other.node = NodeId{"arica"};
  EXPECT_EQ(rule(other), "peer.other_node");
  for (const std::uint64_t incarnation : {3, 5}) {
    other = good;
    other.incarnation = incarnation;
    EXPECT_EQ(rule(other), "peer.other_incarnation");
  }
}

// Goal: an amnesiac's flag is the last byte of the three messages that carry it in version 1, and only 0
// or 1.
TEST(MessageCodec, GoldenBytesOfTheAmnesiacsFlag) {
  for (const bool flag : {false, true}) {
    const raft::Body bodies[] = {raft::AppendReply{false, LogIndex{1}, {}, {}, {}, flag},
                                 raft::Heartbeat{{}, {}, {}, {}, 7, flag},
                                 raft::HeartbeatReply{{}, {}, 7, flag}};
    for (const raft::Body& body : bodies) {
      Bytes bytes = flat(encode_message(test::message(body), 1));
      EXPECT_EQ(bytes.back(), flag ? 1 : 0);
      bytes.back() = 2;
      EXPECT_FALSE(decode_message(bytes, 1));
    }
  }
}

// Goal: no prefix of a message and no message with a byte more is accepted.
TEST(MessageCodec, TruncatedAndExtendedAreRefused) {
  for (const raft::Message& sent : every_message()) {
    Bytes bytes = flat(encode_message(sent));
    for (std::size_t size = 0; size < bytes.size(); size += bytes.size() > 2000 && size > 700 ? 997 : 1) {
      const auto received = decode_message(ByteView(bytes).first(size));
      ASSERT_FALSE(received) << raft::name(sent.body) << " cut to " << size;
      EXPECT_EQ(received.error().code, Code::malformed);
    }
    bytes.push_back(0);
    EXPECT_FALSE(decode_message(bytes)) << raft::name(sent.body);
  }
}

// Goal: whatever is accepted after damage encodes to exactly the bytes that were accepted.
TEST(MessageCodec, MutatedMessagesAreRefusedOrCanonical) {
  std::mt19937 random(11);
  unsigned refused = 0;
  unsigned accepted = 0;
  for (const raft::Message& sent : every_message()) {
    const Bytes good = flat(encode_message(sent));
    for (int i = 0; i < 2000; ++i) {
      Bytes bytes = good;
      const std::size_t reach = std::min<std::size_t>(bytes.size(), 600);
      bytes[random() % reach] ^= static_cast<std::uint8_t>(1u << (random() % 8));
      const auto received = decode_message(bytes);
      if (!received) {
        ++refused;
        continue;
      }
      ++accepted;
      ASSERT_EQ(flat(encode_message(*received)), bytes);
    }
  }
  EXPECT_GT(refused, 1000u);
  EXPECT_GT(accepted, 1000u);
}

// Goal: a count that the bytes cannot hold is refused before memory is taken for it.
TEST(MessageCodec, AnAppendsCountIsBoundedByItsBytes) {
  Bytes bytes = flat(encode_message(test::message(raft::Append{LogIndex{1}, Term{1}, LogIndex{1}, {}})));
  const std::size_t count_at = bytes.size() - 4;
  for (std::size_t i = 0; i < 4; ++i)
    bytes[count_at + i] = 0xff;
  const auto received = decode_message(bytes);
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code, Code::malformed);
}

// Goal: appends give way to other messages, also those without entries, which must not overtake the others.
TEST(MessageCodec, LanesKeepHeartbeatsAhead) {
  for (const raft::Message& sent : every_message()) {
    const bool bulk = std::holds_alternative<raft::Append>(sent.body);
    EXPECT_EQ(lane_of(sent), bulk ? Lane::bulk : Lane::urgent) << raft::name(sent.body);
  }
}

// Goal: a hello comes back; one of a later version, with more at its end, still does.
TEST(MessageCodec, HelloMayGrow) {
  const Hello sent{1, 3, sha256(as_bytes("a network")), NodeId{"ilo"}, 9};
  Bytes bytes = flat(encode_hello(sent));
  bytes.push_back(42);
  const auto received = decode_hello(bytes);
  ASSERT_TRUE(received);
  EXPECT_EQ(*received, sent);
  EXPECT_FALSE(decode_hello(ByteView(bytes).first(bytes.size() - 2)));
  const Hello upside_down{3, 1, {}, NodeId{"ilo"}, 9};
  EXPECT_FALSE(decode_hello(flat(encode_hello(upside_down))));
}

// Goal: a node's own message keeps its kind and bytes, also when it is empty.
TEST(MessageCodec, AppMessageRoundTrip) {
  for (const Bytes& bytes : {Bytes{}, Bytes{1, 2, 3}}) {
    const auto received = decode_app(flat(encode_app(17, bytes)));
    ASSERT_TRUE(received);
    EXPECT_EQ(received->kind, 17);
    EXPECT_EQ(received->bytes, bytes);
  }
  EXPECT_FALSE(decode_app(Bytes{2}));
}

}  // namespace
}  // namespace anta
