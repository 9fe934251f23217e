#include "node/certificate_cache.h"

#include <algorithm>

namespace anta {

CertificateCache::File CertificateCache::find(const std::string& note, const std::string& name) const {
  const Lock lock(mutex_);
  if (note != note_) return nullptr;
  const auto found =
      std::find_if(files_.begin(), files_.end(), [&](const auto& entry) { return entry.first == name; });
  return found == files_.end() ? nullptr : found->second;
}

void CertificateCache::keep(const std::string& note, const std::string& name, File file) {
  if (file->size() > bytes_max) return;
  const Lock lock(mutex_);
  if (note != note_) {
    note_ = note;
    files_.clear();
    bytes_ = 0;
  }
  const bool kept =
      std::any_of(files_.begin(), files_.end(), [&](const auto& entry) { return entry.first == name; });
  if (kept) return;
  bytes_ += file->size();
  files_.emplace_back(name, std::move(file));
  while (files_.size() > files_max || bytes_ > bytes_max) {
    bytes_ -= files_.front().second->size();
    files_.pop_front();
  }
}

}  // namespace anta
