// What a node knows of itself: for /v1/status, /readyz and /metrics. Pure functions of one gathering.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consensus/replica.h"
#include "node/answer_cache.h"
#include "node/checkpointer.h"
#include "node/config.h"
#include "node/metrics.h"
#include "node/network_state.h"
#include "node/scrubber.h"
#include "node/state_watch.h"
#include "node/submission.h"
#include "node/witness_feed.h"
#include "storage/applied.h"
#include "storage/ledger/value.h"

namespace anta {

// How far a node that joins has come (joiner.h); none: it does not join, or is done.
enum class JoinPhase : std::uint8_t { none, asking, fetching, judging };
struct JoinStatus {
  JoinPhase phase = JoinPhase::none;
  LogIndex anchor = {};       // 0: not known yet
  std::uint64_t missing = 0;  // entries not here, then not judged, up to the anchor
  std::uint64_t bytes = 0;    // fetched since start
  std::uint64_t bytes_per_second = 0;
  std::uint64_t refused = 0;  // answers of peers that were not what the hash chain names

  std::uint64_t percent() const {
    return anchor.value == 0 ? 0 : (anchor.value - missing) * 100 / anchor.value;
  }
};

struct NodeStatus {
  const Config* config = nullptr;
  const Genesis* genesis = nullptr;
  std::shared_ptr<const NetworkState> network_nodes = {};  // as applied
  const NodeKeys* keys_of_self = nullptr;
  ReplicaStatus replica = {};
  ReplicaMetrics replica_metrics = {};
  Submission::Figures submission = {};
  KeyLimiter::Figures keys = {};
  VerificationFigures verification = {};
  Scrubber::Figures scrub = {};
  JoinStatus join = {};
  std::uint64_t log_served = 0;  // bytes, to nodes that join or repair their log
  std::uint64_t peer_messages_dropped = 0;
  WitnessFigures witnesses = {};
  StateWatchFigures states = {};
  std::shared_ptr<const FinishedCheckpoint> finished = {};
  std::vector<std::string> missing = {};
  CosigningStatus cosigning = {};
  std::map<std::string, std::uint64_t> clocks_behind = {};  // of cosigners; seconds
  std::optional<Applied> applied = {};
  AnswerCache::Figures answers = {};
  std::size_t connections = 0;
  std::uint64_t handshakes_failed = 0;
  Millis certificate_expires = {};  // of the HTTP listener; 0: it has none
  std::optional<Error> database_failure = {};
  std::uint64_t disk_available = 0;
  std::uint64_t disk_reserve = 0;
  std::uint64_t forks = 0;  // notes in which a quorum signed another tree than this node's
  LedgerStore::Figures ledger = {};
  bool stopping = false;
};

Value status_value(const NodeStatus& status);

// Why this node should get no requests; empty when it should.
std::vector<std::string> unready_reasons(const NodeStatus& status);

std::vector<Metrics::Sample> status_metrics(const NodeStatus& status);

}  // namespace anta
