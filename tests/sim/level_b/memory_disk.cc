#include "tests/sim/level_b/memory_disk.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <set>

namespace anta::sim {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

struct Inode {
  Bytes bytes = {};
  std::size_t synced = 0;
};
using InodePtr = std::shared_ptr<Inode>;

// One change of names, atomic; a null inode: the name is gone.
using Naming = std::vector<std::pair<std::string, InodePtr>>;

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }
bool is_wal(const std::string& path) {
  const std::string name = base_name(path);
  return name.ends_with(".log") && name.find_first_not_of("0123456789") == name.size() - 4 &&
         path.find("set-aside") == std::string::npos;
}
ByteView view(const Slice& slice) { return as_bytes(std::string_view(slice.data(), slice.size())); }

}  // namespace

struct MemoryDisk::State {
  mutable std::mutex lock = {};  // RocksDB opens tables on threads of its own
  std::map<std::string, InodePtr> names = {};
  std::map<std::string, InodePtr> durable_names = {};
  std::deque<Naming> namings = {};  // not synced yet, in order
  std::set<std::string> directories = {};
  std::uint64_t cut_in = 0;  // operations; 0: never
  std::uint64_t fail_sync_in = 0;
  std::uint64_t fail_append_in = 0;
  std::uint64_t operations = 0;
  bool off = false;
  InodePtr rotten = {};
  std::size_t rotten_at = 0;
  std::uint8_t was = 0;
  Watch watch = {};

  std::shared_ptr<rocksdb::FileSystem> system = {};
  std::unique_ptr<rocksdb::Env> files = {};
  std::unique_ptr<rocksdb::Env> env = {};
  struct Job {
    void (*run)(void*) = nullptr;
    void (*forget)(void*) = nullptr;
    void* argument = nullptr;
    void* tag = nullptr;
    rocksdb::Env::Priority priority = rocksdb::Env::LOW;
  };
  std::deque<Job> jobs = {};

  // Counts an operation that changes something. False: the power is off, or goes now.
  bool operate() {
    if (off) return false;
    ++operations;
    if (cut_in > 0 && --cut_in == 0) off = true;
    return !off;
  }
  static IOStatus dead() { return IOStatus::IOError("the power is off"); }

  InodePtr find(const std::string& path) const {
    const std::lock_guard guard(lock);
    const auto found = names.find(path);
    return found == names.end() ? nullptr : found->second;
  }
  IOStatus rename(Naming naming) {
    if (!operate()) return dead();
    const std::lock_guard guard(lock);
    for (const auto& [path, inode] : naming) {
      if (inode)
        names[path] = inode;
      else
        names.erase(path);
    }
    namings.push_back(std::move(naming));
    return IOStatus::OK();
  }
  void make_names_durable(std::size_t count) {
    for (; count > 0; --count) {
      for (const auto& [path, inode] : namings.front()) {
        if (inode)
          durable_names[path] = inode;
        else
          durable_names.erase(path);
      }
      namings.pop_front();
    }
  }
  InodePtr newest_wal() const {
    InodePtr newest;
    for (const auto& [path, inode] : names) {
      if (is_wal(path)) newest = inode;  // numbers of six digits: in order
    }
    return newest;
  }
};

namespace {

class ReadFile final : public rocksdb::FSSequentialFile, public rocksdb::FSRandomAccessFile {
 public:
  explicit ReadFile(InodePtr inode) : inode_(std::move(inode)) {}
  IOStatus Read(std::size_t count, const IOOptions&, Slice* result, char* scratch, IODebugContext*) override {
    const IOStatus status = take(position_, count, result, scratch);
    position_ += result->size();
    return status;
  }
  IOStatus Skip(std::uint64_t count) override {
    position_ = std::min<std::uint64_t>(inode_->bytes.size(), position_ + count);
    return IOStatus::OK();
  }
  IOStatus Read(std::uint64_t offset, std::size_t count, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    return take(offset, count, result, scratch);
  }
  IOStatus InvalidateCache(std::size_t, std::size_t) override { return IOStatus::OK(); }
  bool use_direct_io() const override { return false; }
  std::size_t GetRequiredBufferAlignment() const override { return 1; }

