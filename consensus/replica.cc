#include "consensus/replica.h"

#include <pthread.h>

#include <algorithm>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <future>
#include <thread>
#include <utility>

#include "consensus/turns.h"

namespace anta {

struct Replica::Impl {
  Impl(ReplicaOptions options, LogStore& log, StateMachine& machine, TransportFactory factory,
       ReplicaHooks hooks)
      : tick(options.tick),
        make_transport(std::move(factory)),
        timer(loop),
        turns(std::move(options), log, machine, std::move(hooks),
              [this](std::function<void()> work) { on_loop(std::move(work)); }) {}

  Result<void> start(LogStore::Restored restored);
  void stop(bool hand_over);
  void arm_tick();
  void on_loop(std::function<void()> work) { asio::post(loop, std::move(work)); }

  std::chrono::milliseconds tick;
  TransportFactory make_transport;
  asio::io_context loop{1};
  asio::executor_work_guard<asio::io_context::executor_type> open{loop.get_executor()};
  asio::steady_timer timer;  // the loop's
  std::thread thread = {};
  bool started = false;                // the owner's
  std::atomic<bool> closed = false;    // no loop any more: callbacks are answered where they are asked
  std::atomic<unsigned> visitors = 0;  // calls from other threads that may still post
  Turns turns;
};

// A call from another thread. While it lasts the loop's queue is still emptied after it, or it is too late
// and says so.
class Replica::Visit {
 public:
  explicit Visit(Impl& impl) : impl_(impl) {
    ++impl_.visitors;  // before it looks: stop() looks in the other order
    late_ = impl_.closed.load();
  }
  ~Visit() { --impl_.visitors; }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  bool late() const { return late_; }

 private:
  Impl& impl_;
  bool late_ = false;
};

Result<void> Replica::Impl::start(LogStore::Restored restored) {
  ANTA_INVARIANT(!started);
  if (auto good = turns.check(restored); !good) return good;
  auto transport = make_transport(loop);
  if (!transport) return pass(transport);
  if (auto begun = turns.begin(std::move(restored), std::move(*transport)); !begun) return begun;
  started = true;
  timer.expires_after(tick);
  arm_tick();
  thread = std::thread([this] {
    pthread_setname_np(pthread_self(), "anta-loop");
    loop.run();
  });
  return {};
}

void Replica::Impl::stop(bool hand_over) {
  if (!started || closed.load()) return;
  if (hand_over) {
    std::promise<void> done;
    on_loop([this, &done] { turns.begin_hand_over(&done); });
    done.get_future().wait();
  }
  on_loop([this] {
    turns.shut();
    closed.store(true);  // from here on who asks is answered where they stand, so that the queue gets empty
    timer.cancel();
    open.reset();
  });
  thread.join();
  turns.join();
  // Who came before that is posting this moment; what was posted in the meantime is answered too, here.
  while (visitors.load() > 0)
    std::this_thread::yield();
  loop.restart();
  loop.poll();
}

void Replica::Impl::arm_tick() {
  timer.async_wait([this](const asio::error_code& cancelled) {
    if (cancelled || !open.owns_work()) return;
    turns.tick();
    // Ticks that were missed (a paused process) are not made up for: time only ever passes too slowly.
    timer.expires_at(std::max(timer.expiry() + tick, std::chrono::steady_clock::now()));
    arm_tick();
  });
}

Replica::Replica(ReplicaOptions options, LogStore& log, StateMachine& machine, TransportFactory transport,
                 ReplicaHooks hooks)
    : impl_(
          std::make_unique<Impl>(std::move(options), log, machine, std::move(transport), std::move(hooks))) {}

Replica::~Replica() { stop(false); }

Result<void> Replica::start(LogStore::Restored restored) { return impl_->start(std::move(restored)); }
void Replica::stop(bool hand_over) { impl_->stop(hand_over); }

void Replica::propose(std::shared_ptr<const Bytes> payload, Millis time, Proposed callback) {
  ANTA_INVARIANT(payload != nullptr);
  const Visit visit(*impl_);
  if (visit.late()) return callback(tl::unexpected<Error>(stopping_error()));
  impl_->on_loop([impl = impl_.get(), payload = std::move(payload), time, callback = std::move(callback)] {
    impl->turns.propose(payload, time, callback);
  });
}

void Replica::read_index(ReadIndex callback) {
  const Visit visit(*impl_);
  if (visit.late()) return callback(tl::unexpected<Error>(stopping_error()));
  impl_->on_loop([impl = impl_.get(), callback = std::move(callback)] { impl->turns.read_index(callback); });
}

void Replica::persist_mark(Bytes mark, Done callback) {
  const Visit visit(*impl_);
  if (visit.late()) {
    if (callback) callback(tl::unexpected<Error>(stopping_error()));
    return;
  }
  impl_->on_loop([impl = impl_.get(), mark = std::move(mark), callback = std::move(callback)]() mutable {
    impl->turns.mark(std::move(mark), std::move(callback));
  });
}

void Replica::send_app(NodeId peer, std::uint8_t kind, Bytes bytes, Done callback) {
  ANTA_INVARIANT(kind < replica_kind_first);
  const Visit visit(*impl_);
  if (visit.late()) {
    if (callback) callback(tl::unexpected<Error>(stopping_error()));
    return;
  }
  impl_->on_loop([impl = impl_.get(), peer = std::move(peer), kind, bytes = std::move(bytes),
                  callback = std::move(callback)]() mutable {
    impl->turns.send_app(peer, kind, std::move(bytes), callback);
  });
}

void Replica::transfer_leadership() {
  const Visit visit(*impl_);
  if (visit.late()) return;
  impl_->on_loop([impl = impl_.get()] { impl->turns.turn(raft::TransferLeadership{}); });
}

void Replica::transfer_leadership(NodeId to, Term term, Done callback) {
  const Visit visit(*impl_);
  if (visit.late()) return callback(tl::unexpected<Error>(stopping_error()));
  impl_->on_loop([impl = impl_.get(), to = std::move(to), term, callback = std::move(callback)]() mutable {
    impl->turns.hand_over_to(to, term, std::move(callback));
  });
}

void Replica::follow(MembershipPlan plan) {
  const Visit visit(*impl_);
  if (visit.late()) return;
  impl_->on_loop(
      [impl = impl_.get(), plan = std::move(plan)]() mutable { impl->turns.follow(std::move(plan)); });
}

void Replica::post(std::function<void()> work) {
  const Visit visit(*impl_);
  if (!visit.late()) impl_->on_loop(std::move(work));
}

ReplicaStatus Replica::status() const { return impl_->turns.shown_status(); }
ReplicaMetrics Replica::metrics() const { return impl_->turns.shown_metrics(); }

}  // namespace anta
