#include "consensus/message_codec.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>
#include <variant>

#include "storage/write_mutant.h"

namespace anta {
namespace {

using raft::Append;
using raft::AppendReply;
using raft::Heartbeat;
using raft::HeartbeatReply;
using raft::Member;
using raft::ReadIndexReply;
using raft::ReadIndexRequest;
using raft::TimeoutNow;
using raft::VoteReply;
using raft::VoteRequest;

constexpr std::size_t id_bytes_max = 64;
constexpr std::size_t envelope_bytes_max = 1 + 32 + 8 + 2 * (1 + id_bytes_max + 8) + 8 + 1;

// The least that an entry takes in an append: lengths and the shortest header. Bounds the memory that a count
// may ask for by the bytes that came with it.
constexpr std::size_t entry_bytes_min = 1 + 64 + 4;

// A log of more than 2^62 entries is a lie, and sums of indices below do not overflow.
constexpr std::uint64_t index_max = std::uint64_t{1} << 62;

// The version from which a heartbeat's answer says what is applied.
constexpr std::uint16_t applied_since = 2;

class Out {
 public:
  explicit Out(FrameKind kind, std::size_t bytes_expected) {
    bytes_.reserve(bytes_expected);
    u8(static_cast<std::uint8_t>(kind));
  }

  void u8(std::uint8_t value) { bytes_.push_back(value); }
  void boolean(bool value) { u8(value ? 1 : 0); }
  void u16(std::uint16_t value) { number(value, 2); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void raw(ByteView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void id(const NodeId& id) {
    ANTA_INVARIANT(id.value.size() <= id_bytes_max);
    u8(static_cast<std::uint8_t>(id.value.size()));
    raw(as_bytes(id.value));
  }
  void member(const Member& member) {
    id(member.id);
    u64(member.incarnation);
  }
  Bytes take() { return std::move(bytes_); }

 private:
  void number(std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      bytes_.push_back(static_cast<std::uint8_t>(value >> shift));
    }
  }

  Bytes bytes_ = {};
};

// Reads fields in a row; the first that does not fit makes every later one zero, and ok() false.
class In {
 public:
  explicit In(ByteView bytes) : rest_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  bool boolean() {
    const std::uint8_t value = u8();
    if (value > 1) ok_ = false;
    return value == 1;
  }
  ByteView raw(std::size_t count) {
    if (!ok_ || rest_.size() < count) {
      ok_ = false;
      return {};
    }
    const ByteView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  NodeId id() {
    const ByteView text = raw(std::min<std::size_t>(u8(), id_bytes_max + 1));
    if (!ok_ || !is_id(as_text(text))) {
      ok_ = false;
      return {};
    }
    return NodeId{std::string(as_text(text))};
  }
  Member member() {
    Member member;
    member.id = id();
    member.incarnation = u64();
    return member;
  }
  Digest digest() {
    Digest digest;
    const ByteView bytes = raw(Digest::size);
    std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
    return digest;
  }

  bool ok() const { return ok_; }
  bool finished() const { return ok_ && rest_.empty(); }
  std::size_t left() const { return rest_.size(); }

 private:
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : raw(bytes))
      value = value << 8 | byte;
    return value;
  }

