#include "node/log_server.h"

#include <algorithm>
#include <utility>

namespace anta {
namespace {

constexpr std::uint64_t pause_ms_max = 60'000;  // a rate of a few bytes per second

}  // namespace

LogServer::LogServer(LogServerOptions options, LogServerPorts ports, const LogStore& log, Executor& executor)
    : options_(options),
      ports_(std::move(ports)),
      log_(log),
      executor_(executor),
      rate_(options.bytes_per_second) {}

void LogServer::on_peer_message(const NodeId& from, PeerKind kind, Bytes bytes) {
  if (waiting_.fetch_add(1) >= options_.requests_max) {
    --waiting_;
    return;
  }
  executor_.post([this, from, kind, bytes = std::move(bytes)] {
    const auto fetch = kind == PeerKind::log_fetch ? decode_log_fetch(bytes) : Result<LogFetch>(LogFetch{});
    if (kind == PeerKind::log_fetch && fetch) return when_due(from, *fetch);
    --waiting_;
    if (kind == PeerKind::join_ask) offer(from, bytes);
  });
}

// An answer leaves once what the one before it took has been paid for.
void LogServer::when_due(const NodeId& to, LogFetch fetch) {
  const std::int64_t now = executor_.steady_ms();
  if (now < due_ms_) {
    executor_.after(static_cast<std::uint32_t>(due_ms_ - now), [this, to, fetch] { when_due(to, fetch); });
    return;
  }
  --waiting_;
  serve(to, fetch);
}

// With nothing where that entry is not here: the other asks elsewhere at once. No answer takes more than a
// second of what may be sent.
void LogServer::serve(const NodeId& to, const LogFetch& fetch) {
  const std::uint64_t rate = std::max<std::uint64_t>(rate_, 1);
  LogEntries answer{.to = fetch.to};
  if (fetch.to <= ports_.applied()) {
    auto entries = log_.read_back(fetch.from, fetch.to, std::min(rate, options_.answer_bytes_max));
    // Missing or damaged here too: the scrub says so in its turn.
    if (entries) answer.entries = std::move(*entries);
  }
  if (answer.entries.size() > log_entries_max) {
    const auto extra = answer.entries.size() - log_entries_max;
    answer.entries.erase(answer.entries.begin(), answer.entries.begin() + static_cast<std::ptrdiff_t>(extra));
  }
  Bytes bytes = encode_log_entries(answer);
  const std::uint64_t pause_ms = std::min<std::uint64_t>(bytes.size() * 1'000 / rate, pause_ms_max);
  due_ms_ = executor_.steady_ms() + static_cast<std::int64_t>(pause_ms);
  served_ += bytes.size();
  ports_.send(to, PeerKind::log_entries, std::move(bytes));
}

void LogServer::offer(const NodeId& to, ByteView bytes) {
  const auto ask = decode_join_ask(bytes);
  if (!ask) return;
  const LogIndex applied = ports_.applied();
  const LogIndex wanted = ask->index.value == 0 ? applied : ask->index;
  JoinOffer offer{.asked = ask->index};
  if (wanted.value > 0 && wanted <= applied) {
    const auto entry = log_.read_one(wanted);
    if (!entry) return;
    offer.index = wanted;
    offer.hash = entry->hash;
  }
  ports_.send(to, PeerKind::join_offer, encode_join_offer(offer));
}

}  // namespace anta
