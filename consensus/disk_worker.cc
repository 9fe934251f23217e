#include "consensus/disk_worker.h"

#include <algorithm>
#include <utility>

#include "storage/write_mutant.h"

namespace anta {

DiskWorker::DiskWorker(LogStore& log, StateMachine& machine, std::function<void(DiskReport)> report,
                       std::function<void(LogIndex)> on_applied, std::chrono::milliseconds apply_slice_min)
    : log_(log),
      machine_(machine),
      report_(std::move(report)),
      on_applied_(std::move(on_applied)),
      apply_slice_min_(apply_slice_min),
      worker_([this] { drained(); }) {}

void DiskWorker::start() { worker_.start("anta-disk"); }
void DiskWorker::stop() { worker_.stop(); }

void DiskWorker::persist(raft::Persist persist) {
  worker_.post([this, persist = std::move(persist)]() mutable {
    LogStore::LogWrite write;
    write.truncate_from = persist.truncate_from;
    write.entries = std::move(persist.entries);
    if (persist.hard_state) {
      const raft::HardState& state = *persist.hard_state;
      write.hard_state = LogStore::HardState{state.term, state.vote, state.commit};
    }
    write.must_sync = persist.must_sync;
    newest_ = persist.token;
    writes_.push_back(std::move(write));
  });
}

void DiskWorker::mark(Bytes mark) {
  worker_.post([this, mark = std::move(mark)]() mutable {
    LogStore::LogWrite write;
    write.cosigning_mark = std::move(mark);
    write.must_sync = true;
    ++marks_;
    writes_.push_back(std::move(write));
  });
}

void DiskWorker::apply(ApplyJob job) {
  worker_.post([this, job = std::move(job)]() mutable { jobs_.push_back(std::move(job)); });
}

void DiskWorker::end_amnesia() {
  worker_.post([this] {
    if (failed()) return;
    if (auto done = log_.end_amnesia(); !done) end(done.error());
  });
}

void DiskWorker::drained() {
  if (failed()) return;
  if (ANTA_WRITE_MUTANT(applied_before_durable)) apply_for(apply_slice_min_);
  if (!failed()) write_all();
  if (!failed()) apply_for(std::max<Clock::duration>(last_write_, apply_slice_min_));
  if (!failed() && !jobs_.empty()) worker_.post([] {});  // look for writes, then go on
}

void DiskWorker::write_all() {
  last_write_ = {};
  if (writes_.empty()) return;
  const auto begin = Worker::now();
  const bool synced =
      std::any_of(writes_.begin(), writes_.end(), [](const auto& write) { return write.must_sync; });
  if (ANTA_WRITE_MUTANT(persisted_before_written)) {
    DiskReport early;
    early.persisted = newest_;
    report_(std::move(early));
  }
  if (auto done = log_.write(writes_); !done) return end(done.error());
  const auto after = Worker::now();
  last_write_ = after - begin;

  counters_.batches.fetch_add(1, std::memory_order_relaxed);
  counters_.syncs.fetch_add(synced ? 1 : 0, std::memory_order_relaxed);
  counters_.writes.fetch_add(writes_.size(), std::memory_order_relaxed);
  for (const LogStore::LogWrite& write : writes_) {
    counters_.entries.fetch_add(write.entries.size(), std::memory_order_relaxed);
    for (const LogEntry& entry : write.entries)
      counters_.bytes.fetch_add(entry.payload->size(), std::memory_order_relaxed);
  }
  writes_.clear();

  DiskReport report;
  report.persisted = std::exchange(newest_, std::nullopt);  // a batch of marks alone has none
  report.marks_written = std::exchange(marks_, 0);
  report_(std::move(report));

  // Only now, so that the watermark's own file delays no acknowledgement.
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(after.time_since_epoch());
  if (auto done = log_.note_persisted(now.count()); !done) end(done.error());
}

void DiskWorker::apply_for(Clock::duration time) {
  if (jobs_.empty()) return;
  const auto until = Worker::now() + time;
  DiskReport report;
  std::optional<Error> error;
  do {
    auto bytes = apply_next();
    if (!bytes) {
      error = bytes.error();
      break;
    }
    report.applied_bytes += *bytes;
  } while (!jobs_.empty() && Worker::now() < until && !failed());
  report.applied = std::exchange(applied_, std::nullopt);
  if (report.applied) {
    if (on_applied_) on_applied_(*report.applied);
    report_(std::move(report));
  }
  if (error) end(*error);
}

// The next entry of the first job, one and no more, so that writes never wait for longer than one block and
// the slice; gives its bytes when they came with the job.
Result<std::uint64_t> DiskWorker::apply_next() {
  ApplyJob& job = jobs_.front();
  if (job_position_ == job.entries.size()) {  // came without entries, or what was read of them is applied
    auto read = log_.read(job.from, job.to, load_bytes_max);
    if (!read) return pass(read);
    if (read->empty()) return fail(Code::corrupt, "log.short", "committed entries are not in the log");
    job.entries = std::move(*read);
    job_position_ = 0;
    read_here_ = true;
    machine_.ahead(job.entries);
  }
  const LogEntry& entry = job.entries[job_position_++];
  if (entry.header.kind == EntryKind::block) {
    if (auto done = machine_.apply(entry); !done) return pass(done);
    counters_.blocks_applied.fetch_add(1, std::memory_order_relaxed);
  }
  applied_ = entry.index;
  const std::uint64_t bytes = read_here_ ? 0 : entry.size();
  job.from = entry.index.next();
  if (job.from > job.to) {
    jobs_.pop_front();
    job_position_ = 0;
    read_here_ = false;
  }
  return bytes;
}

void DiskWorker::end(const Error& why) {
  if (failed_.exchange(true)) return;
  DiskReport report;
  report.failed = why;
  report_(std::move(report));
}

}  // namespace anta
