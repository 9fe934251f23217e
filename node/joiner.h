// Joiner: brings a node that joins the history of the ledger, before it has a replica.
//
//   ask      Every voter of the members file is asked how far it has applied, then for the hash of the entry
//            that a majority has (join_anchor.h). A ledger that is short is left to the leader, who sends it
//            like to anyone who is behind; so is one whose voters do not answer such questions (an older
//            release), or `entries_min` 0.
//   fetch    The history below that anchor comes from all peers at once, in parts (backfill_plan.h), and is
//            written as the chain proves it, backwards (storage/log_backfill.h). What is written stays over a
//            restart, and the next start goes on from there without asking anybody for an anchor.
//   done     The port is told; the log is adopted and the replica starts, which applies what came: the law
//            judges every statement anew.
//
// Threads: its executor's owns it all; on_peer_message from the one on which messages arrive; on_peer,
// figures and dropped from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "consensus/log_sink.h"
#include "consensus/published.h"
#include "node/backfill_plan.h"
#include "node/executor.h"
#include "node/join_anchor.h"
#include "node/peer_intake.h"
#include "storage/log_backfill.h"

namespace anta {

struct JoinerOptions {
  std::vector<NodeId> voters = {};    // as the members file has them, without this node
  std::uint64_t entries_min = 4'096;  // a shorter log comes from the leader
  std::uint32_t step_ms = 250;        // between two looks at what is missing
  std::int64_t report_ms = 5'000;     // between two lines in the log
  std::int64_t unanswered_ms =
      10'000;  // a majority is connected and does not answer: the leader is left to it
  BackfillLimits limits = {};
};

struct JoinerPorts {
  std::function<void(const NodeId& to, PeerKind kind, Bytes bytes)> send = {};
  std::function<bool()> disk_low = {};
  // Once. True: the history is here, and the log is to be adopted; false: the log is as empty as it was.
  std::function<void(bool fetched)> on_done = {};
  std::function<void(const Error&)> on_fatal = {};  // once, instead
  LogSink log = {};
};

class Joiner {
 public:
  struct Figures {
    bool asking = false;
    bool fetching = false;
    LogIndex anchor = {};                // 0: not known yet, or none
    std::uint64_t missing = 0;           // entries
    std::uint64_t bytes = 0;             // of payloads, written since start
    std::uint64_t bytes_per_second = 0;  // since the fetching began
    std::uint64_t refused = 0;           // answers that were not what the chain names
  };

  // Both outlive it; the executor runs nothing of it after its own stop.
  static Result<std::unique_ptr<Joiner>> open(JoinerOptions options, JoinerPorts ports, Database& database,
                                              Executor& executor);

  void start();
  void stop() { stopped_ = true; }  // before the executor's
  void on_peer(const NodeId& peer, bool up);
  void on_peer_message(const NodeId& from, PeerKind kind, Bytes bytes);
  Figures figures() const { return shown_.get(); }
  std::uint64_t dropped() const { return intake_.dropped(); }  // messages, since too many waited

 private:
  Joiner(JoinerOptions options, JoinerPorts ports, LogBackfill backfill, Executor& executor);
  void step();
  void ask();
  void decided();
  void fetch();
  void heard(const NodeId& from, PeerKind kind, ByteView bytes);
  void take(const NodeId& from, ByteView bytes);
  void write();
  void report();
  void done(bool fetched);
  void fatal(const Error& error);
  void say(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const {
    if (ports_.log) ports_.log(level, event, fields);
  }

  const JoinerOptions options_;
  const JoinerPorts ports_;
  Executor& executor_;
  PeerIntake intake_;
  LogBackfill backfill_;
  JoinAnchor anchor_;
  std::optional<BackfillPlan> plan_ = {};
  std::set<NodeId> up_ = {};
  std::int64_t begun_ms_ = 0;      // this phase
  std::int64_t connected_ms_ = 0;  // a majority is, since then; 0: it is not
  std::int64_t reported_ms_ = 0;
  Figures counts_ = {};
  std::atomic<bool> stopped_ = false;
  Published<Figures> shown_ = {};
};

}  // namespace anta
