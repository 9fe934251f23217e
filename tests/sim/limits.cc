// Bounds that the checker can not see on the wire alone: who leads is heard by a majority, windows,
// uncommitted bytes.
#include <algorithm>

#include "tests/sim/world.h"

namespace anta::sim {

// Rule 7: check-quorum has deposed whoever heard no majority for two election timeouts, its own ticks
// counted. A new configuration has as long.
bool World::hears_majority(std::size_t node) const {
  const SimNode& n = nodes_[node];
  std::vector<bool> near(nodes_.size());
  for (std::size_t other = 0; other < nodes_.size(); ++other) {
    const std::uint64_t since = std::max({n.heard[other], n.leads_since, n.counts_by_it_since});
    near[other] = other == node || n.ticks - since <= 2 * std::uint64_t{plan_.limits.election_ticks};
  }
  return decides(near, n.configuration.configuration);
}

// Whether these nodes are a majority of every side.
bool World::decides(const std::vector<bool>& nodes, const raft::Configuration& configuration) const {
  for (const auto* side : {&configuration.voters, &configuration.outgoing}) {
    std::size_t of_it = 0;
    for (const raft::Member& member : *side)
      of_it += nodes[index_of(member.id)] ? 1 : 0;
    if (!side->empty() && of_it * 2 <= side->size()) return false;
  }
  return true;
}

void World::note_heard(std::size_t node, const raft::Message& message) {
  SimNode& n = nodes_[node];
  const std::size_t from = index_of(message.from.id);
  n.heard[from] = n.ticks;
  const auto* reply = std::get_if<raft::AppendReply>(&message.body);
  AppendRun& run = n.runs[from];
  if (!reply || reply->rejected || message.term != run.term) return;
  while (!run.appends.empty() && run.appends.front().first <= reply->match) {
    run.bytes -= run.appends.front().second;
    run.appends.pop_front();
  }
}

// An append that continues the one before it needed room in the window; one that begins elsewhere is a new
// search, and what was on its way counts as lost.
void World::note_append(std::size_t node, std::size_t to, Term term, const raft::Append& append) {
  if (append.entries.empty()) return;
  AppendRun& run = nodes_[node].runs[to];
  if (run.term != term || run.last != append.prev_index) run = AppendRun{term, {}, {}, 0};
  const bool full =
      run.appends.size() >= plan_.limits.window_messages || run.bytes >= plan_.limits.window_bytes;
  if (full && failure_.empty()) failure_ = nodes_[node].member.id.value + ": sends past its window";
  std::uint64_t bytes = 0;
  for (const LogEntry& entry : append.entries)
    bytes += entry.size();
  run.last = append.entries.back().index;
  run.appends.push_back({run.last, bytes});
  run.bytes += bytes;
}

// After a proposal was taken: what is not committed fits, unless it is this one alone. What was on disk when
// the life began may be more, and is not in memory.
void World::check_uncommitted(std::size_t node, const raft::Output& output) {
  const Disk& disk = nodes_[node].disk;
  const LogIndex last = (*output.proposal)->index;
  std::uint64_t bytes = 0;
  for (LogIndex i = std::max(output.commit, nodes_[node].began_with).next(); i <= last; i = i.next()) {
    if (const LogEntry* entry = disk.written(i)) bytes += entry->size();
  }
  const LogEntry* taken = disk.written(last);
  if (taken && taken->header.kind == EntryKind::configuration) return;  // one at a time, and small
  if (taken && bytes > plan_.limits.uncommitted_bytes_max && bytes > taken->size())
    failure_ = nodes_[node].member.id.value + ": takes more than uncommitted_bytes_max";
}

// Also who only believes that it leads, with a round open perhaps: it must not answer from what it knew
// before.
void World::read_from_all_who_lead() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].core && nodes_[i].role.role == raft::Role::leader && now_ >= nodes_[i].paused_until)
      read(i);
  }
}

}  // namespace anta::sim
