#include "tests/consensus/messages.h"

#include <utility>

namespace anta::test {

std::shared_ptr<const Bytes> payload(std::size_t bytes, std::uint8_t seed) {
  Bytes made(bytes);
  for (std::size_t i = 0; i < bytes; ++i)
    made[i] = static_cast<std::uint8_t>(seed + i * 31);
  return std::make_shared<const Bytes>(std::move(made));
}

std::vector<LogEntry> chain(LogIndex prev, const std::vector<std::size_t>& sizes, Millis time) {
  std::vector<LogEntry> entries;
  Digest before = sha256(as_bytes("before"));
  for (const std::size_t size : sizes) {
    prev = prev.next();
    entries.push_back(make_entry(prev, {Term{5}, EntryKind::block, before, time}, payload(size)));
    before = entries.back().hash;
  }
  return entries;
}

raft::Message message(raft::Body body) {
  return raft::Message{
      sha256(as_bytes("a network")), 3, {NodeId{"nasca"}, 2}, {NodeId{"ilo"}, 4}, Term{6}, body};
}

std::vector<raft::Message> every_message() {
  std::vector<raft::Message> all;
  all.push_back(message(raft::VoteRequest{true, false, Term{7}, LogIndex{8}, Term{9}}));
  all.push_back(message(raft::VoteRequest{false, true, Term{7}, LogIndex{8}, Term{9}}));
  all.push_back(message(raft::VoteReply{true, false, Term{10}}));
  all.push_back(message(raft::VoteReply{false, true, Term{10}}));
  all.push_back(message(raft::Append{LogIndex{11}, Term{4}, LogIndex{12}, {}}));
  all.push_back(
      message(raft::Append{LogIndex{11}, Term{4}, LogIndex{12}, chain(LogIndex{11}, {0, 1, 500, 20000})}));
  all.push_back(message(raft::AppendReply{true, LogIndex{13}, LogIndex{14}, LogIndex{15}, Term{16}, true}));
  all.push_back(message(raft::Heartbeat{LogIndex{17}, Term{18}, LogIndex{19}, LogIndex{20}, 21, true}));
  all.push_back(message(raft::HeartbeatReply{LogIndex{22}, LogIndex{23}, 24, true, LogIndex{30}}));
  all.push_back(message(raft::TimeoutNow{}));
  all.push_back(message(raft::ReadIndexRequest{25, 26}));
  all.push_back(message(raft::ReadIndexReply{27, 28, true, LogIndex{29}}));
  return all;
}

bool equal(const raft::Message& left, const raft::Message& right) {
  if (left.cluster != right.cluster || left.recovery_epoch != right.recovery_epoch ||
      left.from != right.from || left.to != right.to || left.term != right.term ||
      left.body.index() != right.body.index())
    return false;
  const auto* one = std::get_if<raft::Append>(&left.body);
  if (one == nullptr) {
    return std::visit(
        [&right](const auto& body) {
          using Body = std::decay_t<decltype(body)>;
          if constexpr (std::is_same_v<Body, raft::Append>) {
            return false;
          } else {
            return body == std::get<Body>(right.body);
          }
        },
        left.body);
  }
  const auto& two = std::get<raft::Append>(right.body);
  if (one->prev_index != two.prev_index || one->prev_term != two.prev_term || one->commit != two.commit ||
      one->entries.size() != two.entries.size())
    return false;
  for (std::size_t i = 0; i < two.entries.size(); ++i) {
    const LogEntry& a = one->entries[i];
    const LogEntry& b = two.entries[i];
    if (a.index != b.index || a.header != b.header || a.hash != b.hash || *a.payload != *b.payload)
      return false;
  }
  return true;
}

}  // namespace anta::test
