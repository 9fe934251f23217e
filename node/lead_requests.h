// Lead orders on their way to whoever leads (storage/ledger/lead_order.h).
//
// An order is checked where it arrives and again where it is followed. The node that leads hands over; any
// other passes the order on to it, and again to each new one. Whether it was followed everybody sees for
// himself: the named node leads in a later term. Refusals are sent back. An order's term ends when anybody
// leads in a later one, so every order has an answer soon: a wait is bounded by `wait_ms`, after which it is
// `uncertain` if it was ever offered, else busy (no_leader). A leader follows no order in its first `hold_ms`
// of office (busy), so one organisation cannot keep the others from proposing by orders alone.
//
// All state lives on one executor; ask() and the on_ functions may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "consensus/raft/events.h"
#include "node/executor.h"
#include "node/peer_wire.h"
#include "storage/ledger/lead_order.h"

namespace anta {

// What the orders ask of the rest of the node.
struct LeadPorts {
  // As the ledger applied here has it (lead_order.h: authorise).
  std::function<Result<void>(const SignedLeadOrder&)> authorise = {};
  // Replica::transfer_leadership.
  std::function<void(const NodeId& to, Term term, std::function<void(Result<void>)>)> transfer = {};
  std::function<void(const NodeId& to, PeerKind kind, Bytes bytes)> send = {};
};

struct Led {
  NodeId leader = {};
  Term term = {};
};

class LeadRequests {
 public:
  using Callback = std::function<void(Result<Led>)>;

  struct Options {
    NodeId self = {};
    std::uint32_t wait_ms = 5'000;
    std::uint32_t hold_ms = 1'000;
    std::size_t orders_max = 64;  // undecided
  };

  // The executor and whatever the ports reach outlive it; the executor is stopped before it goes.
  LeadRequests(Options options, LeadPorts ports, Executor& executor);
  ~LeadRequests();

  // Answered once, on the executor's thread: who leads, the named node, or why not. Besides what authorise
  // says: rule_violated (lead.term: that term is not the present one; lead.not_a_voter), busy (lead.busy,
  // no_leader), uncertain (lead.uncertain).
  void ask(std::shared_ptr<const Bytes> order, Callback callback);

  void on_role(const raft::RoleChange& role);
  void on_peer_message(const NodeId& from, PeerKind kind, Bytes bytes);
  void stop();  // answers everything; refuses what comes later

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace anta
