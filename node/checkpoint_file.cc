#include "node/checkpoint_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "crypto/checkpoint.h"
#include "crypto/digest.h"
#include "crypto/note.h"
#include "crypto/private_file.h"
#include "crypto/text.h"

namespace anta {
namespace {
constexpr const char* file_name = "checkpoint.note";
constexpr const char* fork_prefix = "fork-";
constexpr const char* fork_suffix = ".note";
constexpr std::size_t trees_max = 4096;  // each took a quorum's signatures

// What a note is evidence of; what is no note is of itself.
std::pair<std::uint64_t, Digest> tree_of(const std::string& text) {
  const Result<Note> note = parse_note(text);
  const Result<Checkpoint> checkpoint = note ? parse_checkpoint(note->text) : pass(note);
  if (!checkpoint) return {0, sha256(as_bytes(text))};
  return {checkpoint->size, checkpoint->root};
}

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
    const Result<Bytes> note = read_private_file(entry.path(), note_bytes_max);
    const std::string text(note ? as_text(*note) : "");
    if (!note) unread_.insert(name);
    if (note && !trees_.emplace(tree_of(text), Kept::yes).second) continue;
    ++forks_;  // also what cannot be read: there it is, whatever it says
    if (note && evidence_.size() < evidence_files_max) evidence_.push_back(text);
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

Result<void> CheckpointFile::keep_evidence(const std::string& note) {
  const auto tree = tree_of(note);
  auto known = trees_.find(tree);
  const bool is_new = known == trees_.end();
  if (is_new) {
    if (trees_.size() >= trees_max) return {};
    const Kept kept = trees_.size() < evidence_files_max ? Kept::no : Kept::never;
    known = trees_.emplace(tree, kept).first;
  }
  Result<void> written;
  bool counted = !is_new;
  if (known->second == Kept::no) {
    const auto file = directory_ / (fork_prefix + hex(sha256(as_bytes(note))).substr(0, 16) + fork_suffix);
    written = write_private_file(file, as_bytes(note), Replace::no);
    // The name is the note's digest: what is there is it, whoever may read it (a directory that was copied).
    if (!written && written.error().rule == "file.exists") written = {};
    counted = counted || unread_.erase(file.filename().string()) > 0;
    if (written) known->second = Kept::yes;
  }
  if (is_new && known->second != Kept::never) {
    const Lock lock(mutex_);
    evidence_.push_back(note);
  }
  if (!counted) ++forks_;  // last: who sees the count may ask for the note at once
  // What is evidence is no head start: left there, every start would find it again after an operator took it
  // away.
  std::error_code unknown;
  const auto head = known->second == Kept::yes ? load() : std::nullopt;
  if (head && tree_of(*head) == tree) std::filesystem::remove(directory_ / file_name, unknown);
  return written;
}

std::vector<std::string> CheckpointFile::evidence() const {
  const Lock lock(mutex_);
  return evidence_;
}

}  // namespace anta
