// What peers send each other, as bytes: raft messages, the node's own messages, the hello.
//
// A fixed layout of our own, because this is the hot path between releases that negotiate a version: integers
// big-endian and of fixed width, an id as a length byte and its text, one encoding for each value. A raft
// message is
//
//   frame kind 1 | cluster 32 | epoch u64 | from id, incarnation u64 | to id, incarnation u64 | term u64 |
//   body kind u8 | body
//
// with the body's fields in the order of raft/messages.h. An append gives for each entry the length (u8) and
// the bytes of its header (storage/log_entry.h), and the length (u32) of its payload; the payloads follow all
// of them in a row, so that they are sent from where they lie. Indices are not sent: they follow prev_index.
//
// Versions of the protocol. A connection speaks the highest that both sides know (agree_on), so that a
// cluster is upgraded node by node; what only a later version has does not reach a node of an older one.
//
//   1  as above, without what is named below
//   2  a heartbeat's answer ends with `applied` u64
//
// Decoding is strict: everything is checked before memory is taken, nothing may be left over, and what is
// accepted encodes to the same bytes again. The hash of each entry is computed here. Pure, any thread.
#pragma once

#include <cstdint>

#include "consensus/frame.h"
#include "consensus/raft/messages.h"
#include "crypto/error.h"

namespace anta {

// The versions this release speaks. A cluster goes from one release to the next while their ranges meet.
inline constexpr std::uint16_t peer_protocol_min = 1;
inline constexpr std::uint16_t peer_protocol_max = 2;

// Entries with a heartbeat's urgency would defeat it: appends are bulk, everything else urgent. Appends
// without entries too: a leader asks with them whether those before arrived, so they must not overtake them.
Lane lane_of(const raft::Message& message);

// `frame` in the decoders is what FrameReader gives: the kind byte, then the body. `version` is the
// connection's.
OutgoingFrame encode_message(const raft::Message& message, std::uint16_t version = peer_protocol_max);
Result<raft::Message> decode_message(ByteView frame, std::uint16_t version = peer_protocol_max);

struct AppMessage {
  std::uint8_t kind = 0;
  Bytes bytes = {};
};
OutgoingFrame encode_app(std::uint8_t kind, Bytes bytes);
Result<AppMessage> decode_app(ByteView frame);

// The first frame in both directions. Later versions may add bytes at the end; these stay.
struct Hello {
  std::uint16_t version_min = 0;
  std::uint16_t version_max = 0;
  Digest network = {};
  NodeId node = {};
  std::uint64_t incarnation = 0;

  bool operator==(const Hello&) const = default;
};
OutgoingFrame encode_hello(const Hello& hello);
Result<Hello> decode_hello(ByteView frame);

// Whether the other side's hello is that of node `expected` in this incarnation, and the version that the
// connection speaks from then on: the highest that both know. not_authorised: peer.other_network,
// peer.other_node, peer.other_incarnation, peer.version (which names both ranges).
Result<std::uint16_t> agree_on(const Hello& own, const Hello& other, const NodeId& expected,
                               std::uint64_t incarnation);

OutgoingFrame encode_ping();

}  // namespace anta
