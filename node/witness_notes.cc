#include "node/witness_notes.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "crypto/private_file.h"
#include "crypto/text.h"

namespace anta {

std::string origin_hash(std::string_view origin) { return hex(sha256(as_bytes(origin))); }

std::string_view shown_path_hash(std::string_view path) {
  constexpr std::string_view end = "/checkpoint";
  constexpr std::size_t digits = 2 * Digest::size;
  if (path.size() != 1 + digits + end.size() || path.front() != '/' || !path.ends_with(end)) return {};
  const std::string_view hash = path.substr(1, digits);
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return std::all_of(hash.begin(), hash.end(), is_hex) ? hash : std::string_view();
}

WitnessNotes::WitnessNotes(std::filesystem::path directory, VerifierKey self)
    : directory_(std::move(directory)), self_(std::move(self)) {}

void WitnessNotes::bring_back(const Checkpoint& promised) {
  const std::string hash = origin_hash(promised.origin);
  const Result<Bytes> bytes = read_private_file(file_of(hash), note_bytes_max);
  if (!bytes) return;
  const Result<Note> note = parse_note(as_text(*bytes));
  const Result<Checkpoint> checkpoint = note ? parse_checkpoint(note->text) : Result<Checkpoint>(pass(note));
  if (!checkpoint || checkpoint->origin != promised.origin || checkpoint->size > promised.size) return;
  if (checkpoint->size == promised.size && checkpoint->root != promised.root) return;
  constexpr std::uint64_t whenever = std::numeric_limits<std::int64_t>::max();
  const bool ours = std::any_of(note->signatures.begin(), note->signatures.end(), [&](const auto& signature) {
    return is_by(signature, self_) && verify_cosignature(self_, note->text, signature, whenever).has_value();
  });
  if (!ours) return;
  const Lock lock(mutex_);
  shown_[hash] = std::make_shared<const std::string>(as_text(*bytes));
}

void WitnessNotes::show(const Checkpoint& checkpoint, std::string note, std::uint64_t unix_seconds) {
  const std::string hash = origin_hash(checkpoint.origin);
  {
    const Lock lock(mutex_);
    shown_[hash] = std::make_shared<const std::string>(std::move(note));
  }
  const auto kept = kept_.find(hash);
  const bool fresh =
      kept != kept_.end() && unix_seconds >= kept->second && unix_seconds - kept->second < kept_every_seconds;
  if (fresh) return;
  kept_[hash] = unix_seconds;
  due_.insert(hash);
}

Result<void> WitnessNotes::keep() {
  Result<void> all = {};
  for (const std::string& hash : due_) {
    auto written = write_private_file(file_of(hash), as_bytes(*find(hash)), Replace::yes);
    if (!written) all = std::move(written);
  }
  due_.clear();
  return all;
}

std::shared_ptr<const std::string> WitnessNotes::find(std::string_view hash) const {
  const Lock lock(mutex_);
  const auto found = shown_.find(hash);
  return found == shown_.end() ? nullptr : found->second;
}

}  // namespace anta
