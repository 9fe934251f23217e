#include "tests/storage/disk.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>

namespace anta::test {
namespace {

namespace fs = std::filesystem;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// What the whole disk knows.
struct Disk {
  std::mutex lock = {};
  std::map<std::string, std::uint64_t> synced = {};  // bytes of each file that survive
  std::atomic<bool> off = false;
  std::atomic<bool> syncs_fail = false;
  std::atomic<std::uint64_t> wal_syncs = 0;
  std::atomic<std::uint64_t> wal_bytes = 0;
};

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path, Disk& disk)
      : FSWritableFileOwnerWrapper(std::move(file)), path_(std::move(path)), disk_(disk) {
    wal_ = path_.ends_with(".log");
  }
  IOStatus Append(const Slice& data, const IOOptions& how, IODebugContext* debug) override {
    if (disk_.off) return IOStatus::IOError("the power is off");
    size_ += data.size();
    if (wal_) disk_.wal_bytes += data.size();
    return target()->Append(data, how, debug);
  }
  IOStatus Append(const Slice& data, const IOOptions& how, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, how, debug);
  }
  IOStatus Sync(const IOOptions& how, IODebugContext* debug) override {
    if (disk_.off || disk_.syncs_fail) return IOStatus::IOError("the disk does not sync");
    const IOStatus status = target()->Sync(how, debug);
    if (wal_) ++disk_.wal_syncs;
    const std::lock_guard guard(disk_.lock);
    disk_.synced[path_] = size_;
    return status;
  }
  IOStatus Fsync(const IOOptions& how, IODebugContext* debug) override { return Sync(how, debug); }

 private:
  std::string path_;
  Disk& disk_;
  std::uint64_t size_ = 0;
  bool wal_ = false;
};

class FaultySystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultySystem(Disk& disk) : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
  const char* Name() const override { return "FaultySystem"; }

  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
    if (disk_.off) return IOStatus::IOError("the power is off");
    std::unique_ptr<rocksdb::FSWritableFile> real;
    const IOStatus status = target()->NewWritableFile(path, options, &real, debug);
    if (!status.ok()) return status;
    const std::lock_guard guard(disk_.lock);
    disk_.synced[path] = 0;
    file->reset(new FaultyFile(std::move(real), path, disk_));
    return status;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    if (disk_.off) return IOStatus::IOError("the power is off");
    const IOStatus status = target()->RenameFile(from, to, options, debug);
    const std::lock_guard guard(disk_.lock);
    if (auto moved = disk_.synced.extract(from)) disk_.synced[to] = moved.mapped();
    return status;
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) override {
    if (disk_.off) return IOStatus::IOError("the power is off");
    const std::lock_guard guard(disk_.lock);
    disk_.synced.erase(path);
    return target()->DeleteFile(path, options, debug);
  }

 private:
  Disk& disk_;
};

}  // namespace

TempDirectory::TempDirectory() {
  std::string pattern = (fs::temp_directory_path() / "anta-storage-XXXXXX").string();
  ANTA_INVARIANT(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}
TempDirectory::~TempDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

struct FaultyDisk::State {
  Disk disk = {};
  std::shared_ptr<rocksdb::FileSystem> system = std::make_shared<FaultySystem>(disk);
  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(system);
};

FaultyDisk::FaultyDisk() : state_(std::make_unique<State>()) {}
FaultyDisk::~FaultyDisk() = default;
rocksdb::Env* FaultyDisk::env() const { return state_->env.get(); }
void FaultyDisk::fail_syncs(bool fail) { state_->disk.syncs_fail = fail; }
void FaultyDisk::cut_power() { state_->disk.off = true; }
void FaultyDisk::lose_unsynced() {
  for (const auto& [path, size] : state_->disk.synced) {
    if (fs::exists(path) && fs::file_size(path) > size) fs::resize_file(path, size);
  }
  state_->disk.off = false;
}
void FaultyDisk::power_on() { state_->disk.off = false; }
std::uint64_t FaultyDisk::wal_syncs() const { return state_->disk.wal_syncs; }
std::uint64_t FaultyDisk::wal_bytes() const { return state_->disk.wal_bytes; }

std::string newest_wal(const std::string& directory) {
  std::string newest;
  for (const auto& file : fs::directory_iterator(directory)) {
    if (file.path().extension() == ".log") newest = std::max(newest, file.path().string());
  }
  return newest;
}

Bytes read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_whole(const std::string& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

DatabaseOptions options_for(const std::string& directory, const FaultyDisk* disk) {
  DatabaseOptions options;
  options.directory = directory;
  options.network = digest_of("network");
  options.node = NodeId{"node-a"};
  options.memory_budget_bytes = std::uint64_t{32} << 20;
  if (disk != nullptr) options.env = disk->env();
  return options;
}

LogEntry entry_after(const LogEntry* before, Term term, const std::string& payload, EntryKind kind) {
  EntryHeader header;
  header.term = term;
  header.kind = kind;
  header.prev_hash = before != nullptr ? before->hash : Digest{};
  header.time = Millis{1'700'000'000'000};
  const LogIndex index = before != nullptr ? before->index.next() : LogIndex{1};
  return make_entry(index, header, std::make_shared<const Bytes>(to_bytes(as_bytes(payload))));
}

std::vector<LogEntry> chain(std::size_t count, Term term, const LogEntry* before, const std::string& tag) {
  std::vector<LogEntry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    const LogEntry* last = entries.empty() ? before : &entries.back();
    entries.push_back(entry_after(last, term, tag + std::to_string(i)));
  }
  return entries;
}

Digest digest_of(const std::string& text) { return sha256(as_bytes(text)); }

}  // namespace anta::test
