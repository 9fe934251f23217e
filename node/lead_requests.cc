#include "node/lead_requests.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace anta {

struct LeadRequests::State : std::enable_shared_from_this<LeadRequests::State> {
  struct Order {
    std::shared_ptr<const Bytes> bytes = {};
    NodeId node = {};
    Term term = {};
    Callback callback = {};
    std::optional<NodeId> offered_to = {};
  };

  State(Options o, LeadPorts p, Executor& e) : options(std::move(o)), ports(std::move(p)), executor(e) {}

  void take(std::shared_ptr<const Bytes> bytes, Callback callback);
  void take_forwarded(const NodeId& from, ByteView bytes);
  void take_refused(const NodeId& from, ByteView bytes);
  void take_role(const raft::RoleChange& change);
  Result<SignedLeadOrder> checked(ByteView bytes) const;
  bool settle(std::uint64_t id);
  void offer(std::uint64_t id);
  void follow(const NodeId& node, Term term, std::function<void(Result<void>)> then);
  void finish(std::uint64_t id, Result<Led> answer);
  void expire(std::uint64_t id);
  Error not_this_term(Term term) const;

  const Options options;
  const LeadPorts ports;
  Executor& executor;
  std::uint64_t next_id = 1;
  std::map<std::uint64_t, Order> orders = {};
  raft::RoleChange role = {};
  std::int64_t office_began = 0;  // the executor's time; the last time that this node took office
  bool stopped = false;
};

Error LeadRequests::State::not_this_term(Term term) const {
  return {Code::rule_violated, "lead.term",
          "the order is for term " + std::to_string(term.value) + ", and this is term " +
              std::to_string(role.term.value) +
              (role.leader ? ", which " + role.leader->value + " leads" : std::string())};
}

Result<SignedLeadOrder> LeadRequests::State::checked(ByteView bytes) const {
  Result<SignedLeadOrder> order = decode_lead_order(bytes);
  if (!order) return order;
  if (auto may = ports.authorise(*order); !may) return pass(may);
  return order;
}

void LeadRequests::State::take(std::shared_ptr<const Bytes> bytes, Callback callback) {
  if (stopped || orders.size() >= options.orders_max)
    return callback(fail(Code::busy, "lead.busy", "too many orders wait for an answer"));
  const Result<SignedLeadOrder> order = checked(*bytes);
  if (!order) return callback(pass(order));
  const std::uint64_t id = next_id++;
  orders.emplace(id, Order{.bytes = std::move(bytes),
                           .node = order->order.node,
                           .term = Term{order->order.term},
                           .callback = std::move(callback)});
  executor.after(options.wait_ms, [self = weak_from_this(), id] {
    if (const auto state = self.lock()) state->expire(id);
  });
  if (!settle(id)) offer(id);
}

// Whether what is known of who leads answers it.
bool LeadRequests::State::settle(std::uint64_t id) {
  const Order& order = orders.at(id);
  if (!role.leader || role.term < order.term) return false;
  if (*role.leader == order.node && (role.term > order.term ? order.offered_to.has_value() : true)) {
    finish(id, Led{*role.leader, role.term});
    return true;
  }
  if (role.term == order.term) return false;
  finish(id, tl::unexpected<Error>(not_this_term(order.term)));
  return true;
}

// To whoever leads now; this node answers for itself.
void LeadRequests::State::offer(std::uint64_t id) {
  Order& order = orders.at(id);
  if (!role.leader || order.offered_to == role.leader) return;
  order.offered_to = role.leader;
  if (*role.leader != options.self) {
    return ports.send(*role.leader, PeerKind::lead_forward,
                      encode_lead_forward({.request = id, .order = order.bytes}));
  }
  follow(order.node, order.term, [self = weak_from_this(), id](Result<void> done) {
    const auto state = self.lock();
    if (state && !done) state->finish(id, pass(done));
  });
}

