#include "consensus/raft/progress.h"

#include <algorithm>

#include "consensus/raft/mutant.h"

namespace anta::raft {

bool Progress::may_send(std::uint32_t window_messages, std::uint64_t window_bytes) const {
  if (loading) return false;
  if (mode == Mode::probe) return !paused;
  if (ANTA_MUTANT(window_unbounded)) return true;
  return in_flight.size() < window_messages && in_flight_bytes < window_bytes;
}

void Progress::note_sent(LogIndex last, std::uint64_t bytes) {
  if (mode == Mode::probe) {
    paused = true;
    overdue = false;
    return;
  }
  next = last.next();
  in_flight.push_back({last, bytes});
  in_flight_bytes += bytes;
}

bool Progress::acknowledge(LogIndex index) {
  if (index <= match) return false;
  match = index;
  next = std::max(next, index.next());
  while (!in_flight.empty() && in_flight.front().last <= index) {
    in_flight_bytes -= in_flight.front().bytes;
    in_flight.pop_front();
  }
  return true;
}

void Progress::start_replicating(LogIndex from) {
  mode = Mode::replicate;
  next = std::max(from, match.next());
  paused = false;
  gap_suspected = LogIndex{};
  in_flight.clear();
  in_flight_bytes = 0;
}

void Progress::start_probing(LogIndex from) {
  start_replicating(from);
  mode = Mode::probe;
}

}  // namespace anta::raft
