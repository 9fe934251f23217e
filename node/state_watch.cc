#include "node/state_watch.h"

#include <string>
#include <utility>

#include "consensus/published.h"
#include "crypto/text.h"

namespace anta {

struct StateWatch::State : std::enable_shared_from_this<StateWatch::State> {
  State(StateWatchPorts p, Executor& e) : ports(std::move(p)), executor(e) {}

  void tick();
  void tell();
  void judge();
  void name_differences(const std::map<NodeId, StateDifference>& now);
  void tell_majority();

  const StateWatchPorts ports;
  Executor& executor;
  StateAgreement agreement = {};
  std::optional<LogIndex> told_index = {};   // the newest that was told
  std::optional<std::int64_t> told_at = {};  // steady
  std::optional<LogIndex> majority = {};
  bool started = false;  // before, there is nobody to ask who votes
  StateWatchFigures last = {};
  Published<StateWatchFigures> shown = {};
};

void StateWatch::State::tick() {
  if (last.outvoted) return;
  const std::int64_t now = executor.steady_ms();
  if (!told_at || agreement.newest() != told_index || now - *told_at >= interval_ms) {
    told_index = agreement.newest();
    told_at = now;
    tell();
    judge();
  }
  executor.after(busy_interval_ms, [self = weak_from_this()] {
    if (const auto state = self.lock()) state->tick();
  });
}

void StateWatch::State::tell() {
  const std::vector<StateAt> told = agreement.tell();
  if (told.empty()) return;
  const Bytes bytes = encode_state_roots(told);
  for (const NodeId& peer : ports.peers())
    ports.send(peer, PeerKind::state_roots, bytes);
}

void StateWatch::State::tell_majority() {
  if (!started) return;
  const auto now = agreement.applied_by_majority(ports.self, ports.voters());
  if (now == majority || !ports.applied_by_majority) return;
  majority = now;
  ports.applied_by_majority(now);
}

void StateWatch::State::judge() {
  if (last.outvoted) return;
  std::map<NodeId, StateDifference> differing = agreement.differing();
  if (differing.empty() && last.differing.empty()) return;
  name_differences(differing);
  last.differing = std::move(differing);
  last.outvoted = agreement.outvoted(ports.voters());
  shown.set(last);
  if (!last.outvoted) return;
  tell();
  executor.after(farewell_ms, [self = weak_from_this()] {
    if (const auto state = self.lock()) state->ports.set_aside(*state->last.outvoted);
  });
}

// Once when it begins and once when it ends, not at each block.
void StateWatch::State::name_differences(const std::map<NodeId, StateDifference>& now) {
  for (const auto& [peer, difference] : now) {
    if (last.differing.contains(peer)) continue;
    ports.log(
        LogLevel::error, "state_differs",
        {{"peer", peer.value},
         {"index", std::to_string(difference.index.value)},
         {"own_root", hex(difference.own)},
         {"peer_root", hex(difference.theirs)},
         {"next_step",
          "nothing where a majority agrees: the node that is alone stops and heals itself; where no majority "
          "does, compare releases and the roots of all nodes (/v1/status) before anything else"}});
  }
  for (const auto& [peer, difference] : last.differing) {
    if (!now.contains(peer)) ports.log(LogLevel::info, "state_differs_no_more", {{"peer", peer.value}});
  }
}

StateWatch::StateWatch(StateWatchPorts ports, Executor& executor)
    : state_(std::make_shared<State>(std::move(ports), executor)) {}

StateWatch::~StateWatch() = default;

void StateWatch::start() {
  state_->executor.post([state = state_] {
    state->started = true;
    state->tell_majority();
    state->tick();
  });
}

void StateWatch::on_applied(const Applied& applied) {
  state_->executor.post([state = state_, now = StateAt{applied.index, applied.state_root}] {
    state->agreement.applied(now);
    state->judge();
    state->tell_majority();  // this node may be the one that was missing, or all of it
  });
}

void StateWatch::on_peer(const NodeId& peer, bool up) {
  if (up) return;
  state_->executor.post([state = state_, peer] {
    state->agreement.gone(peer);
    state->tell_majority();
  });
}

void StateWatch::on_peer_message(const NodeId& from, Bytes bytes) {
  state_->executor.post([state = state_, from, bytes = std::move(bytes)] {
    auto told = decode_state_roots(bytes);
    if (!told) return;  // a peer of ours sends none such
    state->agreement.heard(from, std::move(*told));
    state->judge();
    state->tell_majority();
  });
}

StateWatchFigures StateWatch::figures() const { return state_->shown.get(); }

}  // namespace anta