// Hands over. What the log says of it is said in this class's words.
void LeadRequests::State::follow(const NodeId& node, Term term, std::function<void(Result<void>)> then) {
  if (role.role != raft::Role::leader || role.term != term)
    return then(tl::unexpected<Error>(not_this_term(term)));
  if (!role.in_office || executor.steady_ms() - office_began < options.hold_ms)
    return then(fail(Code::busy, "lead.busy",
                     options.self.value + " leads for less than " + std::to_string(options.hold_ms) + " ms"));
  ports.transfer(node, term, [self = weak_from_this(), term, then = std::move(then)](Result<void> done) {
    const auto state = self.lock();
    if (!state) return;
    state->executor.post([self, term, then, done = std::move(done)]() mutable {
      const auto now = self.lock();
      if (!now) return;
      if (!done && done.error().code == Code::not_leader)
        done = tl::unexpected<Error>(now->not_this_term(term));
      if (!done && done.error().code == Code::malformed)
        done = fail(Code::rule_violated, "lead.not_a_voter", done.error().message);
      if (!done && done.error().code == Code::busy)
        done = fail(Code::busy, "lead.busy", done.error().message);
      if (!done && done.error().code == Code::uncertain) return;  // the order's own time decides
      then(std::move(done));
    });
  });
}

void LeadRequests::State::finish(std::uint64_t id, Result<Led> answer) {
  auto found = orders.extract(id);
  if (!found.empty()) found.mapped().callback(std::move(answer));
}

void LeadRequests::State::expire(std::uint64_t id) {
  const auto found = orders.find(id);
  if (found == orders.end()) return;
  if (!found->second.offered_to)
    return finish(id, fail(Code::busy, "no_leader", "no leader is known, so nobody can hand over"));
  finish(id, fail(Code::uncertain, "lead.uncertain",
                  "nobody said in time whether " + found->second.node.value + " leads: ask for the status"));
}

void LeadRequests::State::take_role(const raft::RoleChange& change) {
  const bool new_here = change.in_office && (!role.in_office || role.term != change.term);
  role = change;
  if (new_here) office_began = executor.steady_ms();
  std::vector<std::uint64_t> open;
  for (const auto& [id, order] : orders)
    open.push_back(id);
  for (const std::uint64_t id : open) {
    if (orders.contains(id) && !settle(id)) offer(id);
  }
}

// Another node's, which hears by itself that it was followed.
void LeadRequests::State::take_forwarded(const NodeId& from, ByteView bytes) {
  const Result<LeadForward> forward = decode_lead_forward(bytes);
  if (!forward || stopped) return;  // a peer of ours sends none such; the sender's own time ends it
  const auto refuse = [self = weak_from_this(), from, request = forward->request](const Error& error) {
    const auto state = self.lock();
    if (state)
      state->ports.send(from, PeerKind::lead_refused,
                        encode_lead_refused({.request = request, .error = error}));
  };
  // What can not be followed costs no signature check.
  const Result<SignedLeadOrder> read = decode_lead_order(*forward->order);
  if (!read) return refuse(read.error());
  const Term term{read->order.term};
  if (role.role != raft::Role::leader || role.term != term) return refuse(not_this_term(term));
  const Result<SignedLeadOrder> order = checked(*forward->order);
  if (!order) return refuse(order.error());
  follow(order->order.node, term, [refuse](const Result<void>& done) {
    if (!done) refuse(done.error());
  });
}

// Only whom it was offered to may refuse it.
void LeadRequests::State::take_refused(const NodeId& from, ByteView bytes) {
  const Result<LeadRefused> refused = decode_lead_refused(bytes);
  if (!refused) return;
  const auto found = orders.find(refused->request);
  if (found != orders.end() && found->second.offered_to == from)
    finish(refused->request, tl::unexpected<Error>(refused->error));
}

LeadRequests::LeadRequests(Options options, LeadPorts ports, Executor& executor)
    : state_(std::make_shared<State>(std::move(options), std::move(ports), executor)) {}

LeadRequests::~LeadRequests() = default;

void LeadRequests::ask(std::shared_ptr<const Bytes> order, Callback callback) {
  state_->executor.post([state = state_, order = std::move(order), callback = std::move(callback)]() mutable {
    state->take(std::move(order), std::move(callback));
  });
}

void LeadRequests::on_role(const raft::RoleChange& role) {
  state_->executor.post([state = state_, role] { state->take_role(role); });
}

void LeadRequests::on_peer_message(const NodeId& from, PeerKind kind, Bytes bytes) {
  state_->executor.post([state = state_, from, kind, bytes = std::move(bytes)] {
    kind == PeerKind::lead_forward ? state->take_forwarded(from, bytes) : state->take_refused(from, bytes);
  });
}

void LeadRequests::stop() {
  state_->executor.post([state = state_] {
    state->stopped = true;
    while (!state->orders.empty())
      state->finish(state->orders.begin()->first, fail(Code::busy, "lead.busy", "this node is stopping"));
  });
}

}  // namespace anta
