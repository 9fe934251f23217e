#include "node/joiner.h"

#include <algorithm>
#include <utility>

namespace anta {
namespace {

std::string decimal_text(std::uint64_t value) { return std::to_string(value); }

}  // namespace

Joiner::Joiner(JoinerOptions options, JoinerPorts ports, LogBackfill backfill, Executor& executor)
    : options_(std::move(options)),
      ports_(std::move(ports)),
      executor_(executor),
      intake_(executor, ports_.log),
      backfill_(std::move(backfill)),
      anchor_(options_.voters) {}

Result<std::unique_ptr<Joiner>> Joiner::open(JoinerOptions options, JoinerPorts ports, Database& database,
                                             Executor& executor) {
  auto backfill = LogBackfill::open(database);
  if (!backfill) return pass(backfill);
  std::unique_ptr<Joiner> made(
      new Joiner(std::move(options), std::move(ports), std::move(*backfill), executor));
  made->counts_.asking = !made->backfill_.mark();
  made->counts_.fetching = !made->counts_.asking;
  if (const auto& mark = made->backfill_.mark()) {
    made->counts_.anchor = mark->anchor;
    made->counts_.missing = mark->to.value;
  }
  made->shown_.set(made->counts_);
  return made;
}

void Joiner::start() {
  executor_.post([this] {
    reported_ms_ = begun_ms_ = executor_.steady_ms();
    if (const auto& mark = backfill_.mark()) {
      say(LogLevel::info, "join_goes_on",
          {{"anchor", decimal_text(mark->anchor.value)}, {"missing", decimal_text(mark->to.value)}});
      plan_.emplace(options_.limits, mark->to);
      for (const NodeId& peer : up_)
        plan_->peer(peer, true);
    }
    step();
  });
}

void Joiner::on_peer(const NodeId& peer, bool up) {
  executor_.post([this, peer, up] {
    if (up) up_.insert(peer);
    if (!up) up_.erase(peer);
    if (plan_) plan_->peer(peer, up);
  });
}

void Joiner::on_peer_message(const NodeId& from, PeerKind kind, Bytes bytes) {
  intake_.take(from, bytes.size(), [&] {
    executor_.post([this, from, kind, bytes = std::move(bytes)] { heard(from, kind, bytes); });
  });
}

void Joiner::heard(const NodeId& from, PeerKind kind, ByteView bytes) {
  if (stopped_) return;
  if (kind == PeerKind::log_entries && plan_) return take(from, bytes);
  if (kind != PeerKind::join_offer || plan_) return;
  const auto offer = decode_join_offer(bytes);
  if (!offer)
    return say(LogLevel::warning, "join_refused", {{"peer", from.value}, {"reason", offer.error().message}});
  const LogIndex question = anchor_.question();
  anchor_.said(from, *offer);
  if (anchor_.found()) return decided();
  if (anchor_.question() != question) ask();
}

void Joiner::step() {
  if (stopped_) return;
  if (plan_) {
    fetch();
  } else {
    ask();
  }
  report();
  if (!stopped_) executor_.after(options_.step_ms, [this] { step(); });
}

// ---- the anchor ----

void Joiner::ask() {
  const std::int64_t now = executor_.steady_ms();
  const auto connected = static_cast<std::size_t>(
      std::ranges::count_if(options_.voters, [this](const NodeId& id) { return up_.contains(id); }));
  if (connected < anchor_.majority()) connected_ms_ = 0;
  if (connected >= anchor_.majority() && connected_ms_ == 0) connected_ms_ = now;
  if (connected_ms_ != 0 && now - connected_ms_ >= options_.unanswered_ms &&
      anchor_.answered() < anchor_.majority() && anchor_.question().value == 0) {
    say(LogLevel::warning, "join_unanswered",
        {{"reason", "the voters are connected and do not say how far their log is; the leader sends it"}});
    return done(false);
  }
  if (anchor_.disagrees()) {
    say(LogLevel::error, "join_disagreement",
        {{"index", decimal_text(anchor_.question().value)},
         {"reason",
          "no majority of the voters has the same entry there: their logs differ, or one of them lies"}});
    anchor_.again();
  }
  for (const NodeId& voter : options_.voters) {
    if (up_.contains(voter))
      ports_.send(voter, PeerKind::join_ask, encode_join_ask({.index = anchor_.question()}));
  }
}

void Joiner::decided() {
  const JoinAnchor::Found found = *anchor_.found();
  if (found.index.value == 0 || found.index.value < options_.entries_min) return done(false);
  if (auto begun = backfill_.begin(found.index, found.hash); !begun) return fatal(begun.error());
  begun_ms_ = executor_.steady_ms();
  say(LogLevel::info, "join_begun", {{"anchor", decimal_text(found.index.value)}});
  plan_.emplace(options_.limits, found.index);
  for (const NodeId& peer : up_)
    plan_->peer(peer, true);
  counts_.asking = false;
  counts_.fetching = true;
  counts_.anchor = found.index;
  counts_.missing = found.index.value;
  shown_.set(counts_);
  fetch();
}

// ---- the history ----

void Joiner::fetch() {
  if (ports_.disk_low && ports_.disk_low()) return;
  for (const BackfillPlan::Request& request : plan_->requests(executor_.steady_ms()))
    ports_.send(request.to, PeerKind::log_fetch, encode_log_fetch(request.fetch));
}

void Joiner::take(const NodeId& from, ByteView bytes) {
  auto answer = decode_log_entries(bytes);
  if (!answer) {
    ++counts_.refused;
    return say(LogLevel::warning, "join_refused", {{"peer", from.value}, {"reason", answer.error().message}});
  }
  if (!plan_->answer(from, std::move(*answer), executor_.steady_ms())) return;
  write();
  if (!stopped_ && plan_) fetch();
}

// Whatever is next, as far as it is here.
void Joiner::write() {
  while (const BackfillPlan::Part* part = plan_->next()) {
    const auto written = backfill_.refill(part->entries);
    if (!written && written.error().code != Code::malformed) return fatal(written.error());
    if (!written) {
      ++counts_.refused;
      say(LogLevel::warning, "join_refused",
          {{"peer", part->from.value}, {"reason", written.error().message}});
      plan_->refuse(executor_.steady_ms());
      continue;
    }
    for (const LogEntry& entry : part->entries)
      counts_.bytes += entry.payload->size();
    plan_->accept();
    if (!backfill_.mark()) return done(true);
  }
  counts_.missing = backfill_.mark()->to.value;
  const std::int64_t ms = std::max<std::int64_t>(executor_.steady_ms() - begun_ms_, 1);
  counts_.bytes_per_second = counts_.bytes * 1'000 / static_cast<std::uint64_t>(ms);
  shown_.set(counts_);
}

void Joiner::report() {
  const std::int64_t now = executor_.steady_ms();
  if (stopped_ || now - reported_ms_ < options_.report_ms) return;
  reported_ms_ = now;
  if (!plan_) {
    return say(LogLevel::info, "join_waits",
               {{"connected", decimal_text(up_.size())},
                {"answered", decimal_text(anchor_.answered())},
                {"needed", decimal_text(anchor_.majority())}});
  }
  const std::uint64_t here = counts_.anchor.value - counts_.missing;
  say(LogLevel::info, "join_progress",
      {{"percent", decimal_text(here * 100 / counts_.anchor.value)},
       {"missing", decimal_text(counts_.missing)},
       {"bytes_per_second", decimal_text(counts_.bytes_per_second)},
       {"peers", decimal_text(up_.size())}});
}

void Joiner::done(bool fetched) {
  if (stopped_.exchange(true)) return;
  counts_.asking = counts_.fetching = false;
  counts_.missing = 0;
  const std::int64_t ms = std::max<std::int64_t>(executor_.steady_ms() - begun_ms_, 1);
  counts_.bytes_per_second = counts_.bytes * 1'000 / static_cast<std::uint64_t>(ms);
  shown_.set(counts_);
  if (fetched) {
    say(LogLevel::info, "join_fetched",
        {{"anchor", decimal_text(counts_.anchor.value)},
         {"bytes", decimal_text(counts_.bytes)},
         {"milliseconds", decimal_text(static_cast<std::uint64_t>(ms))},
         {"bytes_per_second", decimal_text(counts_.bytes_per_second)},
         {"refused", decimal_text(counts_.refused)}});
  }
  plan_.reset();
  ports_.on_done(fetched);
}

void Joiner::fatal(const Error& error) {
  if (stopped_.exchange(true)) return;
  if (ports_.on_fatal) ports_.on_fatal(error);
}

}  // namespace anta
