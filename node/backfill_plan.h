// Which part of a history is asked of whom, by a node that joins.
//
// Parts go from the newest entry that is missing down to entry 1. Several are under way at once, from all
// peers, a few from each; answers are kept until it is their turn, so that the chain can prove each by the
// one after it (storage/log_backfill.h). What is under way or kept is bounded in parts, and a part by what
// one answer may carry: how many entries make one follows from the size of those that came. An answer may
// have only the end of what was asked: the rest becomes a part of its own. Who is silent, has nothing or was
// wrong rests for a while, and another is asked first.
//
// Pure: time is given, in milliseconds of any steady clock. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "node/peer_wire.h"

namespace anta {

struct BackfillLimits {
  std::uint64_t part_bytes = std::uint64_t{1} << 20;  // about so much; an answer has not much more
  std::uint64_t part_entries_first = 16;              // before anything came
  std::uint64_t part_entries_max = 2'048;
  std::size_t parts_max = 16;      // asked for or kept
  std::size_t per_peer_max = 4;    // asked of one
  std::int64_t answer_ms = 5'000;  // then it is asked of another
  std::int64_t rest_ms = 2'000;
  std::int64_t wrong_rest_ms = 60'000;
};

class BackfillPlan {
 public:
  struct Request {
    NodeId to = {};
    LogFetch fetch = {};
  };
  struct Part {
    NodeId from = {};  // who gave it
    std::vector<LogEntry> entries = {};
  };

  // Entries 1 to `to` are missing.
  BackfillPlan(BackfillLimits limits, LogIndex to);

  void peer(const NodeId& id, bool up);

  // What is to be asked now. It counts as asked.
  std::vector<Request> requests(std::int64_t now_ms);
  // False: nobody asked for it, or it is more than was asked.
  bool answer(const NodeId& from, LogEntries answer, std::int64_t now_ms);

  // The newest part that is missing, once it is here; until accept() or refuse() says what it was.
  const Part* next() const;
  void accept();
  void refuse(std::int64_t now_ms);

  std::size_t under_way() const;

 private:
  struct Peer {
    bool up = false;
    std::size_t asked = 0;
    std::int64_t rests_until = 0;
    std::uint64_t turn = 0;  // when it was asked last
  };
  struct Slot {
    LogIndex from = {};
    LogIndex to = {};
    std::optional<NodeId> asked = {};
    std::int64_t asked_ms = 0;
    std::optional<NodeId> avoid = {};  // failed at it last
    std::optional<Part> part = {};
  };
  std::uint64_t part_entries() const;
  void fill();
  void release(Slot& slot, std::int64_t rests_until);
  std::optional<NodeId> choose(const Slot& slot, std::int64_t now_ms) const;

  BackfillLimits limits_;
  LogIndex below_ = {};          // entries up to here are in no slot yet
  std::deque<Slot> slots_ = {};  // newest first
  std::map<NodeId, Peer> peers_ = {};
  std::uint64_t turns_ = 0;
  std::uint64_t came_entries_ = 0;
  std::uint64_t came_bytes_ = 0;
};

}  // namespace anta
