// The newest finished checkpoint beside the database, so that a restarted node serves it at once.
//
// Losing the newest seconds of it, or all, is harmless (peers send theirs; a note is checked again before it
// is served), so it is written at most once per interval, by whoever calls, and never synced: the caller is
// the service thread, which must not wait for the disk. One thread at a time.
//
// Beside it lie the notes of forks, fork-*.note: a quorum signed another tree than this node's. They are the
// evidence, so they are kept across starts until an operator takes them away.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/guarded.h"

namespace anta {

// Where it lies in a data directory.
std::filesystem::path checkpoint_note_file(const std::filesystem::path& directory);

class CheckpointFile {
 public:
  static constexpr std::int64_t interval_ms = 1'000;

  static constexpr std::uint64_t evidence_files_max = 64;  // more would prove nothing new

  explicit CheckpointFile(std::filesystem::path directory);

  std::optional<std::string> load() const;
  // Why a note that is there cannot be read; nothing: it can, or there is none.
  std::optional<Error> unreadable() const;
  // Remembers the note, and writes it if the last write is interval_ms ago.
  void keep(const std::string& note, std::int64_t steady_ms);
  // Writes what keep() left unwritten.
  void flush();
  // A note of a fork: never overwritten, never removed. One of each tree (size and root), however many are
  // given, in this run or an earlier one; past evidence_files_max trees they are counted only. An error: it
  // could not be written; it counts and evidence() has it, and the next call tries again. Once it is written
  // no note of that tree is a head start any more (load).
  Result<void> keep_evidence(const std::string& note);
  // Trees of forks: those found at the start and those that came since. One counts once evidence() has its
  // note, or once it is known that it will not be kept. Any thread.
  std::uint64_t forks() const { return forks_; }
  // Their notes, oldest first as far as this run knows. Any thread.
  std::vector<std::string> evidence() const;

 private:
  std::filesystem::path directory_ = {};
  std::string unwritten_ = {};
  std::optional<std::int64_t> written_at_ = {};
  std::atomic<std::uint64_t> forks_ = 0;
  mutable Mutex mutex_;
  std::vector<std::string> evidence_ ANTA_GUARDED_BY(mutex_) = {};
  enum class Kept : std::uint8_t { no, yes, never };  // never: past the limit
  std::map<std::pair<std::uint64_t, Digest>, Kept> trees_ = {};
  std::set<std::string> unread_ = {};  // names of files that were there at the start and can not be read
};

}  // namespace anta
