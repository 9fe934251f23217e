// A leader's checkpoints on their way to witnesses, and the witnesses' cosignatures back (C2SP tlog-witness,
// the log's side).
//
// Each witness of the network whose URL is known is asked on its own, one request at a time: what is opened
// meanwhile waits, and only the newest of it. The request proves that the tree extends the one that the
// witness cosigned last; how large that was is known from its last answer, or from its 409. A witness that
// does not answer is left alone for a while (retry_min_ms, doubled up to retry_max_ms); what has waited
// longer than fresh_ms is not sent any more, since the checkpointer asks again for what is still open. One
// that has cosigned more than this ledger holds is told of once (witness_ahead): where that stays, the ledger
// was restored. It is asked again every retry_max_ms, in case it began anew; what is known of a witness ends
// with its key or its URL. What comes back goes to the checkpointer, which verifies and counts it like a
// node's.
//
// State lives on one executor, which reads the ledger for the proofs: not the service thread. on_open,
// set_urls and figures may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "consensus/log_sink.h"
#include "crypto/checkpoint.h"
#include "crypto/note.h"
#include "node/executor.h"
#include "node/peer_wire.h"
#include "node/witness_client.h"
#include "storage/ledger/state.h"

namespace anta {

using WitnessUrls = std::map<std::string, WitnessUrl>;  // by the witness's id

struct WitnessAsk {
  Checkpoint checkpoint = {};
  std::string note = {};  // its text under the log's signature
  std::vector<state::Network::Witness> witnesses = {};
};

struct WitnessFeedOptions {
  std::uint32_t request_deadline_ms = 1'000;
  std::uint32_t retry_min_ms = 100;
  std::uint32_t retry_max_ms = 5'000;
  std::uint32_t fresh_ms = 1'000;
};

struct WitnessFeedPorts {
  std::function<void(const WitnessUrl&, std::string body, WitnessClient::Callback)> post = {};
  // The proof from the tree of the first size to that of the second; blocks.
  std::function<Result<std::vector<Digest>>(std::uint64_t from, std::uint64_t to)> consistency = {};
  std::function<void(const NodeId& witness, const CheckpointCosigned&)> cosigned = {};
  LogSink log = {};
};

struct WitnessFigures {
  std::uint64_t cosignatures = 0;
  std::uint64_t failures = 0;  // requests without the cosignature that they asked for; conflicts apart
};

class WitnessFeed {
 public:
  // What the ports reach, and the executor, outlive it; the executor is stopped before it goes.
  WitnessFeed(WitnessFeedOptions options, WitnessFeedPorts ports, WitnessUrls urls, Executor& executor);
  ~WitnessFeed();

  void on_open(WitnessAsk ask);
  void set_urls(WitnessUrls urls);
  WitnessFigures figures() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace anta
