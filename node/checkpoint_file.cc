#include "node/checkpoint_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "crypto/digest.h"
#include "crypto/note.h"
#include "crypto/private_file.h"
#include "crypto/text.h"

namespace anta {
namespace {
constexpr const char* file_name = "checkpoint.note";
constexpr const char* fork_prefix = "fork-";
constexpr const char* fork_suffix = ".note";
constexpr std::size_t seen_max = 4096;  // each took a quorum's signatures

// Whole or not at all for whoever reads while this machine runs; after a crash of it, maybe torn.
void write_unsynced(const std::filesystem::path& file, const std::string& text) {
  const std::string neighbour = file.string() + ".new";
  const int fd = ::open(neighbour.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return;
  const bool whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (::close(fd) == 0 && whole) std::rename(neighbour.c_str(), file.c_str());
}

}  // namespace

std::filesystem::path checkpoint_note_file(const std::filesystem::path& directory) {
  return directory / file_name;
}

CheckpointFile::CheckpointFile(std::filesystem::path directory) : directory_(std::move(directory)) {
  const Lock lock(mutex_);
  std::error_code none;  // a directory that is not made yet has no evidence
  for (const auto& entry : std::filesystem::directory_iterator(directory_, none)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(fork_prefix) || !name.ends_with(fork_suffix)) continue;
    if (++forks_ > evidence_files_max) continue;
    const Result<Bytes> note = read_private_file(entry.path(), note_bytes_max);
    if (note) evidence_.emplace_back(as_text(*note));
  }
}

std::optional<std::string> CheckpointFile::load() const {
  const Result<Bytes> bytes = read_private_file(directory_ / file_name, note_bytes_max);
  if (!bytes) return std::nullopt;
  return std::string(as_text(*bytes));
}

std::optional<Error> CheckpointFile::unreadable() const {
  const auto file = directory_ / file_name;
  std::error_code unknown;
  if (!std::filesystem::exists(file, unknown)) return std::nullopt;
  const Result<Bytes> bytes = read_private_file(file, note_bytes_max);
  if (!bytes) return bytes.error();
  const Result<Note> note = parse_note(as_text(*bytes));
  if (!note) return Error{Code::malformed, note.error().rule, file.string() + ": " + note.error().message};
  return std::nullopt;
}

void CheckpointFile::keep(const std::string& note, std::int64_t steady_ms) {
  unwritten_ = note;
  if (written_at_ && steady_ms - *written_at_ < interval_ms) return;
  written_at_ = steady_ms;
  flush();
}

void CheckpointFile::flush() {
  if (unwritten_.empty()) return;
  // Whether it worked does not matter: the note is only a head start for the next run.
  write_unsynced(directory_ / file_name, unwritten_);
  unwritten_.clear();
}

void CheckpointFile::keep_evidence(const std::string& note) {
  const Digest digest = sha256(as_bytes(note));
  if (seen_.size() >= seen_max || !seen_.insert(digest).second) return;
  const auto file = directory_ / (fork_prefix + hex(digest).substr(0, 16) + fork_suffix);
  std::error_code unknown;
  const bool found = std::filesystem::exists(file, unknown);  // counted at the start
  bool kept = found;
  if (!found && forks_ < evidence_files_max)
    kept = write_private_file(file, as_bytes(note), Replace::no).has_value();
  if (kept) {
    const Lock lock(mutex_);
    if (std::ranges::find(evidence_, note) == evidence_.end()) evidence_.push_back(note);
  }
  if (!found) ++forks_;  // last: who sees the count may ask for the note at once
  // What is evidence is no head start: left there, every start would find it again after an operator took it
  // away.
  if (kept && load() == note) std::filesystem::remove(directory_ / file_name, unknown);
}

std::vector<std::string> CheckpointFile::evidence() const {
  const Lock lock(mutex_);
  return evidence_;
}

}  // namespace anta