  ByteView rest_;
  bool ok_ = true;
};

tl::unexpected<Error> refuse(const char* what) {
  return fail(Code::malformed, "peer.message", std::string(what) + " does not parse");
}

// ---- bodies, in the order of raft::Body ----

void put(Out& out, const VoteRequest& body, std::uint16_t) {
  out.boolean(body.pre);
  out.boolean(body.transfer);
  out.u64(body.campaign_term.value);
  out.u64(body.last_index.value);
  out.u64(body.last_term.value);
}

void put(Out& out, const VoteReply& body, std::uint16_t) {
  out.boolean(body.pre);
  out.boolean(body.granted);
  out.u64(body.campaign_term.value);
}

void put(Out& out, const Append& body, std::uint16_t) {
  out.u64(body.prev_index.value);
  out.u64(body.prev_term.value);
  out.u64(body.commit.value);
  out.u32(static_cast<std::uint32_t>(body.entries.size()));
  LogIndex index = body.prev_index;
  for (const LogEntry& entry : body.entries) {
    index = index.next();
    ANTA_INVARIANT(entry.index == index && entry.payload != nullptr);
    const Bytes header = encode_entry_header(entry.header);
    out.u8(static_cast<std::uint8_t>(header.size()));
    out.raw(header);
    out.u32(static_cast<std::uint32_t>(entry.payload->size()));
  }
}

void put(Out& out, const AppendReply& body, std::uint16_t) {
  out.boolean(body.rejected);
  out.u64(body.match.value);
  out.u64(body.prev_index.value);
  out.u64(body.hint_index.value);
  out.u64(body.hint_term.value);
  out.boolean(body.amnesiac);
}

void put(Out& out, const Heartbeat& body, std::uint16_t) {
  out.u64(body.match_index.value);
  out.u64(body.match_term.value);
  out.u64(body.sent.value);
  out.u64(body.commit.value);
  out.u64(body.round);
  out.boolean(body.amnesiac);
}

void put(Out& out, const HeartbeatReply& body, std::uint16_t version) {
  out.u64(body.sent.value);
  out.u64(body.verified.value);
  out.u64(body.round);
  out.boolean(body.amnesiac);
  if (version >= applied_since) out.u64(body.applied.value);
}

void put(Out&, const TimeoutNow&, std::uint16_t) {}

void put(Out& out, const ReadIndexRequest& body, std::uint16_t) {
  out.u64(body.session);
  out.u64(body.read);
}

void put(Out& out, const ReadIndexReply& body, std::uint16_t) {
  out.u64(body.session);
  out.u64(body.read);
  out.boolean(body.served);
  out.u64(body.index.value);
}

template <typename Body>
Result<raft::Body> checked(const In& in, Body body, const char* what) {
  if (!in.finished()) return refuse(what);
  return raft::Body(std::move(body));
}

// Braced lists are evaluated from left to right, so fields are read in their order.
Result<raft::Body> get_vote_request(In& in) {
  return checked(in,
                 VoteRequest{in.boolean(), in.boolean(), Term{in.u64()}, LogIndex{in.u64()}, Term{in.u64()}},
                 "a vote request");
}

Result<raft::Body> get_append_reply(In& in) {
  return checked(in,
                 AppendReply{in.boolean(), LogIndex{in.u64()}, LogIndex{in.u64()}, LogIndex{in.u64()},
                             Term{in.u64()}, in.boolean()},
                 "an append reply");
}

Result<raft::Body> get_heartbeat(In& in) {
  return checked(in,
                 Heartbeat{LogIndex{in.u64()}, Term{in.u64()}, LogIndex{in.u64()}, LogIndex{in.u64()},
                           in.u64(), in.boolean()},
                 "a heartbeat");
}

Result<raft::Body> get_read_reply(In& in) {
  return checked(in, ReadIndexReply{in.u64(), in.u64(), in.boolean(), LogIndex{in.u64()}}, "a read reply");
}

Result<raft::Body> get_append(In& in) {
  Append append;
  append.prev_index = LogIndex{in.u64()};
  append.prev_term = Term{in.u64()};
  append.commit = LogIndex{in.u64()};
  const std::uint32_t count = in.u32();
  if (!in.ok() || append.prev_index.value > index_max || count > in.left() / entry_bytes_min)
    return refuse("an append");

  struct Part {
    ByteView header = {};
    std::uint32_t payload_bytes = 0;
  };
  std::vector<Part> parts;
  parts.reserve(count);
  std::uint64_t payload_bytes = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const ByteView header = in.raw(in.u8());
    const std::uint32_t bytes = in.u32();
    payload_bytes += bytes;
    parts.push_back({header, bytes});
  }
  if (!in.ok() || payload_bytes != in.left()) return refuse("an append's lengths");

  append.entries.reserve(count);
  LogIndex index = append.prev_index;
  for (const Part& part : parts) {
    index = index.next();
    auto header = decode_entry_header(part.header);
    if (!header) return pass(header);
    const ByteView payload = in.raw(part.payload_bytes);
    // The header's encoding is the only one there is, so these are the bytes that entry_hash would hash.
    append.entries.push_back(LogEntry{index, *header, std::make_shared<const Bytes>(to_bytes(payload)),
                                      sha256({part.header, payload})});
  }
  return checked(in, std::move(append), "an append");
}

Result<raft::Body> get_heartbeat_reply(In& in, std::uint16_t version) {
  HeartbeatReply reply{LogIndex{in.u64()}, LogIndex{in.u64()}, in.u64(), in.boolean()};
  if (version >= applied_since) reply.applied = LogIndex{in.u64()};
  return checked(in, reply, "a heartbeat reply");
}

Result<raft::Body> get_body(std::uint8_t kind, In& in, std::uint16_t version) {
  switch (kind) {
    case 0: return get_vote_request(in);
    case 1: return checked(in, VoteReply{in.boolean(), in.boolean(), Term{in.u64()}}, "a vote reply");
    case 2: return get_append(in);
    case 3: return get_append_reply(in);
    case 4: return get_heartbeat(in);
    case 5: return get_heartbeat_reply(in, version);
    case 6: return checked(in, TimeoutNow{}, "a timeout-now");
    case 7: return checked(in, ReadIndexRequest{in.u64(), in.u64()}, "a read request");
    case 8: return get_read_reply(in);
    default: return refuse("a message of unknown kind");
  }
}

bool begins_with(In& in, FrameKind kind) { return in.u8() == static_cast<std::uint8_t>(kind) && in.ok(); }

}  // namespace

