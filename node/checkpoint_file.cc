#include "node/checkpoint_file.h"

#include "crypto/digest.h"
#include "crypto/note.h"
#include "crypto/private_file.h"
#include "crypto/text.h"

namespace anta {
namespace {
constexpr const char* file_name = "checkpoint.note";
}

std::optional<std::string> CheckpointFile::load() const {
  const Result<Bytes> bytes = read_private_file(directory_ / file_name, note_bytes_max);
  if (!bytes) return std::nullopt;
  return std::string(as_text(*bytes));
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
  static_cast<void>(write_private_file(directory_ / file_name, as_bytes(unwritten_), Replace::yes));
  unwritten_.clear();
}

void CheckpointFile::keep_evidence(const std::string& note) const {
  const std::string name = "fork-" + hex(sha256(as_bytes(note))).substr(0, 16) + ".note";
  static_cast<void>(write_private_file(directory_ / name, as_bytes(note), Replace::no));
}

}  // namespace anta
