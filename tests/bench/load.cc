#include "tests/bench/load.h"

#include <sys/resource.h>

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <memory>

#include "tests/bench/http_line.h"

namespace anta::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto again_after = std::chrono::milliseconds(20);
constexpr std::size_t shown_of_refusal = 400;

double seconds_of(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

Clock::duration duration_of(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

// How many items of a sequence's answer have an outcome that begins with `word`; JSON may have spaces.
std::size_t outcomes(std::string_view body, std::string_view word) {
  constexpr std::string_view member = "\"outcome\":";
  std::size_t count = 0;
  for (std::size_t at = body.find(member); at != std::string_view::npos; at = body.find(member, at)) {
    at = body.find('"', at + member.size()) + 1;
    if (body.substr(at).starts_with(word)) ++count;
  }
  return count;
}

// What all clients of one load share.
struct Shared {
  std::vector<Queue>& queues;
  const LoadOptions& options;
  const std::function<void(const char*)>& mark;
  LoadResult result = {};
  bool counting = false;
  bool due_to_end = false;
  bool over = false;
  Clock::time_point began = {};
  double cpu_at_begin = 0;
  std::deque<std::size_t> idle = {};  // with `shed`: queues that no client sends from

  void begin() {
    mark("begin");
    counting = true;
    began = Clock::now();
    cpu_at_begin = cpu_seconds();
  }
  // The window's time is up. On a machine that stalls it stays open until one answer is in it.
  void time_up() {
    due_to_end = true;
    if (!result.latencies_ms.empty()) end();
  }
  void end() {
    if (over) return;
    over = true;
    if (!counting) return;
    counting = false;
    result.seconds = seconds_of(Clock::now() - began);
    result.cpu_seconds = cpu_seconds() - cpu_at_begin;
    mark("end");
  }
};

class Client {
 public:
  Client(Shared& shared, asio::io_context& loop, std::size_t number)
      : shared_(shared), timer_(loop), queue_(number), due_(Clock::now()) {
    const LoadOptions& o = shared.options;
    const Endpoint& node = o.nodes[number % o.nodes.size()];
    line_ = std::make_unique<HttpLine>(
        loop, node.host, node.port,
        std::string("/v1/statements?wait=") + (o.cosigned ? "cosigned" : "committed"),
        o.batch > 1 ? "application/cbor-seq" : "application/cose");
    if (o.rate > 0) {
      pace_ = duration_of(static_cast<double>(o.clients * o.batch) / o.rate);
      due_ += pace_ * number / o.clients;
    }
  }

  void next() {
    if (shared_.over) return;
    if (shared_.options.shed) due_ = std::max(due_, Clock::now());  // it was away longer than its turn
    if (shared_.options.rate > 0 && Clock::now() < due_) {
      timer_.expires_at(due_);
      timer_.async_wait([this](const asio::error_code&) { next(); });
      return;
    }
    if (!fill()) {
      if (shared_.options.seconds > 0) {
        shared_.result.ran_dry = true;
        shared_.end();
      }
      return;
    }
    begun_ = shared_.options.rate > 0 ? due_ : Clock::now();
    due_ += pace_;
    maybe_taken_ = false;
    send();
  }

 private:
  bool fill() {
    parts_.clear();
    return shared_.options.shed ? fill_from_any() : fill_from_own();
  }

  void take_from(Queue& queue) {
    const std::size_t end = std::min(queue.next + shared_.options.batch, queue.statements.size());
    for (; queue.next < end; ++queue.next)
      parts_.push_back(queue.statements[queue.next]);
  }

  // The next statements of the queue that has been left alone longest: where most requests are turned away,
  // some clients get far more through than others.
  bool fill_from_any() {
    std::deque<std::size_t>& idle = shared_.idle;
    if (taken_ && shared_.queues[queue_].left() > 0) idle.push_back(queue_);
    taken_ = false;
    while (!idle.empty() && shared_.queues[idle.front()].left() == 0)
      idle.pop_front();
    if (idle.empty()) return false;
    queue_ = idle.front();
    idle.pop_front();
    taken_ = true;
    take_from(shared_.queues[queue_]);
    return true;
  }

  // The next statements of the next of this client's queues that has any.
  bool fill_from_own() {
    const std::size_t clients = shared_.options.clients;
    std::vector<Queue>& queues = shared_.queues;
    for (std::size_t tried = 0; tried * clients < queues.size() + clients; ++tried) {
      if (queue_ >= queues.size()) queue_ %= clients;
      if (queue_ >= queues.size()) return false;
      Queue& queue = queues[queue_];
      queue_ += clients;
      if (queue.left() == 0) continue;
      take_from(queue);
      return true;
    }
    return false;
  }

  void send() {
    if (shared_.counting) shared_.result.offered += parts_.size();
    line_->post(parts_, [this](const HttpLine::Answer& answer) { answered(answer); });
  }

  void answered(const HttpLine::Answer& answer) {
    const bool batch = shared_.options.batch > 1;
    if (answer.status == 0 || answer.status == 500) return fail(answer);
    const bool open = answer.status == 503 || answer.status == 504 || answer.status == 429 ||
                      (batch && outcomes(answer.body, "undecided") > 0);
    if (open) {
      ++shared_.result.again;
      if (shared_.options.shed && answer.status == 503) return shed(answer);
      maybe_taken_ = true;
      timer_.expires_after(again_after);
      timer_.async_wait([this](const asio::error_code&) { send(); });
      return;
    }
    std::size_t accepted = answer.status < 300 ? parts_.size() : 0;
    if (batch && answer.status == 200) accepted = outcomes(answer.body, "accepted");
    tally(accepted, answer);
    next();
  }

  // The next turn of this client goes to the same bytes.
  void shed(const HttpLine::Answer& answer) {
    LoadResult& r = shared_.result;
    if (shared_.counting) r.shed += parts_.size();
    if (!answer.retry_after) ++r.shed_silently;
    if (shared_.over && !maybe_taken_) return;
    const Clock::time_point now = Clock::now();
    while (due_ < now)
      due_ += pace_;
    begun_ = due_;
    timer_.expires_at(shared_.over ? now + again_after : due_);
    due_ += pace_;
    timer_.async_wait([this](const asio::error_code&) {
      if (!shared_.over || maybe_taken_) send();
    });
  }

  void tally(std::size_t accepted, const HttpLine::Answer& answer) {
    LoadResult& r = shared_.result;
    const std::size_t refused = parts_.size() - accepted;
    r.all_accepted += accepted;
    r.all_refused += refused;
    if (refused == 0) {
      for (const ByteView part : parts_)
        r.all_bytes += part.size();
    } else if (r.first_refusal.empty()) {
      const std::size_t at = answer.body.find("\"re");
      r.first_refusal = answer.body.substr(at == std::string_view::npos ? 0 : at, shown_of_refusal);
    }
    if (!shared_.counting) return;
    r.accepted += accepted;
    r.refused += refused;
    r.latencies_ms.push_back(1e3 * seconds_of(Clock::now() - begun_));
    if (shared_.due_to_end) shared_.end();
  }

  void fail(const HttpLine::Answer& answer) {
    if (shared_.result.failure.empty())
      shared_.result.failure =
          answer.status == 0 ? "a connection ended without an answer" : std::string(answer.body);
    shared_.end();
  }

  Shared& shared_;
  asio::steady_timer timer_;
  std::unique_ptr<HttpLine> line_ = {};
  std::size_t queue_ = 0;
  bool taken_ = false;  // with `shed`: queue_ is not idle
  std::vector<ByteView> parts_ = {};
  Clock::time_point due_ = {};
  Clock::duration pace_ = {};
  Clock::time_point begun_ = {};
  bool maybe_taken_ = false;  // an answer left open whether the node has taken what is being sent
};

}  // namespace

LoadResult run_load(std::vector<Queue>& queues, const LoadOptions& options,
                    const std::function<void(const char*)>& mark) {
  asio::io_context loop(1);
  Shared shared{.queues = queues, .options = options, .mark = mark};
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < queues.size(); ++i)
    shared.idle.push_back(i);
  for (std::size_t i = 0; i < options.clients; ++i)
    clients.push_back(std::make_unique<Client>(shared, loop, i));
  asio::steady_timer edge(loop);
  if (options.seconds > 0) {
    edge.expires_after(duration_of(options.warm_seconds));
    edge.async_wait([&](const asio::error_code&) {
      if (shared.over) return;
      shared.begin();
      edge.expires_after(duration_of(options.seconds));
      edge.async_wait([&](const asio::error_code&) { shared.time_up(); });
    });
  } else {
    shared.begin();
  }
  for (const auto& client : clients)
    client->next();
  loop.run();
  shared.end();
  std::sort(shared.result.latencies_ms.begin(), shared.result.latencies_ms.end());
  return std::move(shared.result);
}

}  // namespace anta::bench