Lane lane_of(const raft::Message& message) {
  return std::holds_alternative<Append>(message.body) ? Lane::bulk : Lane::urgent;
}

OutgoingFrame encode_message(const raft::Message& message, std::uint16_t version) {
  std::vector<std::shared_ptr<const Bytes>> payloads;
  std::size_t entries = 0;
  if (const auto* append = std::get_if<Append>(&message.body)) {
    entries = append->entries.size();
    payloads.reserve(entries);
    for (const LogEntry& entry : append->entries)
      payloads.push_back(entry.payload);
  }
  Out out(FrameKind::message, envelope_bytes_max + 64 + entries * (LogEntry::header_bytes_max + 5));
  out.raw(message.cluster.view());
  out.u64(message.recovery_epoch);
  out.member(message.from);
  out.member(message.to);
  out.u64(message.term.value);
  out.u8(static_cast<std::uint8_t>(message.body.index()));
  std::visit([&](const auto& body) { put(out, body, version); }, message.body);
  return frame_of(out.take(), std::move(payloads));
}

Result<raft::Message> decode_message(ByteView frame, std::uint16_t version) {
  static_assert(std::variant_size_v<raft::Body> == 9, "a new body needs its two directions here");
  In in(frame);
  if (!begins_with(in, FrameKind::message)) return refuse("a message");
  raft::Message message;
  message.cluster = in.digest();
  message.recovery_epoch = in.u64();
  message.from = in.member();
  message.to = in.member();
  message.term = Term{in.u64()};
  const std::uint8_t kind = in.u8();
  if (!in.ok()) return refuse("a message's envelope");
  auto body = get_body(kind, in, version);
  if (!body) return pass(body);
  message.body = std::move(*body);
  return message;
}

OutgoingFrame encode_app(std::uint8_t kind, Bytes bytes) {
  Out out(FrameKind::app, 2);
  out.u8(kind);
  std::vector<std::shared_ptr<const Bytes>> payloads;
  payloads.push_back(std::make_shared<const Bytes>(std::move(bytes)));
  return frame_of(out.take(), std::move(payloads));
}

Result<AppMessage> decode_app(ByteView frame) {
  In in(frame);
  if (!begins_with(in, FrameKind::app)) return refuse("a node's message");
  const std::uint8_t kind = in.u8();
  if (!in.ok()) return refuse("a node's message");
  return AppMessage{kind, to_bytes(in.raw(in.left()))};
}

OutgoingFrame encode_hello(const Hello& hello) {
  Out out(FrameKind::hello, 128);
  out.u16(hello.version_min);
  out.u16(hello.version_max);
  out.raw(hello.network.view());
  out.id(hello.node);
  out.u64(hello.incarnation);
  return frame_of(out.take());
}

Result<Hello> decode_hello(ByteView frame) {
  In in(frame);
  if (!begins_with(in, FrameKind::hello)) return refuse("a hello");
  Hello hello;
  hello.version_min = in.u16();
  hello.version_max = in.u16();
  hello.network = in.digest();
  hello.node = in.id();
  hello.incarnation = in.u64();
  if (!in.ok() || hello.version_min > hello.version_max) return refuse("a hello");
  return hello;
}

Result<std::uint16_t> agree_on(const Hello& own, const Hello& other, const NodeId& expected,
                               std::uint64_t incarnation) {
  if (other.network != own.network)
    return fail(Code::not_authorised, "peer.other_network", "it belongs to another network");
  if (other.node != expected)
    return fail(Code::not_authorised, "peer.other_node", "its key is not the one of the node it says it is");
  if (other.incarnation != incarnation && !ANTA_WRITE_MUTANT(stale_incarnation_let_in))
    return fail(Code::not_authorised, "peer.other_incarnation",
                "it is incarnation " + std::to_string(other.incarnation) + ", expected " +
                    std::to_string(incarnation));
  const std::uint16_t highest = std::min(own.version_max, other.version_max);
  if (highest >= std::max(own.version_min, other.version_min)) return highest;
  const auto range = [](const Hello& hello) {
    return std::to_string(hello.version_min) + " to " + std::to_string(hello.version_max);
  };
  return fail(Code::not_authorised, "peer.version",
              "it speaks protocol " + range(other) + ", this node " + range(own) +
                  ": upgrade the older one by way of a release that speaks a version of both");
}

OutgoingFrame encode_ping() { return frame_of(Out(FrameKind::ping, 1).take()); }

}  // namespace anta
