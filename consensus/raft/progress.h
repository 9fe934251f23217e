// What a leader knows of one member: how far it is, what is in flight to it, what it last answered.
//
// `match` is a fact, `next` a guess. Only an acknowledgement raises match, and while the leader leads it
// falls only to 0, when the peer shows that it lost what it acknowledged (a torn or replaced disk); `next`
// may be moved by hints, losses and hope (rules 5 and 6). In `probe` one append is outstanding until the
// place where the logs agree is found; in `replicate` appends are pipelined within the window. Owned by one
// Raft; no locking.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "consensus/raft/configuration.h"

namespace anta::raft {

struct Progress {
  enum class Mode : std::uint8_t { probe, replicate };

  Member member = {};
  bool incoming = false;  // votes on that side; neither for a learner
  bool outgoing = false;

  Mode mode = Mode::probe;
  LogIndex match = {};
  LogIndex next = {1};
  bool paused = false;        // probe: an append is out, wait for its answer
  bool overdue = false;       // probe: a heartbeat was answered since, and the append was not
  bool loading = false;       // old entries were asked of the disk
  bool active = false;        // heard since the last check of the quorum
  bool heard_before = false;  // heard between that check and the one before
  std::uint64_t round = 0;    // the last read round it answered
  bool amnesiac = false;      // it says that it lost what it promised: counts as a learner
  // The log's end when it first said so since it was last reached: what was acknowledged up to there may be
  // older than what it lost.
  std::optional<LogIndex> amnesia_from = {};
  std::uint64_t amnesia_due = 0;      // tick from which another no-op is appended for it
  std::uint64_t amnesia_wait = 0;     // how many ticks after the one before
  std::uint64_t unwilling_until = 0;  // tick; it was handed leadership and did not take it
  LogIndex departs_at = {};           // removed by the configuration there; 0: a member (rule 10)
  std::uint64_t departed = 0;         // ticks since that configuration was committed
  std::uint64_t told = 0;             // ticks since it has that configuration besides
  LogIndex gap_suspected = {};        // the last heartbeat's answer was short of what was sent, at this index

  struct InFlight {
    LogIndex last = {};
    std::uint64_t bytes = 0;
  };
  std::deque<InFlight> in_flight = {};
  std::uint64_t in_flight_bytes = 0;

  bool voter() const { return incoming || outgoing; }
  bool departing() const { return departs_at > LogIndex{}; }

  // The last index that was sent, as far as the peer should have it.
  LogIndex sent() const { return mode == Mode::replicate ? next.previous() : match; }

  // Whether one more append may leave now.
  bool may_send(std::uint32_t window_messages, std::uint64_t window_bytes) const;

  // Entries up to `last` left, in one append of `bytes`.
  void note_sent(LogIndex last, std::uint64_t bytes);

  // Everything up to `index` is acknowledged. False when that is nothing new.
  bool acknowledge(LogIndex index);

  // The logs agree up to before `from`: pipeline from there.
  void start_replicating(LogIndex from);

  // Go back to guessing, from `from` (never below match + 1); what was in flight counts as lost.
  void start_probing(LogIndex from);
};

}  // namespace anta::raft
