#include "node/scrubber.h"

#include <algorithm>

namespace anta {
namespace {

constexpr std::uint32_t idle_ms = 1'000;        // until the rate is looked at again, while it is 0
constexpr std::uint32_t compacting_ms = 100;    // until a file that is being compacted is tried again
constexpr std::uint32_t slice_ms_max = 60'000;  // a rate of a few bytes per second

std::string number(LogIndex index) { return std::to_string(index.value); }

std::string gap_text(const LogGap& gap) {
  return "log entries " + number(gap.from) + " to " + number(gap.to) + " were in the damaged file " +
         gap.file +
         " and are being fetched from the peers: until then this node does not vote; check its disk";
}

}  // namespace

Result<std::unique_ptr<Scrubber>> Scrubber::open(ScrubberOptions options, ScrubberPorts ports,
                                                 Database& database, LogStore& log, Executor& executor) {
  std::unique_ptr<Scrubber> scrubber(
      new Scrubber(std::move(options), std::move(ports), database, log, executor));
  auto scrub = Scrub::open(database);
  if (!scrub) return pass(scrub);
  auto repair = LogRepair::open(database, log);
  if (!repair) return pass(repair);
  scrubber->scrub_ = std::move(*scrub);
  scrubber->repair_ = std::move(*repair);
  scrubber->publish();
  return scrubber;
}

void Scrubber::start() {
  executor_.post([this] {
    if (repair_->gap()) {
      say(LogLevel::warning, "log_repair_goes_on", {{"reason", gap_text(*repair_->gap())}});
      cut();
    } else {
      step();
    }
  });
}

void Scrubber::stop() {
  stopped_ = true;
  const Lock lock(mutex_);
  whole_.notify_all();
}

void Scrubber::later(std::uint32_t ms, void (Scrubber::*work)()) {
  executor_.after(ms, [this, work] {
    if (!stopped_) (this->*work)();
  });
}

void Scrubber::publish() {
  counts_.position = scrub_->position().entry;
  counts_.gap = repair_->gap() ? gap_text(*repair_->gap()) : "";
  const Lock lock(mutex_);
  shown_ = counts_;
  if (shown_.gap.empty()) whole_.notify_all();
}

Scrubber::Figures Scrubber::figures() const {
  const Lock lock(mutex_);
  return shown_;
}

void Scrubber::wait_until_whole() {
  if (!log_.repairing()) return;
  const Lock lock(mutex_);
  while (!stopped_ && log_.repairing())
    whole_.wait(mutex_);
}

void Scrubber::fatal(const Error& error) {
  if (stopped_.exchange(true)) return;
  say(LogLevel::error, "fatal",
      {{"code", std::string(name(error.code))}, {"rule", error.rule}, {"reason", error.message}});
  stop();
  if (ports_.on_fatal) ports_.on_fatal(error);
}

// ---- reading ----

void Scrubber::step() {
  const std::uint64_t rate = rate_;
  if (rate == 0) return later(idle_ms, &Scrubber::step);
  const auto slice = scrub_->step(ports_.applied(), std::min(rate, options_.slice_bytes_max));
  if (!slice) return fatal(slice.error());
  counts_.bytes += slice->bytes;
  counts_.rounds += slice->round_ended ? 1 : 0;
  if (slice->damage) return found(*slice->damage);
  publish();
  if (slice->round_ended && database_.suspect()) {
    if (auto trusted = database_.trust(); !trusted) return fatal(trusted.error());
    say(LogLevel::info, "files_trusted", {{"reason", "all files were read since a merge met damage"}});
  }
  const std::uint64_t ms = std::clamp<std::uint64_t>(slice->bytes * 1'000 / rate, 1, slice_ms_max);
  later(slice->round_ended ? options_.round_pause_ms : static_cast<std::uint32_t>(ms), &Scrubber::step);
}

// Shown only once the gap is, so that nobody takes a node with damage for a ready one.
void Scrubber::found(const Damage& damage) {
  ++counts_.damaged;
  const auto gap = repair_->plan(damage, ports_.applied());
  if (!gap) return fatal(gap.error());
  if (ports_.peers().empty()) return fatal(damage_error(damage));
  say(LogLevel::error, "damage_found",
      {{"file", gap->file},
       {"index", number(damage.index)},
       {"level", std::to_string(damage.table->level)},
       {"reason", damage.text()},
       {"next_step", "none is needed for the ledger: log entries " + number(gap->from) + " to " +
                         number(gap->to) +
                         " are fetched from the peers, until then this node does not vote; check the disk"}});
  ports_.step_down();
  if (auto marked = repair_->mark(*gap); !marked) return fatal(marked.error());
  publish();
  cut();
}

// ---- repairing ----

void Scrubber::cut() {
  const auto done = repair_->cut();
  if (!done && done.error().rule == "store.compacting") return later(compacting_ms, &Scrubber::cut);
  if (!done) return fatal(done.error());
  ask();
}

// One request at a time, to the peers in turn.
void Scrubber::ask() {
  const LogGap& gap = *repair_->gap();
  if (const std::vector<NodeId> peers = ports_.peers(); !peers.empty()) {
    asked_peer_ = peers[next_peer_++ % peers.size()];
    ports_.send(asked_peer_, PeerKind::log_fetch, encode_log_fetch({.from = gap.from, .to = gap.to}));
  }
  executor_.after(options_.answer_ms, [this, asked = ++asked_] { unanswered(asked); });
}

void Scrubber::unanswered(std::uint64_t asked) {
  if (stopped_ || asked != asked_ || !repair_->gap()) return;
  say(LogLevel::warning, "log_repair_waits",
      {{"peer", asked_peer_.value}, {"index", number(repair_->gap()->to)}, {"reason", "no such entry came"}});
  ask();
}

// Whoever it is from: an entry proves itself. A wrong one is as none, and another peer is asked in time.
void Scrubber::answered(const NodeId& from, ByteView bytes) {
  if (!repair_->gap()) return;
  const auto answer = decode_log_entries(bytes);
  if (answer && (answer->to != repair_->gap()->to || answer->entries.empty())) return;
  const LogGap before = *repair_->gap();
  const Result<void> filled =
      answer ? repair_->refill(answer->entries) : Result<void>(tl::unexpected<Error>(answer.error()));
  if (!filled && filled.error().code != Code::malformed) return fatal(filled.error());
  if (!filled) {
    return say(LogLevel::warning, "log_repair_refused",
               {{"peer", from.value}, {"reason", filled.error().message}});
  }
  counts_.repaired += answer->entries.size();
  publish();
  if (repair_->gap()) return ask();
  say(LogLevel::info, "log_repaired",
      {{"file", before.file}, {"from", number(before.from)}, {"entries", std::to_string(counts_.repaired)}});
  step();
}

void Scrubber::on_entries(const NodeId& from, Bytes bytes) {
  if (stopped_) return;
  if (answers_.fetch_add(1) >= options_.answers_max) {
    --answers_;
    return;
  }
  executor_.post([this, from, bytes = std::move(bytes)] {
    --answers_;
    if (!stopped_) answered(from, bytes);
  });
}

}  // namespace anta
