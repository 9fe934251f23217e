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
#include <optional>
#include <set>
#include <string>
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
  // A note of a fork: never overwritten, never removed; past evidence_files_max counted only. The same note
  // again changes nothing. Once it is written it is no head start any more (load).
  void keep_evidence(const std::string& note);
  // Notes of forks: those found at the start and those that came since. A note counts once evidence() has it,
  // or once it is known that it will not be kept. Any thread.
  std::uint64_t forks() const { return forks_; }
  // Those that are kept, oldest first as far as this run knows. Any thread.
  std::vector<std::string> evidence() const;

 private:
  std::filesystem::path directory_ = {};
  std::string unwritten_ = {};
  std::optional<std::int64_t> written_at_ = {};
  std::atomic<std::uint64_t> forks_ = 0;
  mutable Mutex mutex_;
  std::vector<std::string> evidence_ ANTA_GUARDED_BY(mutex_) = {};
  std::set<Digest> seen_ = {};  // given to keep_evidence in this run
};

}  // namespace anta
