// What the clients of one run saw, for a checker of linearizability that knows nothing of Raft (tests/chaos).
//
// Each operation number of a block is a write of that value to the register `number % keys`; a read through a
// read index gives the value of one register at that index, once its node has committed so far. Who asked and
// got no answer is in the history too: its node died or lost its office, and the write may come later or
// never. One JSON object a line: {"client", "key", "name", "invoked", "returned" or null, "argument",
// "result"}; time is that of the simulator.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "consensus/raft/events.h"
#include "tests/sim/disk.h"
#include "tests/sim/plan.h"

namespace anta::sim {

class History {
 public:
  explicit History(std::size_t nodes) : nodes_(nodes) {}

  void proposed(std::size_t node, Time now, std::uint64_t operation);
  // The answer to a proposal: to the operation that was proposed last, or to a change of members.
  void placed(std::size_t node, const Result<raft::Proposed>& place);
  void asked(std::size_t node, Time now, std::uint64_t read);
  void finished(std::size_t node, std::uint64_t read, LogIndex index);
  // `commit` is told by the node; its log is `durable`.
  void committed(std::size_t node, Time now, LogIndex commit, const Durable& durable);
  void died(std::size_t node);
  std::string text();  // and forgets what is open: call it once, at the end

 private:
  static constexpr std::uint64_t keys = 5;
  struct Open {  // asked and not yet answered
    Time asked = 0;
    std::uint64_t operation = 0;  // of a write
    std::uint64_t key = 0;
    LogIndex index = {};  // where the write stands, or what the read has to see
  };
  struct Node {
    std::vector<Open> writes = {};
    bool proposing = false;                    // the last of them has no place yet
    std::map<std::uint64_t, Open> reads = {};  // without an index yet
    std::vector<Open> reading = {};            // with one
  };

  void line(std::size_t node, const Open& open, const Time* returned, bool write, std::uint64_t value);

  std::vector<Node> nodes_;
  std::string text_ = {};
};

}  // namespace anta::sim