 private:
  IOStatus take(std::uint64_t offset, std::size_t count, Slice* result, char* scratch) const {
    const Bytes& bytes = inode_->bytes;
    const std::size_t taken =
        offset >= bytes.size() ? 0 : std::min<std::size_t>(count, bytes.size() - offset);
    if (taken > 0) std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), taken, scratch);
    *result = Slice(scratch, taken);
    return IOStatus::OK();
  }

  InodePtr inode_;
  std::uint64_t position_ = 0;
};

// The owner is MemoryDisk::State; a template because that is private.
template <typename Disk>
class WriteFile final : public rocksdb::FSWritableFile {
 public:
  WriteFile(Disk& disk, std::string path, InodePtr inode)
      : disk_(disk), path_(std::move(path)), inode_(std::move(inode)), wal_(is_wal(path_)) {}
  using FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    if (disk_.off) return Disk::dead();
    if (disk_.fail_append_in > 0 && --disk_.fail_append_in == 0) return IOStatus::NoSpace("the disk is full");
    const std::size_t count = disk_.operate() ? data.size() : data.size() / 2;
    const ByteView part = view(Slice(data.data(), count));
    inode_->bytes.insert(inode_->bytes.end(), part.begin(), part.end());
    if (disk_.off) return Disk::dead();
    if (wal_ && disk_.watch.on_append) disk_.watch.on_append(base_name(path_), part);
    return IOStatus::OK();
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    if (wal_ && !disk_.off && disk_.watch.before_sync) disk_.watch.before_sync();
    if (!disk_.operate()) return Disk::dead();
    if (disk_.fail_sync_in > 0 && --disk_.fail_sync_in == 0) return IOStatus::IOError("the sync failed");
    inode_->synced = inode_->bytes.size();
    if (wal_ && disk_.watch.on_synced) disk_.watch.on_synced(base_name(path_), inode_->synced);
    return IOStatus::OK();
  }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return inode_->bytes.size(); }

 private:
  Disk& disk_;
  std::string path_;
  InodePtr inode_;
  bool wal_;
};

template <typename Disk>
class SyncedDirectory final : public rocksdb::FSDirectory {
 public:
  explicit SyncedDirectory(Disk& disk) : disk_(disk) {}
  // As in a journal: everything before it too.
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    if (!disk_.operate()) return Disk::dead();
    const std::lock_guard guard(disk_.lock);
    disk_.make_names_durable(disk_.namings.size());
    return IOStatus::OK();
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  Disk& disk_;
};

class SilentLogger final : public rocksdb::Logger {
 public:
  void Logv(const char*, va_list) override {}
  using Logger::Logv;
  std::size_t GetLogFileSize() const override { return 0; }
};

class NoLock final : public rocksdb::FileLock {};

