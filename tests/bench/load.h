// A load on running nodes: clients that send what was signed beforehand, one request outstanding each.
//
// So the number of clients is the number of requests in flight, and whatever a statement builds on was
// answered before it is sent. Client c takes the queues c, c + clients, ... in turn, so that every load
// passes over all lots. The measured window begins after `warm_seconds`; what is answered within it counts,
// and its latency runs from sending, or with a `rate` from when it was due to be sent, to the answer (with
// `shed` from its last sending). Busy and undecided answers are asked again with the same bytes until they
// are decided. Single-threaded: the generator must not take a second core from the nodes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "crypto/digest.h"

namespace anta::bench {

// Signed statements in their order. A part that was sent is not sent again.
struct Queue {
  std::vector<Bytes> statements = {};
  std::size_t next = 0;
  std::size_t left() const { return statements.size() - next; }
};

struct Endpoint {
  std::string host = {};
  std::string port = {};
};

struct LoadOptions {
  std::vector<Endpoint> nodes = {};  // clients are dealt to them in turn
  std::size_t clients = 1;
  std::size_t batch = 1;    // statements of a request
  bool cosigned = false;    // wait=cosigned, not committed
  double warm_seconds = 0;  // sent, not counted
  double seconds = 0;       // 0: until the queues are empty, all counted
  double rate = 0;  // statements per second offered by all clients together; 0: as fast as answers come
  // What is answered 503 is sent again when the client's next request is due, and given up at the end, unless
  // the node may have taken it before. So `rate` is what is offered, whatever part of it is shed.
  bool shed = false;
};

struct LoadResult {
  double seconds = 0;  // of the window
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t all_accepted = 0;  // outside the window too: what the ledger must hold afterwards
  std::uint64_t all_refused = 0;
  std::uint64_t all_bytes = 0;            // of the accepted statements
  std::uint64_t again = 0;                // requests sent again after busy or undecided
  std::uint64_t offered = 0;              // statements sent within the window, each time that they were
  std::uint64_t shed = 0;                 // statements answered 503 within the window
  std::uint64_t shed_silently = 0;        // of all requests: 503 without Retry-After
  bool ran_dry = false;                   // the window ended early, because everything signed was sent
  double cpu_seconds = 0;                 // of this process in the window
  std::vector<double> latencies_ms = {};  // of requests, sorted
  std::string failure = {};               // what broke the load off, empty if nothing
  std::string first_refusal = {};
};

// Calls `mark` with "begin" and "end" at the edges of the window.
LoadResult run_load(std::vector<Queue>& queues, const LoadOptions& options,
                    const std::function<void(const char*)>& mark);

}  // namespace anta::bench
