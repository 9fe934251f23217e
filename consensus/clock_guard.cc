#include "consensus/clock_guard.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace anta {

Bytes encode_clock_notice(Term term) {
  Bytes out;
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(term.value >> shift));
  return out;
}

Result<Term> decode_clock_notice(ByteView bytes) {
  if (bytes.size() != 8) return fail(Code::malformed, "clock.notice", "a clock notice has 8 bytes");
  Term term;
  for (const std::uint8_t byte : bytes)
    term.value = term.value << 8 | byte;
  return term;
}

ClockGuard::ClockGuard(Limits limits, raft::Configuration configuration)
    : limits_(limits), configuration_(std::move(configuration)) {}

bool ClockGuard::refuses(const raft::Message& message, Millis now) const {
  const auto* append = std::get_if<raft::Append>(&message.body);
  if (append == nullptr) return false;
  // Compared without adding to what a peer sent: it may be any number.
  const std::int64_t latest = now.value + limits_.ahead_max_ms;
  return std::any_of(append->entries.begin(), append->entries.end(), [latest](const LogEntry& entry) {
    return entry.header.kind == EntryKind::block && entry.header.time.value > latest;
  });
}

bool ClockGuard::note_refusal(const NodeId& from, Term term, Term own_term) {
  if (term != own_term || refused()) return false;
  if (term_ != term) refusals_.clear();
  term_ = term;
  refusals_[from] = now_;
  const bool blocks_commit =
      blocked(configuration_.voters) || (configuration_.joint() && blocked(configuration_.outgoing));
  if (!blocks_commit) return false;
  refusals_.clear();
  penalty_until_ = now_ + limits_.penalty_ticks;
  return true;
}

bool ClockGuard::blocked(const std::vector<raft::Member>& side) const {
  const auto recent = std::count_if(side.begin(), side.end(), [this](const raft::Member& voter) {
    const auto found = refusals_.find(voter.id);
    return found != refusals_.end() && now_ - found->second <= limits_.notice_ticks;
  });
  return side.size() - static_cast<std::size_t>(recent) < side.size() / 2 + 1;
}

void ClockGuard::tick() { ++now_; }

bool ClockGuard::mutes(const raft::Message& outgoing, raft::Role role) const {
  return refused() &&
         (role == raft::Role::leader || std::holds_alternative<raft::VoteRequest>(outgoing.body));
}

}  // namespace anta