template <typename Disk>
class MemorySystem final : public rocksdb::FileSystem {
 public:
  explicit MemorySystem(Disk& disk) : disk_(disk) {}
  const char* Name() const override { return "MemorySystem"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext*) override {
    return open(path, file);
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file, IODebugContext*) override {
    return open(path, file);
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext*) override {
    auto inode = std::make_shared<Inode>();
    const IOStatus named = disk_.rename({{path, inode}});
    if (named.ok()) file->reset(new WriteFile<Disk>(disk_, path, std::move(inode)));
    return named;
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                              IODebugContext* debug) override {
    const InodePtr inode = disk_.find(path);
    if (!inode) return NewWritableFile(path, options, file, debug);
    if (disk_.off) return Disk::dead();
    file->reset(new WriteFile<Disk>(disk_, path, inode));
    return IOStatus::OK();
  }
  IOStatus NewDirectory(const std::string&, const IOOptions&, std::unique_ptr<rocksdb::FSDirectory>* made,
                        IODebugContext*) override {
    made->reset(new SyncedDirectory<Disk>(disk_));
    return IOStatus::OK();
  }
  IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
    if (disk_.find(path)) return IOStatus::OK();
    const std::lock_guard guard(disk_.lock);
    return disk_.directories.contains(path) ? IOStatus::OK() : IOStatus::NotFound(path);
  }
  IOStatus GetChildren(const std::string& path, const IOOptions&, std::vector<std::string>* children,
                       IODebugContext*) override {
    const std::lock_guard guard(disk_.lock);
    children->clear();
    for (const auto& [name, inode] : disk_.names) {
      if (name.starts_with(path + "/") && name.find('/', path.size() + 1) == std::string::npos)
        children->push_back(base_name(name));
    }
    return IOStatus::OK();
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    if (!disk_.find(path)) return IOStatus::NotFound(path);
    const IOStatus gone = disk_.rename({{path, nullptr}});
    if (gone.ok() && disk_.watch.on_removed) disk_.watch.on_removed(base_name(path));
    return gone;
  }
  IOStatus CreateDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    const std::lock_guard guard(disk_.lock);
    disk_.directories.insert(path);
    return IOStatus::OK();
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions& how, IODebugContext* debug) override {
    return CreateDir(path, how, debug);
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    const std::lock_guard guard(disk_.lock);
    disk_.directories.erase(path);
    return IOStatus::OK();
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions&, std::uint64_t* size,
                       IODebugContext*) override {
    const InodePtr inode = disk_.find(path);
    if (!inode) return IOStatus::NotFound(path);
    *size = inode->bytes.size();
    return IOStatus::OK();
  }
  IOStatus GetFileModificationTime(const std::string&, const IOOptions&, std::uint64_t* time,
                                   IODebugContext*) override {
    *time = 0;
    return IOStatus::OK();
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                      IODebugContext*) override {
    const InodePtr inode = disk_.find(from);
    if (!inode) return IOStatus::NotFound(from);
    const IOStatus named = disk_.rename({{to, inode}, {from, nullptr}});
    if (named.ok() && disk_.watch.on_named) disk_.watch.on_named(base_name(to), inode->bytes);
    return named;
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions&,
                    IODebugContext*) override {
    const InodePtr inode = disk_.find(from);
    return inode ? disk_.rename({{to, inode}}) : IOStatus::NotFound(from);
  }
  IOStatus LockFile(const std::string&, const IOOptions&, rocksdb::FileLock** lock,
                    IODebugContext*) override {
    *lock = new NoLock;
    return IOStatus::OK();
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
    delete lock;
    return IOStatus::OK();
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string* path, IODebugContext*) override {
    *path = "/test";
    return IOStatus::OK();
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* absolute,
                           IODebugContext*) override {
    *absolute = path;
    return IOStatus::OK();
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is, IODebugContext*) override {
    const std::lock_guard guard(disk_.lock);
    *is = disk_.directories.contains(path);
    return IOStatus::OK();
  }
  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* logger,
                     IODebugContext*) override {
    *logger = std::make_shared<SilentLogger>();
    return IOStatus::OK();
  }

 private:
  template <typename File>
  IOStatus open(const std::string& path, std::unique_ptr<File>* file) {
    const InodePtr inode = disk_.find(path);
    if (!inode) return IOStatus::NotFound(path);
    if (disk_.off) return Disk::dead();
    file->reset(new ReadFile(inode));
    return IOStatus::OK();
  }

  Disk& disk_;
};

// Background work waits for run_background().
template <typename Disk>
class QueuingEnv final : public rocksdb::EnvWrapper {
 public:
  explicit QueuingEnv(Disk& disk) : EnvWrapper(disk.files.get()), disk_(disk) {}
  void Schedule(void (*run)(void*), void* argument, Priority priority, void* tag,
                void (*forget)(void*)) override {
    disk_.jobs.push_back({run, forget, argument, tag, priority});
  }
  int UnSchedule(void* tag, Priority priority) override {
    int count = 0;
    for (auto job = disk_.jobs.begin(); job != disk_.jobs.end();) {
      if (job->tag != tag || job->priority != priority) {
        ++job;
        continue;
      }
      if (job->forget) job->forget(job->argument);
      job = disk_.jobs.erase(job);
      ++count;
    }
    return count;
  }
  unsigned int GetThreadPoolQueueLen(Priority) const override {
    return static_cast<unsigned int>(disk_.jobs.size());
  }
  int GetBackgroundThreads(Priority) override { return 1; }
  void SetBackgroundThreads(int, Priority) override {}
  void IncBackgroundThreadsIfNeeded(int, Priority) override {}
  std::string GenerateUniqueId() override { return "00000000-0000-0000-0000-000000000000"; }

