#include "consensus/worker.h"

#include <pthread.h>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <thread>
#include <utility>

namespace anta {

struct Worker::State {
  asio::io_context queue{1};
  asio::executor_work_guard<asio::io_context::executor_type> open{queue.get_executor()};
  std::function<void()> drained = {};
  std::thread thread = {};

  void run() {
    while (queue.run_one() > 0) {
      while (queue.poll_one() > 0) {
      }
      if (drained && !queue.stopped()) drained();
    }
  }
};

Worker::Worker(std::function<void()> drained) : state_(std::make_unique<State>()) {
  state_->drained = std::move(drained);
}

Worker::~Worker() { stop(); }

void Worker::start(const std::string& name) {
  state_->thread = std::thread([state = state_.get(), name] {
    pthread_setname_np(pthread_self(), name.c_str());
    state->run();
  });
}

void Worker::post(std::function<void()> work) { asio::post(state_->queue, std::move(work)); }

std::chrono::steady_clock::time_point Worker::now() { return std::chrono::steady_clock::now(); }

void Worker::stop() {
  state_->queue.stop();
  if (state_->thread.joinable()) state_->thread.join();
}

}  // namespace anta
