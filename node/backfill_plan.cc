#include "node/backfill_plan.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace anta {

BackfillPlan::BackfillPlan(BackfillLimits limits, LogIndex to) : limits_(limits), below_(to) { fill(); }

void BackfillPlan::peer(const NodeId& id, bool up) {
  peers_[id].up = up;
  if (up) return;
  for (Slot& slot : slots_) {
    if (slot.asked == id) release(slot, 0);
  }
}

std::uint64_t BackfillPlan::part_entries() const {
  if (came_entries_ == 0) return limits_.part_entries_first;
  const std::uint64_t fit = limits_.part_bytes * came_entries_ / std::max<std::uint64_t>(came_bytes_, 1);
  return std::clamp<std::uint64_t>(fit, 1, limits_.part_entries_max);
}

void BackfillPlan::fill() {
  while (slots_.size() < limits_.parts_max && below_.value > 0) {
    const std::uint64_t count = std::min(part_entries(), below_.value);
    slots_.push_back({.from = LogIndex{below_.value - count + 1}, .to = below_});
    below_ = LogIndex{below_.value - count};
  }
}

// Nobody is asked for it any more.
void BackfillPlan::release(Slot& slot, std::int64_t rests_until) {
  Peer& peer = peers_[*slot.asked];
  --peer.asked;
  peer.rests_until = std::max(peer.rests_until, rests_until);
  slot.avoid = std::exchange(slot.asked, std::nullopt);
}

// Who has least to do, and of those who waited longest; not who failed at it, if there is another.
std::optional<NodeId> BackfillPlan::choose(const Slot& slot, std::int64_t now_ms) const {
  const auto rank = [&slot](const auto& entry) {
    return std::tuple(slot.avoid == entry.first, entry.second.asked, entry.second.turn);
  };
  const std::pair<const NodeId, Peer>* best = nullptr;
  for (const auto& entry : peers_) {
    const Peer& peer = entry.second;
    if (!peer.up || peer.asked >= limits_.per_peer_max || now_ms < peer.rests_until) continue;
    if (best == nullptr || rank(entry) < rank(*best)) best = &entry;
  }
  return best ? std::optional(best->first) : std::nullopt;
}

std::vector<BackfillPlan::Request> BackfillPlan::requests(std::int64_t now_ms) {
  for (Slot& slot : slots_) {
    if (slot.asked && now_ms - slot.asked_ms >= limits_.answer_ms) release(slot, now_ms + limits_.rest_ms);
  }
  fill();
  std::vector<Request> made;
  for (Slot& slot : slots_) {
    if (slot.asked || slot.part) continue;
    slot.asked = choose(slot, now_ms);
    if (!slot.asked) continue;
    slot.asked_ms = now_ms;
    Peer& peer = peers_[*slot.asked];
    ++peer.asked;
    peer.turn = ++turns_;
    made.push_back({.to = *slot.asked, .fetch = {.from = slot.from, .to = slot.to}});
  }
  return made;
}

bool BackfillPlan::answer(const NodeId& from, LogEntries answer, std::int64_t now_ms) {
  const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& known) {
    return known.asked == from && known.to == answer.to;
  });
  if (slot == slots_.end()) return false;
  const std::uint64_t wanted = slot->to.value - slot->from.value + 1;
  if (answer.entries.size() > wanted) {
    release(*slot, now_ms + limits_.wrong_rest_ms);
    return false;
  }
  release(*slot, answer.entries.empty() ? now_ms + limits_.rest_ms : 0);
  if (answer.entries.empty()) return true;
  came_entries_ += answer.entries.size();
  for (const LogEntry& entry : answer.entries)
    came_bytes_ += entry.size();
  Slot rest{.from = slot->from, .to = LogIndex{slot->to.value - answer.entries.size()}};
  slot->from = rest.to.next();
  slot->part = Part{.from = from, .entries = std::move(answer.entries)};
  if (rest.from <= rest.to) slots_.insert(slot + 1, std::move(rest));
  return true;
}

const BackfillPlan::Part* BackfillPlan::next() const {
  return slots_.empty() || !slots_.front().part ? nullptr : &*slots_.front().part;
}

void BackfillPlan::accept() {
  slots_.pop_front();
  fill();
}

void BackfillPlan::refuse(std::int64_t now_ms) {
  Slot& slot = slots_.front();
  slot.avoid = slot.part->from;
  peers_[slot.part->from].rests_until = now_ms + limits_.wrong_rest_ms;
  slot.part.reset();
}

std::size_t BackfillPlan::under_way() const {
  return static_cast<std::size_t>(
      std::count_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.asked.has_value(); }));
}

}  // namespace anta
