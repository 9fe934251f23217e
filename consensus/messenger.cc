#include "consensus/messenger.h"

#include <pthread.h>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <thread>
#include <utility>

namespace anta {

struct Messenger::State {
  asio::io_context loop{1};
  asio::executor_work_guard<asio::io_context::executor_type> open{loop.get_executor()};
  std::unique_ptr<Transport> transport = {};
  MessengerHooks hooks = {};
  std::thread thread = {};
};

Messenger::Messenger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Messenger::~Messenger() { stop(); }

Result<std::unique_ptr<Messenger>> Messenger::start(const TransportFactory& factory,
                                                    std::vector<TransportPeer> peers, MessengerHooks hooks) {
  std::unique_ptr<Messenger> made(new Messenger(std::make_unique<State>()));
  State& s = *made->state_;
  s.hooks = std::move(hooks);
  auto transport = factory(s.loop);
  if (!transport) return pass(transport);
  s.transport = std::move(*transport);
  TransportHandlers handlers;
  handlers.on_message = [](const raft::Message&) {};
  handlers.on_app = [&s](const NodeId& from, std::uint8_t kind, Bytes bytes) {
    if (kind < replica_kind_first && s.hooks.on_app) s.hooks.on_app(from, kind, std::move(bytes));
  };
  handlers.on_peer = [&s](const NodeId& peer, bool up) {
    if (s.hooks.on_peer) s.hooks.on_peer(peer, up);
  };
  if (auto listening = s.transport->start(std::move(handlers)); !listening) return pass(listening);
  if (auto set = s.transport->set_peers(std::move(peers)); !set) return pass(set);
  s.thread = std::thread([&s] {
    pthread_setname_np(pthread_self(), "anta-messenger");
    s.loop.run();
  });
  return made;
}

void Messenger::send(NodeId to, std::uint8_t kind, Bytes bytes) {
  asio::post(state_->loop, [s = state_.get(), to = std::move(to), kind, bytes = std::move(bytes)]() mutable {
    std::ignore = s->transport->send_app(to, kind, std::move(bytes));
  });
}

// The loop ends by itself once the transport has let go of its connections.
void Messenger::stop() {
  State& s = *state_;
  if (!s.thread.joinable()) return;
  asio::post(s.loop, [&s] {
    s.transport->stop();
    s.open.reset();
  });
  s.thread.join();
}

}  // namespace anta
