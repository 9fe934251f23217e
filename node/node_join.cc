// A node that joins: who it asks, and what begins once it has the history (joiner.h).
//
// Until then there is no replica: the messenger holds the node's address and its links, HTTP answers from the
// genesis and says that the node is not ready. Then the messenger lets go, the log is adopted, and the
// replica starts as on any node.
#include <algorithm>

#include "node/node_parts.h"

namespace anta {

Result<void> Node::Parts::start_replica(LogStore::Restored found) {
  if (auto started = replica->start(std::move(found)); !started) return started;
  scrubber->start();
  state_watch->start();
  return {};
}

// The history is fetched by who was told of members and has no log, or has begun to fetch it.
Result<void> Node::Parts::begin(LogStore::Restored found) {
  const auto begun = read_backfill(*database);
  if (!begun) return pass(begun);
  if (begun->has_value() && !members) {
    return fail(Code::malformed, "config.members",
                "this node was fetching the history of the network that it joins; give it members: in the "
                "configuration, the nodes as they are now (anta network node list --output json)");
  }
  // Where a majority was lost, those whose word would be asked for may be the ones who are gone: there the
  // leader sends the log.
  const bool fetches =
      found.last.value == 0 && members && config.limits.join_entries_min > 0 && recoveries.empty();
  return begun->has_value() || fetches ? begin_joining(std::move(found)) : start_replica(std::move(found));
}

Result<void> Node::Parts::begin_joining(LogStore::Restored found) {
  restored = std::move(found);
  joining = true;
  JoinerOptions options;
  options.entries_min = static_cast<std::uint64_t>(config.limits.join_entries_min);
  std::vector<TransportPeer> peers = plan().peers;
  std::erase_if(peers, [this](const TransportPeer& peer) {
    const state::Node* node = members->find(peer.id);
    return node == nullptr || node->standing == NodeStanding::removed;
  });
  for (const TransportPeer& peer : peers) {
    if (members->find(peer.id)->standing == NodeStanding::voter) options.voters.push_back(peer.id);
  }
  join_thread = std::make_unique<ThreadExecutor>();
  JoinerPorts ports;
  ports.send = [this](const NodeId& to, PeerKind kind, Bytes bytes) {
    messenger->send(to, static_cast<std::uint8_t>(kind), std::move(bytes));
  };
  ports.disk_low = [this] { return disk.low(); };
  ports.on_done = [this](bool fetched) { joined(fetched); };
  ports.on_fatal = on_fatal;
  ports.log = log.sink();
  auto opened = Joiner::open(std::move(options), std::move(ports), *database, *join_thread);
  if (!opened) return pass(opened);
  joiner = std::move(*opened);
  Result<TlsOptions> tls = tls_options();
  if (!tls) return pass(tls);
  MessengerHooks hooks;
  hooks.on_app = [this](const NodeId& from, std::uint8_t kind, Bytes bytes) {
    joiner->on_peer_message(from, static_cast<PeerKind>(kind), std::move(bytes));
  };
  hooks.on_peer = [this](const NodeId& peer, bool up) {
    log.write(LogLevel::info, up ? "peer_up" : "peer_down", {{"peer", peer.value}});
    joiner->on_peer(peer, up);
  };
  auto linked = Messenger::start(tls_transport(std::move(*tls)), std::move(peers), std::move(hooks));
  if (!linked) return pass(linked);
  messenger = std::move(*linked);
  joiner->start();
  return {};
}

// On the join thread, once. The address must be free before the replica takes it.
void Node::Parts::joined(bool fetched) {
  messenger->stop();
  auto found = fetched ? log_store->adopt() : Result<LogStore::Restored>(std::move(restored));
  if (fetched && !found) return on_fatal(found.error());
  if (auto started = start_replica(std::move(*found)); !started) return on_fatal(started.error());
  joining = false;
}

void Node::Parts::stop_joining() {
  if (joiner) joiner->stop();
  if (join_thread) join_thread->stop();
  if (messenger) messenger->stop();
}

void Node::Parts::read_index(Replica::ReadIndex callback) {
  if (!joining) return replica->read_index(std::move(callback));
  callback(fail(Code::busy, "joining", "this node is joining and has not the ledger yet; ask another"));
}

// After the fetching the law judges what came, up to the anchor.
JoinStatus Node::Parts::join_figures() const {
  if (!joiner) return {};
  const Joiner::Figures now = joiner->figures();
  JoinStatus shown{.phase = now.asking ? JoinPhase::asking : JoinPhase::fetching,
                   .anchor = now.anchor,
                   .missing = now.missing,
                   .bytes = now.bytes,
                   .bytes_per_second = now.bytes_per_second,
                   .refused = now.refused};
  if (now.asking || now.fetching) return shown;
  const LogIndex applied = replica->status().applied;
  shown.missing = now.anchor > applied ? now.anchor.value - applied.value : 0;
  shown.phase = shown.missing > 0 ? JoinPhase::judging : JoinPhase::none;
  return shown;
}

}  // namespace anta
