#include "node/executor.h"

#include <asio.hpp>
#include <chrono>
#include <thread>

namespace anta {

struct ThreadExecutor::Loop {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  std::thread thread = {};
};

ThreadExecutor::ThreadExecutor() : loop_(std::make_unique<Loop>()) {
  loop_->thread = std::thread([io = &loop_->io] { io->run(); });
}

ThreadExecutor::~ThreadExecutor() { stop(); }

void ThreadExecutor::post(std::function<void()> work) { asio::post(loop_->io, std::move(work)); }

void ThreadExecutor::after(std::uint32_t ms, std::function<void()> work) {
  auto timer = std::make_shared<asio::steady_timer>(loop_->io, std::chrono::milliseconds(ms));
  timer->async_wait([timer, work = std::move(work)](asio::error_code error) {
    if (!error) work();
  });
}

std::int64_t ThreadExecutor::steady_ms() const {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

void ThreadExecutor::stop() {
  if (!loop_->thread.joinable()) return;
  asio::post(loop_->io, [this] { loop_->io.stop(); });
  loop_->thread.join();
}

}  // namespace anta
