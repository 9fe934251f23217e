#include "storage/database.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/iterator.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <vector>

#include "storage/rebuild.h"
#include "storage/rocks.h"
#include "storage/write_mutant.h"

namespace anta {
namespace {

ByteView view(const rocksdb::Slice& bytes) { return as_bytes(std::string_view(bytes.data(), bytes.size())); }
std::size_t position(Family family) { return static_cast<std::size_t>(family); }

tl::unexpected<Error> unreadable(const rocksdb::Status& status, Family family) {
  Error error = store_error(status, "reading the database");
  const bool derived = family != Family::log && family != Family::meta;
  error.message += derived ? rebuild_next_step
                           : ". Next step: keep the files as they are and check the disk; restore the "
                             "directory from a backup, or let this node join again with an empty directory "
                             "under a new incarnation";
  return tl::unexpected(std::move(error));
}

}  // namespace

rocksdb::Slice slice(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Error store_error(const rocksdb::Status& status, const std::string& doing) {
  const Code code = status.IsCorruption() ? Code::corrupt : Code::io;
  return {code, code == Code::io ? "store.io" : "store.damaged", doing + ": " + status.ToString()};
}

// ---- batch ----

struct Batch::State {
  rocksdb::WriteBatch writes;  // Write() wants it mutable
  const std::array<rocksdb::ColumnFamilyHandle*, family_count>* families = nullptr;

  rocksdb::ColumnFamilyHandle* handle(Family family) const { return (*families)[position(family)]; }
};

Batch::Batch(std::unique_ptr<State> state) : state_(std::move(state)) {}
Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;

// A WriteBatch in memory fails only when it grows over a limit that was set; none is.
void Batch::put(Family family, ByteView key, ByteView value) {
  ANTA_INVARIANT(state_->writes.Put(state_->handle(family), slice(key), slice(value)).ok());
}

void Batch::put(Family family, ByteView key, std::initializer_list<ByteView> value_parts) {
  std::vector<rocksdb::Slice> slices;
  slices.reserve(value_parts.size());
  for (const ByteView part : value_parts)
    slices.push_back(slice(part));
  const rocksdb::Slice key_slice = slice(key);
  const rocksdb::SliceParts keys(&key_slice, 1);
  const rocksdb::SliceParts values(slices.data(), static_cast<int>(slices.size()));
  ANTA_INVARIANT(state_->writes.Put(state_->handle(family), keys, values).ok());
}

void Batch::erase(Family family, ByteView key) {
  ANTA_INVARIANT(state_->writes.Delete(state_->handle(family), slice(key)).ok());
}

bool Batch::empty() const { return state_->writes.Count() == 0; }
std::size_t Batch::bytes() const { return state_->writes.GetDataSize(); }

// ---- cursor and snapshot ----

Cursor::State::State() = default;
Cursor::State::~State() = default;

Cursor::Cursor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Cursor::~Cursor() = default;
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;

void Cursor::seek(ByteView key) { state_->iterator->Seek(slice(key)); }
void Cursor::seek_for_prev(ByteView key) { state_->iterator->SeekForPrev(slice(key)); }
void Cursor::next() { state_->iterator->Next(); }
void Cursor::prev() { state_->iterator->Prev(); }
bool Cursor::valid() const { return state_->iterator->Valid(); }
ByteView Cursor::key() const { return view(state_->iterator->key()); }
ByteView Cursor::value() const { return view(state_->iterator->value()); }

Result<void> Cursor::status() const {
  const rocksdb::Status status = state_->iterator->status();
  if (!status.ok()) return unreadable(status, state_->family);
  return {};
}

struct ReadSnapshot::State {
  rocksdb::DB* db = nullptr;
  const rocksdb::Snapshot* snapshot = nullptr;
  State(rocksdb::DB* from, const rocksdb::Snapshot* taken) : db(from), snapshot(taken) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { db->ReleaseSnapshot(snapshot); }
};

ReadSnapshot::ReadSnapshot(std::unique_ptr<State> state) : state_(std::move(state)) {}
ReadSnapshot::~ReadSnapshot() = default;
ReadSnapshot::ReadSnapshot(ReadSnapshot&&) noexcept = default;
ReadSnapshot& ReadSnapshot::operator=(ReadSnapshot&&) noexcept = default;

// ---- database ----

Database::State::~State() {
  for (rocksdb::ColumnFamilyHandle* family : families) {
    if (family != nullptr) db->DestroyColumnFamilyHandle(family);
  }
  delete db;
}

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::~Database() = default;

const DatabaseOptions& Database::options() const { return state_->options; }
std::optional<Error> Database::failure() const { return state_->failure->get(); }

Batch Database::batch() const {
  auto batch = std::make_unique<Batch::State>();
  batch->families = &state_->families;
  return Batch(std::move(batch));
}

Result<void> Database::write(const Batch& batch, Sync sync) {
  if (auto dead = failure()) return tl::unexpected(std::move(*dead));
  rocksdb::WriteOptions how;
  how.sync = sync == Sync::yes;
  const rocksdb::Status status = ANTA_WRITE_BY(*state_->db, how, batch.state_->writes);
  if (ANTA_WRITE_MUTANT(failed_write_ignored)) return {};
  if (!status.ok()) {
    // Unknown from here on: what was refused may be there after a start (libraries.md).
    state_->failure->set(
        {Code::io, "store.write_failed",
         "writing to the database in " + state_->options.directory + " failed: " + status.ToString() +
             ". Next step: this node stops; check the disk and its free " + "space, then start it again"});
  }
  if (auto dead = failure()) return tl::unexpected(std::move(*dead));
  return {};
}

Result<std::optional<Bytes>> Database::get(Family family, ByteView key, const ReadSnapshot* at) const {
  if (auto dead = failure()) return tl::unexpected(std::move(*dead));
  rocksdb::ReadOptions how;
  if (at != nullptr) how.snapshot = at->state_->snapshot;
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = state_->db->Get(how, state_->families[position(family)], slice(key), &value);
  if (status.IsNotFound()) return std::optional<Bytes>{};
  if (!status.ok()) return unreadable(status, family);
  return std::optional<Bytes>(to_bytes(view(value)));
}

Cursor Database::cursor(Family family, const ReadSnapshot* at) const {
  rocksdb::ReadOptions how;
  if (at != nullptr) how.snapshot = at->state_->snapshot;
  auto state = std::make_unique<Cursor::State>();
  state->family = family;
  if (auto dead = failure()) {
    state->iterator.reset(rocksdb::NewErrorIterator(rocksdb::Status::IOError(dead->message)));
  } else {
    state->iterator.reset(state_->db->NewIterator(how, state_->families[position(family)]));
  }
  return Cursor(std::move(state));
}

ReadSnapshot Database::snapshot() const {
  return ReadSnapshot(std::make_unique<ReadSnapshot::State>(state_->db, state_->db->GetSnapshot()));
}

// ---- files beside it ----

Result<std::optional<Bytes>> Database::State::read_file(const std::string& file,
                                                        std::uint64_t bytes_max) const {
  const rocksdb::Status exists = env->FileExists(file);
  if (exists.IsNotFound()) return std::optional<Bytes>{};
  std::uint64_t size = 0;
  rocksdb::Status status = exists.ok() ? env->GetFileSize(file, &size) : exists;
  if (status.ok() && size > bytes_max) {
    return fail(Code::malformed, "store.file_size", file + " is longer than it can be");
  }
  std::unique_ptr<rocksdb::SequentialFile> in;
  if (status.ok()) status = env->NewSequentialFile(file, &in, rocksdb::EnvOptions());
  Bytes content(size);
  std::size_t filled = 0;
  while (status.ok() && filled < content.size()) {
    rocksdb::Slice part;
    char* const to = reinterpret_cast<char*>(content.data()) + filled;
    status = in->Read(content.size() - filled, &part, to);
    if (part.empty()) break;
    if (part.data() != to) std::copy(part.data(), part.data() + part.size(), to);
    filled += part.size();
  }
  if (!status.ok()) return tl::unexpected(store_error(status, "reading " + file));
  content.resize(filled);
  return std::optional<Bytes>(std::move(content));
}

Result<void> Database::State::write_file(const std::string& file, ByteView content) const {
  const std::string neighbour = file + ".new";
  std::unique_ptr<rocksdb::WritableFile> out;
  rocksdb::Status status = env->NewWritableFile(neighbour, &out, rocksdb::EnvOptions());
  if (status.ok()) status = out->Append(slice(content));
  if (status.ok()) status = out->Sync();
  if (status.ok()) status = out->Close();
  if (status.ok()) status = env->RenameFile(neighbour, file);
  if (!status.ok()) return tl::unexpected(store_error(status, "writing " + file));
  return {};
}

Result<void> Database::State::sync_directory(const std::string& directory) const {
  std::unique_ptr<rocksdb::Directory> handle;
  rocksdb::Status status = env->NewDirectory(directory, &handle);
  if (status.ok()) status = handle->Fsync();
  if (!status.ok()) return tl::unexpected(store_error(status, "syncing " + directory));
  return {};
}

Result<void> Database::replace_file(const std::string& name, ByteView content, Sync sync) {
  if (auto dead = failure()) return tl::unexpected(std::move(*dead));
  auto written = state_->write_file(state_->path(name), content);
  if (written && sync == Sync::yes) written = state_->sync_directory(state_->options.directory);
  if (!written) state_->failure->set(written.error());
  return written;
}

Result<void> Database::remove_file(const std::string& name) {
  if (auto dead = failure()) return tl::unexpected(std::move(*dead));
  const std::string file = state_->path(name);
  if (state_->env->FileExists(file).IsNotFound()) return {};
  const rocksdb::Status status = state_->env->DeleteFile(file);
  Result<void> done = {};
  if (!status.ok()) done = tl::unexpected(store_error(status, "removing " + file));
  if (done) done = state_->sync_directory(state_->options.directory);
  if (!done) state_->failure->set(done.error());
  return done;
}

Result<std::optional<Bytes>> Database::read_file(const std::string& name, std::size_t bytes_max) const {
  if (auto dead = failure()) return tl::unexpected(std::move(*dead));
  return state_->read_file(state_->path(name), bytes_max);
}

}  // namespace anta