 private:
  Disk& disk_;
};

}  // namespace

MemoryDisk::MemoryDisk() : state_(std::make_unique<State>()) {
  state_->system = std::make_shared<MemorySystem<State>>(*state_);
  state_->files = rocksdb::NewCompositeEnv(state_->system);
  state_->env = std::make_unique<QueuingEnv<State>>(*state_);
}
MemoryDisk::~MemoryDisk() = default;

rocksdb::Env* MemoryDisk::env() const { return state_->env.get(); }
void MemoryDisk::watch(Watch watch) { state_->watch = std::move(watch); }
void MemoryDisk::cut_after(std::uint64_t operations) { state_->cut_in = operations; }
void MemoryDisk::fail_sync_after(std::uint64_t syncs) { state_->fail_sync_in = syncs; }
void MemoryDisk::fail_append_after(std::uint64_t appends) { state_->fail_append_in = appends; }
void MemoryDisk::cut_power() { state_->off = true; }
bool MemoryDisk::off() const { return state_->off; }
std::uint64_t MemoryDisk::operations() const { return state_->operations; }

void MemoryDisk::disarm() { state_->cut_in = state_->fail_sync_in = state_->fail_append_in = 0; }

void MemoryDisk::process_ended() {
  disarm();
  state_->off = false;
}

bool MemoryDisk::power_on(Random& random, Tear tear) {
  State& s = *state_;
  disarm();
  s.off = false;
  const InodePtr newest = s.newest_wal();
  bool lost = false;
  if (!s.namings.empty()) {
    const std::size_t kept = random.below(s.namings.size() + 1);
    lost = kept < s.namings.size();
    s.make_names_durable(kept);
  }
  s.namings.clear();
  s.names = s.durable_names;
  for (const auto& [path, inode] : s.names) {
    const std::size_t tail = inode->bytes.size() - inode->synced;
    if (tail == 0) continue;
    const Tear how = inode == newest || tear < Tear::zeros ? tear : Tear::all_lost;
    const std::size_t part = random.below(tail);
    if (how == Tear::all_lost) inode->bytes.resize(inode->synced);
    if (how == Tear::shortened) inode->bytes.resize(inode->synced + part);
    if (how == Tear::zeros)
      std::fill(inode->bytes.begin() + static_cast<std::ptrdiff_t>(inode->synced + part), inode->bytes.end(),
                0);
    if (how == Tear::flipped)
      inode->bytes[inode->synced + part] ^= static_cast<std::uint8_t>(1u << random.below(8));
    lost = lost || how != Tear::kept;
    inode->synced = inode->bytes.size();
  }
  return lost;
}

bool MemoryDisk::rot(Random& random, std::uint64_t reach) {
  const InodePtr newest = state_->newest_wal();
  if (!newest || newest->bytes.empty()) return false;
  const std::uint64_t back = random.below(std::min<std::uint64_t>(reach, newest->bytes.size()));
  std::uint8_t& byte = newest->bytes[newest->bytes.size() - 1 - back];
  state_->rotten = newest;
  state_->rotten_at = newest->bytes.size() - 1 - back;
  state_->was = byte;
  byte ^= static_cast<std::uint8_t>(1u << random.below(8));
  return true;
}

void MemoryDisk::mend() { state_->rotten->bytes[state_->rotten_at] = state_->was; }

std::map<std::string, Bytes> MemoryDisk::wals() const {
  std::map<std::string, Bytes> found;
  for (const auto& [path, inode] : state_->names) {
    if (is_wal(path)) found[base_name(path)] = inode->bytes;
  }
  return found;
}

Bytes MemoryDisk::content(const std::string& name) const {
  const InodePtr inode = state_->find("/db/" + name);
  return inode ? inode->bytes : Bytes{};
}

bool MemoryDisk::run_background() {
  const bool any = !state_->jobs.empty();
  while (!state_->jobs.empty() && !state_->off) {
    const State::Job job = state_->jobs.front();
    state_->jobs.pop_front();
    job.run(job.argument);
  }
  return any;
}

}  // namespace anta::sim
